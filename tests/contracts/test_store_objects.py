"""One suite for every place in which the files of a store can lie, and a store that lives there.

An object store has no folders, no locks and no times that can be set; the suite asks for nothing
that it couldn't give.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from kundresa.core.records import parse_event
from kundresa.store import Store
from kundresa.store.objects import FolderObjects, Gathered, Objects, is_whole, name_of, sweep


class MemoryObjects:
    """Objects in memory, as a bucket would keep them."""

    place = "memory"

    def __init__(self) -> None:
        self._kept: dict[str, tuple[bytes, int]] = {}

    def put(self, data: Any, ending: str) -> str:
        name = name_of(data, ending)
        self._kept[name] = bytes(data), time.time_ns()
        return name

    def put_all(self, made: Mapping[str, Any]) -> None:
        for name, data in made.items():
            self._kept[name] = bytes(data), time.time_ns()

    def open(self, name: str) -> BinaryIO:
        if name not in self._kept:
            raise FileNotFoundError(name)
        return io.BytesIO(self._kept[name][0])

    def stamps(self) -> dict[str, int]:
        return {name: stamp for name, (_, stamp) in self._kept.items()}

    def touch(self, name: str) -> bool:
        if name not in self._kept:
            return False
        self._kept[name] = self._kept[name][0], time.time_ns()
        return True

    def delete(self, name: str, stamp: int) -> bool:
        if name not in self._kept or self._kept[name][1] > stamp:
            return False
        del self._kept[name]
        return True


Make = Callable[[Path], Objects]


@pytest.fixture(params=[FolderObjects, lambda _folder: MemoryObjects()], ids=["folder", "memory"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    make: Make = request.param
    return make(tmp_path / "parts")


def test_what_is_put_can_be_opened_by_its_name(objects: Objects) -> None:
    name = objects.put(b"some bytes", "part")
    assert name.endswith(".part")
    assert objects.put(b"some bytes", "part") == name
    assert objects.put(b"other bytes", "part") != name
    with objects.open(name) as file:
        file.seek(5)
        assert file.read() == b"bytes"


def test_what_is_gathered_is_there_once_it_is_settled(objects: Objects) -> None:
    known = objects.put(b"known", "part")
    gathered = Gathered(objects)
    names = [gathered.put(data, "part") for data in (b"known", b"one", b"two")]
    assert list(objects.stamps()) == [known]
    gathered.settle()
    assert set(objects.stamps()) == set(names)
    with objects.open(names[2]) as file:
        assert file.read() == b"two"


def test_an_empty_place_holds_nothing(objects: Objects) -> None:
    assert objects.stamps() == {}
    assert not objects.touch("none")
    assert not objects.delete("none", time.time_ns())
    assert sweep(objects, []) == []
    with pytest.raises(FileNotFoundError):
        objects.open("none")


def test_a_sweep_takes_what_is_old_and_not_kept(objects: Objects) -> None:
    kept, gone = objects.put(b"kept", "part"), objects.put(b"gone", "part")
    assert sweep(objects, [kept]) == []
    assert sweep(objects, [kept], grace=0) == [gone]
    assert list(objects.stamps()) == [kept]
    assert is_whole(objects, [kept])
    assert not is_whole(objects, [gone, kept])


@pytest.mark.parametrize("again", ["put", "touch"])
def test_what_is_wanted_again_is_not_deleted(objects: Objects, again: str) -> None:
    """Between a sweep's look and its deleting, a writer may have found the object there."""
    name = objects.put(b"wanted", "part")
    stamp = objects.stamps()[name]
    if again == "put":
        objects.put(b"wanted", "part")
    else:
        assert objects.touch(name)
    assert not objects.delete(name, stamp)
    assert objects.delete(name, objects.stamps()[name])
    assert objects.put(b"wanted", "part") == name


def test_a_store_lives_there(objects: Objects, tmp_path: Path) -> None:
    store = Store(tmp_path, objects=objects)
    for day in range(1, 7):
        store.append(
            [
                parse_event({"profile": f"p{n}", "event": f"e{day}", "time": f"2026-01-0{day}"})
                for n in range(5)
            ]
        )
    store.join({"p0": "p1"})
    assert store.compact(whole=True)
    assert store.erase(["p1"]) == 12
    store.sweep(grace=0)
    table = Store(tmp_path, objects=objects, cache=tmp_path / "other").table()
    assert len(table) == 18
    assert {table.profiles[code] for code in table.profile} == {"p2", "p3", "p4"}
    assert set(objects.stamps()) == set(store.version.objects())

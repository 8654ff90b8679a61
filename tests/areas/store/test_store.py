"""A store gives back what was put in, all of it or none, whoever dies on the way."""

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kundresa.core.errors import BadInputError, NewerFormatError
from kundresa.core.records import Event, parse_event
from kundresa.store import EventTable, Store, keeper
from kundresa.store.dictionary import NONE, Dictionaries
from kundresa.store.keeper import MovedOnError
from kundresa.store.objects import FolderObjects
from kundresa.store.part import close_readers
from kundresa.store.store import forget_snapshots

FORMATS = Path(__file__).resolve().parents[2] / "support/formats"


def some_events(count: int = 5) -> list[Event]:
    return [
        parse_event(
            {
                "profile": f"p{index % 3}",
                "event": "Bought" if index % 2 else "Köpte",
                "time": f"2026-01-{index + 1:02d}",
                "value": index / 4 if index % 2 else None,
                "currency": "SEK",
                "properties": {
                    "n": index,
                    "t": "å" if index % 2 else 7,
                    "yes": index > 2,
                    "list": [1],
                },
                "score": {"value": 1 + index % 5, "scale": "csat5"} if index else None,
            }
        )
        for index in range(count)
    ]


def as_rows(table: EventTable) -> list[tuple[object, ...]]:
    codes, texts = table.text_column("property", "t")
    rows = zip(
        (table.profiles[code] for code in table.profile),
        (table.events[code] for code in table.event),
        table.time.tolist(), table.until.tolist(), table.value.tolist(), table.has_value.tolist(),
        np.nan_to_num(table.score, nan=-9).tolist(),
        table.number_column("property", "n").tolist(),
        [texts[code] if code >= 0 else None for code in codes],
        np.nan_to_num(table.number_column("property", "t"), nan=-9).tolist(),
        table.boolean_column("property", "yes").tolist(),
        strict=True,
    )  # fmt: skip
    return sorted(rows)


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    events = some_events()
    Store(tmp_path).append(events)
    assert as_rows(Store(tmp_path).table()) == as_rows(EventTable.from_events(events))


def test_several_parts_read_as_one(tmp_path: Path) -> None:
    store, events = Store(tmp_path), some_events(9)
    for start in range(0, 9, 2):
        store.append(events[start : start + 2])
    assert as_rows(store.table()) == as_rows(EventTable.from_events(events))
    assert store.event_count == 9


def test_an_empty_store_has_an_empty_table(tmp_path: Path) -> None:
    assert len(Store(tmp_path).table()) == 0


def test_events_and_marks_change_in_one_step(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append(some_events(2), marks={"inbox": 2})
    store.append([], marks={"import": 1})
    assert store.version.marks == {"inbox": 2, "import": 1}
    assert store.event_count == 2


def test_a_part_that_no_version_names_does_not_count(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append(some_events(2))
    current = (tmp_path / "CURRENT").read_bytes()
    store.append(some_events(4))
    # What a crash between writing the part and replacing CURRENT leaves behind.
    (tmp_path / "CURRENT").write_bytes(current)
    assert len(store.table()) == 2


def test_a_newer_format_is_refused_in_words(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append(some_events(1))
    body = json.loads((tmp_path / "CURRENT").read_text())
    (tmp_path / "CURRENT").write_text(json.dumps({**body, "kundresa_store": 5}))
    with pytest.raises(NewerFormatError, match="newer release"):
        _ = store.version


def test_a_broken_version_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text("{")
    with pytest.raises(BadInputError, match="CURRENT"):
        _ = Store(tmp_path).version


def test_the_version_is_named_by_what_it_holds(tmp_path: Path) -> None:
    one, other = Store(tmp_path / "one"), Store(tmp_path / "other")
    one.append(some_events(3))
    other.append(some_events(3))
    assert one.version.name == other.version.name
    other.append(some_events(1))
    assert one.version.name != other.version.name
    before = other.version.name
    other.join({"p0": "p1"})
    assert other.version.name != before


def test_a_store_of_format_1_is_brought_up(tmp_path: Path) -> None:
    shutil.copytree(FORMATS / "store-1", tmp_path / "store")
    store = Store(tmp_path / "store")
    records = json.loads((FORMATS / "store-1.json").read_text("utf-8"))
    expected = EventTable.from_events([parse_event(record) for record in records])
    names = ("profile", "event", "channel", "group", "currency")
    for name in names:
        assert texts_of(store.table(), name) == texts_of(expected, name)
    assert store.version.marks == {"inbox": 3, "import:0f": 1}
    rest = [text for slab in store.snapshot().slabs for text in slab.text("rest").to_pylist()]
    assert sum("ann@example.org" in (text or "") for text in rest) == 1
    store.sweep(grace=0)
    assert sorted(path.name for path in (tmp_path / "store/parts").iterdir()) == sorted(
        set(store.version.objects())
    )
    assert texts_of(Store(tmp_path / "store").table(), "event") == texts_of(expected, "event")


def test_a_store_of_format_2_is_read_and_written_anew(tmp_path: Path) -> None:
    shutil.copytree(FORMATS / "store-2", tmp_path / "store")
    store = Store(tmp_path / "store", personal=["phone"])
    records = json.loads((FORMATS / "store-2.json").read_text("utf-8"))
    expected = EventTable.from_events(
        [
            parse_event(
                {**one, "profile": "ann" if one["profile"] == "visitor-7" else one["profile"]}
            )
            for one in records
        ]
    )
    for name in ("profile", "event", "channel", "group", "currency"):
        assert texts_of(store.table(), name) == texts_of(expected, name)
    cities, n = store.table().properties["city"], store.table().number_column("property", "n")
    assert [cities.texts[code] for code in cities.text if code >= 0].count("Oslo") == 1
    assert np.nansum(n) == 7.5
    phones = [t for slab in store.snapshot().slabs for t in slab.text("personal/phone").to_pylist()]
    assert "070-1234567" in phones
    store.append(some_events(1))
    assert json.loads((tmp_path / "store/CURRENT").read_text())["kundresa_store"] == 4
    assert store.compact(whole=True)
    assert texts_of(store.table(), "event").count("Reviewed") == 1
    assert store.version.marks == {"inbox": 5, "import:0f": 1}


def test_a_store_of_format_3_is_read_and_its_aliases_go_into_files(tmp_path: Path) -> None:
    shutil.copytree(FORMATS / "store-3", tmp_path / "store")
    store = Store(tmp_path / "store", personal=["phone"])
    own = [one["profile"] for one in json.loads((FORMATS / "store-3.json").read_text("utf-8"))]
    assert sorted(set(own)) == ["ann", "bob", "visitor-7", "visitor-8"]

    def profiles() -> list[str]:
        return sorted(texts_of(Store(store.folder).table(), "profile"))

    assert profiles() == sorted("ann" if "visitor" in one else one for one in own)
    store.append([], marks={"inbox": 7})
    said = json.loads((tmp_path / "store/CURRENT").read_text())
    assert (said["kundresa_store"], len(said["aliases"])) == (4, 1)
    store.sweep(grace=0)
    assert sorted(path.name for path in (tmp_path / "store/parts").iterdir()) == sorted(
        set(store.version.objects())
    )
    assert profiles() == sorted("ann" if "visitor" in one else one for one in own)
    store.part(["visitor-7", "bob"])
    assert profiles() == sorted("visitor-7" if "visitor" in one else one for one in own)
    store.part(["visitor-8"])
    assert profiles() == sorted(own)


def texts_of(table: EventTable, name: str) -> list[str]:
    """Give a column's texts, in order of time."""
    codes = getattr(table, name)
    texts = table.profiles if name == "profile" else table.text_column("field", name)[1]
    return [texts[codes[row]] if codes[row] >= 0 else "" for row in np.argsort(table.time)]


def test_two_versions_read_side_by_side(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append(some_events(3))
    old = store.snapshot()
    store.append(some_events(2))
    store.compact(whole=True)
    assert old.version.event_count == 3
    assert sum(len(slab.column("time")) for slab in old.slabs) == 3
    assert len(store.table()) == 5


def test_a_join_that_is_undone_in_a_delta_doubles_nothing(tmp_path: Path) -> None:
    """Rows of a delta stand by whose they were; compaction must not look for them there alone."""
    store = Store(tmp_path)
    names = [f"p{number}" for number in range(12)]
    store.join({"p0": "p1"})
    for name in [*names, *names]:
        store.append([parse_event({"profile": name, "event": "e", "time": "2026-01-01"})])
    store.compact(whole=True)
    store.part(["p0"])
    for _ in range(3):
        store.compact(whole=True)
        table = store.table()
        assert sorted(table.profiles[code] for code in table.profile) == sorted([*names, *names])


def forget() -> None:
    """Be a process that has just begun."""
    forget_snapshots()
    close_readers()


def test_the_cache_may_vanish(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append(some_events(9))
    store.compact(whole=True)
    before = as_rows(store.table())
    assert any((tmp_path / "cache").iterdir())
    forget()
    shutil.rmtree(tmp_path / "cache")
    assert as_rows(store.table()) == before
    for file in (tmp_path / "cache").rglob("*.npy"):
        file.write_bytes(b"half a f")
    forget()
    assert as_rows(Store(tmp_path).table()) == before


# --- crashes --------------------------------------------------------------------------------------


class CrashedError(Exception):
    """The process is gone."""


def writes_of(run: Callable[[], object], monkeypatch: pytest.MonkeyPatch, at: int) -> bool:
    """Crash when something is to be synced, a file or the names in a folder; False if nothing was.

    Until then it lies there, and nothing after it happens.
    """
    left = at

    def crashing(_handle: int) -> None:
        nonlocal left
        if left == 0:
            raise CrashedError
        left -= 1

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", crashing)
        try:
            run()
        except CrashedError:
            return True
    return False


@pytest.mark.parametrize("what", ["append", "compact", "join", "part", "erase"])
def test_a_crash_at_any_write_leaves_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def prepared(folder: Path) -> Store:
        store = Store(folder)
        store.append(some_events(6), marks={"inbox": 6})
        store.compact(whole=True)
        store.join({"p0": "p1"})
        store.append(some_events(4), marks={"inbox": 10})
        if what == "part":
            store.compact(whole=True)
        return store

    def read_on(store: Store) -> None:
        # Whoever died after the last step but one finds the log read on.
        with suppress(MovedOnError):
            store.append(some_events(5), marks={"inbox": 15}, after={"inbox": 10})

    steps: dict[str, Callable[[Store], object]] = {
        "append": read_on,
        "compact": lambda store: store.compact(whole=True),
        "join": lambda store: store.join({"p2": "p1"}),
        "part": lambda store: store.part(["p0"]),
        "erase": lambda store: store.erase(["p1"]),
    }
    done = prepared(tmp_path / "done")
    old = as_rows(done.table())
    steps[what](done)
    new = as_rows(done.table())
    crashes = 0
    while True:
        store = prepared(tmp_path / str(crashes))
        if not writes_of(lambda store=store: steps[what](store), monkeypatch, crashes):  # type: ignore[misc]
            break
        again = Store(store.folder)
        assert as_rows(again.table()) in (old, new)
        steps[what](again)
        again.sweep(grace=0)
        assert as_rows(Store(store.folder).table()) == new
        assert not list((store.folder / "parts").glob(".*"))
        crashes += 1
    assert crashes >= 2


def test_the_names_of_what_an_append_writes_are_synced_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, synced = Store(tmp_path), 0
    store.append(some_events(3))

    def counting(_handle: int) -> None:
        nonlocal synced
        synced += 1

    before = set((tmp_path / "parts").iterdir())
    monkeypatch.setattr(os, "fsync", counting)
    record = {"profile": "new", "event": "New", "time": "2026-03-01", "channel": "shop",
              "properties": {"t": "text"}}  # fmt: skip
    store.append([parse_event(record)])
    files = set((tmp_path / "parts").iterdir()) - before
    assert len(files) == 5  # the part, and what is new in four dictionaries
    assert synced == len(files) + 1 + 2  # their names; the version and its name


# --- aliases --------------------------------------------------------------------------------------


def test_a_version_does_not_grow_with_the_aliases(tmp_path: Path) -> None:
    store, sizes = Store(tmp_path), []
    for number in range(40):
        store.join({f"a{number}": "known"})
        if number % 4 == 3:
            store.part([f"a{number}", "nobody"])
        version = Store(tmp_path).version
        assert len(version.aliases) == number + 1 - (number + 1) // 4
        assert set(version.objects()) <= {path.name for path in (tmp_path / "parts").iterdir()}
        assert len(version.alias_files) <= 7
        sizes.append(len((tmp_path / "CURRENT").read_bytes()))
    assert max(sizes) < sizes[0] + 6 * 60  # names of files
    store.append(some_events(3))
    assert Store(tmp_path).version.alias_files == version.alias_files
    store.part([f"a{number}" for number in range(40)])
    assert not Store(tmp_path).version.aliases


def test_a_reader_whose_aliases_are_swept_reads_the_next_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "store")
    store.join({"a": "b"})
    text = (tmp_path / "store/CURRENT").read_text()
    store.join({"c": "d"})
    store.sweep(grace=0)
    shutil.copytree(tmp_path / "store", tmp_path / "other")
    real, left = keeper.FolderKeeper.read, [text]
    monkeypatch.setattr(
        keeper.FolderKeeper, "read", lambda self: left.pop() if left else real(self)
    )
    assert len(Store(tmp_path / "other").version.aliases) == 2
    assert not left


def test_a_file_of_aliases_that_is_gone_is_named(tmp_path: Path) -> None:
    Store(tmp_path / "store").join({"a": "b"})
    shutil.copytree(tmp_path / "store", tmp_path / "other")
    (name,) = Store(tmp_path / "store").version.alias_files
    (tmp_path / "other/parts" / name).unlink()
    with pytest.raises(BadInputError, match=name) as error:
        _ = Store(tmp_path / "other").version
    assert "backup" in (error.value.hint or "")


# --- dictionaries ---------------------------------------------------------------------------------


def test_a_dictionary_that_grows_keeps_few_files_and_rewrites_little(tmp_path: Path) -> None:
    store, written = Store(tmp_path), 0
    for number in range(64):
        before = set(store.version.dictionaries.get("profile", ()))
        store.append([parse_event({"profile": f"p{number}", "event": "e", "time": "2026-01-01"})])
        files = store.version.dictionaries["profile"]
        assert len(files) <= 7
        for name in set(files) - before:
            with pa.ipc.open_file(tmp_path / "parts" / name) as file:
                written += file.read_all().num_rows
    assert written <= 64 * 7
    assert sorted(store.table().profiles) == sorted(f"p{number}" for number in range(64))


def test_a_text_that_stands_twice_in_what_comes_has_one_code(tmp_path: Path) -> None:
    """Another system's table may repeat a text among those that its columns are coded by."""
    texts = pa.array(["x", "y", "x", None, "unused"])
    dictionaries = Dictionaries(FolderObjects(tmp_path), {})
    assert dictionaries.encode("event.event", pa.array(["z"])).tolist() == [0]
    codes = pa.array([2, 0, 1, 3, None], pa.int32())
    found = dictionaries.encode("event.event", pa.DictionaryArray.from_arrays(codes, texts))
    assert found.tolist() == [1, 1, 2, NONE, NONE]
    assert dictionaries.texts("event.event").to_pylist() == ["z", "x", "y"]
    assert dictionaries.find("event.event", ["y", "z", "unused"]) == [2, 0, None]


# --- erasing --------------------------------------------------------------------------------------


def test_an_erased_profile_leaves_no_byte(tmp_path: Path) -> None:
    store = Store(tmp_path, personal=["phone"])
    secret = "ann.svensson@example.org"
    records = [
        {
            "profile": secret if index % 3 == 0 else f"p{index}",
            "event": "Bought",
            "time": f"2026-01-{index + 1:02d}",
            "properties": {
                "note": f"call {secret}" if index % 3 == 0 else "none",
                "phone": "070-1234567" if index % 3 == 0 else "070-7654321",
                "city": "Umeå",
            },
            "identifiers": {"email": secret if index % 3 == 0 else "x@y.se"},
        }
        for index in range(12)
    ]
    store.append([parse_event(record) for record in records[:8]])
    store.compact(whole=True)
    store.append([parse_event(record) for record in records[8:]])
    store.join({"anonymous-7": secret})
    assert len(store.table()) == 12  # fills the cache
    assert found_in(tmp_path, secret)
    assert store.erase(["anonymous-7"]) == 4
    assert not found_in(tmp_path, secret)
    assert not found_in(tmp_path, "070-1234567")
    assert not found_in(tmp_path, "anonymous-7")
    table = store.table()
    assert len(table) == 8
    assert set(table.text_column("property", "city")[1]) == {"Umeå"}
    phones = [
        text for slab in store.snapshot().slabs for text in slab.text("personal/phone").to_pylist()
    ]
    assert phones == ["070-7654321"] * 8
    assert store.erase(["anonymous-7"]) == 0


def found_in(folder: Path, text: str) -> list[Path]:
    """Scan every file, as it lies and with what is compressed in it undone."""
    found = []
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        data = path.read_bytes()
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            data += repr([column.to_pylist() for column in table.columns]).encode()
        if text.encode() in data:
            found.append(path)
    return found


def test_threads_may_fill_the_cache_together(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append(some_events(28))
    store.compact(whole=True)
    expected = store.snapshot().slabs[0].column("time").tolist()
    for _ in range(5):
        forget()
        shutil.rmtree(tmp_path / "cache")
        slabs = store.snapshot().slabs
        with ThreadPoolExecutor(8) as pool:
            found = list(
                pool.map(lambda _n, slab=slabs[0]: slab.column("time").tolist(), range(32))
            )
        assert all(column == expected for column in found)

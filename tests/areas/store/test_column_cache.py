"""Columns are the same however they come to hand; what is erased does not come back."""

from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from kundresa.core.records import parse_event
from kundresa.store import Store, column_cache, part
from kundresa.store.column_cache import ColumnCache, finish_writing
from kundresa.store.part import close_readers
from kundresa.store.store import forget_snapshots

NAMES = ("time", "event", "p/number/a", "p/number/a.b", "value")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = Store(tmp_path)
    found.append(
        [
            parse_event({"profile": f"p{n // 4}", "event": "ab"[n % 2], "time": 1_700_000_000_000 + n,
                         "properties": {"a": n, "a.b": -n}})
            for n in range(10)
        ]
    )  # fmt: skip
    found.compact(whole=True)
    return found


def columns_of(store: Store, *, load: bool) -> list[dict[str, list[float]]]:
    """Be a process that has just begun, and read."""
    close_readers()
    forget_snapshots()
    view = store.snapshot()
    if load:
        view.load(NAMES, threads=2)
    return [
        {name: slab.column(name).tolist() for name in NAMES}
        | {"offsets": slab.offsets.tolist(), "profiles": slab.profiles.tolist()}
        for slab in view.slabs
    ]


def test_columns_are_the_same_read_mapped_and_one_by_one(store: Store) -> None:
    decoded = columns_of(store, load=True)
    finish_writing()
    files = {file.name for file in (store.folder / "cache").rglob("*.npy")}
    assert "time.npy" in files
    assert not any(file.startswith(".") for file in files)
    assert columns_of(store, load=True) == decoded == columns_of(store, load=False)
    assert sum(slab["offsets"][-1] for slab in decoded) == 10
    assert sorted(profile for slab in decoded for profile in slab["profiles"]) == [0, 1, 2]
    for slab in decoded:
        assert slab["p/number/a"] == [-n for n in slab["p/number/a.b"]]


def test_what_was_read_is_mapped_once_it_is_written(store: Store) -> None:
    view = store.snapshot()
    view.load(["time"], threads=1)
    finish_writing()
    assert isinstance(view.slabs[0].column("time"), np.memmap)


def test_with_much_waiting_a_reader_writes_its_own(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(column_cache, "MOST_WAITING", 0)
    view = store.snapshot()
    view.load(["time"], threads=1)
    assert isinstance(view.slabs[0].column("time"), np.memmap)


def test_a_part_of_several_row_groups_is_one_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part.pq, "write_table", partial(pq.write_table, row_group_size=4))
    store = Store(tmp_path)
    store.append(
        [parse_event({"profile": "p", "event": "a", "time": n, "id": str(n)}) for n in range(10)]
    )
    view = store.snapshot()
    view.load(["time"], threads=1)
    slab = view.slabs[0]
    assert slab.column("time").tolist() == [n * 1000 for n in range(10)]
    assert slab.text("id").to_pylist() == [str(n) for n in range(10)]


def test_a_column_of_a_part_that_is_gone_is_not_kept(tmp_path: Path) -> None:
    """Erased meanwhile: the part goes first, the cache thereafter, and a late writer last."""
    column = np.arange(3)
    for is_there in (True, False):
        cache = ColumnCache(tmp_path / "part", lambda is_there=is_there: is_there)
        assert cache.write("time", column).tolist() == [0, 1, 2]
        assert (tmp_path / "part").exists() == is_there


def test_erasing_waits_for_what_is_written_behind(store: Store) -> None:
    before = parts_of(store)
    store.snapshot().load(NAMES, threads=2)
    store.erase(["p0"])
    finish_writing()
    gone = before - parts_of(store)
    assert gone
    assert gone.isdisjoint(folder.name for folder in (store.folder / "cache").iterdir())


def parts_of(store: Store) -> set[str]:
    return {one.name.partition(".")[0] for one in store.version.parts}


def test_who_looks_at_many_stores_holds_the_files_of_few_open(tmp_path: Path) -> None:
    """A mapped column holds a file open, and a process may hold a thousand."""
    close_readers()
    forget_snapshots()
    counts = []
    for number in range(40):
        store = Store(tmp_path / str(number))
        store.append([parse_event({"profile": "p", "event": "a", "time": "2026-03-01"})])
        store.snapshot().load(("time", "event"), threads=1)
        finish_writing()
        assert len(store.table()) == 1
        counts.append(sum(1 for _ in Path("/dev/fd").iterdir()))
    assert counts[10] > counts[0]
    assert max(counts[20:]) <= max(counts[:20])

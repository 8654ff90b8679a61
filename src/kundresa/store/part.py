"""A part: a Parquet file of rows sorted by bucket, profile, time and arrival, and its columns as
memory-mapped arrays in a cache that may vanish at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Any, Final, cast
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from kundresa.core.ids import new_id
from kundresa.store.columns import Block, Column, empty_value, is_text
from kundresa.store.objects import Objects
from kundresa.store.version import Part

Ints = NDArray[np.int64]
_DELTA: Final = ("profile", "sequence", "time", "width", "origin", "value")
_LONGEST_NAME: Final = 150
_MIX: Final = (np.uint64(0xBF58_476D_1CE4_E5B9), np.uint64(0x94D0_49BB_1331_11EB))


def bucket_of(profile: Ints, buckets: int) -> NDArray[np.int64]:
    """Spread profiles over a power of two of buckets (the finaliser of SplitMix64)."""
    x = profile.astype(np.uint64) + np.uint64(0x9E37_79B9_7F4A_7C15)
    x = (x ^ (x >> np.uint64(30))) * _MIX[0]
    x = (x ^ (x >> np.uint64(27))) * _MIX[1]
    return ((x ^ (x >> np.uint64(31))) & np.uint64(buckets - 1)).astype(np.int64)


def in_order(block: Block, buckets: int) -> Block:
    """Sort rows as they stand in a part."""
    columns = block.columns
    keys = (columns["sequence"], columns["time"], columns["profile"])
    order = np.lexsort((*keys, bucket_of(columns["profile"], buckets)))
    return block.take(order)


def write_part(objects: Objects, block: Block, buckets: int) -> Part:
    """Write sorted rows as a part."""
    columns = {name: pa.array(column) for name, column in block.columns.items()}
    table = pa.table(columns | block.texts)
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression={name: "zstd" if is_text(name) else "lz4" for name in table.column_names},
        use_dictionary=False,
        column_encoding={name: "DELTA_BINARY_PACKED" for name in _DELTA if name in columns},
    )
    name = objects.put(sink.getvalue(), "parquet")
    bucket = bucket_of(block.columns["profile"], buckets)
    bounds = np.searchsorted(bucket, np.arange(buckets + 1))
    time = block.columns["time"]
    return Part(
        name, len(block), int(time.min()), int(time.max()), tuple(table.column_names),
        tuple(bounds.tolist()),
    )  # fmt: skip


class PartReader:
    """The columns of one part.

    Parameters
    ----------
    objects
        Where the part lies.
    part
        Which one.
    cache
        A folder for memory-mapped columns; None keeps what was read in memory.
    """

    def __init__(self, objects: Objects, part: Part, cache: Path | None) -> None:
        self.part = part
        self._objects = objects
        self._cache = cache / part.name.partition(".")[0] if cache else None
        self._kept: dict[str, Column] = {}

    def __len__(self) -> int:
        return self.part.rows

    def column(self, name: str) -> Column:
        """Give a column of shape (rows,), full of what stands for nothing where it is missing."""
        found = self._kept.get(name)
        if found is None:
            found = self._kept[name] = self._load(name)
        return found

    def profiles(self) -> Ints:
        """Give the profiles, each once, in the order of the rows."""
        return self._derived("profiles", lambda: self.column("profile")[self.offsets()[:-1]])

    def offsets(self) -> Ints:
        """Give the first row of each profile, and the number of rows."""
        return self._derived("offsets", self._find_offsets)

    def moved(self) -> tuple[Ints, Ints]:
        """Give the profiles under which rows of others stand, and whose they are; each pair once."""
        if "origin" not in self.part.columns:
            nothing = np.zeros(0, np.int64)
            return nothing, nothing
        if "moved" not in self._kept:
            profile, origin = self.column("profile"), self.column("origin")
            away = np.flatnonzero(profile != origin)
            pairs = np.stack([profile[away], origin[away]])
            self._kept["moved"] = np.unique(pairs, axis=1) if len(away) else pairs
        found = self._kept["moved"]
        return found[0], found[1]

    def block(self, rows: Ints | slice | None = None) -> Block:
        """Read all columns of some rows, or of all."""
        chosen = slice(None) if rows is None else rows
        names = [name for name in self.part.columns if not is_text(name)]
        columns = {name: np.asarray(self.column(name)[chosen]) for name in names}
        texts = {name: self.text(name) for name in self.part.columns if is_text(name)}
        if not isinstance(chosen, slice):
            taken = {name: text.take(pa.array(chosen)) for name, text in texts.items()}
        else:
            start, stop, _ = chosen.indices(len(self))
            taken = {name: text.slice(start, stop - start) for name, text in texts.items()}
        return Block(columns, taken)

    def text(self, name: str) -> pa.Array:
        """Read a column of plain text, null where there is nothing; never cached on disk."""
        if name not in self.part.columns:
            return pa.nulls(len(self), pa.string())
        return self._read(name)

    def _load(self, name: str) -> Column:
        if name == "origin" and name not in self.part.columns:
            return self.column("profile")
        if name not in self.part.columns:
            return np.full(len(self), empty_value(name))
        return self._derived_file(name, lambda: self._read(name).to_numpy(zero_copy_only=False))

    def _derived(self, name: str, make: Any) -> Ints:
        if name not in self._kept:
            self._kept[name] = self._derived_file(name, make)
        return cast("Ints", self._kept[name])

    def _derived_file(self, name: str, make: Any) -> Column:
        if self._cache is None:
            return cast("Column", make())
        file = self._cache / f"{_file_name(name)}.npy"
        try:
            return cast("Column", np.load(file, mmap_mode="r"))
        except (FileNotFoundError, ValueError, EOFError):
            made = make()
        return _kept_in(file, made)

    def _find_offsets(self) -> Ints:
        profile = self.column("profile")
        changes = np.flatnonzero(profile[1:] != profile[:-1]) + 1
        return np.concatenate([[0], changes, [len(profile)]]).astype(np.int64)

    def _read(self, name: str) -> Any:
        with self._objects.open(self.part.name) as file:
            column = pq.read_table(file, columns=[name]).column(0)
        return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _file_name(column: str) -> str:
    """Give each column a file of its own, whatever senders call their properties."""
    quoted = quote(column, safe="")
    if len(quoted) <= _LONGEST_NAME:
        return quoted
    return hashlib.sha256(column.encode("utf-8", "surrogatepass")).hexdigest()


def _kept_in(file: Path, made: Column) -> Column:
    """Write an array into the cache and map it; a cache that can't be written is done without."""
    # Several threads may make the same column at once; each writes its own draft of it.
    draft = file.with_name(f".{file.name}.{new_id()}.npy")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(draft, made)
        draft.replace(file)
        return cast("Column", np.load(file, mmap_mode="r"))
    except OSError:
        return made


_open: Final[dict[tuple[str, str], dict[str, PartReader]]] = {}
_opening: Final = Lock()


def readers_of(
    objects: Objects, parts: Iterable[Part], cache: Path | None
) -> dict[str, PartReader]:
    """Give the readers of a version's parts by name.

    Those of the last version that was asked for stay open in this process: mapping a file anew
    costs as much as walking a million rows. Those of parts that are gone are let go.
    """
    key = objects.place, str(cache)
    with _opening:
        known = _open.get(key, {})
        found = {
            part.name: known.get(part.name) or PartReader(objects, part, cache) for part in parts
        }
        _open[key] = found
    return dict(found)


def close_readers() -> None:
    """Let go of every part that this process keeps open."""
    with _opening:
        _open.clear()

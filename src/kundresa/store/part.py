"""A part: a Parquet file of rows sorted by bucket, profile, time and arrival, and its columns as
memory-mapped arrays in a cache that may vanish at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from kundresa.store.column_cache import ColumnCache, finish_writing
from kundresa.store.columns import Block, Column, empty_value, is_text
from kundresa.store.objects import Objects, Puts
from kundresa.store.version import Part

Ints = NDArray[np.int64]
_DELTA: Final = ("profile", "sequence", "time", "width", "origin", "value")
MOST_STORES: Final = 8
_UNITS: Final = ("offsets", "profiles")
_MIX: Final = (np.uint64(0xBF58_476D_1CE4_E5B9), np.uint64(0x94D0_49BB_1331_11EB))


def bucket_of(profile: Ints, buckets: int) -> NDArray[np.int64]:
    """Spread profiles over a power of two of buckets (the finaliser of SplitMix64)."""
    x = profile.astype(np.uint64) + np.uint64(0x9E37_79B9_7F4A_7C15)
    x = (x ^ (x >> np.uint64(30))) * _MIX[0]
    x = (x ^ (x >> np.uint64(27))) * _MIX[1]
    return ((x ^ (x >> np.uint64(31))) & np.uint64(buckets - 1)).astype(np.int64)


def in_order(block: Block, buckets: int) -> Block:
    """Sort rows as they stand in a part."""
    sequence, time, profile = (block.columns[name] for name in ("sequence", "time", "profile"))
    # A profile is a code of 32 bits, so its bucket fits above it, and one key sorts by both.
    keys = (time, bucket_of(profile, buckets) << 32 | profile)
    # What comes is numbered in order; what is put together from several parts isn't.
    is_numbered = bool((sequence[1:] > sequence[:-1]).all())
    return block.take(np.lexsort(keys if is_numbered else (sequence, *keys)))


def write_part(objects: Puts, block: Block, buckets: int) -> Part:
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
        # Not a method of this reader: in a circle with its cache it would keep its files open until
        # somebody looks for garbage.
        self._cache = ColumnCache(
            cache / part.name.partition(".")[0] if cache else None,
            partial(_is_there, objects, part.name),
        )
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
        return self.column("profiles")

    def offsets(self) -> Ints:
        """Give the first row of each profile, and the number of rows."""
        return self.column("offsets")

    def load(self, names: Iterable[str]) -> None:
        """Have some columns, and whose the rows are, at hand: read in one go, cached behind us."""
        wanted = [name for name in (*names, *_UNITS) if self._holds(name)]
        missing = [name for name in wanted if not self._is_at_hand(name)]
        for name, made in self._decode(missing).items() if missing else ():
            self._kept[name] = made
            self._cache.write_behind(name, made, partial(self._kept.__setitem__, name))

    def has(self, names: Iterable[str]) -> bool:
        """Tell whether `load` would have nothing to do."""
        return all(name in self._kept for name in (*names, *_UNITS) if self._holds(name))

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
        # One way through the file: reading its foot for each of hundreds of columns takes longer.
        self.load(names)
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
        pieces = [group.column(name).chunks for group in self._groups([name])]
        chunks = [chunk for some in pieces for chunk in some]
        return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks)

    def _load(self, name: str) -> Column:
        if name == "origin" and name not in self.part.columns:
            return self.column("profile")
        if not self._holds(name):
            return np.full(len(self), empty_value(name))
        found = self._cache.read(name)
        if found is not None:
            return found
        for other, made in self._decode(_UNITS if name in _UNITS else [name]).items():
            self._kept[other] = self._cache.write(other, made)
        return self._kept[name]

    def _holds(self, name: str) -> bool:
        return name in self.part.columns or name in _UNITS

    def _is_at_hand(self, name: str) -> bool:
        if name not in self._kept and (found := self._cache.read(name)) is not None:
            self._kept[name] = found
        return name in self._kept

    def _decode(self, names: Sequence[str]) -> dict[str, Column]:
        """Read columns of numbers; `_UNITS` come together, from the profiles of the rows."""
        stored = [name for name in names if name not in _UNITS]
        wants_units = len(stored) < len(names)
        asked = list(dict.fromkeys([*stored, "profile"])) if wants_units else stored
        groups = [
            {name: _numbers(group.column(name)) for name in asked} for group in self._groups(asked)
        ]
        found = {
            name: groups[0][name]
            if len(groups) == 1
            else np.concatenate([group.pop(name) for group in groups])
            for name in asked
        }
        if wants_units:
            found |= _units_of(found["profile"])
        return {name: found[name] for name in (*stored, *(_UNITS if wants_units else ()))}

    def _groups(self, names: Sequence[str]) -> list[pa.Table]:
        # Parts are read side by side, and the quick way in: a data set costs as much as decoding.
        with self._objects.open(self.part.name) as file:
            parquet = pq.ParquetFile(file)
            return [
                parquet.read_row_group(group, columns=list(names), use_threads=False)
                for group in range(parquet.num_row_groups)
            ]


def _is_there(objects: Objects, name: str) -> bool:
    try:
        objects.open(name).close()
    except FileNotFoundError:
        return False
    return True


def _numbers(column: pa.ChunkedArray) -> Column:
    # One chunk is taken as it lies, without copying.
    whole = column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)
    found: Column = whole.to_numpy()
    return found


def _units_of(profile: Ints) -> dict[str, Column]:
    changes = np.flatnonzero(profile[1:] != profile[:-1]) + 1
    offsets = np.concatenate([[0], changes, [len(profile)]]).astype(np.int64)
    return {"offsets": offsets, "profiles": profile[offsets[:-1]]}


_open: Final[dict[tuple[str, str], dict[str, PartReader]]] = {}
_opening: Final = Lock()


def readers_of(
    objects: Objects, parts: Iterable[Part], cache: Path | None
) -> dict[str, PartReader]:
    """Give the readers of a version's parts by name.

    Those of the last version that was asked for stay open in this process: mapping a file anew
    costs as much as walking a million rows. Those of parts that are gone are let go, and of stores
    that were asked for longest ago: each mapped column holds a file open.
    """
    key = objects.place, str(cache)
    with _opening:
        known = _open.pop(key, {})
        found = {
            part.name: known.get(part.name) or PartReader(objects, part, cache) for part in parts
        }
        _open[key] = found
        for oldest in list(_open)[:-MOST_STORES]:
            del _open[oldest]
    return dict(found)


def close_readers() -> None:
    """Let go of every part that this process keeps open, and be done with their caches."""
    finish_writing()
    with _opening:
        _open.clear()

"""Dictionaries: texts have codes that never change, so parts need no translation when merged.

A dictionary is a list of texts in files that are only ever added. Erasing a customer blanks
entries; their codes stay taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kundresa.store.objects import Objects, Puts
from kundresa.store.overflow import ask

Codes = NDArray[np.uint32]
NONE: Final = np.uint32(0xFFFF_FFFF)
GROWTH: Final = 2
"""A file of a dictionary has so many times the texts of the one after it, at least.

What is added is put together with what is too small before it. So a dictionary has few files, and
each of its texts is written a few times however often something is added.
"""


class Dictionaries:
    """The dictionaries of a version; texts added here count once `files` stands in a version.

    ``into`` takes the new files, by default ``objects`` itself.
    """

    def __init__(
        self, objects: Objects, files: Mapping[str, Sequence[str]], *, into: Puts | None = None
    ) -> None:
        self._objects = objects
        self._into = into or objects
        self._new: dict[str, pa.Array] = {}
        self._asked: set[str] = set()
        self.files: dict[str, tuple[str, ...]] = {
            name: tuple(found) for name, found in files.items()
        }

    def texts(self, name: str) -> pa.Array:
        """Give the texts of a dictionary, in order of their codes."""
        pieces = self._pieces(name)
        return pa.concat_arrays(pieces) if pieces else pa.array([], pa.string())

    def encode(self, name: str, column: pa.Array) -> Codes:
        """Give each text its code, new texts a new one; null becomes `NONE`."""
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        places = pc.fill_null(encoded.indices, len(encoded.dictionary)).to_numpy(
            zero_copy_only=False
        )
        # A few rows of many come with the dictionary of all of them.
        used = np.zeros(len(encoded.dictionary) + 1, bool)
        used[places] = True
        used[-1] = False
        codes = np.full(len(used), NONE)
        codes[used] = self._codes(name, encoded.dictionary.filter(pa.array(used[:-1])))
        coded: Codes = codes[places]
        return coded

    def find(self, name: str, texts: Sequence[str]) -> list[int | None]:
        """Look up codes, None for a text that has none."""
        found = _places(self._pieces(name), pa.array(texts, pa.string()))
        return [int(code) if code >= 0 else None for code in found]

    def ask_for(self, name: str) -> None:
        """Ask that a property in the overflow get a column and a dictionary (`overflow.ask`)."""
        if name not in self._asked:
            self._asked.add(name)
            ask(self._objects, name)

    def blank(self, name: str, codes: Sequence[int]) -> None:
        """Take the texts of some codes away; the codes stay taken."""
        texts = self.texts(name).to_numpy(zero_copy_only=False).copy()
        texts[list(codes)] = None
        self._write(name, (), pa.array(texts, pa.string()))

    def _codes(self, name: str, texts: pa.Array) -> Codes:
        """Give the codes of some texts, -1 in other words `NONE` for null; unknown ones are added."""
        pieces = self._pieces(name)
        found = _places(pieces, texts)
        unknown = found < 0
        new = pc.drop_null(texts.filter(pa.array(unknown))).unique()
        if len(new):
            added = _places([new], texts.filter(pa.array(unknown)))
            found[unknown] = np.where(added < 0, -1, added + sum(map(len, pieces)))
            self._add(name, pieces, new)
        return found.astype(np.uint32)

    def _add(self, name: str, pieces: Sequence[pa.Array], new: pa.Array) -> None:
        kept, size = len(pieces), len(new)
        while kept and len(pieces[kept - 1]) < GROWTH * size:
            kept -= 1
            size += len(pieces[kept])
        files = self.files.get(name, ())[:kept]
        self._write(name, files, pa.concat_arrays([*pieces[kept:], new]))

    def _pieces(self, name: str) -> list[pa.Array]:
        """Give the texts of a dictionary, file by file."""
        files = self.files.get(name, ())
        return [self._new[f] if f in self._new else _read(self._objects, f) for f in files]

    def _write(self, name: str, files: tuple[str, ...], texts: pa.Array) -> None:
        sink = pa.BufferOutputStream()
        batch = pa.record_batch({"text": texts})
        with pa.ipc.new_file(sink, batch.schema) as writer:
            writer.write_batch(batch)
        file = self._into.put(sink.getvalue(), "dictionary")
        self._new[file] = texts
        self.files[name] = (*files, file)


def _places(pieces: Sequence[pa.Array], texts: pa.Array) -> NDArray[np.int64]:
    """Give the place of each text among the known ones, -1 where there is none."""
    known = pa.chunked_array(pieces, pa.string())
    if len(known) <= 8 * len(texts):
        found = pc.index_in(texts, value_set=known, skip_nulls=True)
        return np.array(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), np.int64)
    # A table of the few and a walk over the many is cheaper than a table of the many.
    hits = pc.index_in(known, value_set=texts, skip_nulls=True)
    rows = np.flatnonzero(hits.is_valid().to_numpy())
    places = np.full(len(texts), -1, np.int64)
    places[pc.drop_null(hits).to_numpy()] = rows
    return places


# A file never changes, and every query asks for the same few.
@lru_cache(maxsize=512)
def _read(objects: Objects, name: str) -> pa.Array:
    with objects.open(name) as file:
        table = pa.ipc.open_file(pa.py_buffer(file.read())).read_all()
    column = table.column("text")
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def forget() -> None:
    """Let go of the texts that this process keeps in memory."""
    _read.cache_clear()

"""Dictionaries: texts have codes that never change, so parts need no translation when merged.

A dictionary is a list of texts in files that are only ever added. Erasing a customer blanks
entries; their codes stay taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kundresa.store.objects import Objects
from kundresa.store.overflow import ask

Codes = NDArray[np.uint32]
NONE: Final = np.uint32(0xFFFF_FFFF)
MOST_FILES: Final = 12
"""More files of one dictionary are put together when texts are added."""


class Dictionaries:
    """The dictionaries of a version; texts added here count once `files` stands in a version."""

    def __init__(self, objects: Objects, files: Mapping[str, Sequence[str]]) -> None:
        self._objects = objects
        self._asked: set[str] = set()
        self.files: dict[str, tuple[str, ...]] = {
            name: tuple(found) for name, found in files.items()
        }

    def texts(self, name: str) -> pa.Array:
        """Give the texts of a dictionary, in order of their codes."""
        return _texts(self._objects, self.files.get(name, ()))

    def encode(self, name: str, column: pa.Array) -> Codes:
        """Give each text its code, new texts a new one; null becomes `NONE`."""
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        found = _places(self.texts(name), encoded.dictionary)
        if (found < 0).any() and self._add(name, encoded, found < 0):
            found = _places(self.texts(name), encoded.dictionary)
        codes = np.append(found, -1).astype(np.uint32)
        places = pc.fill_null(encoded.indices, len(found)).to_numpy(zero_copy_only=False)
        coded: Codes = codes[places]
        return coded

    def find(self, name: str, texts: Sequence[str]) -> list[int | None]:
        """Look up codes, None for a text that has none."""
        found = _places(self.texts(name), pa.array(texts, pa.string()))
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

    def _add(self, name: str, encoded: Any, unknown: NDArray[np.bool_]) -> bool:
        used = np.zeros(len(encoded.dictionary), bool)
        used[pc.drop_null(encoded.indices).to_numpy()] = True
        new = pc.drop_null(encoded.dictionary.filter(pa.array(used & unknown)))
        if not len(new):
            return False
        files = self.files.get(name, ())
        if len(files) >= MOST_FILES:
            new, files = pa.concat_arrays([self.texts(name), new]), ()
        self._write(name, files, new)
        return True

    def _write(self, name: str, files: tuple[str, ...], texts: pa.Array) -> None:
        sink = pa.BufferOutputStream()
        batch = pa.record_batch({"text": texts})
        with pa.ipc.new_file(sink, batch.schema) as writer:
            writer.write_batch(batch)
        self.files[name] = (*files, self._objects.put(sink.getvalue(), "dictionary"))


def _places(known: pa.Array, texts: pa.Array) -> NDArray[np.int64]:
    """Give the place of each text among the known ones, -1 where there is none."""
    if len(known) <= 8 * len(texts):
        found = pc.index_in(texts, value_set=known, skip_nulls=True)
        return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), np.int64)
    # A table of the few and a walk over the many is cheaper than a table of the many.
    hits = pc.index_in(known, value_set=texts, skip_nulls=True)
    rows = np.flatnonzero(hits.is_valid().to_numpy(zero_copy_only=False))
    places = np.full(len(texts), -1, np.int64)
    places[pc.drop_null(hits).to_numpy()] = rows
    return places


def _texts(objects: Objects, files: tuple[str, ...]) -> pa.Array:
    pieces = [_read(objects, name) for name in files]
    return pa.concat_arrays(pieces) if pieces else pa.array([], pa.string())


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

"""A slab as the columns that conditions ask (`core.conditions.Columns`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kundresa.store.columns import NO_MONEY, dictionary_of
from kundresa.store.dictionary import NONE, Dictionaries
from kundresa.store.overflow import OVERFLOW, Spilled, spilled
from kundresa.store.snapshot import Slab

_FIELDS = ("event", "channel", "currency", "group")


class SlabColumns:
    """Answers conditions over the rows of a slab, those of skipped profiles too."""

    def __init__(self, slab: Slab, dictionaries: Dictionaries) -> None:
        self._slab = slab
        self._dictionaries = dictionaries
        self._found: dict[str, Spilled] = {}

    def __len__(self) -> int:
        return int(self._slab.offsets[-1])

    def text_column(self, kind: str, name: str) -> tuple[NDArray[np.int64], list[str]]:
        """Give codes, -1 where missing, and the texts they stand for."""
        if kind == "field" and name not in _FIELDS:
            return np.full(len(self), -1, np.int64), []
        column = name if kind == "field" else f"p/text/{name}"
        codes = self._slab.column(column)
        texts = self._dictionaries.texts(dictionary_of(column)).to_pylist()
        found = np.where(codes == NONE, -1, codes.astype(np.int64))
        told = ["" if text is None else text for text in texts]
        return self.spilled(name).into_text(found, told) if kind == "property" else (found, told)

    def number_column(self, kind: str, name: str) -> NDArray[np.float64]:
        """Give numbers, NaN where missing; ``value`` in units of its currency."""
        if kind == "property":
            return self.spilled(name).into_number(self._slab.column(f"p/number/{name}"))
        if name == "value":
            value = self._slab.column("value")
            return np.where(value == NO_MONEY, np.nan, value / 1e6)
        if name == "score":
            return self._slab.column("score_raw")
        return np.full(len(self), np.nan)

    def boolean_column(self, kind: str, name: str) -> NDArray[np.int8]:
        """Give 1, 0, and -1 where missing."""
        if kind == "property":
            return self.spilled(name).into_boolean(self._slab.column(f"p/boolean/{name}"))
        return np.full(len(self), -1, np.int8)

    def spilled(self, name: str) -> Spilled:
        """Give what stands of a property in the overflow, and ask for a column where that is."""
        if name not in self._found:
            found = self._found[name] = spilled(self._slab.text(OVERFLOW), name)
            if found:
                self._dictionaries.ask_for(name)
        return self._found[name]

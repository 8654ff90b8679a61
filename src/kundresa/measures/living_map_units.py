"""Whose each event of a store is where the unit is an account or a property: a code for each unit.

Texts have the codes of their dictionary. Behind those stand the texts that are in the overflow
alone, and behind these the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kundresa.measures.journeys import Bools, Ints
from kundresa.measures.names import Hashes, hashes_of
from kundresa.measures.specs import Unit
from kundresa.store import Slab, Snapshot
from kundresa.store.columns import dictionary_of
from kundresa.store.dictionary import NONE
from kundresa.store.overflow import OVERFLOW, Spilled, sort_of
from kundresa.store.slab_columns import SlabColumns

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Named:
    """What some rows say of their unit: the code of a text, -1 without one, or else a number.

    ``number`` is NaN where there is none, and empty where no row has any.
    """

    text: Ints
    number: Floats

    def known(self) -> Bools:
        """Tell which rows have a unit."""
        found = self.text >= 0
        return found | ~np.isnan(self.number) if len(self.number) else found

    def only(self, rows: Bools) -> Self:
        """Give what some of the rows say."""
        return replace(self, text=self.text[rows], number=self.number[rows[: len(self.number)]])


@dataclass(frozen=True)
class _Overflow:
    """The rows of a slab whose unit stands in the overflow, ascending."""

    rows: Ints
    named: Named


class Units:
    """Knows the units of a snapshot."""

    def __init__(self, snapshot: Snapshot, unit: Unit) -> None:
        present = set(snapshot.column_names())
        own = "" if isinstance(unit, str) else unit[1]
        self._text = f"p/text/{own}" if own else "group"
        self._number = f"p/number/{own}"
        self._has_text, self._has_number = self._text in present, self._number in present
        self._snapshot = snapshot
        self._added: dict[str, int] = {}
        self._overflow: dict[int, _Overflow] = {}
        # Codes of this very moment: others may add texts while this goes on.
        self._known = snapshot.dictionaries.texts(dictionary_of(self._text))
        for slab in snapshot.slabs if own and OVERFLOW in present else ():
            spilled = SlabColumns(slab, snapshot.dictionaries).spilled(own)
            if spilled:
                self._overflow[id(slab)] = _Overflow(spilled.rows, self._coded(spilled))

    def of(self, slab: Slab, rows: Ints) -> Named:
        """Tell what some rows of a slab, ascending, say of their unit."""
        text = np.full(len(rows), -1, np.int64)
        if self._has_text:
            codes = slab.column(self._text)[rows]
            np.copyto(text, codes, where=codes != NONE)
        number = slab.column(self._number)[rows] if self._has_number else np.zeros(0, np.float64)
        more = self._overflow.get(id(slab))
        if more is not None:
            text, number = _filled(text, number, rows, more)
        number = np.where(text < 0, number, np.nan) if len(number) else number
        return Named(text, number if not np.isnan(number).all() else np.zeros(0, np.float64))

    def codes(self, named: Named) -> tuple[Ints, Hashes]:
        """Give each row's unit, -1 without one, and the hash of each unit's name by its code."""
        codes, numbers = named.text, np.zeros(0, np.float64)
        first = len(self._known) + len(self._added)
        if len(named.number):
            is_number = ~np.isnan(named.number)
            numbers, places = np.unique(named.number[is_number], return_inverse=True)
            codes = codes.copy()
            codes[is_number] = first + places
        names = [*self._added, *(f"{number:g}" for number in numbers)]
        hashes = hashes_of(self._known)
        if names:
            hashes = np.concatenate([hashes, hashes_of(pa.array(names, pa.string()))])
        return codes, hashes

    def _coded(self, spilled: Spilled) -> Named:
        sorts = [sort_of(value) for value in spilled.values]
        texts = {v for v, sort in zip(spilled.values, sorts, strict=True) if sort == "text"}
        words, wanted = self._snapshot.dictionaries, sorted(texts)
        known = words.find(dictionary_of(self._text), wanted)
        codes = {
            # An empty text may be one that was erased: no other is the same.
            text: self._new(text) if code is None or not text else code
            for text, code in zip(wanted, known, strict=True)
        }
        pairs = list(zip(spilled.values, sorts, strict=True))
        return Named(
            np.array([codes[value] if sort == "text" else -1 for value, sort in pairs], np.int64),
            np.array([value if sort == "number" else np.nan for value, sort in pairs], np.float64),
        )

    def _new(self, text: str) -> int:
        return self._added.setdefault(text, len(self._known) + len(self._added))


def _filled(text: Ints, number: Floats, rows: Ints, more: _Overflow) -> tuple[Ints, Floats]:
    """Put what stands in the overflow into what some rows say in columns."""
    places = np.minimum(np.searchsorted(more.rows, rows), len(more.rows) - 1)
    hit = more.rows[places] == rows
    said = more.named.text[places], more.named.number[places]
    number = number if len(number) else np.full(len(rows), np.nan)
    return (
        np.where(hit & (said[0] >= 0), said[0], text),
        np.where(hit & ~np.isnan(said[1]), said[1], number),
    )

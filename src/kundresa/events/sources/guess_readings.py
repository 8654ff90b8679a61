"""Readings guessed from a table: its days, its numbers, and what tells one row from another.

Taken for readings is a table that has days and numbers but nobody whose events its rows could be,
or whose only owner is an account beside several numbers that are counted or paid.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kundresa.core.readings import PLACES
from kundresa.core.times import DAY, HOUR
from kundresa.events.sources.batch import joined
from kundresa.events.sources.guess_columns import WORDS, Column, best
from kundresa.events.sources.moments import Clock, Moments, read_moments

_WEAK_OWNER: Final = WORDS["profile"].index("account")
_MONTH: Final = r"^\d{4}-\d{2}$"
_WEEK: Final = 7
_CURRENCY: Final = re.compile(r"\b[A-Z]{3}\b|(?<=[_ ])(?:sek|nok|dkk|isk|eur|gbp|usd|chf)$")
_DATES: Final = re.compile(r"[\d_.-]+")


def guess_readings(
    columns: Sequence[Column], name: str, zone: str
) -> tuple[dict[str, Any], list[str]] | None:
    """Give an entry of ``readings`` without its table, and notes; none if the rows are events.

    ``name`` is what people call the file.
    """
    filled = [column for column in columns if column.filled]
    numbers = [column for column in filled if column.sort == "number" and column.form is None]
    counted = [c for c in numbers if c.is_named("count") or c.is_named("cost")]
    if not numbers or _is_of_somebody(filled, counted):
        return None
    guess = _Guess(filled, numbers, name, zone)
    period = guess.period()
    return None if period is None else ({"period": period, **guess.rest()}, guess.notes)


def _is_of_somebody(columns: Sequence[Column], counted: Sequence[Column]) -> bool:
    """Say whether a column names whose events the rows are."""
    owners = [
        column for column in columns
        if column.form is None and column.sort != "boolean" and column not in counted
        and not (column.different == 1 and len(column.values) > 1)
    ]  # fmt: skip
    if any(column.holds_addresses for column in owners):
        return True
    owner = best(owners, "profile")
    if owner is None:
        return False
    return len(counted) < 2 or (owner.rank("profile") or 0) < _WEAK_OWNER


class _Guess:
    def __init__(self, columns: list[Column], numbers: list[Column], name: str, zone: str) -> None:
        self._columns = columns
        self._numbers = numbers
        self._name = name
        self._zone = zone
        self._times: list[Column] = []
        self.notes: list[str] = []

    # --- the period -----------------------------------------------------------------------------

    def period(self) -> Any:
        """Give what tells the period; none if no column does."""
        times = [column for column in self._columns if self._form(column) is not None]
        texts = [c for c in times if c.sort == "text" or c.rank("time") is not None]
        first, last = best(texts, "begin"), best(texts, "end")
        if first is not None and last is not None and first is not last:
            return self._between(first, last)
        column = best(texts, "time") or next(iter(texts), None)
        if column is None:
            return None
        length = self._length(column)
        if length is None:
            return None
        self._times = [column]
        self._note("period", column, "likely", f"each row is for one {length}")
        self._tell_zone(column)
        form = self._form(column)
        named = {"form": form} if form else {}
        longer = {"length": length} if length != "day" else {}
        return {"column": column.name, **named, **longer} if named or longer else column.name

    def _between(self, first: Column, last: Column) -> Any:
        self._times = [first, last]
        is_days = bool((self._moments(last).until - self._moments(last).time == DAY - 1).any())
        why = "the last day belongs to it" if is_days else "the end no longer belongs to it"
        self._note("period begins", first, "likely", "by its name")
        self._note("period ends", last, "unsure", why)
        self._tell_zone(first)

        def said(column: Column) -> Any:
            form = self._form(column)
            return {"column": column.name, "form": form} if form else column.name

        return {"from": said(first), "last" if is_days else "to": said(last)}

    def _form(self, column: Column) -> str | None:
        if column.form == "ms":
            return None
        if column.form is None and column.sort == "text" and pa.types.is_string(column.values.type):
            fits = pc.all(pc.match_substring_regex(column.present, _MONTH)).as_py()
            return "%Y-%m" if fits else None
        return column.form

    def _moments(self, column: Column) -> Moments:
        return read_moments(column.present, Clock(self._zone, form=self._form(column) or None))

    def _length(self, column: Column) -> str | None:
        """Say how long the periods are: by the name, by the form, by the steps between them."""
        if column.is_named("month") or self._form(column) == "%Y-%m":
            return "month"
        if column.is_named("week"):
            return "week"
        moments = self._moments(column)
        good = np.ones(len(moments.time), bool)
        good[sorted(moments.reasons)] = False
        times = np.unique(moments.time[good])
        if not (moments.until - moments.time >= DAY // 2)[good].all():
            return "hour" if not (times % HOUR).any() else None
        steps = np.diff(np.round(times / DAY)).astype(np.int64)
        if len(steps) > 1 and not (steps % _WEEK).any():
            return "week"
        days = (times + DAY // 2).astype("M8[us]").astype("M8[D]")
        is_first = days == days.astype("M8[M]").astype("M8[D]")
        return "month" if len(times) > 1 and is_first.all() else "day"

    def _tell_zone(self, column: Column) -> None:
        if not column.has_zone:
            self.notes.append(f"zone: {column.name}: read in {self._zone}, as no zone is told")
        if column.may_be_month_first:
            self.notes.append(f"form: day and month of {column.name} may be the other way round")

    # --- what tells rows apart ------------------------------------------------------------------

    def rest(self) -> dict[str, Any]:
        """Give place, source and series."""
        texts = [
            column for column in self._columns
            if column not in self._times and column.sort == "text" and column.form is None
            and not column.is_currency
        ]  # fmt: skip
        source, said = self._source(texts)
        texts = [column for column in texts if column is not source]
        return {**self._place(texts), "source": said, "series": self._series()}

    def _source(self, texts: Sequence[Column]) -> tuple[Column | None, Any]:
        column = best(texts, "source")
        if column is not None and column.is_named("source"):
            self._note("source", column, "likely", "by its name")
            return column, column.name
        name = " ".join(_DATES.sub(" ", self._name.split(".")[0]).split()) or "import"
        self.notes.append(f"source: {name!r}, by the file's name; keep it the same for every file")
        return None, {"value": name}

    def _place(self, texts: Sequence[Column]) -> dict[str, Any]:
        """Give the columns that tell rows of one period apart, the likeliest first."""
        ranked = sorted(texts, key=lambda column: self._kind(column)[0])
        ranked = [c for c in ranked if c.different > 1 or self._kind(c)[0] < len(PLACES)]
        if not ranked:
            return {}
        chosen = ranked[:1]
        for column in ranked[1:]:
            if self._are_apart(chosen):
                break
            chosen.append(column)
        kind = self._kind(ranked[0])[1]
        for column in chosen:
            sure = "likely" if column is ranked[0] and column.is_named(kind) else "unsure"
            self._note(kind, column, sure, "it tells rows of one period apart")
        for column in texts:
            if column not in chosen:
                self._note("left out", column, "likely", "it isn't needed to tell rows apart")
        if not self._are_apart(chosen):
            self.notes.append(
                "place: several rows have the same period and place; of those that differ only the"
                " first is taken, the others are put aside"
            )
        names = [column.name for column in chosen]
        return {kind: names[0] if len(names) == 1 else {"columns": names, "join": " / "}}

    def _kind(self, column: Column) -> tuple[int, str]:
        for rank, kind in enumerate(("campaign", "channel", "touchpoint")):
            if column.rank(kind) is not None:
                return rank, kind
        return len(PLACES), "touchpoint"

    def _are_apart(self, chosen: Sequence[Column]) -> bool:
        keys = [column.values for column in (*self._times, *chosen)]
        texts = joined([pc.fill_null(key.cast(pa.string()), "") for key in keys], "\x1f")
        return bool(pc.count_distinct(texts).as_py() == len(texts))

    # --- the numbers ----------------------------------------------------------------------------

    def _series(self) -> list[dict[str, Any]]:
        found = []
        currency = next((column for column in self._columns if column.is_currency), None)
        for column in self._numbers:
            if column.is_named("average"):
                self._note("left out", column, "likely", "averages don't add up")
                continue
            unit = self._unit(column, currency)
            name = " ".join(re.findall(r"[^\W_]+", _CURRENCY.sub("", column.name))).lower()
            found.append({"series": name or column.name, "value": column.name, "unit": unit})
            self._note("series", column, "likely", f"in {_told(unit)}")
        return found

    def _unit(self, column: Column, currency: Column | None) -> Any:
        told = _CURRENCY.search(column.name)
        if told:
            return {"value": told[0].upper()}
        if column.is_named("cost"):
            if currency is not None:
                return currency.name
            self.notes.append(
                f"currency: none found for {column.name}; write unit: {{value: SEK}} for money"
            )
        return {"value": " ".join(column.words) or column.name}

    def _note(self, what: str, column: Column, sure: str, why: str) -> None:
        rows = f"{column.filled:,} of {len(column.values):,} rows, {column.different:,} different"
        self.notes.append(f"{what}: {column.name} ({sure}; {why}; {rows})")


def _told(unit: Any) -> str:
    return str(unit["value"]) if isinstance(unit, Mapping) else f"what {unit} says"

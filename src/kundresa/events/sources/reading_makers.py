"""Makers of readings: each turns the rows of a batch into numbers of one series, column by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kundresa.core.readings import LONGEST_TEXT, PLACES, is_money
from kundresa.core.records import MOST_VALUE
from kundresa.core.times import DAY, MINUTE
from kundresa.events.sources import mapping as mappings
from kundresa.events.sources.batch import Batch, Ints, coded, floats, plain_text, repeated
from kundresa.events.sources.makers import columns_of, not_blank, number_of, text_of
from kundresa.events.sources.moments import Clock, Moments, read_moments

_TEXTS: Final = ("series", "unit", "source")
_TURNED: Final = "period ends before it begins, or at once."


class ReadingMaker:
    """Makes the readings of one series from the rows of one table."""

    def __init__(
        self, mapping: mappings.Mapping, rule: Mapping[str, Any], series: Mapping[str, Any]
    ) -> None:
        self._zone = mapping.zone
        # What the series says of its place goes before what the row says.
        placed = next((each for each in (series, rule) if each.keys() & set(PLACES)), {})
        self._place_kind = next((kind for kind in PLACES if kind in placed), "")
        self._rules = {**rule, **series}
        if isinstance(self._rules["series"], str):
            self._rules["series"] = {"value": self._rules["series"]}

    def columns(self) -> Iterator[str]:
        """Give every column that is needed."""
        yield from (end if isinstance(end, str) else end["column"] for end in self._ends())
        for key in ("value", *_TEXTS, *filter(None, [self._place_kind])):
            yield from columns_of(self._rules[key])

    def __call__(self, batch: Batch) -> tuple[Ints, pa.Table]:
        """Give which rows of the batch became readings, and these; faults stay in the batch."""
        rows = np.arange(len(batch))
        given = number_of(batch, rows, self._rules["value"])
        there = given.is_valid().to_numpy(zero_copy_only=False)
        rows, values = rows[there], floats(given)[there]
        begins, ends = self._period(batch, rows)
        columns = {name: self._text(batch, rows, name) for name in _TEXTS}
        self._refuse_too_much(batch, rows, values, columns["unit"])
        columns |= {"begins": begins, "ends": ends, "value": values, "line": batch.lines[rows]}
        columns["place_kind"] = repeated(self._place_kind, len(rows), pa.string())
        columns["place"] = repeated("", len(rows), pa.string())
        if self._place_kind:
            columns["place"] = self._text(batch, rows, self._place_kind)
            nowhere = columns["place"].is_null()
            columns["place_kind"] = pc.if_else(nowhere, "", self._place_kind)
            columns["place"] = columns["place"].fill_null("")
        columns["zone"] = repeated(self._zone, len(rows), pa.string())
        return rows, pa.table({name: _plain(column) for name, column in columns.items()})

    def _text(self, batch: Batch, rows: Ints, key: str) -> pa.Array:
        """Give texts; only a place may be missing, as a reading may belong to none."""
        found = plain_text(not_blank(text_of(batch, rows, self._rules[key])))
        if found.null_count and key not in PLACES:
            without = rows[found.is_null().to_numpy(zero_copy_only=False)]
            batch.faults.add(without, lambda _row: f"{key} is missing.")
        odd = pc.or_(
            pc.greater(pc.utf8_length(found), LONGEST_TEXT), pc.match_substring(found, "\0")
        )
        wrong = rows[odd.fill_null(False).to_numpy(zero_copy_only=False)]
        batch.faults.add(
            wrong, lambda _row: f"{key} is longer than {LONGEST_TEXT} letters or binary."
        )
        return found

    def _refuse_too_much(self, batch: Batch, rows: Ints, values: Any, unit: pa.Array) -> None:
        encoded = coded(unit)
        money = [bool(text) and is_money(text) for text in encoded.dictionary.to_pylist()]
        codes = pc.fill_null(encoded.indices, len(money)).to_numpy(zero_copy_only=False)
        over = np.array([*money, False], bool)[codes] & (np.abs(values) > MOST_VALUE)
        batch.faults.add(rows[over], lambda _row: f"value is beyond {MOST_VALUE:g}.")

    # --- the period -----------------------------------------------------------------------------

    def _ends(self) -> list[Any]:
        rule = self._rules["period"]
        if isinstance(rule, Mapping) and "from" in rule:
            return [rule["from"], rule["to"] if "to" in rule else rule["last"]]
        return [rule]

    def _period(self, batch: Batch, rows: Ints) -> tuple[Ints, Ints]:
        rule = self._rules["period"]
        if isinstance(rule, Mapping) and "from" in rule:
            begins = self._moments(batch, rows, rule["from"]).time
            last = self._moments(batch, rows, self._ends()[1])
            ends = last.time if "to" in rule else last.until + 1
        else:
            begins, ends = self._from_one(batch, rows, rule)
        wrong = [row for row in rows[begins >= ends].tolist() if row not in batch.faults.reasons]
        batch.faults.add(np.array(wrong, np.int64), lambda _row: _TURNED)
        return begins, ends

    def _from_one(self, batch: Batch, rows: Ints, rule: Any) -> tuple[Ints, Ints]:
        length = rule.get("length", "day") if isinstance(rule, Mapping) else "day"
        if length != "week":
            found = self._moments(batch, rows, rule, length)
            return found.time, found.until + 1
        found = self._moments(batch, rows, rule, "day")
        # The clocks may change within the week, so the calendar says where its last day ends.
        noon = found.time // 2 + found.until // 2 + found.offset * MINUTE
        days = (np.floor_divide(noon, DAY) + 6).astype(np.int32)
        last = read_moments(pa.array(days).cast(pa.date32()), Clock(self._zone))
        return found.time, last.until + 1

    def _moments(self, batch: Batch, rows: Ints, end: Any, precision: str | None = None) -> Moments:
        """Read where periods begin or end; rows without such a time become faults."""
        name, form = (end, None) if isinstance(end, str) else (end["column"], end.get("form"))
        given = batch.text(name, rows) if form else batch.time(name, rows)
        there = given.is_valid().to_numpy(zero_copy_only=False)
        batch.faults.add(rows[~there], lambda _row: "period is missing.")
        places = np.flatnonzero(there)
        some = read_moments(given.filter(pa.array(there)), Clock(self._zone, precision, form))
        reasons = {int(places[index]): why for index, why in some.reasons.items()}
        bad = np.array(sorted(reasons), np.int64)
        said = dict(zip(rows[bad].tolist(), bad.tolist(), strict=True))
        batch.faults.add(rows[bad], lambda row: reasons[said[row]])
        offset = np.where(some.offset < -DAY, 0, some.offset)  # not said: none is that far

        def spread(part: Ints) -> Ints:
            whole = np.zeros(len(rows), np.int64)
            whole[places] = part
            return whole

        return Moments(
            spread(some.time), spread(some.until), spread(some.precision), spread(offset), reasons
        )


def _plain(column: Any) -> pa.Array:
    return plain_text(column) if isinstance(column, pa.Array) else pa.array(column)

"""Makers: each turns the rows of a batch into events of one name, column by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kundresa.core.conditions import as_mask, properties_in
from kundresa.core.errors import known_values
from kundresa.core.records import (
    MICRO,
    MOST_VALUE,
    emotion_of,
    is_currency,
    scale_bounds,
)
from kundresa.events.sources import mapping as mappings
from kundresa.events.sources.batch import (
    Batch,
    Ints,
    coded,
    floats,
    joined,
    nothing,
    picked,
    plain_text,
    repeated,
)
from kundresa.events.sources.identifiers import rest_with
from kundresa.events.sources.mapping_faults import written_time
from kundresa.events.sources.moments import Clock, read_moments
from kundresa.events.sources.tables import row_name
from kundresa.store.rows import rows_of

_CODED: Final = ("currency", "channel", "group", "scale")
_TEXTS: Final = ("channel", "group", "id")
_SPACE, _BEYOND = 0x20, 0x80
_EPOCH: Final = date(1970, 1, 1)
_FIRST_DAY: Final = (date.min - _EPOCH).days
_LAST_DAY: Final = (date.max - _EPOCH).days


class Maker:
    """Makes one kind of event from the rows of one table."""

    def __init__(
        self, mapping: mappings.Mapping, rule: Mapping[str, Any], event: Mapping[str, Any]
    ) -> None:
        self._mapping = mapping
        self._event = event
        self._both = {**rule, **event, "profile": _profile_rule(mapping, rule)}
        self._properties = {**(rule.get("properties") or {}), **(event.get("properties") or {})}
        self._identifiers = {**(rule.get("identifiers") or {}), **(event.get("identifiers") or {})}

    def columns(self) -> Iterator[str]:
        """Give every column that is needed."""
        name, time = self._event["event"], self._event["time"]
        yield from [] if isinstance(name, str) else columns_of(name)
        if isinstance(time, str):
            yield time
        elif "column" in time:
            yield time["column"]
        elif "from" in time:
            yield self._mapping.dates[time["from"]]["column"]
            yield from [time["day"]] if isinstance(time["day"], str) else []
        yield from properties_in(self._event["when"]) if "when" in self._event else ()
        keys = ("profile", "value", "currency", *_TEXTS)
        rules = [self._both[key] for key in keys if key in self._both]
        score = [self._event["score"]["value"]] if self._event.get("score") else []
        for rule in [*rules, *score, *self._properties.values(), *self._identifiers.values()]:
            yield from columns_of(rule)

    def __call__(self, batch: Batch) -> tuple[Ints, pa.Table]:
        """Give which rows of the batch became events, and these; faults stay in the batch."""
        rows = np.arange(len(batch))
        if "when" in self._event:
            rows = rows[as_mask(self._event["when"], batch)]
        rows, columns = self._times(batch, rows)
        columns |= {
            **dict.fromkeys(_CODED, nothing(len(rows))),
            "profile": self._profile(batch, rows),
            "event": self._name(batch, rows),
            **self._money(batch, rows),
            **self._score(batch, rows),
        }
        for key in _TEXTS:
            if key in self._both:
                found = text_of(batch, rows, self._both[key])
                # An id differs from row to row; coding it would only cost time.
                columns[key] = _no_space(plain_text(found)) if key == "id" else not_blank(found)
        for name, rule in self._properties.items():
            sort, values = _value(batch, rows, rule)
            columns[f"p/{sort}/{name}"] = values
        if self._identifiers:
            carried = self._identifiers.items()
            found = {sort: not_blank(text_of(batch, rows, rule)) for sort, rule in carried}
            columns["rest"] = rest_with(found)
        return rows, rows_of(columns, len(rows))

    def _profile(self, batch: Batch, rows: Ints) -> pa.Array:
        found = not_blank(text_of(batch, rows, self._both["profile"]))
        if found.null_count:
            without = rows[found.is_null().to_numpy(zero_copy_only=False)]
            batch.faults.add(without, lambda _row: "profile is missing.")
        return found

    def _name(self, batch: Batch, rows: Ints) -> pa.Array:
        rule = self._event["event"]
        if isinstance(rule, str):
            return repeated(rule, len(rows), pa.string())
        found = not_blank(text_of(batch, rows, rule))
        if found.null_count:
            without = rows[found.is_null().to_numpy(zero_copy_only=False)]
            batch.faults.add(without, lambda _row: "event is missing.")
        return found

    # --- time ---------------------------------------------------------------------------------

    def _times(self, batch: Batch, rows: Ints) -> tuple[Ints, dict[str, pa.Array]]:
        rule = self._event["time"]
        form = None
        if isinstance(rule, str):
            given = batch.time(rule, rows)
        elif "column" in rule:
            given, form = batch.text(rule["column"], rows), rule.get("form")
        elif "value" in rule:
            given = repeated(written_time(rule["value"]), len(rows), pa.string())
        else:
            given = self._days(batch, rows, rule)
        if given.null_count:
            there = given.is_valid().to_numpy(zero_copy_only=False)
            rows, given = rows[there], given.filter(pa.array(there))
        moments = read_moments(given, Clock(self._mapping.zone, self._event.get("precision"), form))
        if moments.reasons:
            bad = np.array(sorted(moments.reasons), np.int64)
            said = dict(zip(rows[bad].tolist(), bad.tolist(), strict=True))
            batch.faults.add(rows[bad], lambda row: moments.reasons[said[row]])
        return rows, moments.columns()

    def _days(self, batch: Batch, rows: Ints, rule: Mapping[str, Any]) -> pa.Array:
        """Give the date that so many days after the row's own first day is; null without a day."""
        number = (
            repeated(float(rule["day"]), len(rows), pa.float64())
            if isinstance(rule["day"], int)
            else batch.typed(rule["day"], "number", rows)
        )
        there = number.is_valid().to_numpy(zero_copy_only=False)
        first = self._first_days(batch, rows[there], rule["from"])
        days = np.full(len(rows), np.nan)
        days[there] = first + np.floor(floats(number)[there])
        outside = (days < _FIRST_DAY) | (days > _LAST_DAY)
        batch.faults.add(rows[outside], lambda _row: "time: The day lies outside the calendar.")
        days[outside] = np.nan
        return pa.array(days, from_pandas=True).cast(pa.int32()).cast(pa.date32())

    def _first_days(self, batch: Batch, rows: Ints, name: str) -> Any:
        rule = self._mapping.dates[name]
        known = {
            text: float((date.fromisoformat(str(day)) - _EPOCH).days)
            for text, day in rule["values"].items()
        }
        column = batch.text(rule["column"], rows)
        encoded = coded(column)
        days = np.array([known.get(t, np.nan) for t in encoded.dictionary.to_pylist()] + [np.nan])
        found = days[pc.fill_null(encoded.indices, len(days) - 1).to_numpy(zero_copy_only=False)]
        unknown = np.isnan(found)
        said = dict(zip(rows[unknown].tolist(), np.flatnonzero(unknown).tolist(), strict=True))

        def reason(row: int) -> str:
            value = column[said[row]].as_py()
            return f"dates.{name} knows no date for {value!r}. {known_values(value, known)}"

        batch.faults.add(rows[unknown], reason)
        return found

    # --- money and feelings -------------------------------------------------------------------

    def _money(self, batch: Batch, rows: Ints) -> dict[str, pa.Array]:
        columns: dict[str, pa.Array] = {}
        if "value" in self._both:
            amount = number_of(batch, rows, self._both["value"])
            # Zero where there is none, which the mask says: no copy where all are there.
            plain = np.asarray(pc.fill_null(amount, 0.0))
            if len(plain) and max(plain.max(), -plain.min()) > MOST_VALUE:
                over = np.abs(plain) > MOST_VALUE
                batch.faults.add(rows[over], lambda _row: f"value is beyond {MOST_VALUE:g}.")
                plain = np.where(over, 0, plain)
            micro = np.rint(plain * MICRO).astype(np.int64)
            is_missing = np.asarray(amount.is_null()) if amount.null_count else None
            columns["value"] = pa.array(micro, mask=is_missing)
        if "currency" in self._both:
            columns["currency"] = self._currency(batch, rows)
        return columns

    def _currency(self, batch: Batch, rows: Ints) -> pa.Array:
        encoded = coded(text_of(batch, rows, self._both["currency"]))
        names = encoded.dictionary.to_pylist()
        wrong = np.array([not is_currency(name) for name in names] + [False], bool)
        if wrong.any():
            codes = pc.fill_null(encoded.indices, len(names)).to_numpy(zero_copy_only=False)
            bad = wrong[codes]
            said = dict(zip(rows[bad].tolist(), codes[bad].tolist(), strict=True))
            batch.faults.add(
                rows[bad],
                lambda row: f"currency is {names[said[row]]!r}. Write three letters, as SEK.",
            )
        upper = pc.utf8_upper(encoded.dictionary)
        # Two spellings of one currency, as sek and SEK, would make a list with doubles.
        if len(upper) != len(pc.unique(upper)):
            return upper.take(encoded.indices)
        return pa.DictionaryArray.from_arrays(encoded.indices, upper)

    def _score(self, batch: Batch, rows: Ints) -> dict[str, pa.Array]:
        rule = self._event.get("score")
        if not rule:
            return {}
        answer = number_of(batch, rows, rule["value"])
        raw = floats(answer)
        low, high = scale_bounds(rule["scale"])
        outside = (raw < low) | (raw > high)
        batch.faults.add(
            rows[outside],
            lambda _row: f"score is outside its scale, which goes from {low:g} to {high:g}.",
        )
        there = ~np.isnan(raw)
        scale = pa.array(np.where(there, rule["scale"], None), pa.string())
        feeling = pa.array(emotion_of(raw, rule["scale"]), from_pandas=True)
        return {"score": feeling, "score_raw": answer, "scale": scale}


def counts_rows(rule: Mapping[str, Any]) -> bool:
    """Tell whether an entry of ``rows`` makes each row a profile of its own."""
    return isinstance(rule.get("profile"), Mapping) and "row" in rule["profile"]


def _profile_rule(mapping: mappings.Mapping, rule: Mapping[str, Any]) -> Any:
    """Give where the profile comes from; rows without a name of their own get the file's."""
    if counts_rows(rule) and rule["profile"]["row"] is True:
        return {"row": row_name(str(mapping.tables[rule["table"]]["file"]))}
    return rule["profile"]


def columns_of(rule: Any) -> list[str]:
    """Give the columns that a value comes from."""
    if isinstance(rule, str):
        return [rule]
    if "value" in rule or "row" in rule:
        return []
    return list(rule["columns"]) if "columns" in rule else [rule["column"]]


def _value(batch: Batch, rows: Ints, rule: Any) -> tuple[str, pa.Array]:
    """Give a rule's values and their type: a column, a constant, or columns written together."""
    if isinstance(rule, Mapping) and "value" in rule:
        sort, kind = _CONSTANTS[type(rule["value"])]
        return sort, repeated(rule["value"], len(rows), kind)
    if isinstance(rule, Mapping) and "columns" in rule:
        return "text", text_of(batch, rows, rule)
    name = rule if isinstance(rule, str) else rule["column"]
    return batch.sort(name), batch.value(name, rows)


_CONSTANTS: Final[Mapping[type, tuple[str, pa.DataType]]] = {
    str: ("text", pa.string()),
    bool: ("boolean", pa.bool_()),
    int: ("number", pa.float64()),
    float: ("number", pa.float64()),
}


def text_of(batch: Batch, rows: Ints, rule: Any) -> pa.Array:
    """Give a rule's values as text."""
    if isinstance(rule, str):
        return batch.text(rule, rows)
    if "value" in rule:
        return repeated(str(rule["value"]), len(rows), pa.string())
    if "row" in rule:
        return pc.binary_join_element_wise(rule["row"], picked(batch.numbers, rows), "")
    if "columns" in rule:
        return joined([batch.text(name, rows) for name in rule["columns"]], rule.get("join", "-"))
    return batch.text(rule["column"], rows)


def number_of(batch: Batch, rows: Ints, rule: Any) -> pa.Array:
    """Give a rule's values as numbers; note what isn't one."""
    if isinstance(rule, Mapping) and "value" in rule:
        return repeated(float(rule["value"]), len(rows), pa.float64())
    return batch.typed(rule if isinstance(rule, str) else rule["column"], "number", rows)


def not_blank(texts: pa.Array) -> pa.Array:
    """Give null for texts of nothing but spaces: a name must name something."""
    encoded = coded(texts)
    words = _no_space(encoded.dictionary)
    return words.take(encoded.indices) if words.null_count else encoded


def _no_space(texts: pa.Array) -> pa.Array:
    if not _may_be_blank(texts):
        return texts
    blank = pc.or_(pc.utf8_is_space(texts), pc.equal(texts, ""))
    return pc.if_else(blank, pa.scalar(None, pa.string()), texts)


def _may_be_blank(texts: pa.Array) -> bool:
    """Tell from their first bytes whether any text may be empty or begin with a space."""
    if not len(texts) or texts.buffers()[2] is None:
        return bool(len(texts))
    starts = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset :][: len(texts) + 1]
    if (np.diff(starts) == 0).any():
        return True
    first = np.frombuffer(texts.buffers()[2], np.uint8)[starts[:-1]]
    # Spaces beyond ASCII begin with a byte from 0xc2 on, and so do many letters.
    return bool(((first <= _SPACE) | (first >= _BEYOND)).any())

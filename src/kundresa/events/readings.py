"""Readings in the database: taken once, corrected with an audit line, read for a period.

Taking is safe to repeat, so an import that broke off takes its last rows again and changes
nothing; that is why it needs no transaction over a whole file.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet

from kundresa.accounts.api import write_audit_line
from kundresa.core.readings import Reading
from kundresa.core.records import MICRO
from kundresa.core.times import from_microseconds
from kundresa.events import models
from kundresa.events.contracts import ReadingsWithin, SeriesKept, SeriesTotal, TakenReadings
from kundresa.events.sources import Readings, Rejected

_AT_ONCE: Final = 400
"""Readings of one transaction; also below what SQLite takes as values of one condition."""

_FOREVER: Final = 1 << 63


# --- taking -------------------------------------------------------------------------------------


def take_readings(
    workspace_id: int,
    readings: Iterable[Readings],
    *,
    content: str,
    name: str,
    actor: str,
    may_correct: bool = True,
) -> TakenReadings:
    """Keep readings, each once; a number that stands there for the same is corrected.

    ``content`` is the fingerprint of what they come from. Of two numbers for the same that come
    with one content the first counts, and the other row is refused; so is each correction where
    ``may_correct`` is false.
    """
    done = TakenReadings()
    for some in readings:
        numbers = enumerate(some.each())
        while batch := list(islice(numbers, _AT_ONCE)):
            taking = _Taking(workspace_id, batch, content, may_correct=may_correct)
            taking.write(actor, name)
            refused = tuple(_rejected(some, index, why) for index, why in taking.refused)
            done = replace(
                done,
                count=done.count + len(batch) - len(refused),
                added=done.added + len(taking.new),
                corrected=done.corrected + len(taking.corrections),
                rejected=(*done.rejected, *refused),
            )
    return done


def _rejected(some: Readings, index: int, reason: str) -> Rejected:
    return Rejected(some.file, some.line(index), reason, some.row(index), some.rule)


class _Taking:
    """What some readings change in the table, found out before anything is written."""

    def __init__(
        self,
        workspace_id: int,
        batch: Sequence[tuple[int, Reading]],
        content: str,
        *,
        may_correct: bool,
    ) -> None:
        self._workspace_id = workspace_id
        self._content = content
        self._may_correct = may_correct
        self.new: dict[str, models.Reading] = {}
        self.corrections: list[dict[str, Any]] = []
        self.refused: list[tuple[int, str]] = []
        self._changed: list[models.Reading] = []
        self._same: set[str] = set()
        keys = [_key(reading) for _, reading in batch]
        found = models.Reading.objects.filter(workspace_id=workspace_id, key__in=set(keys))
        self._there = {row.key: row for row in found}
        for (index, reading), key in zip(batch, keys, strict=True):
            self._take(index, reading, key)

    def _take(self, index: int, reading: Reading, key: str) -> None:
        row = self.new.get(key) or self._there.get(key)
        if row is None:
            self.new[key] = _row(self._workspace_id, key, reading, self._content)
        elif (row.micro, row.number, row.unit) != _amount(reading):
            if row.content == self._content or not self._may_correct:
                self.refused.append((index, _refusal(row, of_this=row.content == self._content)))
            else:
                self._correct(row, reading)
        elif row.content != self._content and self._may_correct:
            # Another number for the same further down in this content is no correction.
            row.content = self._content
            self._same.add(key)

    def _correct(self, row: models.Reading, reading: Reading) -> None:
        before = {"value": _value(row), "unit": row.unit}
        row.micro, row.number, row.unit = _amount(reading)
        row.content = self._content
        self._changed.append(row)
        place = {row.place_kind: row.place} if row.place_kind else {}
        self.corrections.append({
            "series": row.series, **place, "source": row.source,
            "from": _written(row.begins), "to": _written(row.ends),
            "before": before, "after": {"value": _value(row), "unit": row.unit},
        })  # fmt: skip

    def write(self, actor: str, name: str) -> None:
        """Write it all in one transaction."""
        if not self.new and not self._changed and not self._same:
            return
        with transaction.atomic():
            models.Reading.objects.bulk_create(self.new.values())
            if self._same:
                same = models.Reading.objects.filter(
                    workspace_id=self._workspace_id, key__in=self._same
                )
                same.update(content=self._content)
            if self._changed:
                fields = ["micro", "number", "unit", "content"]
                models.Reading.objects.bulk_update(self._changed, fields)
                details = {"fingerprint": self._content, "readings": self.corrections}
                write_audit_line(
                    actor, "corrected readings", workspace_id=self._workspace_id,
                    subject=name, details=details,
                )  # fmt: skip


def _key(reading: Reading) -> str:
    same = (
        reading.series, reading.place_kind, reading.place, reading.source,
        str(reading.begins), str(reading.ends),
    )  # fmt: skip
    return hashlib.blake2s("\0".join(same).encode(), digest_size=16).hexdigest()


def _row(workspace_id: int, key: str, reading: Reading, content: str) -> models.Reading:
    micro, number, unit = _amount(reading)
    return models.Reading(
        workspace_id=workspace_id, key=key, series=reading.series, place_kind=reading.place_kind,
        place=reading.place, source=reading.source, begins=reading.begins, ends=reading.ends,
        zone=reading.zone, unit=unit, micro=micro, number=number, content=content,
    )  # fmt: skip


def _amount(reading: Reading) -> tuple[int | None, float | None, str]:
    micro = reading.micro
    return micro, reading.value if micro is None else None, reading.unit


def _value(row: models.Reading) -> float:
    return row.micro / MICRO if row.micro is not None else row.number or 0.0


def _refusal(row: models.Reading, *, of_this: bool) -> str:
    there = f"{row.series} is {_value(row):g} {row.unit} for the same period, place and source"
    if of_this:
        return (
            f"{there} in another row. If both are parts of one number, name the column that tells"
            " them apart in the place or the series."
        )
    return f"{there} already. To correct it, import the row as a file of its own."


def _written(time: int) -> str:
    return from_microseconds(time).isoformat()


# --- reading ------------------------------------------------------------------------------------


def reading_series(workspace_id: int) -> list[SeriesKept]:
    """List the series of a workspace, each place and source of one by itself."""
    names = ("series", "place_kind", "place", "source", "unit")
    found = (
        models.Reading.objects.filter(workspace_id=workspace_id)
        .values_list(*names)
        .annotate(count=Count("id"), first=Min("begins"), last=Max("ends"))
        .order_by(*names)
    )
    return [SeriesKept(*row) for row in found]


def readings_within(
    workspace_id: int, begins: int, ends: int, *, series: str | None = None
) -> ReadingsWithin:
    """Give the readings whose whole period lies in a period, oldest first.

    One that lies in it only partly is left out and counted: how much of it belongs there nobody
    knows.
    """
    rows = _touching(workspace_id, begins, ends)
    if series is not None:
        rows = rows.filter(series=series)
    inside = rows.filter(begins__gte=begins, ends__lte=ends)
    readings = tuple(map(_reading, inside.order_by("begins", "ends", "id")))
    return ReadingsWithin(readings, rows.count() - len(readings))


def reading_totals(workspace_id: int, begins: int, ends: int) -> list[SeriesTotal]:
    """Add up what lies wholly in a period, for each series by place, source and unit."""
    found: dict[tuple[str, str, str, str, str], _Total] = {}
    rows = _touching(workspace_id, begins, ends).order_by("begins", "ends", "id")
    for row in rows.iterator(chunk_size=2_000):
        name = (row.series, row.place_kind, row.place, row.source, row.unit)
        total = found.setdefault(name, _Total())
        if begins <= row.begins and row.ends <= ends:
            total.add(row)
        else:
            total.cut += 1
    return [
        SeriesTotal(*name, total.sum(), total.last, total.count, total.cut)
        for name, total in sorted(found.items(), key=lambda pair: pair[0])
    ]


class _Total:
    """Adds readings in the order of their beginnings, unless two tell of the same time."""

    def __init__(self) -> None:
        self.count = self.cut = 0
        self.last: float | None = None
        self._until = -_FOREVER
        self._is_double = False
        # In whole millionths, so that a thousand amounts add up to the last one of them.
        self._micro = 0
        self._numbers: list[float] = []

    def add(self, row: models.Reading) -> None:
        self.count += 1
        self._is_double = self._is_double or row.begins < self._until
        if row.ends > self._until:
            self._until, self.last = row.ends, _value(row)
        self._micro += row.micro or 0
        self._numbers.append(row.number or 0.0)

    def sum(self) -> float | None:
        if self._is_double or not self.count:
            return None
        return self._micro / MICRO + math.fsum(self._numbers)


def _touching(workspace_id: int, begins: int, ends: int) -> QuerySet[models.Reading]:
    return models.Reading.objects.filter(
        workspace_id=workspace_id, begins__lt=ends, ends__gt=begins
    )


def _reading(row: models.Reading) -> Reading:
    return Reading(
        row.series, row.begins, row.ends, _value(row), row.unit, row.source,
        row.place_kind, row.place, row.zone,
    )  # fmt: skip

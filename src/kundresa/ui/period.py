"""Periods as people in the North name them: by ISO weeks, half-open, with a choice to compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

COMPARISONS: Final = (
    ("", gettext_lazy("Nothing")),
    ("before", gettext_lazy("The period before")),
    ("year", gettext_lazy("The same weeks a year before")),
)
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(weeks=1)
_YEAR: Final = timedelta(weeks=52)


@dataclass(frozen=True)
class Span:
    """Whole days from ``start`` up to but not including ``end``."""

    start: date
    end: date

    @property
    def last(self) -> date:
        """The last day that is in it."""
        return self.end - _DAY

    def before(self) -> Span:
        """Give as many days right before it."""
        return Span(self.start - (self.end - self.start), self.start)

    def year_before(self) -> Span:
        """Give the same weekdays 52 weeks before, so that weekends meet weekends."""
        return Span(self.start - _YEAR, self.end - _YEAR)


def presets(today: date) -> list[tuple[str, Span]]:
    """Give the periods that are asked for most, by name; weeks begin on Monday."""
    monday = today - today.weekday() * _DAY
    # An ISO year begins with the week of its fourth of January.
    year = date.fromisocalendar(today.isocalendar().year, 1, 1)
    return [
        (_("This week"), Span(monday, monday + _WEEK)),
        (_("Last week"), Span(monday - _WEEK, monday)),
        (_("Last 4 weeks"), Span(monday - 4 * _WEEK, monday)),
        (_("Last 13 weeks"), Span(monday - 13 * _WEEK, monday)),
        (_("This year, by weeks"), Span(year, monday + _WEEK)),
    ]


def in_words(span: Span) -> str:
    """Say a period's first and last day."""
    first, last = span.start, span.last
    if first == last:
        return date_format(first, "DATE_FORMAT")
    return f"{date_format(first, 'DATE_FORMAT')} – {date_format(last, 'DATE_FORMAT')}"


def in_weeks(span: Span) -> str:
    """Say which ISO weeks a period touches."""
    first, last = span.start.isocalendar(), span.last.isocalendar()
    if first[:2] == last[:2]:
        return _("week %(week)s, %(year)s") % {"week": first.week, "year": first.year}
    if first.year == last.year:
        named = {"first": first.week, "last": last.week, "year": first.year}
        return _("weeks %(first)s–%(last)s, %(year)s") % named
    across = {"first": f"{first.week}/{first.year}", "last": f"{last.week}/{last.year}"}
    return _("weeks %(first)s–%(last)s") % across


def _day_field(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": gettext_lazy("Write the day as 2026-01-31.")},
    )


class PeriodForm(forms.Form):
    """From, to, and what to compare with."""

    start = _day_field(gettext_lazy("From"))
    end = _day_field(gettext_lazy("To, not included"))
    compare = forms.ChoiceField(
        label=gettext_lazy("Compare with"), choices=COMPARISONS, required=False
    )

    def clean(self) -> dict[str, Any]:
        """See that the period has at least a day."""
        found = super().clean() or {}
        start, end = found.get("start"), found.get("end")
        if start and end and end <= start:
            self.add_error("end", _("Choose a day after the first one."))
        return found

    def span(self, otherwise: Span) -> Span:
        """Give what was chosen; what was left out or wrong is that of the other."""
        found: Mapping[str, Any] = getattr(self, "cleaned_data", {})
        start, end = found.get("start") or otherwise.start, found.get("end") or otherwise.end
        return Span(start, end) if start < end else otherwise


@dataclass(frozen=True)
class PeriodPicker:
    """What the picker shows: the period in words, its form, and the presets with their days."""

    span: Span
    form: forms.Form
    presets: Sequence[tuple[str, Span | None]]
    """By name; none is what is shown where no period is asked for."""

    names: Sequence[str] = ("start", "end", "compare")
    """The fields of the form that are the period's."""

    @property
    def words(self) -> str:
        """The days of the period."""
        return in_words(self.span)

    @property
    def weeks(self) -> str:
        """The weeks of the period."""
        return in_weeks(self.span)

    @property
    def fields(self) -> list[forms.BoundField]:
        """The fields that the picker shows."""
        return [self.form[name] for name in self.names]

    @property
    def is_wrong(self) -> bool:
        """Whether one of its fields has a fault."""
        return any(field.errors for field in self.fields)

    @property
    def compared(self) -> str:
        """The days that are compared with, in words; empty where there are none."""
        if "compare" not in self.names:
            return ""
        wish = self.form["compare"].value()
        other = {"before": self.span.before, "year": self.span.year_before}.get(str(wish or ""))
        return in_words(other()) if other else ""


def picker_of(asked: Mapping[str, Any], today: date, otherwise: Span) -> PeriodPicker:
    """Read what was asked for; the fields hold what was typed, or else what is shown."""
    form = PeriodForm(asked if set(asked) & {"start", "end", "compare"} else None, label_suffix="")
    form.is_valid()
    span = form.span(otherwise)
    if not form.errors:
        shown = {"start": span.start, "end": span.end, "compare": form["compare"].value()}
        form = PeriodForm(initial=shown, label_suffix="")
    return PeriodPicker(span, form, presets(today))

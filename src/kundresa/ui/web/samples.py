"""Made-up content for the pattern page; nothing of it is anybody's data."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, Final

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kundresa.measures.intervals import Rate, rate_of
from kundresa.ui.chart import line_chart
from kundresa.ui.contracts import Chart, Column, Download, Figure, Mean, Tab, Work
from kundresa.ui.period import Span

TODAY: Final = date(2026, 4, 1)
SPAN: Final = Span(date(2025, 12, 29), date(2026, 3, 30))
_REACHED: Final = (412, 430, 398, 451, 466, 440, 472, 455, 480, 498, 471, 507, 512)
_WENT_ON: Final = (198, 211, 187, 226, 238, 219, 246, 231, 262, 279, 268, 297, 308)
_BEFORE: Final = (0.44, 0.45, 0.46, 0.44, 0.47, 0.46, 0.48, 0.47, 0.47, 0.48, 0.49, 0.48, 0.5)
CONDITION: Final = {
    "all": [
        {"trait": "country", "is": "eq", "value": "SE"},
        {"any": [
            {"did": {"event": ["bought"]}, "count": {"at_least": 2}, "window": {"last": "90d"}},
            {"trait": "points", "is": "ge", "value": 500},
        ]},
        {"not": {"any": [{"segment": "staff"}]}},
    ]
}  # fmt: skip


def rates() -> list[Rate]:
    """Give a rate for each of thirteen weeks."""
    return [rate_of(part, whole) for part, whole in zip(_WENT_ON, _REACHED, strict=True)]


def chart() -> Chart:
    """Give the line of the weeks."""
    names = [str(week) if week % 3 == 1 else "" for week in range(1, 14)]
    return line_chart(rates(), names, _BEFORE)


def means() -> dict[str, Mean]:
    """Give a mean of each kind: clear, in a unit, of few, of too few."""
    return {
        "pain": Mean(-0.84, -1.02, -0.66, 212, -2, 2),
        "wait": Mean(6.4, 5.9, 6.9, 1840, 0, 14, _("days")),
        "few": Mean(1.1, 0.6, 1.6, 17, -2, 2),
        "hidden": Mean(-1.5, -2, 0.5, 3, -2, 2),
    }


def figure() -> Figure:
    """Give the frame of the line, with its twin and its query."""
    query = {
        "kundresa_query": 1, "type": "trend", "measure": "rate",
        "of": ["chose_model", "paid"], "by": "week",
        "period": {"from": SPAN.start.isoformat(), "to": SPAN.end.isoformat()},
    }  # fmt: skip
    rows = [
        (str(week), f"{100 * (one.rate or 0):.0f} %",
         f"{100 * (one.low or 0):.0f}–{100 * (one.high or 0):.0f} %", str(one.whole))
        for week, one in enumerate(rates(), 1)
    ]  # fmt: skip
    return Figure(
        title=_("Customers who pay after choosing"),
        unit=_("Share of journeys, per cent by ISO week; dashed: a year before"),
        columns=[Column(_("Week")), Column(_("Share"), True), Column(_("95% interval"), True),
                 Column("n", True)],
        rows=rows,
        downloads=[Download("CSV", "#csv"), Download("SVG", "#svg"), Download("XLSX", "#xlsx")],
        query=json.dumps(query, indent=2),
        python="import kundresa\n\nkundresa.query(query, events)",
        is_simulated=True,
    )  # fmt: skip


def tabs() -> list[Tab]:
    """Give three pages, the first of them here."""
    here = reverse("ui:patterns")
    return [
        Tab(_("Overview"), here, True),
        Tab(_("Touchpoints"), f"{here}?tab=2"),
        Tab(_("Comments"), f"{here}?tab=3"),
    ]


def works() -> list[Work]:
    """Give a job in each of its states."""
    return [
        Work(_("Reading orders-2026.csv"), 412_000, 1_000_000, left=_("about 2 minutes left")),
        Work(_("Reading visits.parquet"), 88_104, 88_104, "done"),
        Work(_("Reading complaints.xlsx"), 310, 1_200, "failed",
             remedy=_("Row 311: the time “32 March” is no day. Mend it and go on; 310 rows are kept.")),
    ]  # fmt: skip


def rows() -> list[dict[str, Any]]:
    """Give the lines of a table."""
    names = [_("Newsletter"), _("Price comparison"), _("Customer service by telephone"),
             _("Shop in the centre"), _("Delivery notice"), _("Complaint form")]  # fmt: skip
    figures = ((4210, 0.31), (2874, 0.22), (911, 0.48), (640, 0.64), (3980, 0.91), (118, 0.12))
    states = ("good", "good", "warn", "", "good", "bad")
    return [
        {"name": name, "reach": reach, "rate": 100 * rate, "state": state}
        for name, (reach, rate), state in zip(names, figures, states, strict=True)
    ]


class SampleForm(forms.Form):
    """A field of each kind."""

    name = forms.CharField(
        label=gettext_lazy("Name of the touchpoint"),
        max_length=40,
        help_text=gettext_lazy("As customers would call it."),
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("Channel"),
        choices=[
            ("", gettext_lazy("Choose…")),
            ("web", gettext_lazy("Website")),
            ("shop", gettext_lazy("Shop")),
        ],
    )
    feeling = forms.CharField(
        label=gettext_lazy("What customers feel"),
        widget=forms.Textarea({"rows": 3}),
        required=False,
    )
    is_measured = forms.BooleanField(label=gettext_lazy("Measure it from today"), required=False)
    moment = forms.ChoiceField(
        label=gettext_lazy("Weight"),
        choices=[
            ("plain", gettext_lazy("One of many")),
            ("truth", gettext_lazy("A moment of truth")),
        ],
        widget=forms.RadioSelect,
        initial="plain",
    )

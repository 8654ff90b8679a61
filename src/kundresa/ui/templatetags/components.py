"""The components of a page as template tags: ``{% load components %}``.

Each is one partial in ``templates/ui/parts`` and stands on the pattern page in all its states.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from django import forms, template
from django.http import HttpRequest
from django.utils.formats import number_format

from kundresa.documents.layout.live import HOLLOW_UNDER, NOTHING_UNDER
from kundresa.measures.intervals import Rate
from kundresa.ui import navigation, wishes
from kundresa.ui.contracts import Figure, Mean, Tab, Work
from kundresa.ui.filters import Filter
from kundresa.ui.names import initials_of, role_in_words
from kundresa.ui.period import PeriodPicker, Span

register = template.Library()

FEWEST: Final = 30
"""Under so many a share would say more than is known."""

HTMX: Final = {
    # What our policy refuses, and what would reach other machines.
    "allowEval": False,
    "allowScriptTags": False,
    "includeIndicatorStyles": False,
    "selfRequestsOnly": True,
    "historyEnabled": False,
    "timeout": 30_000,
    # A form comes back with its faults as 400 or 422; everything else that fails is told.
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "(400|422)", "swap": True, "error": False},
        {"code": "...", "swap": False, "error": True},
    ],
}


@register.simple_tag
def look_of(request: HttpRequest | None) -> str:
    """Give the look that the reader chose."""
    return wishes.look_of(request or None)


@register.simple_tag
def places_of(request: HttpRequest | None) -> list[navigation.Place]:
    """Give the places of the bar."""
    return navigation.places_of(request or None)


register.filter("role_in_words", role_in_words)


@register.simple_tag
def htmx_config() -> str:
    """Give what htmx is told."""
    return json.dumps(HTMX)


@register.simple_block_tag(takes_context=True)
def page_head(context: template.Context, content: str, title: str, **wishes: Any) -> str:
    """Write the head of a page: its title, a lead, and inside the tag what can be done."""
    return _part(context, "page_head", title=title, content=content, **wishes)


@register.simple_block_tag(takes_context=True)
def empty(context: template.Context, content: str, title: str, text: str, **wishes: Any) -> str:
    """Say what isn't there yet, why, and inside the tag how to begin."""
    return _part(context, "empty", title=title, text=text, content=content, **wishes)


@register.simple_block_tag(takes_context=True)
def dialog(
    context: template.Context, content: str, name: str, title: str, is_side: bool = False
) -> str:
    """Write a dialog: in front of the page, or beside it."""
    return _part(context, "dialog", name=name, title=title, is_side=is_side, content=content)


@register.simple_block_tag(takes_context=True)
def menu(context: template.Context, content: str, name: str, looks: str = "boxed") -> str:
    """Write a menu: a button that opens a list. ``looks`` may hold boxed and end."""
    return _part(context, "menu", name=name, looks=looks, content=content)


@register.simple_block_tag(takes_context=True)
def row_menu(context: template.Context, content: str, name: str) -> str:
    """Write the menu at the end of a row of a table; three dots, and a name for who can't see."""
    return _part(context, "row_menu", name=name, content=content)


@register.simple_block_tag(takes_context=True)
def figure(context: template.Context, content: str, figure: Figure, level: int = 2) -> str:
    """Write the frame of a chart, the chart itself inside the tag."""
    return _part(context, "figure", figure=figure, level=level, content=content)


@register.inclusion_tag("ui/parts/field.html")
def field(bound: forms.BoundField) -> dict[str, Any]:
    """Write a field with its label, hint and faults."""
    is_choice = isinstance(bound.field.widget, forms.CheckboxInput)
    return {"field": bound, "is_choice": is_choice}


@register.inclusion_tag("ui/parts/rate.html")
def rate(rate: Rate, label: str) -> dict[str, Any]:
    """Write a share with its interval and n; under 30 the counts alone."""
    shown = {"rate": rate, "label": label, "is_few": rate.whole < FEWEST or rate.rate is None}
    if shown["is_few"]:
        return shown
    # In per mille of the track, which is drawn 1000 wide.
    places = {name: round(1000 * (getattr(rate, name) or 0)) for name in ("rate", "low", "high")}
    return shown | {f"{name}_at": place for name, place in places.items()} | {
        f"{name}_percent": 100 * (getattr(rate, name) or 0) for name in places
    }  # fmt: skip


@register.inclusion_tag("ui/parts/mean.html")
def mean(mean: Mean, label: str) -> dict[str, Any]:
    """Write a mean with its interval and n; hollow under 30, and nothing at all under 5."""
    shown = {"mean": mean, "label": label, "fewest": NOTHING_UNDER}
    if mean.count < NOTHING_UNDER:
        return shown | {"is_hidden": True}
    places = {name: _place(getattr(mean, name), mean) for name in ("value", "low", "high")}
    said = {f"{name}_said": _in_figures(getattr(mean, name), mean) for name in places}
    zero = _place(0, mean) if mean.is_signed else None
    is_hollow = mean.count < HOLLOW_UNDER
    return shown | {f"{name}_at": place for name, place in places.items()} | said | {
        "zero_at": zero, "is_hollow": is_hollow, "rest": _rest(mean),
    }  # fmt: skip


def _place(value: float, mean: Mean) -> int:
    """Place a value on the track, which is drawn 1000 wide; what lies outside, at its end."""
    share = (value - mean.start) / (mean.end - mean.start)
    return round(1000 * max(0.0, min(1.0, share)))


def _in_figures(value: float, mean: Mean) -> str:
    rounded = round(value, mean.decimals) + 0.0
    sign = "−" if rounded < 0 else "+" if rounded > 0 and mean.is_signed else ""
    return sign + number_format(abs(rounded), mean.decimals, use_l10n=True, force_grouping=True)


def _rest(mean: Mean) -> str:
    """Say what stands small behind the value: its unit, or the scale it lies on."""
    if mean.unit or not mean.is_signed:
        return mean.unit
    return f"({_end(mean.start)} – {_end(mean.end)})"


def _end(value: float) -> str:
    return f"{value:+g}".replace("-", "−")


@register.inclusion_tag("ui/parts/progress.html")
def progress(work: Work) -> dict[str, Any]:
    """Write how far a long job has come; while it runs, the part asks for itself anew."""
    return {"work": work}


@register.inclusion_tag("ui/parts/tabs.html")
def tabs(tabs: Sequence[Tab], name: str) -> dict[str, Any]:
    """Write the row that leads between pages with one head."""
    return {"tabs": tabs, "name": name}


@register.inclusion_tag("ui/parts/section_list.html")
def section_list(sections: Sequence[Tab] | str) -> dict[str, Any]:
    """Write the list beside a settings page; on a phone a button opens it."""
    return {"sections": sections}


@register.inclusion_tag("ui/parts/avatar.html")
def avatar(name: str, initials: str = "") -> dict[str, Any]:
    """Write the round with somebody's initials; their name stands beside it."""
    return {"initials": initials or initials_of(name)}


@register.inclusion_tag("ui/parts/copy_field.html")
def copy_field(value: str, label: str, name: str, hint: str = "") -> dict[str, Any]:
    """Write a text to take along, such as a link or a secret that is shown once."""
    return {"value": value, "label": label, "id": f"copy-{name}", "hint": hint}


@register.inclusion_tag("ui/parts/sort_head.html", takes_context=True)
def sort_head(
    context: template.Context, key: str, text: str, is_number: bool = False
) -> dict[str, Any]:
    """Write the head of a column that a link sorts by: ``sort=key``, and ``sort=-key`` back."""
    asked = context["request"].GET.copy()
    order = asked.get("sort", "")
    is_up, is_down = order == key, order == f"-{key}"
    asked["sort"] = f"-{key}" if is_up else key
    said = "ascending" if is_up else "descending" if is_down else "none"
    return {"text": text, "order": said, "query": asked.urlencode(), "is_number": is_number}


@register.inclusion_tag("ui/parts/period.html", takes_context=True)
def period(context: template.Context, picker: PeriodPicker) -> dict[str, Any]:
    """Write the choice of a period; what else was asked for in the address stays."""
    asked = context["request"].GET
    kept = [(k, v) for k in asked for v in asked.getlist(k) if k not in picker.names]
    return {"picker": picker, "kept": kept, "links": _preset_links(context, picker)}


def _preset_links(context: template.Context, picker: PeriodPicker) -> list[tuple[str, str, bool]]:
    shown = context["request"].GET
    is_asked = bool(shown.get("start") or shown.get("end"))

    def link(span: Span | None) -> str:
        asked = shown.copy()
        for name in ("start", "end"):
            asked.pop(name, None)
        if span:
            asked["start"], asked["end"] = span.start.isoformat(), span.end.isoformat()
        return f"?{asked.urlencode()}"

    def is_here(span: Span | None) -> bool:
        return span == picker.span if span else not is_asked

    return [(name, link(span), is_here(span)) for name, span in picker.presets]


@register.inclusion_tag("ui/parts/filter.html", takes_context=True)
def filter_builder(context: template.Context, shown: Filter) -> dict[str, Any]:
    """Write the builder of a condition."""
    return {"filter": shown, "csrf_token": context.get("csrf_token")}


def _part(context: template.Context, part: str, **given: Any) -> str:
    with context.push(**given):
        return template.Engine.get_default().get_template(f"ui/parts/{part}.html").render(context)

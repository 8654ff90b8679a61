"""What a page of imports sends: a file, a choice for each column, a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from kundresa.core.errors import BadInputError
from kundresa.core.settings import settings
from kundresa.core.times import zone_named
from kundresa.events.sources.choices import (
    BECOMES,
    TIME_FORMS,
    Choice,
    Choices,
    may_say_decimal,
    with_names,
)
from kundresa.events.sources.decimals import DECIMALS


class UploadForm(forms.Form):
    """A file, where a browser has no script to send it by itself."""

    file = forms.FileField(
        label=_("File"),
        error_messages={"required": _("Choose a file first.")},
        allow_empty_file=True,
    )


class NameForm(forms.Form):
    """The name of a mapping that is to be kept."""

    name = forms.CharField(
        label=_("Name"), max_length=100, error_messages={"required": _("Write a name first.")}
    )


def zone_or_usual(name: str | None) -> str:
    """Give the zone that a browser says it is in, or the one of the settings."""
    try:
        zone_named(name or "")
    except BadInputError:
        return settings().time_zone
    return name or settings().time_zone


def zones() -> list[str]:
    """Give the names of zones to choose from, without the old ones."""
    return ["UTC", *sorted(zone for zone in available_timezones() if zone.startswith(_PARTS))]


_PARTS = (
    "Africa/",
    "America/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


def read_choices(sent: Mapping[str, str], before: Choices, name: str, file: str) -> Choices:
    """Give the choices as they were sent; what wasn't sent, or isn't offered, stays as it was.

    ``name`` is what people call the file, ``file`` tells its kind.
    """
    columns = tuple(
        _choice(sent, index, choice) for index, choice in enumerate(before.columns)
    )  # fmt: skip
    zone = sent.get("zone", before.zone).strip()[:60]
    currency = sent.get("currency", before.currency).strip()[:20]
    table = before.table
    if may_say_decimal(before, file):
        table = _with_decimal(table, sent.get("decimal"))
    changed = replace(before, columns=columns, zone=zone, currency=currency, table=table)
    return _named_anew(changed, before, name)


def _with_decimal(table: Mapping[str, Any], decimal: str | None) -> Mapping[str, Any]:
    if decimal not in ("", *DECIMALS):
        return table
    rest = {key: value for key, value in table.items() if key != "decimal"}
    return {**rest, "decimal": decimal} if decimal else rest


def _choice(sent: Mapping[str, str], index: int, before: Choice) -> Choice:
    becomes = sent.get(f"becomes-{index}", before.becomes)
    form = sent.get(f"form-{index}", before.form)
    return Choice(
        before.column,
        becomes if becomes in BECOMES else before.becomes,
        sent.get(f"named-{index}", before.named).strip()[:200],
        form if form in TIME_FORMS else before.form,
    )


def _named_anew(choices: Choices, before: Choices, file: str) -> Choices:
    """Name a time that has just become one, and leave a name that was taken out empty."""
    was_time = {choice.column for choice in before.that_become("time")}
    suggested = {choice.column: choice for choice in with_names(choices, file).columns}
    columns = tuple(
        choice if choice.column in was_time else suggested[choice.column]
        for choice in choices.columns
    )  # fmt: skip
    return replace(choices, columns=columns)

"""What a reader may choose on the page of a map."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from kundresa.maps.contracts import Asked

# Outside of these, calendars and the store's microseconds give out.
_EARLIEST: Final = date(1900, 1, 1)
_LATEST: Final = date(2200, 1, 1)
MODES = (("cohort", _("Journeys that started then")), ("activity", _("What happened then")))


class AskedForm(forms.Form):
    """The period, the way to count and the language of the drawing."""

    start = forms.DateField(
        label=_("From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Write the day as 2026-01-31.")},
    )
    end = forms.DateField(
        label=_("To, not included"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Write the day as 2026-01-31.")},
    )
    mode = forms.ChoiceField(label=_("Count"), choices=MODES, required=False)
    language = forms.ChoiceField(
        label=_("Language of the map"), choices=settings.LANGUAGES, required=False
    )

    def clean(self) -> dict[str, Any]:
        """See that the period has at least a day."""
        found = super().clean() or {}
        for name in ("start", "end"):
            if (day := found.get(name)) and not _EARLIEST <= day <= _LATEST:
                self.add_error(name, _("Choose a day between 1900 and 2200."))
        start, end = found.get("start"), found.get("end")
        if start and end and end <= start:
            self.add_error("end", _("Choose a day after the first one."))
        return found

    def keep_what_was_typed(self, shown: Mapping[str, object]) -> None:
        """Fill only what was left out, and show a wrong day as text.

        A date field comes up empty when it holds no day.
        """
        typed = {name: value for name, value in self.data.items() if value}
        self.data = {**shown, **typed}
        for name, field in self.fields.items():
            if self.has_error(name, "invalid"):
                field.widget = forms.TextInput()

    def asked(self, language: str) -> Asked:
        """Give what was chosen; what was wrong or left out gets its default."""
        found = getattr(self, "cleaned_data", {})
        chosen = found.get("language") or language
        mode = found.get("mode") or "cohort"
        return Asked(found.get("start"), found.get("end"), mode, chosen)

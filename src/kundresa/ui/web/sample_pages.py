"""Made-up people and forms for the pattern pages of settings; nobody of them lives."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kundresa.ui.contracts import Frame, Tab


def framed() -> dict[str, Any]:
    """Give what stands around the page of a member with two workspaces."""
    here, note = reverse("ui:patterns-members"), reverse("ui:patterns-note")
    places = [Tab("Nordic Bicycles", here, True), Tab("Nordic Bicycles, Danmark", f"{here}?other")]
    member = SimpleNamespace(name="Alice Åkesson", initials="AÅ")
    workspace = SimpleNamespace(name="Nordic Bicycles")
    return {
        "access": SimpleNamespace(member=member, workspace=workspace, role="owner"),
        "frame": Frame(places, reverse("ui:patterns-workspace"), note, f"{here}#notices", 3, True),
    }


def sections(here: str) -> list[Tab]:
    """Give the sections of the settings."""
    start = reverse("ui:patterns")
    named = [
        ("members", _("Members"), reverse("ui:patterns-members"), _("Workspace")),
        ("workspace", _("Name and counting"), reverse("ui:patterns-workspace"), _("Workspace")),
        ("keys", _("Sources and write keys"), f"{start}#tables", _("Workspace")),
        ("me", _("Name and language"), f"{start}#forms", _("You")),
        ("notices", _("Notices"), f"{start}#over", _("You")),
    ]
    return [Tab(name, address, key == here, group) for key, name, address, group in named]


def members() -> list[dict[str, Any]]:
    """Give the people of a workspace, by name."""
    return [
        {"name": name, "mail": f"{mail}@example.com", "role": role, "state": state,
         "look": look, "seen": seen}
        for name, mail, role, state, look, seen in (
            ("Alice Åkesson", "alice", _("Owner"), _("Active"), "good", _("today")),
            ("Bob Berg", "bob", _("Editor"), _("Active"), "good", _("yesterday")),
            ("Karoline Sundby-Østergaard", "karoline.sundby-ostergaard", _("Commenter"),
             _("Invited"), "warn", ""),
            ("Jens Holm", "jens", _("Viewer"), _("Locked out"), "bad", _("3 March")),
        )
    ]  # fmt: skip


class WorkspaceForm(forms.Form):
    """What a workspace is set to."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60, initial="Nordic Bicycles")
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    patience = forms.IntegerField(
        label=gettext_lazy("Patience, days"), min_value=1, max_value=730, initial=30
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency"), min_length=3, max_length=3, initial="SEK"
    )
    is_grouped = forms.BooleanField(
        label=gettext_lazy("Hide groups under 5 customers"), required=False, initial=True
    )


class SignInForm(forms.Form):
    """Who somebody is."""

    mail = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        widget=forms.EmailInput({"autocomplete": "username"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

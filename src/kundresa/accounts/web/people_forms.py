"""What is asked to invite somebody, to join, to share with guests, and to name a department."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kundresa.accounts.departments import departments_of, is_department
from kundresa.accounts.guests import GuestSubject
from kundresa.accounts.invitations import (
    MOST_AT_ONCE,
    addresses_in,
    already_here,
    already_invited,
    is_address,
)
from kundresa.accounts.models import Department, Member, Workspace
from kundresa.accounts.rules import MEMBER_ROLES, Place, Role
from kundresa.ui.names import role_in_words

_DAYS: Final = (
    ("7", gettext_lazy("1 week")),
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("", gettext_lazy("Until it is revoked")),
)


def department_choices(workspace: Workspace) -> list[tuple[str, str]]:
    """Give the departments to choose from, none of them first."""
    return [("", "–"), *((str(one.pk), one.name) for one in departments_of(workspace))]


class PlaceForm(forms.Form):
    """What somebody is to be in a workspace."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        help_text=gettext_lazy(
            "Owners change everything, members too. Editors change maps and data, commenters comment, viewers look."
        ),
    )
    sees_customers = forms.BooleanField(
        label=gettext_lazy("Sees customers: their journeys, profiles and exports"), required=False
    )
    may_send = forms.BooleanField(
        label=gettext_lazy("May send: messages go out to customers"), required=False
    )
    department = forms.ChoiceField(label=gettext_lazy("Department"), required=False)

    def __init__(self, workspace: Workspace, *args: Any, **told: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **told})
        self.workspace = workspace
        roles = [(role.value, role_in_words(role.value)) for role in MEMBER_ROLES]
        self.fields["role"].choices = roles  # type: ignore[attr-defined]
        self.fields["department"].choices = department_choices(workspace)  # type: ignore[attr-defined]

    def place(self) -> Place:
        """Give what was chosen."""
        chosen = self.cleaned_data
        department = int(chosen["department"]) if chosen["department"] else None
        return Place(Role(chosen["role"]), chosen["sees_customers"], chosen["may_send"], department)


class InviteForm(PlaceForm):
    """Whom to invite, as what, and in which language."""

    emails = forms.CharField(
        label=gettext_lazy("E-mail addresses"),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("One or several, as you would paste them: with commas or on lines."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the mail"), choices=settings.LANGUAGES
    )
    field_order = ("emails", "role", "sees_customers", "may_send", "department", "language")

    def clean_emails(self) -> list[str]:
        """Find every fault of every address at once."""
        found = addresses_in(self.cleaned_data["emails"])
        faults = [
            *(_("%(address)s is no e-mail address.") % {"address": one} for one in found if not is_address(one)),
            *(_("%(address)s is a member already.") % {"address": one} for one in sorted(already_here(self.workspace, found))),
            *(_("%(address)s is invited already: send it again from the list of invitations.") % {"address": one} for one in sorted(already_invited(self.workspace, found))),
        ]  # fmt: skip
        if len(found) > MOST_AT_ONCE:
            faults.append(_("Invite %(count)s at once at most.") % {"count": MOST_AT_ONCE})
        if not found:
            faults.append(_("Write an address, like anna@firma.se."))
        if faults:
            raise forms.ValidationError(faults)
        return found


class NewMemberForm(forms.Form):
    """Who somebody is who joins and has no account yet."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, email: str, *args: Any, **told: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **told})
        self.email = email

    def clean_password(self) -> str:
        """Refuse a password that is easily guessed."""
        password: str = self.cleaned_data["password"]
        validate_password(password, Member(email=self.email, name=self.data.get("name", "")))
        return password


class GuestLinkForm(forms.Form):
    """What a link for guests shows, and for how long."""

    subject = forms.ChoiceField(label=gettext_lazy("Map"))
    name = forms.CharField(
        label=gettext_lazy("Name of the link"),
        max_length=200,
        help_text=gettext_lazy("For whom it is. Guests don't see it."),
    )
    may_comment = forms.BooleanField(label=gettext_lazy("Guests may comment"), required=False)
    days = forms.ChoiceField(
        label=gettext_lazy("How long it holds"), choices=_DAYS, required=False, initial="30"
    )

    def __init__(self, subjects: list[GuestSubject], *args: Any, **told: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **told})
        self._subjects = {f"{one.kind}:{one.name}": one for one in subjects}
        choices = [(key, one.title) for key, one in self._subjects.items()]
        self.fields["subject"].choices = choices  # type: ignore[attr-defined]

    def chosen_subject(self) -> GuestSubject:
        """Give the thing that was chosen."""
        return self._subjects[self.cleaned_data["subject"]]

    def lasting(self) -> int | None:
        """Give how many days the link holds; None for ever."""
        return int(self.cleaned_data["days"]) if self.cleaned_data["days"] else None


class GuestForm(forms.Form):
    """What a guest is called."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class DepartmentForm(forms.Form):
    """What a department is called."""

    name = forms.CharField(label=gettext_lazy("Name of the department"), max_length=200)

    def __init__(
        self, workspace: Workspace, *args: Any, department: Department | None = None, **told: Any
    ) -> None:
        super().__init__(*args, **{"label_suffix": "", **told})
        self._workspace, self._department = workspace, department

    def clean_name(self) -> str:
        """Refuse a name that another department has."""
        name: str = self.cleaned_data["name"]
        other_than = self._department.pk if self._department else 0
        if is_department(self._workspace, name, other_than=other_than):
            raise forms.ValidationError(_("There is a department of that name already."))
        return name

"""The first page of an empty installation, and the link that makes its first owner."""

from __future__ import annotations

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from kundresa.accounts.actions import is_owner_link, take_owner_link
from kundresa.accounts.models import Member
from kundresa.accounts.queries import has_members
from kundresa.accounts.rules import Need, asks
from kundresa.accounts.web.entering import enter
from kundresa.accounts.web.oneself import zone_names
from kundresa.accounts.web.signin_forms import PASSWORD_RULES, new_password_widget


class FirstOwnerForm(forms.Form):
    """Who the first owner is, and what the workspace is called."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=new_password_widget(),
        help_text=PASSWORD_RULES,
    )
    workspace_name = forms.CharField(
        label=_("Name of the workspace"),
        max_length=200,
        help_text=_("Mostly that of your company. You can change it later."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    time_zone = forms.CharField(
        required=False, widget=forms.HiddenInput(attrs={"data-time-zone": True})
    )

    def clean_time_zone(self) -> str:
        """Take the browser's word, where it is a zone that we know; nobody typed it."""
        zone: str = self.cleaned_data["time_zone"]
        return zone if zone in zone_names() else ""

    def clean_password(self) -> str:
        """Refuse a password that is easily guessed."""
        password: str = self.cleaned_data["password"]
        about = Member(email=self.data.get("email", ""), name=self.data.get("name", ""))
        validate_password(password, about)
        return password


@require_safe
@asks(Need.PUBLIC)
def welcome(request: HttpRequest) -> HttpResponse:
    """Say how the first owner gets in; once somebody can, lead to the log-in."""
    if has_members():
        return redirect("account_login")
    return render(request, "accounts/welcome.html")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@asks(Need.PUBLIC)
def first_owner(request: HttpRequest, secret: str) -> HttpResponse:
    """Make the first owner and sign them in; the link opens once."""
    if not is_owner_link(secret) or has_members():
        raise Http404
    form = FirstOwnerForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        member = take_owner_link(secret, language=get_language() or "", **form.cleaned_data)
        if member is None:
            raise Http404
        enter(request, member)
        return redirect("maps:home")
    status = 400 if form.errors else 200
    return render(request, "accounts/first_owner.html", {"form": form}, status=status)

"""The first page of an empty installation, and the link that makes its first owner."""

from __future__ import annotations

from django import forms
from django.contrib.auth import login
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

BACKEND = "django.contrib.auth.backends.ModelBackend"


class FirstOwnerForm(forms.Form):
    """Who the first owner is, and what the workspace is called."""

    name = forms.CharField(label=_("Your name"), max_length=200)
    email = forms.EmailField(label=_("E-mail"))
    password = forms.CharField(
        label=_("Password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    workspace_name = forms.CharField(label=_("Name of the workspace"), max_length=200)

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
        login(request, member, BACKEND)
        return redirect("maps:home")
    status = 400 if form.errors else 200
    return render(request, "accounts/first_owner.html", {"form": form}, status=status)

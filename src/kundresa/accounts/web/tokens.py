"""The page of API tokens: one's own, to owners all; a secret is shown when it is made, and never again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kundresa.accounts.access import Access, access_in
from kundresa.accounts.models import ApiToken
from kundresa.accounts.rules import Need, Role, Scope, asks, scopes_for
from kundresa.accounts.tokens import (
    is_expired,
    make_token,
    restore_token,
    revoke_token,
    revoked_lately,
    tokens_for,
)
from kundresa.accounts.web.sections import with_sections
from kundresa.core.errors import NotFoundError

IN_WORDS: Final = {
    Scope.MAPS_READ: gettext_lazy("Read maps"),
    Scope.MAPS_WRITE: gettext_lazy("Write maps"),
    Scope.QUERY: gettext_lazy("Ask for numbers"),
    Scope.EVENTS_READ: gettext_lazy("See imports and sources of data"),
    Scope.EVENTS_WRITE: gettext_lazy("Change sources of data"),
    Scope.MEMBERS_READ: gettext_lazy("See members, departments and tokens"),
    Scope.MEMBERS_WRITE: gettext_lazy("Change members and the workspace"),
    Scope.AUDIT_READ: gettext_lazy("Read the audit trail"),
}
DAYS: Final = (
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
    ("365", gettext_lazy("A year")),
    ("", gettext_lazy("Until it is revoked")),
)


@dataclass(frozen=True)
class Row:
    """A line of the list."""

    token: ApiToken
    scopes: list[Any]
    is_expired: bool


class TokenForm(forms.Form):
    """What a token is called, what it is for, and how long it holds."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("Such as the program that will use it."),
        max_length=200,
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        help_text=gettext_lazy("It never may more than you may yourself."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose one at least.")},
    )
    days = forms.ChoiceField(
        label=gettext_lazy("How long it holds"), choices=DAYS, initial="90", required=False
    )

    def __init__(self, *args: Any, role: Role, **told: Any) -> None:
        super().__init__(*args, **told)
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]
            (scope.value, IN_WORDS[scope]) for scope in scopes_for(role)
        ]


@require_safe
@asks(Need.COMMENT)
def tokens(request: HttpRequest, workspace: str) -> HttpResponse:
    """Show the tokens, and what was just revoked with the way back."""
    access = access_in(request)
    told = request.GET.get("revoked", "")
    revoked = revoked_lately(access, int(told)) if _is_number(told) else None
    rows = [_row(one) for one in tokens_for(access)]
    context = with_sections(request, rows=rows, revoked=revoked, slug=workspace)
    return render(request, "accounts/tokens.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@asks(Need.COMMENT)
def new_token(request: HttpRequest, workspace: str) -> HttpResponse:
    """Ask what a token is for, make it, and show its secret this once."""
    access = access_in(request)
    form = TokenForm(request.POST or None, role=_role(access), label_suffix="")
    if request.method == "POST" and form.is_valid():
        return _made(request, access, form, workspace)
    context = with_sections(request, form=form, slug=workspace)
    status = 400 if form.errors else 200
    return render(request, "accounts/token_new.html", context, status=status)


def _made(request: HttpRequest, access: Access, form: TokenForm, slug: str) -> HttpResponse:
    if access.workspace is None or access.member is None:
        raise Http404
    told = form.cleaned_data
    made = make_token(
        access.workspace,
        access.member,
        name=told["name"],
        scopes=[Scope(one) for one in told["scopes"]],
        days=int(told["days"]) if told["days"] else None,
        actor=access.actor,
    )
    context = with_sections(request, made=made, slug=slug)
    answer = render(request, "accounts/token_made.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_POST
@asks(Need.COMMENT)
def revoke(request: HttpRequest, workspace: str, token_id: int) -> HttpResponse:
    """Let a token open nothing any more, and lead back to where that can be undone."""
    try:
        found = revoke_token(access_in(request), token_id)
    except NotFoundError as error:
        raise Http404(str(error)) from error
    answer = redirect("accounts:tokens", workspace)
    answer.headers["Location"] += f"?revoked={found.pk}"
    return answer


@require_POST
@asks(Need.COMMENT)
def restore(request: HttpRequest, workspace: str, token_id: int) -> HttpResponse:
    """Let a token that was just revoked open again what it did."""
    try:
        found = restore_token(access_in(request), token_id)
    except NotFoundError as error:
        raise Http404(str(error)) from error
    messages.success(request, _("%(name)s works again.") % {"name": found.name})
    return redirect("accounts:tokens", workspace)


def _row(one: ApiToken) -> Row:
    known = {scope.value: words for scope, words in IN_WORDS.items()}
    return Row(one, [known[scope] for scope in one.scopes if scope in known], is_expired(one))


def _role(access: Access) -> Role:
    if access.role is None:
        raise Http404
    return access.role


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19

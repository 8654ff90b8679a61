"""The check that each operation of the API names: whose token it is, and whether it may.

It stands in the place of the door, which lets requests of the API through to it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Final

from django.http import HttpRequest

from kundresa.accounts.errors import NotAllowedError, NoTokenError, TooManyRequestsError
from kundresa.accounts.rules import ROLES_OF, Need, Right, Scope
from kundresa.accounts.tokens import Opened, note_used, opened_by
from kundresa.core.allowance import Allowance
from kundresa.core.incoming import TooLargeError

MOST_BODY: Final = 2 << 20
"""Bytes of a body."""
PER_SECOND: Final = 10
BURST: Final = 100
allowance = Allowance(per_second=PER_SECOND, burst=BURST)


class Bearer:
    """Lets in a token with a scope, whose member has the role and the rights.

    Parameters
    ----------
    scope
        What the token must have been made for; None for what every token may.
    need
        What its member must be now.
    rights
        What its member must have beside the role.
    """

    openapi_security_schema: Final = {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token, made in the settings of a workspace.",
    }

    def __init__(
        self, scope: Scope | None = None, need: Need = Need.LOOK, rights: Sequence[Right] = ()
    ) -> None:
        self.scope = scope
        self.need = need
        self.rights = frozenset(rights)

    def __call__(self, request: HttpRequest) -> Opened:
        """Give what the token of a request opens, or refuse."""
        opened = _opened(request)
        wait = allowance.wait(opened.token.pk, now=time.monotonic())
        if wait:
            raise TooManyRequestsError(math.ceil(wait))
        self._refuse_what_it_may_not(opened)
        _refuse_large(request)
        note_used(opened.token)
        request.access = opened.access  # type: ignore[attr-defined]
        return opened

    def _refuse_what_it_may_not(self, opened: Opened) -> None:
        if self.scope is not None and self.scope not in opened.scopes:
            raise NotAllowedError(
                f"This token lacks the scope {self.scope.value}.",
                hint="Make a token with that scope in the settings of the workspace.",
            )
        if opened.access.role not in ROLES_OF[self.need]:
            raise NotAllowedError(
                "The role of this token's member is not enough.",
                hint="Ask an owner of the workspace for a token.",
            )
        if not self.rights <= opened.access.rights:
            raise NotAllowedError(
                "This token's member may not see customers.",
                hint="Ask an owner of the workspace for that right.",
            )


def nobody(_request: HttpRequest) -> Opened:
    """Refuse whatever is asked: an operation that names no check of its own answers nobody."""
    raise NotAllowedError("This operation answers nobody.")


def _opened(request: HttpRequest) -> Opened:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        raise NoTokenError(
            "This needs an API token.",
            hint='Send "Authorization: Bearer kundresa_…"; make a token in the settings.',
        )
    opened = opened_by(secret.strip())
    if opened is None:
        raise NoTokenError(
            "This token is not known here, has expired, or was revoked.",
            hint="Make a new one in the settings of the workspace.",
        )
    return opened


def _refuse_large(request: HttpRequest) -> None:
    told = request.META.get("CONTENT_LENGTH") or "0"
    if told.isdecimal() and int(told) > MOST_BODY:
        raise TooLargeError(f"A body holds {MOST_BODY} bytes at most.", hint="Send less at once.")

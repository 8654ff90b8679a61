"""The table of roles and addresses, read off what the views declare: who is answered where.

``python -m kundresa.project.access_table`` writes ``docs/reference/access.md``. A test holds the
page equal to the views and asks each address as each of these callers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import django
from django.urls import ResolverMatch, URLPattern, URLResolver, get_resolver

from kundresa.accounts.rules import Asked, Need, Right, Role, rights_by_default

PAGE: Final = Path(__file__).resolve().parents[3] / "docs/reference/access.md"


class Caller(StrEnum):
    """Who may come to an address, as seen from the workspace that it names."""

    STRANGER = "stranger"
    INVITED = "guest of this"
    GUEST = "guest of another"
    VIEWER = "viewer"
    COMMENTER = "commenter"
    EDITOR = "editor"
    OWNER = "owner"
    ELSEWHERE = "owner elsewhere"


class Answer(StrEnum):
    """What an address does with a caller."""

    OPEN = "yes"
    SIGN_IN = "log-in"
    REFUSED = "refused"
    ABSENT = "absent"
    TOKEN = "token"  # noqa: S105


ROLE_OF: Final[Mapping[Caller, Role]] = {
    Caller.VIEWER: Role.VIEWER,
    Caller.COMMENTER: Role.COMMENTER,
    Caller.EDITOR: Role.EDITOR,
    Caller.OWNER: Role.OWNER,
}
_FOR_OWNERS: Final = frozenset({"accounts:new-workspace"})
"""Views outside of any workspace that ask for an owner of some workspace."""

_GUESTS: Final = frozenset({Caller.INVITED, Caller.GUEST})


@dataclass(frozen=True)
class Row:
    """One address, one way to come to it, and what each caller finds."""

    address: str
    name: str
    way: str
    """``read``, ``change``, or ``both`` where the two ask the same."""

    asked: Asked
    package: str = ""
    """The package that the view is of, where it isn't ours."""

    scopes: tuple[str, ...] = ()
    """What a token must be good for, where programs come by one."""

    @property
    def need(self) -> Need:
        """What it takes."""
        return self.asked.change if self.way == "change" else self.asked.look

    def answer(self, caller: Caller) -> Answer:
        """Tell what that caller finds."""
        if self.need is Need.PUBLIC:
            return Answer.OPEN
        if self.need is Need.TOKEN:
            return Answer.TOKEN
        if caller is Caller.STRANGER:
            return Answer.SIGN_IN
        if self.need is Need.MEMBER:
            return self._for_members(caller)
        return self._within(caller)

    def _for_members(self, caller: Caller) -> Answer:
        if caller in _GUESTS:
            return Answer.SIGN_IN
        owns = caller in {Caller.OWNER, Caller.ELSEWHERE}
        return Answer.OPEN if owns or self.name not in _FOR_OWNERS else Answer.REFUSED

    def _within(self, caller: Caller) -> Answer:
        method = "POST" if self.way == "change" else "GET"
        if caller in ROLE_OF:
            role = ROLE_OF[caller]
            may = self.asked.is_met_by(role, rights_by_default(role), method)
            return Answer.OPEN if may else Answer.REFUSED
        is_shared = caller is Caller.INVITED and self.asked.shared is not None
        may = is_shared and self.asked.is_met_by(Role.GUEST, frozenset(), method)
        return Answer.OPEN if may else Answer.ABSENT


def rows() -> list[Row]:
    """Give a row for each address that answers somebody, in the order of the addresses."""
    found = [row for match, view in _views(get_resolver().url_patterns) for row in _of(match, view)]
    return sorted(found, key=lambda row: (row.address, row.way == "change"))


def _views(
    patterns: Iterable[URLPattern | URLResolver],
    before: str = "/",
    apps: tuple[str, ...] = (),
    spaces: tuple[str, ...] = (),
) -> Iterator[tuple[ResolverMatch, Callable[..., Any]]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = (*apps, *filter(None, [pattern.app_name]))
            names = (*spaces, *filter(None, [pattern.namespace]))
            yield from _views(pattern.url_patterns, route, inner, names)
        else:
            view = pattern.callback
            match = ResolverMatch(view, (), {}, pattern.name, list(apps), list(spaces), route)
            yield match, view


def _of(match: ResolverMatch, view: Callable[..., Any]) -> Iterator[Row]:
    from kundresa.accounts.web.doors import asked_of  # tables, which need the framework set up

    asked = asked_of(view, match)
    if asked is None:
        return
    module = getattr(view, "__module__", "")
    package = "" if module.startswith("kundresa.") else module.split(".")[0]
    told = (match.route or "", match.view_name)
    if asked.look is asked.change:
        yield Row(*told, "both", asked, package, _scopes(match, view))
        return
    yield Row(*told, "read", asked, package)
    yield Row(*told, "change", asked, package)


def _scopes(match: ResolverMatch, view: Callable[..., Any]) -> tuple[str, ...]:
    """Give the scopes of the operations at an address of the management API."""
    if match.namespace != "api":
        return ()
    # The package hands out a function over its list of operations.
    held = [cell.cell_contents for cell in getattr(view, "__closure__", None) or ()]
    operations = [one for each in held for one in getattr(each, "operations", ())]
    checks = [check for one in operations for check in one.auth_callbacks]
    return tuple(sorted({str(check.scope) for check in checks if getattr(check, "scope", None)}))


def page() -> str:
    """Write the reference page."""
    found = rows()
    ours = [row for row in found if not row.package and row.need is not Need.TOKEN]
    packages = [row for row in found if row.package and row.need is not Need.TOKEN]
    tokens = list({row.address: row for row in found if row.need is Need.TOKEN}.values())
    parts = [_HEAD, _table(ours), _PACKAGES, _table(packages)]
    if tokens:
        parts += [_TOKENS, _token_table(tokens)]
    return "\n".join(parts)


def _table(shown: Iterable[Row]) -> str:
    head = ["Address", "Way", "Asks", *(caller.value for caller in Caller)]
    lines = [_line(head), _line(["---"] * len(head))]
    lines += [
        _line([f"`{row.address}`", row.way, _asks(row), *(row.answer(one) for one in Caller)])
        for row in shown
    ]
    return "\n".join(lines) + "\n"


def _token_table(shown: Iterable[Row]) -> str:
    head = ["Address", "Scopes"]
    lines = [_line(head), _line(["---"] * len(head))]
    lines += [_line([f"`{row.address}`", ", ".join(row.scopes) or "none"]) for row in shown]
    return "\n".join(lines) + "\n"


def _asks(row: Row) -> str:
    rights = sorted(_RIGHTS[right] for right in row.asked.rights)
    more = ["owns a workspace"] if row.name in _FOR_OWNERS else []
    return ", ".join([row.need.value, *rights, *more])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


_RIGHTS: Final = {Right.SEE_CUSTOMERS: "sees customers", Right.SEND: "may send"}

_HEAD: Final = """# Who is answered where

<!-- Made by python -m kundresa.project.access_table; change the views and make it anew. -->

Every address, what it asks for, and what each caller finds, read off the views. A test comes to each
address as each caller, with real ids, and compares. [Roles and rights](../explain/roles.md) says what
the words mean.

*yes*: the view answers. *log-in*: led to the log-in. *refused*: 403, as the caller sees the place but
may not do this. *absent*: 404, the same as for what isn't there.

A *guest of this* came by a link to what the address names, a *guest of another* by a link to
something else of the same workspace. An *owner elsewhere* owns another workspace and is nothing in
this one. Viewers, commenters and editors have the rights that they have by default: an editor sees
customers, the others don't. *read* is GET and HEAD, *change* all other methods, *both* either.

## Our pages
"""

_PACKAGES: Final = """## Pages of packages

Signing in, codes and passkeys are allauth's, the choice of a language is Django's. What a page asks
beyond a member, such as the password once more, it asks itself.
"""

_TOKENS: Final = """## The management API

Programs come with a token; it opens what its scopes say, of what its member may.
"""


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kundresa.project.django_settings")
    django.setup()
    PAGE.write_text(page(), "utf-8")

"""Two workspaces that hold the same under the same names, and everybody who may come to them.

Alice owns the one and Bob the other; neither has any business in the other's.
"""

from __future__ import annotations

from collections.abc import Iterable
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.test import Client

from kundresa.accounts.access import GUEST_SESSION
from kundresa.accounts.api import Member, Role, Workspace, make_workspace, notify
from kundresa.accounts.models import (
    ApiToken,
    AuditLine,
    Department,
    Guest,
    GuestLink,
    Invitation,
    Membership,
)
from kundresa.accounts.queries import hash_of
from kundresa.accounts.tokens import make_token
from kundresa.core.clock import now
from kundresa.events import imports
from kundresa.events.api import make_source
from kundresa.events.models import Import, Source
from kundresa.journeys.api import save_map
from kundresa.project.access_table import Caller
from tests.areas.maps.worked import MAP, MAP_ID
from tests.support.members import a_member, signed_in

ORDERS: Final = "order,customer,ordered,amount\no1,{0}@kund.example,2026-03-01T12:00,99\n"
HOST: Final = {"host": "localhost"}


class Place:
    """One workspace with a map, an import, a source, a link for guests, and members."""

    def __init__(self, slug: str, folder: Path) -> None:
        self.slug, self._folder = slug, folder
        self.workspace: Workspace = make_workspace("The same name", slug=slug)
        self.owner: Member = a_member(
            self.workspace, name=slug.title(), email=f"{slug}@firma.example"
        )
        save_map(self.workspace.pk, MAP, actor="test")
        self.source: Source = make_source(self.workspace.pk, "Web")
        self.upload: Import = self._upload()
        self.link = self._link(MAP_ID)
        self.department = Department.objects.create(workspace=self.workspace, name="Sales")
        self.invitation = Invitation.objects.create(
            workspace=self.workspace, email="new@firma.example", secret_hash=hash_of(f"i {slug}"),
            expires_at=now().replace(year=2100),
        )  # fmt: skip

        self.token = ApiToken.objects.create(
            workspace=self.workspace, member=self.owner, name="Night", start="kundresa_a",
            scopes=["maps:read"], secret_hash=hash_of(f"t {slug}"),
        )  # fmt: skip
        self.passkey = Authenticator.objects.create(
            user=self.owner, type=Authenticator.Type.WEBAUTHN, data={"name": "Phone"}
        )

    def _upload(self) -> Import:
        incoming = imports.write_incoming([ORDERS.format(self.slug).encode()], self._folder, 10_000)
        one = imports.receive(
            self.workspace.pk, self._folder, incoming, name="orders.csv", zone="UTC",
            actor=f"member:{self.owner.pk}",
        )  # fmt: skip
        aside = imports.aside_of(one, self._folder)
        aside.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text('{"row": "of ' + self.slug + '"}\n')
        return one

    def _link(self, map_id: str) -> GuestLink:
        return GuestLink.objects.create(
            workspace=self.workspace, name="Link", kind="map", subject=map_id,
            secret_hash=hash_of(f"{self.slug} {map_id}"),
        )  # fmt: skip

    def guest(self, map_id: str = MAP_ID) -> Client:
        """Give the browser of a guest who came by a link to that map."""
        link = self.link if map_id == MAP_ID else self._link(map_id)
        client = Client(headers=HOST)
        session = client.session
        session[GUEST_SESSION] = Guest.objects.create(link=link, name="Gunnar").pk
        session.save()
        client.cookies["sessionid"] = session.session_key or ""
        return client

    def values(self, member: Member | None = None) -> dict[str, Any]:
        """Give what addresses name, by the words that they use for it."""
        who = member or self.owner
        notify(who, self.workspace, "import_done", {"file": "a", "events": 1, "readings": 0})
        return {
            "workspace": self.slug,
            "slug": self.slug,
            "map_id": MAP_ID,
            "import_id": self.upload.pk,
            "source_id": self.source.pk,
            "notice_id": who.notice_set.order_by("-id")[0].pk,
            "membership": Membership.objects.filter(workspace=self.workspace).order_by("-id")[0].pk,
            "department": self.department.pk,
            "invitation": self.invitation.pk,
            "member_id": Membership.objects.filter(workspace=self.workspace).order_by("-id")[0].pk,
            "department_id": self.department.pk,
            "invitation_id": self.invitation.pk,
            "token_id": make_token(
                self.workspace, who, name="x", scopes=[], days=1, actor="test"
            ).token.pk,
            "link": self.link.pk,
            "line": AuditLine.objects.filter(workspace=self.workspace).order_by("id")[0].pk,
            "secret": "nobody-has-this-one",
            "token": self.token.pk,
            "pk": self.passkey.pk,
            "key": "nobody-has-this-one",
            "uidb36": "1",
            "provider_id": "none",
        }


class World:
    """Both places, and the browsers of all callers as seen from Alice's."""

    def __init__(self, folder: Path) -> None:
        self.alice, self.bob = Place("alice", folder), Place("bob", folder)
        self.members = {
            caller: a_member(self.alice.workspace, role=Role(caller.value), name=caller.title())
            for caller in (Caller.VIEWER, Caller.COMMENTER, Caller.EDITOR)
        }
        self.members |= {Caller.OWNER: self.alice.owner, Caller.ELSEWHERE: self.bob.owner}
        self.clients = {
            Caller.STRANGER: Client(headers=HOST),
            Caller.INVITED: self.alice.guest(),
            Caller.GUEST: self.alice.guest("another-map"),
            **{who: signed_in(Client(headers=HOST), one) for who, one in self.members.items()},
        }
        for client in self.clients.values():
            client.raise_request_exception = False

    def ask(self, caller: Caller, method: str, address: str) -> Any:
        """Come to an address; nothing that comes of it stays. ``body`` is all that was answered."""
        client = self.clients[caller]
        kept = client.cookies
        client.cookies = SimpleCookie({name: one.value for name, one in kept.items()})
        try:
            with transaction.atomic():
                answer = client.generic(
                    method, address, b"", content_type="application/x-www-form-urlencoded"
                )
                answer.body = content_of(answer)
                transaction.set_rollback(True)
        finally:
            client.cookies = kept
        return answer


def content_of(answer: Any) -> bytes:
    """Give the body of an answer, also of one that is a file."""
    pieces: Iterable[bytes] = answer.streaming_content if answer.streaming else [answer.content]
    return b"".join(pieces)

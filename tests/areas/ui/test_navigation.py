"""The bar of places leads to what there is, and says where the reader is."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory
from django.urls import Resolver404, resolve

from kundresa.accounts.api import Member, make_workspace
from kundresa.ui import navigation
from tests.support.members import signed_in

HOST = {"host": "localhost"}


def test_no_place_leads_nowhere() -> None:
    request = RequestFactory().get("/w/alice/maps/")
    request.resolver_match = resolve("/w/alice/maps/")
    found = navigation.places_of(request)
    assert next(place for place in found if place.is_here).address == "/w/alice/maps/"
    for place in found:
        resolve(place.address)


def test_a_place_whose_area_is_not_built_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "PLACES", (("Map", "maps:index"), ("None", "none:index")))
    request = RequestFactory().get("/w/alice/maps/")
    request.resolver_match = resolve("/w/alice/maps/")
    assert [place.name for place in navigation.places_of(request)] == ["Map"]


def test_outside_of_a_workspace_there_are_no_places() -> None:
    request = RequestFactory().get("/")
    request.resolver_match = resolve("/")
    assert navigation.places_of(request) == []
    assert navigation.places_of(None) == []
    with pytest.raises(Resolver404):
        resolve("/none")


@pytest.mark.django_db
def test_the_bar_says_where_the_reader_is(owner: Member) -> None:
    make_workspace("Alice's shop", slug="alice")
    client = signed_in(Client(headers={**HOST, "accept-language": "sv"}), owner)
    page = client.get("/w/alice/maps/").content.decode()
    here = page.split('id="ui-places"')[1].split("</nav>")[0]
    assert 'aria-current="page">Karta</a>' in here
    assert here.count("aria-current") == 1

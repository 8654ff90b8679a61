"""The look: one small sheet, told apart by everybody in light and dark."""

from __future__ import annotations

import re
from itertools import product

import pytest
from django.test import Client

from kundresa.ui.sheet import SHEET, joined
from tests.areas.layout.test_layout import contrast

MOST_BYTES = 60_000
DARK = ':root[data-theme="dark"]'
TEXTS = ("ink", "quiet", "link", "danger", "good")
GROUNDS = ("ground", "sheet", "chip")
READ = [
    *product(TEXTS, GROUNDS),
    ("on-button", "button"), ("on-button", "button-over"), ("on-danger", "danger"),
    ("told-ink", "told"), ("wrong-ink", "wrong"), ("k-paper", "k-ink"),
    *((f"k-stage-{n}-ink", f"k-stage-{n}") for n in range(8)),
]  # fmt: skip
# Borders of fields, the focus, marks and lines that carry a meaning.
SEEN = [
    *product(("control", "focus"), ("ground", "sheet")),
    *product(("brand", "k-went-on", "k-lost"), ("sheet",)),
]


def declared(selector: str) -> dict[str, str]:
    """The custom properties that the sheet declares under exactly one selector."""
    blocks = re.findall(re.escape(selector) + r" \{\n?([^}]*)\}", joined())
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", "".join(blocks)))


def colours(theme: str) -> dict[str, str]:
    found = declared(":root")
    if theme == "dark":
        found |= declared(DARK)
    return found


def colour(name: str, named: dict[str, str]) -> str:
    value = named[name]
    reference = re.fullmatch(r"var\(--([\w-]+)\)", value)
    return colour(reference[1], named) if reference else value


def test_the_sheet_is_joined_from_its_parts_and_small() -> None:
    said = "run: python -m kundresa.ui.sheet"
    assert SHEET.read_text("utf-8") == joined(), said
    assert len(joined().encode()) < MOST_BYTES


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_told_from_its_ground(theme: str) -> None:
    named = colours(theme)
    for text, ground in READ:
        ratio = contrast(colour(text, named), colour(ground, named))
        assert ratio >= 4.5, f"{text} on {ground}: {ratio:.2f}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_carries_a_meaning_is_seen(theme: str) -> None:
    named = colours(theme)
    for mark, ground in SEEN:
        ratio = contrast(colour(mark, named), colour(ground, named))
        assert ratio >= 3, f"{mark} on {ground}: {ratio:.2f}"


def test_dark_by_choice_is_dark_by_the_system() -> None:
    assert declared(DARK) == declared(':root:not([data-theme="light"])')


def test_no_part_but_tokens_names_a_colour() -> None:
    parts = (SHEET.parents[2] / "look").glob("*.css")
    for part in parts:
        if part.stem in {"tokens", "map", "print"}:
            continue
        assert not re.findall(r"#[0-9a-f]{3,8}\b|rgb\(|hsl\(", part.read_text("utf-8")), part.name


def test_every_token_that_is_used_is_declared() -> None:
    used = set(re.findall(r"var\(--([\w-]+)", joined()))
    assert used <= set(declared(":root"))


@pytest.mark.django_db
@pytest.mark.parametrize("wish", ["light", "dark"])
def test_a_look_is_kept_until_it_is_given_up(wish: str) -> None:
    client = Client(headers={"host": "localhost"})
    answer = client.post("/look/", {"look": wish, "next": "/?a=1"})
    assert answer["Location"] == "/?a=1"
    assert f'data-theme="{wish}"' in client.get("/patterns/").content.decode()
    client.post("/look/", {"look": ""})
    assert "data-theme" not in client.get("/patterns/").content.decode()


@pytest.mark.django_db
def test_a_look_is_changed_by_a_form_of_ours_alone() -> None:
    client = Client(headers={"host": "localhost"}, enforce_csrf_checks=True)
    assert client.post("/look/", {"look": "dark"}).status_code == 403
    assert client.get("/look/").status_code == 405


@pytest.mark.django_db
def test_a_look_leads_nowhere_else_and_knows_its_values() -> None:
    client = Client(headers={"host": "localhost"})
    answer = client.post("/look/", {"look": '"><script>', "next": "//evil.example/"})
    assert answer["Location"] == "/"
    assert "script>&" not in client.get("/patterns/").content.decode()
    assert "data-theme" not in client.get("/patterns/").content.decode()

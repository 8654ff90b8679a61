"""A condition goes through the builder unchanged, whatever it says."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from kundresa.core.conditions import profile_faults_in
from kundresa.ui.filters import MOST_NODES, filter_from, filter_of

names = st.text("abåÖ 日09'\"<&{}[]:;,.%\u2028\u00a0", min_size=1, max_size=12).filter(str.strip)
values = st.one_of(names, st.booleans(), st.integers(-(2**40), 2**40), st.floats(-1e6, 1e6))
events = st.one_of(
    names,
    st.lists(names, min_size=1, max_size=3),
    st.builds(lambda name, where: {"event": [name], "where": where}, names,
              st.builds(lambda n, v: {"property": n, "value": v}, names, values)),
)  # fmt: skip
leaves = st.one_of(
    st.builds(lambda name, said, value: {"trait": name, "is": said, "value": value}, names,
              st.sampled_from(["eq", "ne"]), values),
    st.builds(lambda name, said, value: {"trait": name, "is": said, "value": value}, names,
              st.sampled_from(["lt", "le", "gt", "ge"]), st.integers(-99, 99)),
    st.builds(lambda name, value: {"trait": name, "value": value}, names, values),
    st.builds(lambda name: {"trait": name, "is": "exists"}, names),
    st.builds(lambda name, value: {"trait": name, "is": "in", "value": value}, names,
              st.lists(values, min_size=1, max_size=3)),
    st.builds(lambda name: {"segment": name}, names),
    st.builds(lambda topic: {"consent": {"topic": topic}}, names),
    st.builds(lambda event: {"did": event}, events),
    st.builds(lambda event, n: {"did": event, "count": {"at_least": n}, "window": {"last": "30d"}},
              events, st.integers(0, 9)),
    st.builds(lambda event: {"did": event, "window": {"from": "2026-01-01"}}, events),
    st.builds(lambda one, two: {"then": [one, two], "within": "7d"}, events, events),
)  # fmt: skip
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda one: {"not": one}, inner),
        st.builds(lambda some: {"all": some}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda some: {"any": some}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=8,
)


class Fields(HTMLParser):
    """What a browser would send of a form, were its last button pressed."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self.select = self.area = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag == "input" and "name" in given:
            self.sent[given["name"]] = given.get("value", "")
        elif tag == "select":
            self.select = given["name"]
        elif tag == "option" and (self.select not in self.sent or "selected" in given):
            self.sent[self.select] = given["value"]
        elif tag == "textarea":
            self.area = given["name"]
            self.sent[self.area] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.area = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.sent[self.area] += data


def shown(found: Any) -> dict[str, str]:
    return Fields(render_to_string("ui/parts/filter.html", {"filter": found})).sent


def plain(tree: Any) -> Any:
    """The same condition without sugar, as the checks read it."""
    if isinstance(tree, list):
        return [plain(one) for one in tree]
    if not isinstance(tree, dict):
        return tree
    tree = {key: plain(value) for key, value in tree.items()}
    for key in ("did", "then"):
        if isinstance(tree.get(key), str):
            tree[key] = {"event": [tree[key]]}
    if isinstance(tree.get("did"), list):
        tree["did"] = {"event": tree["did"]}
    if "trait" in tree:
        tree.setdefault("is", "eq")
    return tree


@given(trees)
def test_a_condition_comes_back_as_it_went_in(tree: Any) -> None:
    assert profile_faults_in(tree) == []
    back = filter_from(shown(filter_of(tree, "profile", "/")), "profile", "/").tree
    wanted = plain(tree)
    is_group = {"all", "any"} & set(tree) or set(tree.get("not", {})) == {"any"}
    assert plain(back) == (wanted if is_group else {"all": [wanted]})


@given(st.dictionaries(st.from_regex(r"c(\.[0-3]){0,3}\.(join|kind|name|is|value|json|last)",
                                     fullmatch=True), st.text(max_size=8), max_size=30))  # fmt: skip
def test_whatever_is_posted_is_answered(posted: dict[str, str]) -> None:
    found = filter_from({**posted, "do": "show:"}, "profile", "/")
    shown(found)
    if found.tree is not None:
        assert profile_faults_in(found.tree) == []


def test_a_condition_is_added_inside_of_its_group_and_removed_again() -> None:
    found = filter_of({"any": [{"segment": "staff"}]}, "profile", "/")
    more = filter_from(shown(found) | {"do": "group:c"}, "profile", "/")
    assert [node.path for node in more.root.walk()] == ["c", "c.0", "c.1", "c.1.0"]
    assert not any(node.faults for node in more.root.walk())
    less = filter_from(shown(more) | {"do": "remove:c.1"}, "profile", "/")
    assert less.tree == {"any": [{"segment": "staff"}]}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "segment", "name": ""}, "Skriv namnet."),
        ({"kind": "trait", "name": "a", "is": "lt", "type": "number", "value": "x"}, "Skriv ett tal."),
        ({"kind": "trait", "name": "a", "is": "lt", "type": "text", "value": "x"}, "välj tal"),
        ({"kind": "trait", "name": "a", "is": "eq", "type": "truth", "value": "x"}, "true eller false"),
        ({"kind": "did", "name": "a", "last": "soon"}, "30d"),
        ({"kind": "json", "json": "{"}, "skriv ett villkor"),
        ({"kind": ""}, "Välj vad du frågar efter"),
    ],
)  # fmt: skip
def test_a_fault_is_told_at_its_condition(fields: dict[str, str], said: str) -> None:
    posted = {f"c.0.{key}": value for key, value in fields.items()} | {"do": "show:"}
    with translation.override("sv"):
        found = filter_from(posted, "profile", "/")
    assert found.tree is None
    assert said in found.root.children[0].faults[0].message
    kept = shown(found)
    assert all(kept[name] == value for name, value in posted.items() if name in kept)


def test_people_write_numbers_with_a_comma() -> None:
    posted = {"c.0.kind": "trait", "c.0.name": "a", "c.0.is": "ge", "c.0.type": "number",
              "c.0.value": "1 200,5", "do": "show:"}  # fmt: skip
    assert filter_from(posted, "profile", "/").tree == {
        "all": [{"trait": "a", "is": "ge", "value": 1200.5}]
    }


def test_a_hostile_form_is_read_no_further_than_its_limit() -> None:
    posted = {f"c.{at}.kind": "segment" for at in range(10_000)}
    found = filter_from(posted | {"do": "show:"}, "profile", "/")
    assert len(list(found.root.walk())) <= MOST_NODES


@pytest.mark.django_db
def test_it_works_without_script() -> None:
    client = Client(headers={"host": "localhost"})
    posted = {"c.join": "any", "c.0.kind": "segment", "c.0.name": "staff", "do": "show:"}
    page = client.post("/patterns/filter/", posted).content.decode()
    assert "<html" in page
    assert json.dumps("staff").replace('"', "&quot;") in page
    part = client.post("/patterns/filter/", posted, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part

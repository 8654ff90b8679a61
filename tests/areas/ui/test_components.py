"""Components say what they were given, and only as much as is known."""

from __future__ import annotations

import re

import pytest
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from kundresa.measures.intervals import rate_of
from kundresa.ui.chart import SIDE, line_chart
from kundresa.ui.contracts import Mean

HOST = {"host": "localhost"}


def drawn(source: str, **given: object) -> str:
    request = RequestFactory().get(str(given.pop("address", "/")))
    with translation.override("en"):
        template = Template("{% load components %}" + source)
        return template.render(Context({"request": request, **given}))


@pytest.mark.parametrize(
    ("part", "whole", "is_share"), [(12, 29, False), (12, 30, True), (0, 0, False)]
)
def test_a_share_needs_thirty(part: int, whole: int, is_share: bool) -> None:
    said = drawn('{% rate rate "Pay" %}', rate=rate_of(part, whole))
    assert ("n = " in said) == is_share
    assert ("<svg" in said) == is_share
    if not is_share:
        assert f"of {whole}" in said
        assert "%" not in said


def test_a_share_is_said_with_its_interval_and_n() -> None:
    said = drawn('{% rate rate "Pay" %}', rate=rate_of(54, 103))
    assert "52<small>%" in said
    assert "43–62% (95% interval), n = 103" in said


@pytest.mark.parametrize(
    ("count", "is_shown", "is_hollow"),
    [(0, False, False), (4, False, False), (5, True, True), (29, True, True), (30, True, False)],
)
def test_a_mean_of_few_is_hollow_and_of_fewer_hidden(
    count: int, is_shown: bool, is_hollow: bool
) -> None:
    said = drawn('{% mean mean "Repair" %}', mean=Mean(-0.84, -1.02, -0.66, count, -2, 2))
    assert ("−0.8" in said) == is_shown
    assert (f"n = {count}" in said) == is_shown
    assert ("track-dot" in said) == is_shown
    assert ("track-hole" in said) == is_hollow


@pytest.mark.parametrize(
    ("mean", "value", "interval"),
    [
        (Mean(0.84, -0.04, 1.72, 40, -2, 2), "+0.8 ", "0.0 to +1.7 "),
        (Mean(-0.5, -1, 0, 40, -2, 2), "−0.5 ", "−1.0 to 0.0 "),
        (Mean(1234.5, 1200, 1269, 40, 0, 2000, "days", 0), "1,234 <small>days", "1,200 to 1,269 "),
    ],
)
def test_a_mean_is_said_with_its_interval(mean: Mean, value: str, interval: str) -> None:
    said = drawn('{% mean mean "Repair" %}', mean=mean)
    assert f">{value}" in said
    assert interval in said
    assert ("track-zero" in said) == mean.is_signed


@given(st.floats(-9, 9), st.floats(0, 4), st.floats(-5, -0.1), st.floats(0.1, 5))
def test_a_mean_stays_on_its_track(value: float, half: float, start: float, end: float) -> None:
    mean = Mean(value, value - half, value + half, 40, start, end)
    said = drawn('{% mean mean "Repair" %}', mean=mean)
    low, high = re.findall(r'track-interval" x1="(\d+)" x2="(\d+)"', said)[0]
    (middle,) = re.findall(r'track-dot" d="M(\d+) 7', said)
    assert 0 <= int(low) <= int(middle) <= int(high) <= 1000


def test_a_head_sorts_up_then_down_and_keeps_the_rest_of_the_address() -> None:
    source = '{% sort_head "reach" "Reach" True %}'
    assert 'aria-sort="none"' in drawn(source)
    up = drawn(source, address="/?q=a&sort=reach")
    assert 'aria-sort="ascending"' in up
    assert "q=a&amp;sort=-reach" in up
    down = drawn(source, address="/?sort=-reach")
    assert 'aria-sort="descending"' in down
    assert 'href="?sort=reach"' in down


def test_what_a_component_is_given_stays_text() -> None:
    evil = "<script>alert(1)</script>"
    said = drawn("{% page_head evil lead=evil %}{{ evil }}{% endpage_head %}"
                 "{% empty evil evil %}{% endempty %}{% menu evil %}{{ evil }}{% endmenu %}"
                 '{% dialog "a" evil %}{{ evil }}{% enddialog %}', evil=evil)  # fmt: skip
    assert "<script" not in said
    assert said.count("&lt;script&gt;") == 9


@given(st.lists(st.integers(1, 500), min_size=1, max_size=30), st.data())
def test_a_line_stays_in_its_box_and_in_its_band(wholes: list[int], data: st.DataObject) -> None:
    rates = [rate_of(data.draw(st.integers(0, whole)), whole) for whole in wholes]
    chart = line_chart(rates, [""] * len(rates))
    places = [tuple(map(int, place.split(","))) for place in chart.band.split()]
    assert all(0 <= side <= SIDE for place in places for side in place)
    over, under = places[: len(rates)], places[len(rates) :][::-1]
    for (_, top), (_, middle), (_, bottom) in zip(over, chart.dots, under, strict=True):
        assert top <= middle <= bottom


@pytest.mark.django_db
class TestPatternPage:
    @pytest.mark.parametrize(
        "address",
        [
            "",
            "insight/",
            "empty/",
            "members/",
            "members/?sort=-name",
            "workspace/",
            "sign-in/",
            "?sort=-reach",
            "?start=32/3",
        ],
    )
    def test_it_stands(self, address: str) -> None:
        assert Client(headers=HOST).get(f"/patterns/{address}").status_code == 200

    def test_its_table_sorts(self) -> None:
        page = Client(headers=HOST).get("/patterns/?sort=-reach").content.decode()
        found = re.findall(
            r'<td class="number">([\d,]+)</td>\s*<td class="number">\d+</td>\s*<td>', page
        )
        reach = [int(number.replace(",", "")) for number in found]
        assert len(reach) == 6
        assert reach == sorted(reach, reverse=True)

    def test_a_faulty_form_comes_back_with_what_was_typed(self) -> None:
        client = Client(headers=HOST)
        sent = {"name": "å" * 41, "channel": "web", "moment": "truth"}
        for headers, is_page in (({}, True), ({"HX-Request": "true"}, False)):
            answer = client.post("/patterns/form/", sent, headers=headers)
            assert answer.status_code == 400
            assert "å" * 41 in answer.content.decode()
            assert ("<html" in answer.content.decode()) == is_page
        assert client.post("/patterns/form/", sent | {"name": "ö"}).status_code == 200

    @pytest.mark.parametrize("name", ["form", "filter", "note", "undo"])
    def test_what_changes_is_posted_with_a_token(self, name: str) -> None:
        client = Client(headers=HOST, enforce_csrf_checks=True)
        assert client.get(f"/patterns/{name}/").status_code == 405
        assert client.post(f"/patterns/{name}/").status_code == 403

    def test_a_job_asks_again_until_it_is_done(self) -> None:
        client = Client(headers=HOST)
        address, seen = "/patterns/work/?done=0", 0
        while address and seen < 9:
            part = client.get(address).content.decode()
            found = re.search(r'hx-get="([^"]+)"', part)
            address, seen = found[1] if found else "", seen + 1
        assert seen == 5
        assert client.get("/patterns/work/?done=x").status_code == 200

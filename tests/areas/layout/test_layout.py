"""What a drawing promises: nothing overflows, nothing overlaps, and no number is made up."""

from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import kundresa.ui
from kundresa.documents.drawing.html import page_of
from kundresa.documents.drawing.svg import to_page, to_svg
from kundresa.documents.drawing.theme import resolved, stylesheet, tokens
from kundresa.documents.drawing.twin import twin_of
from kundresa.documents.layout import Options, layout_view
from kundresa.documents.layout.curve import monotone_curve, parts_by_level
from kundresa.documents.layout.scene import Box, Group, Scene, Text, walk
from kundresa.documents.layout.text import CARD, Style, text_width, wrap
from kundresa.documents.layout.view import EmotionView, MapView, PersonaView
from kundresa.documents.layout.words import (
    _ROWS,
    LANGUAGES,
    number,
    per_cent,
    per_cent_span,
    signed_span,
    word,
)
from tests.areas.layout.samples import empathy_map, large_map, small_live, small_map

WORDS = st.text("abcdefghijklmnoåäöæø -MW", min_size=1, max_size=120)


def said(scene: Scene) -> list[str]:
    return [line.text for s in walk(scene.shapes) if isinstance(s, Text) for line in s.lines]


def cards(scene: Scene) -> Iterator[tuple[Box, list[Text]]]:
    for shape in walk(scene.shapes):
        if isinstance(shape, Group) and shape.role in {"card", "touchpoint"}:
            frame = next(
                each for each in shape.children if isinstance(each, Box) and "card" in each.role
            )
            yield frame, [each for each in walk(shape.children) if isinstance(each, Text)]


@given(WORDS, st.floats(40, 300))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: float) -> None:
    lines = wrap(text, width, CARD)
    assert all(text_width(line, CARD) <= width for line in lines)
    kept = re.sub(r"[\s-]", "", "".join(lines))
    assert kept == re.sub(r"[\s-]", "", text)


def test_a_long_compound_breaks_with_a_hyphen_and_ends_with_an_ellipsis_when_cut() -> None:
    word_ = "elområdesprisskillnadsersättningsblankettsförteckning"
    lines = wrap(word_, 120, CARD)
    assert len(lines) > 1
    assert all(line.endswith("-") for line in lines[:-1])
    assert wrap("ett två tre fyra fem sex sju", 60, Style(13), most=2)[-1].endswith("…")


@pytest.mark.parametrize(
    "scene", [layout_view(small_map(), live=small_live()), layout_view(empathy_map())]
)
def test_text_stays_inside_its_card(scene: Scene) -> None:
    found = list(cards(scene))
    assert found
    for frame, texts in found:
        for text in texts:
            for line in text.lines:
                wide = text_width(line.text, Style(text.size, text.weight))
                left = {"start": line.x, "middle": line.x - wide / 2, "end": line.x - wide}[
                    text.anchor
                ]
                assert left >= frame.x
                assert left + wide <= frame.x + frame.width + 0.2
                assert frame.y < line.y < frame.y + frame.height


def test_cards_do_not_overlap() -> None:
    frames = [frame for frame, _ in cards(layout_view(small_map(), live=small_live()))]
    for index, one in enumerate(frames):
        for other in frames[index + 1 :]:
            apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
            apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
            assert apart_x or apart_y


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=12))
def test_the_curve_never_swings_past_its_points(values: list[float]) -> None:
    points = [(float(x * 10), y) for x, y in enumerate(values)]
    commands = monotone_curve(points)
    for (_, (_, y1, _, y2, _, _)), (_, low), (_, high) in zip(
        commands[1:], points, points[1:], strict=False
    ):
        least, most = min(low, high) - 0.011, max(low, high) + 0.011
        assert least <= y1 <= most
        assert least <= y2 <= most


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=12))
def test_a_curve_is_cut_where_it_changes_sides(values: list[int]) -> None:
    curve = monotone_curve([(40.0 * n, 25.0 * value) for n, value in enumerate(values)])
    parts = parts_by_level(curve, 0.0)
    for above, part in parts:
        heights = [at for _, numbers in part for at in numbers[1::2]]
        assert max(heights) <= 0.011 if above else min(heights) >= -0.011
        assert any(heights)
    places = [(part[0][1][0], part[-1][1][-2]) for _, part in parts]
    assert all(first < last for first, last in places)
    assert all(end <= start for (_, end), (start, _) in pairwise(places))
    covered = sum(last - first for first, last in places)
    flat = sum(40.0 for one, other in pairwise(values) if one == other == 0)
    assert covered == pytest.approx(40.0 * (len(values) - 1) - flat, abs=0.2)


def test_without_live_numbers_nothing_measured_is_drawn() -> None:
    words = " ".join(said(layout_view(small_map())))
    for key in ("reached", "reach", "exits", "not_instrumented", "no_data", "live", "dead_end"):
        assert word(key, "sv") not in words


def test_counts_stand_where_the_parts_are_too_few() -> None:
    scene = layout_view(small_map(), live=small_live())
    words = said(scene)
    assert word("too_few", "sv") in words
    assert f"75\u00a0% {word('go_on_rate', 'sv')}" in words
    assert sum(word("drop_off", "sv") in text for text in words) == 2


def test_states_of_touchpoints_are_told_apart() -> None:
    words = said(layout_view(small_map(), live=small_live()))
    for state in ("not_instrumented", "unused", "no_data", "dead_end"):
        assert words.count(word(state, "sv")) == 1


def test_few_answers_are_hollow_and_fewer_are_hidden() -> None:
    scene = layout_view(small_map())
    roles = [shape.role for shape in walk(scene.shapes) if shape.role.startswith("measured")]
    assert len(roles) == 2
    assert sum("hollow" in role for role in roles) == 1


def test_a_standalone_svg_is_well_formed_and_knows_no_variables() -> None:
    text = to_svg(layout_view(small_map(), live=small_live()), theme="dark")
    root = ET.fromstring(text)  # noqa: S314 - our own
    assert root.get("role") == "img"
    assert "var(" not in text
    assert tokens("dark")["paper"] in text


def test_a_file_holds_every_line_to_the_width_it_was_measured_with() -> None:
    root = ET.fromstring(to_svg(layout_view(small_map()), embed_font=False))  # noqa: S314
    lines = [each for each in root.iter() if each.tag.endswith(("text", "tspan")) and each.text]
    assert len(lines) > 40
    assert all(each.get("lengthAdjust") == "spacingAndGlyphs" for each in lines)
    wide = {each.text: float(each.get("textLength", 0)) for each in lines}
    ours = text_width("Tecknandeformulär", Style(12.5, 600))
    assert 0.97 * ours < wide["Tecknandeformulär"] <= ours


def test_a_file_carries_its_font_unless_told_not_to() -> None:
    scene = layout_view(small_map())
    assert to_svg(scene).count("@font-face") == 3
    assert "@font-face" not in to_svg(scene, embed_font=False)
    assert "textLength" not in to_page(scene), "a page brings the font"


def test_an_inline_svg_carries_no_style_and_no_colour() -> None:
    text = to_page(layout_view(small_map(), live=small_live(), options=Options(header=False)))
    assert "style" not in text
    assert not re.search(r"#[0-9a-f]{6}|fill=|stroke=", text)
    assert text.count("<svg") == 2


def test_text_of_the_map_is_escaped() -> None:
    evil = dataclasses.replace(small_map(), title='<script>"&')
    assert "<script>" not in to_svg(layout_view(evil))
    assert "<script>" not in page_of(evil, embed_font=False)


def test_the_page_and_the_files_share_one_look() -> None:
    page = Path(kundresa.ui.__file__).parent / "look" / "map.css"
    assert page.read_text(encoding="utf-8") == stylesheet()


def test_every_role_that_is_drawn_has_a_look() -> None:
    styled = set(re.findall(r"\.k-([\w-]+)", resolved("light")))
    boxes = {role for s in walk(layout_view(small_map(), live=small_live()).shapes)
             if isinstance(s, Box) for role in s.role.split()}  # fmt: skip
    plain = {"touchpoint", "split", "card-plain", "card-pain", "card-idea", "card-ask", "accent",
             "mark", "state-unused", "card-gain"}  # fmt: skip
    assert boxes - styled - plain == set()


def test_the_twin_says_what_the_drawing_says() -> None:
    twin = twin_of(small_map(), small_live())
    cells = " ".join(cell for table in twin.tables for row in table.rows for cell in row)
    for lane in small_map().lanes:
        for card in lane.cards:
            assert card.text in cells
    assert "12\u00a0480" in cells
    for table in twin.tables:
        assert all(len(row) == len(table.header) for row in table.rows)


def test_every_word_is_in_four_languages() -> None:
    assert all(len(row) == len(LANGUAGES) and all(row) for row in _ROWS.values())


def test_numbers_follow_the_language() -> None:
    assert number(12480.5, "da", 1) == "12.480,5"
    assert number(12480, "en") == "12,480"
    assert per_cent(0.004, "nb") == "0,4\u00a0%"
    assert per_cent_span(0.72, 0.78, "da") == "72–78\u00a0%"
    assert signed_span(-0.36, 0.4, "sv") == "−0,4 – +0,4"


@given(st.floats(0, 1))
def test_a_share_short_of_the_whole_is_never_written_as_the_whole(rate: float) -> None:
    said = per_cent(rate, "en")
    assert (said == "100%") == (rate == 1)
    assert (said == "0%") == (rate == 0)


@given(st.floats(0, 1), st.floats(0.0011, 1))
def test_an_interval_shows_its_bounds_apart(low: float, width: float) -> None:
    if low + width <= 1:
        first, last = per_cent_span(low, low + width, "en").rstrip("%").split("–")
        assert first != last


def test_a_measured_mean_stands_beside_its_dot_with_its_count() -> None:
    words = said(layout_view(small_map()))
    assert "−0,1" in words
    assert "n\u00a084" in words
    assert not any(text == "n\u00a03" for text in words), "too few to be told apart"


def crowded(title: str, people: int) -> MapView:
    names = [PersonaView(f"p{n}", f"Bostadsrättsföreningsordförande {n}", n) for n in range(people)]
    feelings = [EmotionView(n % 6, name.id, "drawn", 1.0) for n, name in enumerate(names)]
    lanes = [dataclasses.replace(lane, title=title) if lane.kind == "emotion_curve" else lane
             for lane in small_map().lanes]  # fmt: skip
    return dataclasses.replace(
        small_map(), personas=tuple(names), emotions=tuple(feelings), lanes=tuple(lanes)
    )


@pytest.mark.parametrize("people", [1, 6])
def test_names_in_the_margin_never_run_into_each_other(people: int) -> None:
    scene = layout_view(crowded("Hur det känns under hela avtalstiden, enligt enkäten", people))
    margin = next(s for s in scene.shapes if isinstance(s, Group) and s.role == "labels")
    boxes = []
    for text in (each for each in walk(margin.children) if isinstance(each, Text)):
        for line in text.lines:
            wide = text_width(line.text, Style(text.size, text.weight))
            left = line.x - wide if text.anchor == "end" else line.x
            boxes.append((left, left + wide, line.y - text.size * 0.8, line.y + text.size * 0.2))
    for index, (left, right, top, bottom) in enumerate(boxes):
        assert right <= scene.label_width
        for other in boxes[index + 1 :]:
            assert right <= other[0] or other[1] <= left or bottom <= other[2] or other[3] <= top


def test_six_columns_fill_a_common_screen_and_no_more() -> None:
    assert 1380 < layout_view(large_map(6, 1)).width <= 1440 - 15


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_told_from_its_ground(theme: str) -> None:
    named = tokens(theme)
    grounds = ["paper", "card", "chip", "live", *(f"stage-{n}-ground" for n in range(8))]
    pairs = [(ink, ground) for ink in ("ink", "quiet") for ground in grounds]
    pairs += [(f"stage-{n}-ink", f"stage-{n}") for n in range(8)]
    pairs += [("flag-ink", "flag"), ("paper", "idea"), ("idea", "paper"), ("pain", "paper")]
    for ink, ground in pairs:
        assert contrast(named[ink], named[ground]) >= 4.5, (ink, ground)
    for n in range(6):
        assert contrast(named[f"persona-{n}"], named["paper"]) >= 3


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_large_map_stays_whole() -> None:
    scene = layout_view(large_map())
    assert len(list(cards(scene))) == 60 * 25
    assert scene.width > 60 * 180


@pytest.mark.parametrize(
    "kind", ["day_in_life", "service_blueprint", "experience_map", "unheard_of"]
)
def test_every_kind_draws(kind: str) -> None:
    assert "<svg" in to_svg(layout_view(small_map(kind)))

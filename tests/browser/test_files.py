"""Maps as files: they need nothing beside them, and hold their shape without our font."""

from __future__ import annotations

from pathlib import Path

import pytest

from kundresa.documents import read_map
from kundresa.documents.drawing.html import to_html
from kundresa.documents.drawing.svg import to_svg
from kundresa.documents.layout import layout
from tests.browser.conftest import ROOT, Reader
from tests.browser.watch import spilled, too_wide, violations

EXAMPLES = sorted((ROOT / "examples/maps").glob("*.journey.yaml"))


def test_a_page_of_its_own_asks_for_nothing(reader: Reader, tmp_path: Path) -> None:
    page = reader(width=390)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for source in EXAMPLES:
        file = tmp_path / f"{source.stem}.html"
        file.write_text(to_html(read_map(source), language="sv"), "utf-8")
        page.goto(file.as_uri())
        assert spilled(page) == []
        assert too_wide(page) == []
    assert violations(page) == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("language", ["sv", "en"])
def test_text_stays_on_its_card_without_our_font(
    reader: Reader, tmp_path: Path, language: str
) -> None:
    page = reader()
    for source in EXAMPLES:
        picture = to_svg(layout(read_map(source), language=language), embed_font=False)
        file = tmp_path / f"{source.stem}.svg"
        file.write_text(picture.replace("Inter", "DejaVu Sans"), "utf-8")
        page.goto(file.as_uri())
        assert spilled(page) == [], source.name

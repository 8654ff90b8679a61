"""The glossary has each word once, in four languages, and the drawing of maps uses its words."""

from pathlib import Path

import pytest

from kundresa.documents.layout.words import LANGUAGES, word

PAGE = Path(__file__).resolve().parents[2] / "docs/glossary.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| English")
]
WORDS = {row[0]: row[1:] for row in ROWS}


def test_each_word_stands_once_in_every_language_with_its_meaning():
    assert len(WORDS) == len(ROWS)
    assert all(len(row) == 5 and all(row) for row in ROWS)
    assert [row[0] for row in ROWS if not row[4].endswith(".")] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "key",
    ["stage", "step", "touchpoint", "persona", "emotion", "moment_of_truth", "reach", "drop_off"],
)
def test_the_drawing_says_what_the_glossary_says(key, language):
    english = word(key, "en").lower()
    said = {"en": english, **dict(zip(LANGUAGES[1:], WORDS[english], strict=False))}
    assert word(key, language).lower() == said[language]

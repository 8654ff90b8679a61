"""Everything that people read is in four languages: no text without a catalogue, none left empty."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.template.base import Lexer, TokenType
from django.utils.translation.template import templatize

from kundresa.documents.layout.words import _ROWS
from kundresa.documents.schema_order import map_schema

PACKAGE = Path(__file__).resolve().parents[2] / "src/kundresa"
LANGUAGES = ("sv", "nb", "da")
AREAS = sorted(path.parent.name for path in PACKAGE.glob("*/locale"))
CATALOGUES = [(area, language) for area in AREAS for language in LANGUAGES]
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
}
COMPILE = "run: .venv/bin/pybabel compile -D django -d src/kundresa/{}/locale"
Name = tuple[str, str]


def strings_of(area: str) -> set[Name]:
    """Every marked text of an area's Python and templates, as (text, plural)."""
    found = set()
    for path in (PACKAGE / area).rglob("*.py"):
        found |= set(marked(path.read_text("utf-8")))
    for path in templates_of(area):
        calls = templatize(path.read_text("utf-8"), origin=str(path))
        # What is left of the page's indentation is none that Python could read.
        found |= set(marked("\n".join(line.lstrip() for line in calls.splitlines())))
    return found


def templates_of(area: str) -> list[Path]:
    """Every page of an area, and every part of a mail."""
    found = (PACKAGE / area).glob("templates/**/*")
    return [path for path in found if path.suffix in {".html", ".txt", ".subject"}]


def marked(source: str) -> Iterator[Name]:
    for _, message, _, _ in extract("python", io.BytesIO(source.encode()), KEYWORDS):
        text, plural = message if isinstance(message, tuple) else (message, "")
        yield str(text), str(plural)


def folder_of(area: str, language: str) -> Path:
    return PACKAGE / area / "locale" / language / "LC_MESSAGES"


def catalogue_of(area: str, language: str) -> Catalog:
    with (folder_of(area, language) / "django.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def messages_of(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def name_of(message: Message) -> Name:
    many = isinstance(message.id, (list, tuple))
    return (str(message.id[0]), str(message.id[1])) if many else (str(message.id), "")


def texts_of(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, (list, tuple)) else [message.string]


def test_there_are_catalogues_to_look_at() -> None:
    assert {"maps", "ui"} <= set(AREAS)
    assert all(len(strings_of(area)) > 5 for area in AREAS)


def test_an_area_with_marked_text_has_catalogues() -> None:
    pages = {path.relative_to(PACKAGE).parts[0] for path in PACKAGE.glob("*/templates")}
    assert pages <= set(AREAS)


@pytest.mark.parametrize(("area", "language"), CATALOGUES)
def test_a_catalogue_holds_every_text_and_no_other(area: str, language: str) -> None:
    kept = [name_of(message) for message in messages_of(catalogue_of(area, language))]
    assert len(kept) == len(set(kept)), "a text stands twice"
    assert set(kept) == strings_of(area)


@pytest.mark.parametrize(("area", "language"), CATALOGUES)
def test_no_translation_is_empty_or_fuzzy(area: str, language: str) -> None:
    catalogue = catalogue_of(area, language)
    assert not catalogue.obsolete
    for message in messages_of(catalogue):
        texts = texts_of(message)
        assert not message.fuzzy, message.id
        assert all(texts), message.id
        assert len(texts) == (catalogue.num_plurals if message.pluralizable else 1)


@pytest.mark.parametrize(("area", "language"), CATALOGUES)
def test_placeholders_agree(area: str, language: str) -> None:
    for message in messages_of(catalogue_of(area, language)):
        wanted = set(re.findall(r"%\(\w+\)[sd]", " ".join(name_of(message))))
        for text in texts_of(message):
            assert set(re.findall(r"%\(\w+\)[sd]", text)) == wanted, text


@pytest.mark.parametrize(("area", "language"), CATALOGUES)
def test_the_compiled_catalogue_is_current(area: str, language: str) -> None:
    with (folder_of(area, language) / "django.mo").open("rb") as file:
        compiled = {name_of(m): texts_of(m) for m in messages_of(read_mo(file))}
    written = {name_of(m): texts_of(m) for m in messages_of(catalogue_of(area, language))}
    assert compiled == written, COMPILE.format(area)


class _Plain(HTMLParser):
    """Collects what a reader sees or hears of a template outside its marked texts."""

    SAID_TO_NOBODY = ("pre", "style")
    SAID = ("alt", "aria-label", "placeholder", "title")

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.in_code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.in_code += tag in self.SAID_TO_NOBODY
        self.texts += [value for name, value in attrs if name in self.SAID and value]

    def handle_endtag(self, tag: str) -> None:
        self.in_code -= tag in self.SAID_TO_NOBODY

    def handle_data(self, data: str) -> None:
        if not self.in_code:
            self.texts.append(data)


def plain_texts(source: str) -> list[str]:
    """What stands in a template outside its tags, and outside ``blocktrans``."""
    reader, is_marked = _Plain(), False
    kept = []
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.BLOCK:
            name = token.contents.split()[0]
            is_marked = name in {"blocktrans", "blocktranslate"} or (
                is_marked and name not in {"endblocktrans", "endblocktranslate"}
            )
        elif token.token_type == TokenType.TEXT and not is_marked:
            kept.append(token.contents)
    reader.feed("".join(kept))
    reader.close()
    return [text.strip(" \n·") for text in reader.texts]


def test_the_search_for_bare_text_finds_it() -> None:
    source = '{% trans "A" %}<p>Bare {{ x }}</p>{% blocktrans %}B{% endblocktrans %}<a title="C">'
    assert [text for text in plain_texts(source) if text] == ["Bare", "C"]


@pytest.mark.parametrize("area", AREAS)
def test_no_template_holds_bare_text(area: str) -> None:
    for path in templates_of(area):
        bare = set(re.findall(r"\w+", " ".join(plain_texts(path.read_text("utf-8")))))
        assert bare <= {"Kundresa"}, path


def test_the_words_of_a_drawing_are_in_four_languages() -> None:
    for key, row in _ROWS.items():
        assert len(row) == 4, key
        assert all(text.strip() for text in row), key
        named = [set(re.findall(r"\{\w+\}", text)) for text in row]
        assert named.count(named[0]) == 4, key


def test_every_word_that_a_drawing_asks_for_is_there() -> None:
    asked = set()
    for path in [*PACKAGE.glob("documents/**/*.py"), *PACKAGE.glob("maps/**/*.py")]:
        asked |= set(words_asked(path.read_text("utf-8")))
    assert len(asked) > 20
    assert asked <= set(_ROWS)


def words_asked(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            first = node.args[0] if node.args else None
            if node.func.id == "word" and isinstance(first, ast.Constant):
                yield str(first.value)


def test_every_kind_of_map_and_lane_has_its_word() -> None:
    schema = map_schema()
    kinds = set(schema["properties"]["kind"]["enum"])
    lanes = {f"lane_{kind}" for kind in schema["$defs"]["lane"]["properties"]["kind"]["enum"]}
    assert kinds | lanes <= set(_ROWS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_areas_agree_on_a_text(language: str) -> None:
    """The framework joins all catalogues, so one area's words would stand on another's pages."""
    said: dict[tuple[object, object], dict[object, str]] = {}
    for area in AREAS:
        for message in catalogue_of(area, language):
            if message.id:
                key = (message.id, message.context)
                said.setdefault(key, {}).setdefault(message.string, area)
    apart = {key: words for key, words in said.items() if len(words) > 1}
    assert not apart, "write one of them otherwise in English, or give it a context"

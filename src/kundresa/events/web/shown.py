"""What the pages of imports show, ready for their templates."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from kundresa.accounts.api import Workspace
from kundresa.core.errors import BadInputError
from kundresa.events import imports
from kundresa.events.models import Import
from kundresa.events.sources import Rejected
from kundresa.events.sources.choices import Choice, Choices, may_say_decimal, wrong_in
from kundresa.events.sources.guess import first_look
from kundresa.events.sources.guess_columns import Column
from kundresa.events.sources.preview import Preview, Shown, preview_of
from kundresa.events.web.words import (
    STATES,
    counted,
    duration,
    identifier_word,
    in_language,
    wrong_in_words,
)

BAD_ROWS = 50
_SAMPLES = 3
_LOOKED_AT = 100


@dataclass(frozen=True)
class ColumnRow:
    """A column with its first values and what it becomes."""

    index: int
    choice: Choice
    samples: Sequence[str]


@dataclass(frozen=True)
class BadRow:
    """A row that was put aside."""

    line: int
    reason: str
    row: str


@dataclass(frozen=True)
class DraftPage:
    """How a file's rows become events, and what comes of it.

    ``choices`` is None where the mapping says more than the table of columns can, or where the
    file holds event records.
    """

    columns: Sequence[ColumnRow] = ()
    choices: Choices | None = None
    is_records: bool = False
    mapping_text: str = ""
    is_of_readings: bool = False
    notes: Sequence[str] = ()
    wrong: Sequence[str] = ()
    preview: Preview | None = None
    gives: str = ""
    bad: Sequence[BadRow] = ()
    names_events: bool = True
    lacks_currency: bool = False
    may_say_decimal: bool = False


@dataclass(frozen=True)
class Progress:
    """How far an import is."""

    percent: int
    rows: int
    rate: int | None
    left: str = ""


@dataclass(frozen=True)
class ImportPage:
    """One import."""

    one: Import
    workspace: Workspace
    state: str
    error: str = ""
    progress: Progress | None = None
    bad: Sequence[BadRow] = ()
    has_aside: bool = False
    has_file: bool = True
    first: Import | None = None
    """The import whose rows were mended."""

    draft: DraftPage = field(default_factory=DraftPage)

    @property
    def is_at_work(self) -> bool:
        """Whether a worker has it, or is to have it."""
        return self.one.state in Import.AT_WORK

    @property
    def is_chosen_now(self) -> bool:
        """Whether the meaning of its columns can still be chosen."""
        return self.has_file and self.one.state in Import.MAY_START and not self.one.rows \
            and not self.one.mended_of  # fmt: skip

    @property
    def came_before(self) -> bool:
        """Whether all of it had been imported before."""
        return self.one.state == Import.DONE and self.one.came_before


def import_page(workspace: Workspace, one: Import, data_folder: Path) -> ImportPage:
    """Give what the page of an import shows."""
    aside = imports.aside_of(one, data_folder)
    first = imports.import_of(one.workspace_id, one.mended_of) if one.mended_of else None
    return ImportPage(
        one, workspace, str(STATES[one.state]),
        error=in_language(one.error or ""),
        progress=progress_of(one) if one.state in Import.AT_WORK else None,
        bad=bad_rows(_first_rejected(aside)) if one.state == Import.DONE else (),
        has_aside=one.state == Import.DONE and aside.exists(),
        has_file=imports.upload_of(one, data_folder).exists(),
        first=first,
    )  # fmt: skip


def _first_rejected(path: Path) -> list[Rejected]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        return [_rejected(line) for line in islice(file, BAD_ROWS)]


def _rejected(line: str) -> Rejected:
    said = json.loads(line)
    return Rejected(said["file"], said["line"], said["reason"], said["row"])


def bad_rows(rejected: Sequence[Rejected]) -> list[BadRow]:
    """Give bad rows with their reasons in the language of the reader."""
    return [BadRow(bad.line, in_language(bad.reason), row_text(bad.row)) for bad in rejected]


def row_text(row: Any) -> str:
    """Write a row as people would read it."""
    if isinstance(row, dict):
        text = ", ".join(f"{name}: {value}" for name, value in row.items() if value is not None)
    elif isinstance(row, list):
        text = ", ".join(str(value) for value in row)
    else:
        text = str(row or "")
    return text if len(text) <= 240 else text[:239] + "…"


def progress_of(one: Import) -> Progress:
    """Say how far an import is, how fast it goes and when it will end."""
    percent = min(int(one.share * 100), 99)
    if one.began_at is None or one.seen_at is None or one.state == Import.WAITING:
        return Progress(percent, one.rows, None)
    spent = (one.seen_at - one.began_at).total_seconds()
    rows, share = one.rows - one.began_rows, one.share - one.began_share
    if spent <= 0 or rows <= 0:
        return Progress(percent, one.rows, None)
    left = duration(spent * (1 - one.share) / share) if share > 0 else ""
    return Progress(percent, one.rows, round(rows / spent), left)


def draft_page(one: Import, data_folder: Path) -> DraftPage:
    """Give a file's columns, what they become, and the first events; or why it can't be read."""
    page = DraftPage(
        choices=imports.choices_in(one.plan),
        is_records=bool(one.plan.get("records")),
        notes=[in_language(note) for note in one.notes],
    )
    try:
        return _filled(page, one, data_folder)
    except BadInputError as error:
        said = imports.in_peoples_names(str(error), one, data_folder)
        return replace(page, wrong=[in_language(said)])


def _filled(page: DraftPage, one: Import, data_folder: Path) -> DraftPage:
    if page.choices is not None:
        page = _with_columns(page, page.choices, imports.head_of(one, data_folder))
    elif not page.is_records:
        is_of_readings = bool(one.plan["mapping"].get("readings"))
        text = imports.mapping_text(one)
        page = replace(page, mapping_text=text, is_of_readings=is_of_readings)
    if page.wrong:
        return page
    found = preview_of(imports.first_pieces(one, data_folder))
    if imports.head_of(one, data_folder) != imports.upload_of(one, data_folder):
        found = replace(found, is_all=False)
    found = replace(found, events=[_with_words(event) for event in found.events])
    gives = counted(found.event_count, found.reading_count)
    return replace(page, preview=found, gives=gives, bad=bad_rows(found.rejected))


def _with_words(event: Shown) -> Shown:
    named = tuple((identifier_word(sort), value) for sort, value in event.identifiers)
    return replace(event, identifiers=named)


def _with_columns(page: DraftPage, choices: Choices, path: Path) -> DraftPage:
    _, columns = first_look(path, rows=_LOOKED_AT, table=choices.table)
    samples = {column.name: _first_values(column) for column in columns}
    return replace(
        page,
        columns=[ColumnRow(i, c, samples.get(c.column, [])) for i, c in enumerate(choices.columns)],
        wrong=wrong_in_words(wrong_in(choices)),
        names_events=not choices.that_become("event"),
        may_say_decimal=may_say_decimal(choices, path.name),
        lacks_currency=bool(choices.that_become("value"))
        and not (choices.currency or choices.that_become("currency")),
    )


def _first_values(column: Column) -> list[str]:
    found = list(
        dict.fromkeys(str(value) for value in column.present.slice(0, _LOOKED_AT).to_pylist())
    )
    return [text if len(text) <= 40 else text[:39] + "…" for text in found[:_SAMPLES]]


def has_wrong_choices(one: Import) -> bool:
    """Tell whether choices lack something, so that no mapping can be written."""
    choices = imports.choices_in(one.plan)
    return choices is not None and bool(wrong_in(choices))

"""Rows that were put aside and mended: each comes in once, and leaves its quarantine file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kundresa.core.errors import BadInputError
from kundresa.core.ids import new_id
from kundresa.events.imports.places import aside_of, drop_upload, import_of, upload_of
from kundresa.events.imports.plans import checked_mapping
from kundresa.events.imports.turns import start
from kundresa.events.imports.uploads import keep
from kundresa.events.models import Import
from kundresa.events.queries import uploads_of
from kundresa.events.sources.mapping import Mapping as SourceMapping
from kundresa.store.objects import write_durably


def receive_mended(
    first: Import, data_folder: Path, incoming: Path, *, name: str, actor: str
) -> Import:
    """Take over mended rows of an import's quarantine file; those no longer in it are left out.

    So a row that came in once can't come in again by an older copy of the file.

    Raises
    ------
    BadInputError
        If the file is no quarantine file of this import, or nothing in it is still open.
    """
    path = uploads_of(first.workspace_id, data_folder) / f"{new_id()}.jsonl"
    try:
        rows = _mended_rows(incoming)
        if not upload_of(first, data_folder).exists() and not first.plan.get("records"):
            raise BadInputError(
                "The file that the rows come from is no longer here.",
                hint="Import the mended rows as a file of their own.",
            )
        open_rows = Counter(map(_key, _rows_of(aside_of(first, data_folder))))
        kept = []
        for row in rows:
            if open_rows[_key(row)] > 0:
                open_rows[_key(row)] -= 1
                kept.append(json.dumps({**row, "file": first.file}, ensure_ascii=False) + "\n")
        if not kept:
            raise BadInputError(
                "None of these rows is put aside any more.",
                hint="Download the quarantine file anew: it holds those that still are.",
            )
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text("".join(kept), "utf-8")
    finally:
        incoming.unlink(missing_ok=True)
    one = keep(first.workspace_id, path, name[:200], {"mended": True}, [], actor, first.id)
    start(one, actor=actor)
    return one


def mapping_of_first(one: Import, data_folder: Path) -> SourceMapping | None:
    """Give the mapping that refused the rows, or none of event records."""
    return checked_mapping(import_of(one.workspace_id, str(one.mended_of)), data_folder)


def _mended_rows(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
        rows = [json.loads(line) for line in lines if line.strip()]
    except (ValueError, RecursionError) as error:
        raise BadInputError(
            "The file can't be read as JSON lines.", hint="Mend it; nothing was imported."
        ) from error
    for number, row in enumerate(rows, 1):
        if not (isinstance(row, dict) and row.keys() >= {"file", "line", "reason", "row"}):
            raise BadInputError(
                f"Line {number} is no row put aside.", hint="Keep file, line, reason and row."
            )
    return rows


def _rows_of(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row["line"]), str(row.get("rule", ""))


def put_back(one: Import, data_folder: Path) -> None:
    """Leave in the first import's quarantine only what is still bad."""
    first = import_of(one.workspace_id, str(one.mended_of))
    path, own = aside_of(first, data_folder), aside_of(one, data_folder)
    sent = Counter(map(_key, _rows_of(upload_of(one, data_folder))))
    rest = []
    for row in _rows_of(path):
        if sent[_key(row)] > 0:
            sent[_key(row)] -= 1
        else:
            rest.append(row)
    rest += _rows_of(own)
    rest.sort(key=lambda row: row["line"])
    if rest:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rest)
        write_durably(path, text.encode())
        path.chmod(0o600)
    else:
        path.unlink(missing_ok=True)
        drop_upload(first, data_folder)
    Import.objects.filter(id=first.id).update(rejected=len(rest))
    own.unlink(missing_ok=True)

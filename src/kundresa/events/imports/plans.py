"""How an import's rows become events, written down; a plan holds no value of any row."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent

from kundresa.accounts.api import write_audit_line
from kundresa.core.clock import now
from kundresa.core.errors import BadInputError, NotFoundError
from kundresa.events.imports.places import gone, head_of
from kundresa.events.models import Import, SavedMapping
from kundresa.events.queries import uploads_of
from kundresa.events.sources import Piece, mapping_of, read_mapping
from kundresa.events.sources.choices import Choice, Choices, choices_of, mapping_from
from kundresa.events.sources.guess import Guess
from kundresa.events.sources.jsonl import record_pieces
from kundresa.events.sources.mapping import Mapping as SourceMapping
from kundresa.events.sources.rows import check_mapped, mapped_pieces
from kundresa.events.sources.tables import kind_of, open_table, row_name

Plan = Mapping[str, Any]
_MAY_LACK: Final = ("types", "dates", "rows", "readings")


def plan_of(choices: Choices) -> dict[str, Any]:
    """Write choices down."""
    return {"choices": json.loads(json.dumps(asdict(choices)))}


def choices_in(plan: Plan) -> Choices | None:
    """Read choices that were written down; none if the plan is something else."""
    if "choices" not in plan:
        return None
    said = plan["choices"]
    columns = tuple(Choice(**choice) for choice in said["columns"])
    return Choices(columns, said["zone"], said["currency"], said["table"], tuple(said["missing"]))


def plan_of_mapping(data: Mapping[str, Any], columns: Iterable[str]) -> dict[str, Any]:
    """Write a mapping down that choices can't say, beside the columns of its file."""
    return {"mapping": json.loads(json.dumps(data, default=str)), "columns": list(columns)}


def _columns_of(plan: Plan) -> list[str]:
    choices = choices_in(plan)
    return [each.column for each in choices.columns] if choices else plan.get("columns", [])


def mapping_in(plan: Plan, file: str) -> dict[str, Any] | None:
    """Give the mapping that a plan stands for, of a file; none of event records."""
    choices = choices_in(plan)
    if choices is not None:
        return mapping_from(choices, file)
    if "mapping" not in plan:
        return None
    said = plan["mapping"]
    tables = {name: {**table, "file": file} for name, table in said["tables"].items()}
    return {**said, "title": file, "tables": tables}


def plan_of_file(one: Import, data_folder: Path, path: Path) -> dict[str, Any]:
    """Read a mapping file as the plan of an import, as choices where these say all of it.

    Raises
    ------
    BadInputError
        If it is no mapping, needs more than the one file, or names what the file doesn't have.
    """
    _refuse_aliases(path)
    mapping = read_mapping(path)
    if len(mapping.tables) > 1:
        raise BadInputError(
            f"The mapping needs several files: {', '.join(mapping.tables)}.",
            hint="Import it on the command line, where it finds them.",
        )
    ((name, said),) = mapping.tables.items()
    table = {key: value for key, value in said.items() if key not in ("file", "format")}
    if kind_of(said) != kind_of({"file": one.file}):
        table["format"] = kind_of(said)
    data: dict[str, Any] = {
        "kundresa_mapping": 1, "zone": mapping.zone, "missing": sorted(mapping.missing),
        "tables": {name: {"file": one.file, **table}}, "types": dict(mapping.types),
        "dates": dict(mapping.dates), "rows": list(mapping.rows), "readings": list(mapping.readings),
    }  # fmt: skip
    plain = {key: value for key, value in data.items() if value or key not in _MAY_LACK}
    columns = _columns_in(one, data_folder, table, mapping)
    plan = plan_of_mapping(plain, columns)
    choices = choices_of(plan["mapping"], columns)
    found = plan if choices is None else plan_of(choices)
    check_mapped(_mapping_of_plan(found, one, data_folder))
    return found


def _refuse_aliases(path: Path) -> None:
    """Refuse a text in which a word stands for another part: a few lines can hide endless ones."""
    try:
        text = path.read_text("utf-8")
        is_plain = not any(
            isinstance(e, AliasEvent) for e in YAML(typ="safe", pure=True).parse(text)
        )
    except (UnicodeDecodeError, YAMLError):
        return  # `read_mapping` says where
    if not is_plain:
        raise BadInputError(
            "The mapping repeats parts of itself by *name.", hint="Write these parts out."
        )


def _columns_in(
    one: Import, data_folder: Path, table: Mapping[str, Any], mapping: SourceMapping
) -> list[str]:
    folder = uploads_of(one.workspace_id, data_folder)
    if not (folder / one.file).exists():
        raise gone()
    return list(open_table(folder, {"file": one.file, **table}, mapping.missing).header())


def _mapping_of_plan(plan: Plan, one: Import, data_folder: Path) -> SourceMapping:
    data = mapping_in(plan, one.file)
    return _checked(data or {}, uploads_of(one.workspace_id, data_folder), one)


def change_plan(one: Import, plan: Plan) -> bool:
    """Keep what was chosen, unless the import is under way or done."""
    own = Import.objects.filter(id=one.id, state__in=Import.MAY_START, mended_of=None)
    one.plan = dict(plan)
    return bool(own.update(plan=plan))


def save_mapping(one: Import, name: str, *, actor: str) -> None:
    """Keep an import's plan under a name, for the next file with such columns."""
    key = _columns_key(_columns_of(one.plan))
    with transaction.atomic():
        SavedMapping.objects.update_or_create(
            workspace_id=one.workspace_id, name=name,
            defaults={"columns": key, "plan": one.plan, "saved_at": now()},
        )  # fmt: skip
        write_audit_line(actor, "saved a mapping", workspace_id=one.workspace_id, subject=name)


def saved_mappings(one: Import) -> list[tuple[SavedMapping, bool]]:
    """Give a workspace's mappings, and whether each is of a file with the same columns."""
    key = _columns_key(_columns_of(one.plan))
    found = SavedMapping.objects.filter(workspace_id=one.workspace_id).order_by("name")[:100]
    return sorted(((each, each.columns == key) for each in found), key=lambda pair: not pair[1])


def saved_mapping(workspace_id: int, name: str) -> SavedMapping:
    """Give a mapping that was kept under a name.

    Raises
    ------
    NotFoundError
        If the workspace has none of that name.
    """
    found = SavedMapping.objects.filter(workspace_id=workspace_id, name=name).first()
    if found is None:
        raise NotFoundError(f"There is no mapping {name!r}.")
    return found


def fitted(plan: Plan, one: Import) -> Plan:
    """Put choices made for another file to this one's columns; new columns become nothing."""
    said, own = choices_in(plan), choices_in(one.plan)
    if said is None:
        return {**plan, "columns": _columns_of(one.plan)}
    if own is None:
        return plan
    known = {choice.column: choice for choice in said.columns}
    columns = tuple(known.get(each.column, Choice(each.column)) for each in own.columns)
    return plan_of(replace(said, columns=columns, table=own.table))


def _columns_key(names: Iterable[str]) -> str:
    return hashlib.sha256(json.dumps(sorted(names)).encode()).hexdigest()[:32]


def mapping_text(one: Import) -> str:
    """Write an import's mapping as the file that ``kundresa import --mapping`` takes."""
    data = mapping_in(one.plan, one.name)
    if data is None:
        raise NotFoundError("Event records need no mapping.")
    for table in data["tables"].values():
        kind = kind_of({**table, "file": one.file})
        if kind_of({**table, "file": one.name}) != kind:
            table["format"] = kind
    return Guess(data, ()).text()


def checked_mapping(one: Import, data_folder: Path) -> SourceMapping | None:
    """Give the mapping of an import's file, or none of event records."""
    data = mapping_in(one.plan, one.file)
    if data is None:
        return None
    return _checked(data, uploads_of(one.workspace_id, data_folder), one)


def first_pieces(one: Import, data_folder: Path) -> Iterator[Piece]:
    """Read an import's file from its beginning, for a preview; it wasn't read through before."""
    path = head_of(one, data_folder)
    if not path.exists():
        raise gone()
    data = mapping_in(one.plan, path.name)
    if data is None:
        return record_pieces(path)
    return mapped_pieces(_checked(data, path.parent, one))


def _checked(data: Mapping[str, Any], folder: Path, one: Import) -> SourceMapping:
    return mapping_of(_with_row_names(data, one.name), folder, one.name)


def _with_row_names(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Name rows that are profiles of their own after the file as its sender calls it.

    Where it is kept, its name is another for each import, and the profiles would be new ones.
    """
    rows = [
        {**rule, "profile": {"row": row_name(name)}} if rule.get("profile") == {"row": True}
        else rule
        for rule in data.get("rows") or ()
    ]  # fmt: skip
    return {**data, **({"rows": rows} if rows else {})}

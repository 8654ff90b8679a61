"""``kundresa map``: check, format, compare, convert and draw map documents."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from kundresa.cli.answers import answer, answering, json_option
from kundresa.cli.workspace import open_workspace, workspace_options
from kundresa.core.errors import BadInputError, Fault, known_values, raise_if_faulty
from kundresa.documents import convert as convert_map
from kundresa.documents import diff as diff_maps
from kundresa.documents import fmt as format_text
from kundresa.documents import lint as lint_text
from kundresa.documents import read_map, to_json
from kundresa.documents.drawing import FORMS, draw
from kundresa.documents.formats import format_of_file
from kundresa.documents.yaml_source import read_text

FILE = click.Path(path_type=Path)


@click.group("map")
def command() -> None:
    """Check, format, compare, convert and draw maps."""


@command.command("lint")
@click.argument("files", nargs=-1, required=True, type=FILE)
@json_option
@answering
def lint(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Tell every fault of the maps FILES; fails when one is an error."""
    found = {str(file): lint_text(_text_of(file)) for file in files}
    lines = [f"{file}: {fault}" for file, faults in found.items() for fault in faults]
    errors = sum(fault.severity == "error" for faults in found.values() for fault in faults)
    data = {"files": {file: [fault.to_json() for fault in each] for file, each in found.items()}}
    text = "\n".join(lines) or "No fault."
    answer({**data, "errors": errors, "ok": not errors}, as_json=as_json, text=text)
    if errors:
        sys.exit(1)


@command.command("fmt")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--check", is_flag=True, help="Change nothing; fail when a file would change.")
@json_option
@answering
def fmt(files: tuple[Path, ...], *, check: bool, as_json: bool) -> None:
    """Write the maps FILES in their one canonical form."""
    changed = []
    for file in files:
        before = _text_of(file)
        after = format_text(before)
        if after != before:
            changed.append(str(file))
            if not check:
                file.write_text(after, "utf-8")
    verb = "would change" if check else "changed"
    text = "\n".join(f"{file} {verb}" for file in changed) or "Nothing to change."
    answer({"changed": changed, "ok": not (check and changed)}, as_json=as_json, text=text)
    if check and changed:
        sys.exit(1)


@command.command("diff")
@click.argument("before", type=FILE)
@click.argument("after", type=FILE)
@json_option
@answering
def diff(before: Path, after: Path, *, as_json: bool) -> None:
    """Tell what changed from map BEFORE to map AFTER, in words."""
    changes = diff_maps(before, after)
    text = "\n".join(change.sentence for change in changes) or "No change."
    answer({"changes": to_json(changes)}, as_json=as_json, text=text)


@command.command("convert")
@click.argument("source", metavar="IN", type=FILE)
@click.argument("target", metavar="OUT", type=FILE)
@click.option("--to", "to", help="The format; by default what OUT ends in.")
@json_option
@answering
def convert(source: Path, target: Path, *, to: str | None, as_json: bool) -> None:
    """Write map IN as OUT in another format, and tell what that format can't carry."""
    name = to or format_of_file(target).name
    done = convert_map(source, name)
    _write(target, done.result)
    lines = [f"Wrote {target}.", *(f"{loss.place}: {loss.message}" for loss in done.losses)]
    losses = [loss.to_json() for loss in done.losses]
    answer({"written": str(target), "losses": losses}, as_json=as_json, text="\n".join(lines))


@command.command("add")
@click.argument("files", nargs=-1, required=True, type=FILE)
@workspace_options
@json_option
@answering
def add(
    files: tuple[Path, ...], workspace: str | None, data: Path | None, *, as_json: bool
) -> None:
    """Keep the maps FILES in a workspace; one with the same id takes the place of the old one."""
    texts = [_text_of(file) for file in files]
    for file, text in zip(files, texts, strict=True):
        raise_if_faulty(lint_text(text), str(file))
    found, _folder = open_workspace(workspace, data)
    from kundresa.journeys.api import save_map

    ids = [save_map(found.id, text, actor="kundresa map add") for text in texts]
    text = "\n".join(f"{name} is in {found.slug}." for name in ids)
    answer({"maps": ids, "workspace": found.slug}, as_json=as_json, text=text)


@command.command("render")
@click.argument("source", metavar="IN", type=FILE)
@click.option("-o", "--output", type=FILE, help="Where to write; by default standard output.")
@click.option("--format", "form", help="svg, html or json; by default what the output ends in.")
@click.option("--language", default="", help="Language of the texts; by default the map's own.")
@click.option("--live", is_flag=True, help="With measured numbers; needs --events.")
@click.option("--events", type=FILE, help="Event records (.jsonl), or a mapping (.yaml).")
@click.option("--from", "start", help="First day of the period.")
@click.option("--to", "end", help="First day after the period.")
@click.option("--skip-bad", is_flag=True, help="Leave bad rows out instead of stopping.")
@json_option
@answering
def render(
    source: Path, output: Path | None, form: str | None, language: str, *, live: bool,
    events: Path | None, start: str | None, end: str | None, skip_bad: bool, as_json: bool,
) -> None:  # fmt: skip
    """Draw the map IN, with its measured numbers if wanted."""
    chosen = form or (output.suffix.lstrip(".") if output else "svg")
    if chosen not in FORMS:
        raise BadInputError(f"{chosen!r} is not a form.", hint=known_values(chosen, FORMS))
    numbers = _measure(source, events, start, end, skip_bad=skip_bad) if live else None
    drawn = draw(read_map(source), chosen, language=language, live=numbers)
    if output is None:
        answer({"drawn": drawn}, as_json=as_json, text=drawn)
        return
    _write(output, drawn)
    answer({"written": str(output)}, as_json=as_json, text=f"Wrote {output}.")


def _measure(
    source: Path, events: Path | None, start: str | None, end: str | None, *, skip_bad: bool
) -> dict[str, Any]:
    # Here, so that drawing alone does not wait for numpy.
    from kundresa.cli.event_files import read_events
    from kundresa.measures.ask import measure_map

    if events is None:
        fault = Fault("--events", "is missing.", "Name a file of events or a mapping.")
        raise BadInputError("Live numbers need events.", faults=[fault])
    table = read_events(events, skip_bad=skip_bad)
    return measure_map(read_map(source), table, start=start, end=end)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        hint = "Name a file in a folder that exists and that you may write in."
        raise BadInputError(f"{file} can't be written: {error.strerror}.", hint=hint) from error


def _text_of(file: Path) -> str:
    if not file.is_file():
        raise BadInputError(f"There is no file {file}.")
    return read_text(file)

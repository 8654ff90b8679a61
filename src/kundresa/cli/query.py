"""``kundresa query``: a query document over a file of events, without server or workspace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from kundresa.cli.answers import answer, answering, json_option
from kundresa.cli.event_files import read_events
from kundresa.core.errors import BadInputError


@click.command("query")
@click.argument("query", type=click.Path(path_type=Path))
@click.option("--events", "events", required=True, type=click.Path(path_type=Path),
              help="A file of event records (.jsonl, .jsonl.gz), or a mapping (.yaml).")  # fmt: skip
@click.option("--map", "map_file", type=click.Path(path_type=Path),
              help="The map that a living_map query measures.")  # fmt: skip
@click.option("--skip-bad", is_flag=True, help="Leave bad rows out instead of stopping.")
@json_option
@answering
def command(
    query: Path, events: Path, map_file: Path | None, *, skip_bad: bool, as_json: bool
) -> None:
    """Answer the query document QUERY."""
    from kundresa.measures.documents import answer_query

    document = read_query(query)
    if map_file is not None:
        document = {**document, "map": str(map_file.resolve())}
    table = read_events(events, skip_bad=skip_bad)
    result = answer_query(document, table, folder=query.parent)
    answer(result, as_json=as_json, text=json.dumps(result, ensure_ascii=False, indent=2))


def read_query(path: Path) -> dict[str, Any]:
    """Read a query document, ``-`` for standard input."""
    try:
        text = (
            click.get_text_stream("stdin").read() if str(path) == "-" else path.read_text("utf-8")
        )
        document = json.loads(text)
    except FileNotFoundError as error:
        raise BadInputError(f"There is no file {path}.") from error
    except ValueError as error:
        raise BadInputError(f"{path} is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise BadInputError(f"{path} is not a query document.", hint="Begin with {.")
    return document

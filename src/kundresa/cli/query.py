"""``kundresa query``: a query document over a file of events, without server or workspace."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kundresa.cli.answers import answer, answering, json_option
from kundresa.cli.event_files import read_events
from kundresa.core.errors import BadInputError, NotFoundError
from kundresa.documents import read_map
from kundresa.documents.schemas import bundled

if TYPE_CHECKING:
    from kundresa.measures.specs import MapSpec


def _print_schema(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(json.dumps(bundled("query"), ensure_ascii=False, indent=2))
        ctx.exit()


@click.command("query")
@click.argument("query", type=click.Path(path_type=Path))
@click.option("--events", "events", required=True, type=click.Path(path_type=Path),
              help="A file of event records (.jsonl, .jsonl.gz), or a mapping (.yaml).")  # fmt: skip
@click.option("--map", "map_file", type=click.Path(path_type=Path),
              help="The map that the query measures, instead of the one it names.")  # fmt: skip
@click.option("--schema", is_flag=True, is_eager=True, expose_value=False, callback=_print_schema,
              help="Print the JSON Schema of query documents, and answer nothing.")  # fmt: skip
@click.option("--skip-bad", is_flag=True, help="Leave bad rows out instead of stopping.")
@json_option
@answering
def command(
    query: Path, events: Path, map_file: Path | None, *, skip_bad: bool, as_json: bool
) -> None:
    """Answer the query document QUERY."""
    # Here, so that other commands do not wait for numpy.
    from kundresa.measures.queries import answer as answer_query

    document = read_query(query)
    if map_file is not None:
        document = {**document, "map": str(map_file.resolve())}
    table = read_events(events, skip_bad=skip_bad)
    result = answer_query(document, table, map_spec_of=lambda name: _spec_of(name, query.parent))
    answer(result, as_json=as_json, text=json.dumps(result, ensure_ascii=False, indent=2))


def _text_of(path: Path) -> str:
    return sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")


def _spec_of(name: str, folder: Path) -> MapSpec:
    """Read the map that a query names: a file, beside the query where it is not absolute."""
    from kundresa.measures.from_map import spec_of

    file = folder / name
    if not file.is_file():
        hint = "Name its file with --map, or write the file's name as the query's map."
        raise NotFoundError(f"There is no map {name!r}.", hint=hint)
    return spec_of(read_map(file))


def read_query(path: Path) -> dict[str, Any]:
    """Read a query document, ``-`` for standard input."""
    try:
        document = json.loads(_text_of(path))
    except FileNotFoundError as error:
        raise BadInputError(f"There is no file {path}.") from error
    except ValueError as error:
        raise BadInputError(f"{path} is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise BadInputError(f"{path} is not a query document.", hint="Begin with {.")
    return document

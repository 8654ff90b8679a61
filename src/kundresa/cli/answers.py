"""How every command answers: results to stdout, the rest to stderr, errors as sentences.

Exit 0 is done, 1 failed, 2 misuse (which click gives by itself).
"""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn, ParamSpec, TypeVar

import click

from kundresa.core.errors import KundresaError

P = ParamSpec("P")
R = TypeVar("R")

json_option = click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")


def answer(data: dict[str, Any], *, as_json: bool, text: str = "") -> None:
    """Print the answer: the data with ``ok`` as JSON, or the text for people."""
    if as_json:
        click.echo(json.dumps({"ok": True, **data}, ensure_ascii=False, indent=2))
    elif text:
        click.echo(text)


def answering(function: Callable[P, R]) -> Callable[P, R]:
    """Turn an error that the reader can mend into sentences (or JSON) and exit 1."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except KundresaError as error:
            refuse(error, as_json=bool(kwargs.get("as_json")))

    return wrapped


def refuse(error: KundresaError, *, as_json: bool) -> NoReturn:
    """Print the error and leave with exit code 1."""
    if as_json:
        body = {"ok": False, "error": error.to_json()}
        click.echo(json.dumps(body, ensure_ascii=False, indent=2))
    else:
        click.echo(str(error), err=True)
    sys.exit(1)


class Progress:
    """Counts, rate and, on a terminal, one line that is rewritten; else a line now and then."""

    def __init__(self, what: str, *, every_seconds: float = 5) -> None:
        self.what = what
        self.every = 0.2 if sys.stderr.isatty() else every_seconds
        self.started = self.said = time.monotonic()

    def __call__(self, name: str, count: int) -> None:
        """Say how far it is, unless something was said a moment ago."""
        now = time.monotonic()
        if now - self.said < self.every:
            return
        self.said = now
        rate = count / max(now - self.started, 1e-9)
        line = f"{self.what}: {name}, {count:,} rows, {rate:,.0f} a second"
        click.echo(f"\r{line}\x1b[K" if sys.stderr.isatty() else line, err=True, nl=False)
        if not sys.stderr.isatty():
            click.echo("", err=True)

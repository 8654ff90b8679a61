"""``kundresa import``: events and readings from a file into a workspace."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kundresa.cli.answers import answer, answering, json_option
from kundresa.cli.workspace import open_workspace, workspace_options
from kundresa.core.errors import BadInputError

if TYPE_CHECKING:
    from kundresa.events.contracts import Imported
    from kundresa.events.sources import Guess, Mapping, Origin, Piece, Quarantine, Rejected

_SHOWN = 5
_WIDEST = 400
_SOURCES = (".jsonl", ".yaml", ".yml")
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@workspace_options
@click.option("--mapping", "mapping_file", type=_FILE,
              help="How the rows of FILE become events; or FILE is a mapping itself.")  # fmt: skip
@click.option("--guess", "guess_file", type=_FILE,
              help="Write a guessed mapping of FILE here, and import nothing.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Import FILE by the guessed mapping.")
@click.option("--zone", default="UTC", show_default=True,
              help="The zone of times without one; a mapping that is there says its own.")  # fmt: skip
@click.option("--quarantine", type=_FILE,
              help="Where bad rows go; by default into the data folder.")  # fmt: skip
@json_option
@answering
def command(
    file: Path,
    workspace: str | None,
    data: Path | None,
    mapping_file: Path | None,
    guess_file: Path | None,
    zone: str,
    quarantine: Path | None,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Import the events and readings of FILE into a workspace.

    FILE holds records of events or readings (.jsonl, .jsonl.gz), or is a mapping (.yaml) of tables, or a table
    (.csv, .jsonl, .parquet, .xes, .log) with --mapping. Of a table alone, a mapping is guessed
    and shown. FILE may also be a quarantine file whose rows were mended.

    Bad rows go to a quarantine file with their line and the reason; the others are imported. The
    same file imported again adds nothing, and an import that broke off goes on where it stopped.
    Imported events start nothing. A reading that came with another number before is corrected.
    """
    from kundresa.core.times import zone_named
    from kundresa.events.sources import guess_mapping

    zone_named(zone)
    if guess_file is not None:
        guess = guess_mapping(file, zone=zone, folder=guess_file.absolute().parent)
        _write_guess(guess, guess_file, as_json=as_json)
    elif mapping_file is None and _suffix(file) not in _SOURCES and not yes:
        _show_guess(guess_mapping(file, zone=zone), file, as_json=as_json)
    else:
        origin = _origin(file, mapping_file, zone)
        _import(origin, file, workspace, data, quarantine, as_json=as_json)


def _suffix(file: Path) -> str:
    return Path(file.name.removesuffix(".gz")).suffix


# --- what to import -----------------------------------------------------------------------------


def _origin(file: Path, mapping_file: Path | None, zone: str) -> Origin:
    from kundresa.events.sources import (
        guess_mapping,
        is_quarantine,
        mapping_of,
        origin_of,
        origin_of_mended,
        read_mapping,
        source_of,
    )

    mapping = read_mapping(mapping_file) if mapping_file else None
    if is_quarantine(file):
        return origin_of_mended(file, mapping)
    if mapping is not None:
        return origin_of(_over(mapping, file), file.name)
    if _suffix(file) in _SOURCES:
        return origin_of(source_of(file), file.name, zone=zone)
    guess = guess_mapping(file, zone=zone)
    return origin_of(mapping_of(guess.data, file.parent, "guessed"), file.name)


def _over(mapping: Mapping, file: Path) -> Mapping:
    """Read another file by a mapping: the next one of the same kind."""
    names = list(dict.fromkeys(str(rule["table"]) for rule in mapping.rules().values()))
    if len(names) > 1:
        raise BadInputError(
            f"The mapping makes events or readings of several tables: {', '.join(names)}.",
            hint="Import the mapping itself: it names its files.",
        )
    table = {**mapping.tables[names[0]], "file": str(file.absolute())}
    return replace(mapping, tables={**mapping.tables, names[0]: table})


def _write_guess(guess: Guess, out: Path, *, as_json: bool) -> None:
    if out.exists():
        raise BadInputError(f"{out} is there already.", hint="Name another file.")
    out.write_text(guess.text(), "utf-8")
    text = f"Wrote {out}. Read it, then:\n  {shlex.join(['kundresa', 'import', str(out)])}"
    answer({"guess": str(out), "notes": list(guess.notes)}, as_json=as_json, text=text)


def _show_guess(guess: Guess, file: Path, *, as_json: bool) -> None:
    body = {"mapping": dict(guess.data), "notes": list(guess.notes)}
    answer(body, as_json=as_json, text=guess.text().rstrip())
    again = shlex.join(["kundresa", "import", str(file)])
    click.echo(
        "Nothing was imported. Import by this mapping, or keep it to read and change it:\n"
        f"  {again} --yes\n  {again} --guess mapping.yaml",
        err=True,
    )


# --- importing ----------------------------------------------------------------------------------


def _import(
    origin: Origin,
    file: Path,
    workspace: str | None,
    data: Path | None,
    quarantine: Path | None,
    *,
    as_json: bool,
) -> None:
    # Only now, so that a file that can't be read leaves no workspace behind.
    found, folder = open_workspace(workspace, data)
    from kundresa.events.api import quarantine_of, take_in_pieces, taken_in

    aside = _place(origin, file, quarantine, quarantine_of(found.id, folder.path))
    seen = _Seen(origin, shown=not as_json)
    try:
        done = take_in_pieces(
            found.id, folder.store(found.id), seen.pieces,
            name=origin.name, fingerprint=origin.fingerprint, actor="kundresa import",
            quarantine=seen.quarantine(aside), may_correct=origin.mended is None,
        )  # fmt: skip
    except KeyboardInterrupt:
        saved = taken_in(found.id, folder.store(found.id), origin.fingerprint)
        click.echo(seen.stopped(saved), err=True)
        sys.exit(1)
    if origin.mended is not None:
        aside = _put_back(origin.mended, aside)
    kept = str(aside) if done.rejected and aside.exists() else None
    body = {**vars(done), "workspace": found.slug, "quarantine": kept}
    lines = [*_taken(done, origin, found.slug), *seen.bad(), *_aside(done, origin, kept)]
    answer(body, as_json=as_json, text="\n".join(lines))


def _place(origin: Origin, file: Path, quarantine: Path | None, folder: Path) -> Path:
    """Say where bad rows go: those still bad after mending, first beside their file."""
    if origin.mended is not None:
        return origin.mended.with_name(f".{origin.mended.name}-{origin.fingerprint[:8]}.rest")
    return quarantine or folder / f"{file.name}-{origin.fingerprint[:8]}.jsonl"


def _put_back(mended: Path, rest: Path) -> Path:
    """Leave in the quarantine file only what is still bad; without any, remove it.

    So each row counts once, whenever the file is mended and imported again.
    """
    if rest.exists():
        rest.replace(mended)
    else:
        mended.unlink(missing_ok=True)
    return mended


def _taken(done: Imported, origin: Origin, workspace: str) -> list[str]:
    read = f"Read {_count(done.rows, 'row')} of {origin.name}: {_held(done)}."
    added = _added(done, workspace)
    return [read, added, *_new(done)] if done.added else [read, added]


def _aside(done: Imported, origin: Origin, aside: str | None) -> list[str]:
    if aside is None:
        return []
    if origin.mended is not None:
        return [f"Still bad: {_rows(done.rejected)}, all that {aside} holds now."]
    return [f"Put aside: {_rows(done.rejected)}, in {aside}."]


def _new(done: Imported) -> list[str]:
    text = (
        f"New: {done.profiles:,} profiles, {done.identifiers:,} identifiers, "
        f"{done.accounts:,} customer accounts."
    )
    if done.merged:
        text += f" {done.merged:,} profiles are one with others now."
    told = "identifiers lead to several customers, as a shared device does; they merge nothing."
    return [text, f"{done.shared:,} {told}"] if done.shared else [text]


def _held(done: Imported) -> str:
    events, readings = _count(done.events, "event"), _count(done.readings, "reading")
    if not done.readings:
        return events
    return f"{events}, {readings}" if done.events else readings


def _added(done: Imported, workspace: str) -> str:
    parts = [_count(done.added, "event")] if done.added else []
    parts += [_count(done.readings_added, "reading")] if done.readings_added else []
    said = [f"Added {' and '.join(parts)} to {workspace}."] if parts else []
    if done.readings_corrected:
        corrected = _count(done.readings_corrected, "reading")
        said.append(f"Corrected {corrected}; the audit trail has what stood there before.")
    if said:
        return " ".join(said)
    if not done.events and not done.readings:
        return f"Added 0 events to {workspace}."
    return "The same content was imported before; nothing was added."


def _rows(count: int) -> str:
    return _count(count, "bad row")


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


class _Seen:
    """Tells how far an import is, and remembers what to say of it at the end."""

    def __init__(self, origin: Origin, *, shown: bool) -> None:
        self._origin = origin
        self._shown = shown
        self._first: list[Rejected] = []
        self._progress = _Progress(f"Importing {origin.name}")

    def pieces(self, *, skip: int) -> Iterator[Piece]:
        """Read on, and say so."""
        if skip:
            click.echo(f"Going on after {skip:,} rows that are saved.", err=True)
        for piece in self._origin.pieces(skip=skip):
            self._progress(piece)
            yield piece
        self._progress.end()

    def quarantine(self, path: Path) -> Quarantine:
        """Open the file for bad rows; the first of them are remembered."""
        from kundresa.events.sources import Quarantine

        first = self._first

        class Watched(Quarantine):
            def put(self, rejected: Sequence[Rejected]) -> None:
                first.extend(rejected[: _SHOWN - len(first)])
                super().put(rejected)

        return Watched(path)

    def bad(self) -> list[str]:
        """List the first bad rows."""
        lines = (f"  {bad.file}, line {bad.line}: {bad.reason}" for bad in self._first)
        return [line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…" for line in lines]

    def stopped(self, saved: Imported) -> str:
        """Say what is saved and how to go on."""
        self._progress.end()
        again = shlex.join(["kundresa", *sys.argv[1:]])
        return (
            f"Stopped. {saved.rows:,} rows of {self._origin.name} are saved, with"
            f" {_held(saved)}. Go on with:\n  {again}"
        )


class _Progress:
    """Rows, rate and time left: on a terminal one line that is rewritten, else one now and then."""

    def __init__(self, what: str, *, every_seconds: float = 5) -> None:
        self._what = what
        self._is_terminal = sys.stderr.isatty()
        self._every = 0.2 if self._is_terminal else every_seconds
        self._started = self._said = time.monotonic()
        self._from: tuple[int, float] | None = None
        self._is_open = False

    def __call__(self, piece: Piece) -> None:
        """Say how far it is, unless something was said a moment ago."""
        if self._from is None:
            # After going on, the rows before it took no time.
            self._from = piece.rows, piece.share
            self._started = time.monotonic()
        now = time.monotonic()
        if now - self._said < self._every:
            return
        self._said = now
        spent = max(now - self._started, 1e-9)
        line = f"{self._what}: {piece.share:.0%}, {piece.rows:,} rows"
        if piece.rows > self._from[0]:
            line += f", {(piece.rows - self._from[0]) / spent:,.0f} a second"
        done = piece.share - self._from[1]
        if done > 0:
            line += f", {_time(spent * (1 - piece.share) / done)} left"
        click.echo(f"\r{line}\x1b[K" if self._is_terminal else line, err=True,
                   nl=not self._is_terminal)  # fmt: skip
        self._is_open = self._is_terminal

    def end(self) -> None:
        """Leave the line."""
        if self._is_open:
            click.echo("", err=True)
        self._is_open = False


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (
        f"{hours} h {minutes} min"
        if hours
        else f"{minutes} min {rest} s"
        if minutes
        else f"{rest} s"
    )

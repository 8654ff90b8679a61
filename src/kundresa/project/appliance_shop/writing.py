"""Files of simulated events: whole or not at all, each saying that it is simulated.

Everything goes to a draft beside the file and takes its name at the very end.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from kundresa.core.errors import BadInputError, known_values
from kundresa.project.appliance_shop.jsonl import event_lines, plain_lines
from kundresa.project.appliance_shop.shop import Shop

ENDINGS: Final = (".jsonl", ".jsonl.gz", ".parquet")
_LINES: Final = 50_000
"""Lines made at a time: they are some twenty times as long as a row in columns."""
_ALWAYS: Final = frozenset({
    "profile", "event", "time", "until", "precision", "offset_minutes", "channel",
    "p/boolean/simulated",
})  # fmt: skip
"""Columns that every event fills."""
Progress = Callable[[int], None]
"""Is told how many events are written, now and then."""


@dataclass(frozen=True)
class Written:
    """What went into the files."""

    file: Path
    profiles_file: Path | None
    events: int
    profiles: int


def write(
    shop: Shop, file: Path, events: int, *,
    with_profiles: bool = False, progress: Progress = lambda _count: None,
) -> Written:  # fmt: skip
    """Write a shop's events, and what is true of its profiles if wanted, beside them.

    Raises
    ------
    BadInputError
        If the name's ending is not known, or the file can't be written. Nothing is left then, nor
        when it is interrupted.
    """
    ending = _ending(file)
    beside = file.with_name(file.name.removesuffix(ending) + ".profiles" + ending)
    count = profiles = 0
    with ExitStack() as drafts:
        sink = drafts.enter_context(_sink(file, ending, _marks(shop), event_lines))
        own = with_profiles and drafts.enter_context(
            _sink(beside, ending, _marks(shop), plain_lines)
        )
        for chunk in shop.chunks(events):
            sink(chunk.events)
            if own:
                own(shop.profiles(chunk))
            count, profiles = count + chunk.events.num_rows, profiles + chunk.profiles
            progress(count)
    return Written(file, beside if with_profiles else None, count, profiles)


def _ending(file: Path) -> str:
    for ending in ENDINGS:
        if file.name.endswith(ending) and file.name != ending:
            return ending
    raise BadInputError(
        f"{file.name} has no known ending.", hint=known_values(file.suffix, ENDINGS)
    )


def _marks(shop: Shop) -> dict[str, str]:
    """Give what a Parquet file says of itself, beside the property that every event carries."""
    return {
        "kundresa_simulated": "true", "kundresa_seed": str(shop.seed),
        "kundresa_period": json.dumps(shop.period.to_json()),
    }  # fmt: skip


@contextmanager
def _sink(
    file: Path, ending: str, marks: dict[str, str], lines: Callable[[pa.Table], pa.Array]
) -> Iterator[Callable[[pa.Table], None]]:
    with _draft(file) as draft:
        if ending == ".parquet":
            with _parquet(draft, marks) as write_table:
                yield write_table
        else:
            with _text(draft, packed=ending.endswith(".gz")) as out:
                yield lambda table: _write_lines(out, table, lines)


@contextmanager
def _draft(file: Path) -> Iterator[IO[bytes]]:
    """Open a draft that takes the file's name when all went well, and goes away when not."""
    if not file.parent.is_dir():
        raise BadInputError(f"There is no folder {file.parent}.", hint="Make it first.")
    if file.is_dir():
        raise BadInputError(f"{file} is a folder.", hint="Name a file in it.")
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with draft.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    except OSError as error:
        said = error.strerror or str(error)
        raise BadInputError(
            f"{file} can't be written: {said}.", hint="Make room, or name another place."
        ) from error
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _text(draft: IO[bytes], *, packed: bool) -> Iterator[IO[bytes]]:
    if not packed:
        yield draft
        return
    # Without a time and a name inside, so that the same events give the same bytes.
    with gzip.GzipFile("", "wb", compresslevel=4, fileobj=draft, mtime=0) as out:
        yield out  # type: ignore[misc] # a GzipFile writes bytes as any file does


def _write_lines(out: IO[bytes], table: pa.Table, lines: Callable[[pa.Table], pa.Array]) -> None:
    for start in range(0, table.num_rows, _LINES):
        out.write(lines(table.slice(start, _LINES)).buffers()[2])


class _Parquet:
    """Opens with the first table, as only that tells the columns."""

    def __init__(self, draft: IO[bytes], marks: dict[str, str]) -> None:
        self.draft, self.marks = draft, marks
        self.writer: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        schema = pa.schema(
            [field.with_nullable(field.name not in _ALWAYS) for field in table.schema], self.marks
        )
        if self.writer is None:
            self.writer = pq.ParquetWriter(self.draft, schema, **_options(schema))
        filled = pa.Table.from_arrays(table.columns, schema=schema)
        self.writer.write_table(filled, row_group_size=table.num_rows)

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()


@contextmanager
def _parquet(draft: IO[bytes], marks: dict[str, str]) -> Iterator[Callable[[pa.Table], None]]:
    parquet = _Parquet(draft, marks)
    try:
        yield parquet.write
    except BaseException:
        # Left open it would write its end when collected, into a file that is gone by then.
        with suppress(OSError, pa.ArrowException):
            parquet.close()
        raise
    parquet.close()


def _options(schema: pa.Schema) -> dict[str, Any]:
    # Measured: lz4, columns that are known to be full, and statistics only where somebody asks for
    # them write in two thirds of the time of zstd with all of them, in 13 % more bytes. Times never
    # repeat, so a dictionary of them would be made in vain.
    times = [name for name in ("time", "until") if name in schema.names]
    return {
        "compression": "lz4", "write_batch_size": 1 << 16,
        "use_dictionary": [f.name for f in schema if pa.types.is_dictionary(f.type)],
        "write_statistics": [name for name in ("time", "event") if name in schema.names],
        "column_encoding": dict.fromkeys(times, "DELTA_BINARY_PACKED"),
    }  # fmt: skip

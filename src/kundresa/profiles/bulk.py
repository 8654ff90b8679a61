"""Sets of rows, written and looked up in few statements, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from django.db import connection, transaction

ROWS_AT_ONCE: Final = 10_000
"""Rows of one transaction: other writers wait for it."""

_IN_STATEMENT: Final = 512
_LOOKED_UP_AT_ONCE: Final = 5_000


@dataclass(frozen=True)
class Target:
    """A table to write into.

    ``columns`` come after the workspace, each with its type on PostgreSQL. A row whose ``key`` is
    there already has the columns of ``keep`` set to the smaller or greater of both (``"min"``,
    ``"max"``), or to the new (``"new"``).
    """

    table: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...] = ()
    keep: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> str:
        """Give the columns as they stand in a statement."""
        return ", ".join(["workspace_id", *(name for name, _ in self.columns)])


def write(workspace_id: int, target: Target, columns: Sequence[Sequence[Any]]) -> None:
    """Write rows, given column by column, in transactions of `ROWS_AT_ONCE`.

    Written twice is written once. No two rows may have the same key.
    """
    count = len(columns[0])
    for start in range(0, count, ROWS_AT_ONCE):
        some = [column[start : start + ROWS_AT_ONCE] for column in columns]
        with transaction.atomic():
            _insert(workspace_id, target, some)


def _insert(workspace_id: int, target: Target, columns: Sequence[Sequence[Any]]) -> None:
    if _is_postgres():
        with connection.cursor() as cursor:
            cursor.execute(_postgres_insert(target), [workspace_id, *map(list, columns)])
        return
    rows = list(zip(*columns, strict=True))
    for some in _pieces(rows):
        # Past the framework, which looks for its own placeholders among thousands of ours.
        connection.connection.execute(
            _sqlite_insert(workspace_id, target, len(some)), list(chain.from_iterable(some))
        )


def _pieces(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    # Powers of two keep the texts of statements few and cached.
    at = 0
    while at < len(rows):
        size = min(1 << ((len(rows) - at).bit_length() - 1), _IN_STATEMENT)
        yield rows[at : at + size]
        at += size


def _postgres_insert(target: Target) -> str:
    came = ", ".join(f"%s::{sort}[]" for _, sort in target.columns)
    return (
        f"INSERT INTO {target.table} ({target.names}) "  # noqa: S608
        f"SELECT %s, came.* FROM unnest({came}) AS came {_on_conflict(target)}"
    )


@lru_cache(maxsize=256)
def _sqlite_insert(workspace_id: int, target: Target, count: int) -> str:
    row = f"({workspace_id}, {', '.join('?' * len(target.columns))})"
    values = ", ".join([row] * count)
    return (
        f"INSERT INTO {target.table} ({target.names}) "  # noqa: S608
        f"VALUES {values} {_on_conflict(target)}"
    )


def _on_conflict(target: Target) -> str:
    if not target.key:
        return ""
    key = ", ".join(["workspace_id", *target.key])
    if not target.keep:
        return f"ON CONFLICT ({key}) DO NOTHING"
    kept = ", ".join(f"{name} = {_kept(target.table, name, how)}" for name, how in target.keep)
    return f"ON CONFLICT ({key}) DO UPDATE SET {kept}"


def _kept(table: str, name: str, how: str) -> str:
    if how == "new":
        return f"excluded.{name}"
    of_two = {"min": "LEAST", "max": "GREATEST"}[how] if _is_postgres() else how
    return f"{of_two}({table}.{name}, excluded.{name})"


def _is_postgres() -> bool:
    return connection.vendor == "postgresql"


def looked_up(
    query: str, values: Iterable[Any], parameters: Mapping[str, Any]
) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a query for many values, some at a time.

    ``query`` has ``{among}`` where a column is to be among the values, as ``number {among}``, and
    names its other parameters ``%(like_this)s``.
    """
    for some in _asked(values):
        with connection.cursor() as cursor:
            cursor.execute(query.format(among=_among()), {**parameters, "among": some})
            yield from cursor.fetchall()


def changed(query: str, values: Iterable[Any], parameters: Mapping[str, Any]) -> None:
    """Update or delete the rows for many values; the query is as in `looked_up`."""
    for some in _asked(values):
        with connection.cursor() as cursor:
            cursor.execute(query.format(among=_among()), {**parameters, "among": some})


def _among() -> str:
    return "= ANY(%(among)s)" if _is_postgres() else "IN (SELECT value FROM json_each(%(among)s))"


def _asked(values: Iterable[Any]) -> Iterator[Any]:
    # No table has a text with NUL: PostgreSQL can't.
    ordered = [one for one in values if not (isinstance(one, str) and "\0" in one)]
    for start in range(0, len(ordered), _LOOKED_UP_AT_ONCE):
        some = ordered[start : start + _LOOKED_UP_AT_ONCE]
        yield some if _is_postgres() else json.dumps(some)

"""Reads of the inbox, and of everything that is held about a profile."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

from kundresa.core.times import PRECISIONS
from kundresa.events.collect.days import GONE, POSTGRES_TABLES, SQLITE_TABLES, days_of, table_of
from kundresa.events.contracts import Held
from kundresa.events.errors import NoSuchProfileError
from kundresa.events.models import SetAside, Source
from kundresa.events.row_keeper import RowKeeper
from kundresa.events.rules import in_json, line_holds, pattern_of, record_of, who
from kundresa.profiles.api import knows_all, links_of
from kundresa.store import Slab, Snapshot, Store
from kundresa.store.columns import CODED, dictionary_of, empty_value, is_text
from kundresa.store.snapshot import is_in, rows_of_profiles


class InboxRow(NamedTuple):
    """An event in the inbox, with its place in the order of reading."""

    transaction: int
    sequence: int
    received_at: int
    body: bytes


# SQLite has one writer at a time, so sequence is the order of commits. PostgreSQL has many: a
# lower sequence may become visible after a higher one. There we read in the order of transaction
# ids and stop before the oldest that is still open.
_SQLITE: Final = """
SELECT 0, sequence, received_at, body FROM events_inbox
WHERE workspace_id = %s AND sequence > %s ORDER BY sequence LIMIT %s
"""
_POSTGRES: Final = """
SELECT transaction, sequence, received_at, body FROM events_inbox
WHERE workspace_id = %s AND (transaction, sequence) > (%s, %s)
  AND transaction < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY transaction, sequence LIMIT %s
"""


def inbox_after(workspace_id: int, bookmark: tuple[int, int], limit: int) -> Sequence[InboxRow]:
    """Give the rows behind a bookmark (transaction, sequence), none of them skippable."""
    postgres = connection.vendor == "postgresql"
    values = [workspace_id, *(bookmark if postgres else bookmark[1:]), limit]
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRES if postgres else _SQLITE, values)
        return [InboxRow(row[0], row[1], row[2], bytes(row[3])) for row in cursor.fetchall()]


def inbox_days() -> list[date]:
    """Give the days that have a table, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(POSTGRES_TABLES if connection.vendor == "postgresql" else SQLITE_TABLES)
        return days_of(cursor.fetchall())


def days_half_dropped() -> list[str]:
    """Give the day tables that are out of sight and not yet gone (SQLite)."""
    names = connection.introspection.table_names()
    return sorted(name for name in names if name.startswith(GONE))


def workspaces_of_day(day: date) -> list[int]:
    """Give the workspaces that have rows on a day."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT workspace_id FROM {table_of(day)}")  # noqa: S608
        return [row[0] for row in cursor.fetchall()]


def has_unsealed(day: date, workspace_id: int, bookmark: tuple[int, int]) -> bool:
    """Tell whether a day has rows behind a bookmark, or any that can't be read yet."""
    postgres = connection.vendor == "postgresql"
    order = "(transaction, sequence) > (%s, %s)" if postgres else "sequence > %s"
    values = [workspace_id, *(bookmark if postgres else bookmark[1:])]
    query = f"SELECT 1 FROM {table_of(day)} WHERE workspace_id = %s AND {order} LIMIT 1"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchone() is not None


def set_aside_count(workspace_id: int) -> int:
    """Count the events that could not be taken."""
    return SetAside.objects.filter(workspace_id=workspace_id).count()


def write_keys(workspace_id: int) -> list[str]:
    """Give the open write keys of a workspace, oldest first."""
    found = Source.objects.filter(workspace_id=workspace_id, is_open=True).order_by("id")
    return list(found.values_list("write_key", flat=True))


def sources_of(workspace_id: int) -> list[Source]:
    """Give the sources of a workspace: the open ones first, then by age."""
    return list(Source.objects.filter(workspace_id=workspace_id).order_by("-is_open", "id"))


def store_of(workspace_id: int, data_folder: Path) -> Store:
    """Open the store of a workspace."""
    return store_in(workspace_id, data_folder / "stores" / str(workspace_id))


def store_in(workspace_id: int, folder: Path) -> Store:
    """Open the store of a workspace in a folder; its version is a row of the database."""
    return Store(folder, keeper=RowKeeper(workspace_id, folder))


def exports_of(workspace_id: int, data_folder: Path) -> Path:
    """Give the folder of a workspace's exports; every file in it can be made again."""
    return data_folder / "exports" / str(workspace_id)


def uploads_of(workspace_id: int, data_folder: Path) -> Path:
    """Give the folder of the files that were uploaded to be imported into a workspace."""
    return data_folder / "uploads" / str(workspace_id)


def quarantine_of(workspace_id: int, data_folder: Path) -> Path:
    """Give the folder of a workspace's quarantine files."""
    return data_folder / "quarantine" / str(workspace_id)


# --- who is who ---------------------------------------------------------------------------------

Link = tuple[str, frozenset[str]]
"""The profile of an event, and every identifier that the event carries."""


def held_about(workspace_id: int, data_folder: Path, profile: str) -> Held:
    """Find everything that is held about a profile, by any of its identifiers.

    Raises
    ------
    NoSuchProfileError
        If that is nothing.
    """
    store = store_of(workspace_id, data_folder)
    snapshot = store.snapshot()
    identifiers, shared = _identifiers_of(workspace_id, store, snapshot, profile)
    pattern = pattern_of(identifiers)
    held = Held(
        profile,
        tuple(sorted(identifiers)),
        tuple(sorted(shared)),
        events=sum(len(rows) for _, rows in _rows_of(snapshot, identifiers)),
        inbox=sum(map(len, inbox_rows_of(workspace_id, identifiers).values())),
        quarantine=sum(
            sum(line_holds(line, pattern) for line in lines)
            for _, lines in quarantine_files(workspace_id, data_folder)
        ),
        exports=len(exports_that(pattern.search, workspace_id, data_folder)),
        uploads=len(uploads_that_hold(identifiers, workspace_id, data_folder)),
    )
    if held.is_nothing:
        raise NoSuchProfileError(
            f"Nothing is held about {profile!r}.",
            hint="Name a user id or an anonymous id as the events carry it.",
        )
    return held


def _identifiers_of(
    workspace_id: int, store: Store, snapshot: Snapshot, profile: str
) -> tuple[set[str], set[str]]:
    """Follow events and joins from one identifier; what leads to several profiles isn't followed.

    A shared device carries the events of two customers: erasing one must not take the other.
    """
    joined = _Joined(snapshot)
    found, shared, waiting = set[str](), set[str](), {profile}
    while waiting:
        sealed = _sealed_links(workspace_id, store, snapshot, waiting)
        links = {*sealed, *_inbox_links(workspace_id, waiting)}
        ahead: set[str] = set()
        for value in waiting:
            owners = {owner for owner, carried in links if value in carried and owner != value}
            if len({joined.root(owner) for owner in owners}) > 1:
                shared.add(value)
                continue
            found.add(value)
            ahead |= owners | joined.members(value)
            ahead |= {one for owner, carried in links if owner == value for one in carried}
        waiting = ahead - found - shared
    return found | {profile}, shared


class _Joined:
    """Which profiles are known to be one, by name."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._words = snapshot.dictionaries
        self._texts = snapshot.dictionaries.texts("profile")
        self._canonical = snapshot.canonical

    def root(self, name: str) -> str:
        (code,) = self._words.find("profile", [name])
        end = None if code is None else self._canonical.get(code)
        return name if end is None else str(self._texts[end].as_py())

    def members(self, name: str) -> set[str]:
        (code,) = self._words.find("profile", [self.root(name)])
        codes = [source for source, end in self._canonical.items() if end == code]
        texts = [self._texts[one].as_py() for one in codes]
        return {self.root(name), *(text for text in texts if text is not None)}


def joined_but_kept(store: Store, identifiers: Sequence[str]) -> list[str]:
    """Give who is one with some profiles by now, and isn't one of them."""
    snapshot = store.snapshot()
    words, canonical = snapshot.dictionaries, snapshot.canonical
    codes = {code for code in words.find("profile", identifiers) if code is not None}
    roots = {canonical.get(code, code) for code in codes}
    members = roots.union(one for one, root in canonical.items() if root in roots)
    texts = words.texts("profile").take(pa.array(sorted(members - codes), pa.int64()))
    return [text for text in texts.to_pylist() if text is not None]


def _sealed_links(
    workspace_id: int, store: Store, snapshot: Snapshot, values: set[str]
) -> Iterator[Link]:
    """Read the tables of identifiers; only where they lack something, every row of the store."""
    if not knows_all(workspace_id, snapshot.version):
        yield from _store_links(snapshot, values)
        return
    for link in links_of(workspace_id, store, values):
        yield link.key, link.values


def _store_links(snapshot: Snapshot, values: set[str]) -> Iterator[Link]:
    names = snapshot.dictionaries.texts("profile")
    for slab, rows in _rows_of(snapshot, values, carrying=True):
        owners = names.take(pa.array(slab.column("origin")[rows]))
        rests = slab.text("rest").take(pa.array(rows))
        for owner, rest in set(zip(owners.to_pylist(), rests.to_pylist(), strict=True)):
            said = msgspec.json.decode(rest or "{}").get("identifiers", {})
            yield owner, frozenset([owner, *said.values()])


def _rows_of(
    snapshot: Snapshot, values: set[str], *, carrying: bool = False
) -> Iterator[tuple[Slab, Any]]:
    """Give the rows of some profiles, slab by slab; ``carrying`` adds those that name them."""
    found = snapshot.dictionaries.find("profile", sorted(values))
    codes = np.array(sorted(code for code in found if code is not None), np.int64)
    for slab in snapshot.slabs:
        rows = rows_of_profiles(slab.offsets, ~slab.skip)
        mask = is_in(slab.column("origin"), codes) | is_in(slab.column("profile"), codes)
        if carrying:
            mask = mask | _carrying(slab.text("rest"), values)
        chosen = rows[mask[rows]]
        if len(chosen):
            yield slab, chosen


def _carrying(rest: pa.Array, values: set[str]) -> Any:
    found = np.zeros(len(rest), bool)
    for value in values:
        hits = pc.fill_null(pc.match_substring(rest, f'"{in_json(value)}"'), False)
        found |= hits.to_numpy(zero_copy_only=False)
    return found


_MOST_TESTS: Final = 200
"""SQLite takes a condition of a thousand terms at most."""


# --- the inbox by identifier --------------------------------------------------------------------


def _inbox_links(workspace_id: int, values: set[str]) -> Iterator[Link]:
    for _, _, owner, carried in _inbox_naming(workspace_id, values):
        yield owner, carried


RowKey = int | str
"""What finds a row of a day by an index: `row_key` tells the column."""


def row_key() -> str:
    """Name the column that a day's rows are found by, in a workspace."""
    return "message_id" if connection.vendor == "postgresql" else "sequence"


def inbox_rows_of(workspace_id: int, identifiers: set[str]) -> Mapping[date, list[RowKey]]:
    """Give the keys of the rows that carry an identifier, by day."""
    found: dict[date, list[RowKey]] = {}
    for day, key, _, carried in _inbox_naming(workspace_id, identifiers):
        if carried & identifiers:
            found.setdefault(day, []).append(key)
    return found


def _inbox_naming(
    workspace_id: int, values: set[str]
) -> Iterator[tuple[date, RowKey, str, frozenset[str]]]:
    # Each row is looked through for the bytes, and the few that have them are read.
    test = "position(%s in body) > 0" if connection.vendor == "postgresql" else "instr(body, %s)"
    forms = [in_json(value).encode() for value in sorted(values)]
    for day in inbox_days():
        bodies: dict[RowKey, bytes] = {}
        for start in range(0, len(forms), _MOST_TESTS):
            some = forms[start : start + _MOST_TESTS]
            query = (
                f"SELECT {row_key()}, body FROM {table_of(day)} "  # noqa: S608
                f"WHERE workspace_id = %s AND ({' OR '.join([test] * len(some))})"
            )
            with connection.cursor() as cursor:
                cursor.execute(query, [workspace_id, *some])
                bodies.update(cursor.fetchall())
        for key, body in bodies.items():
            owner, said = who(msgspec.json.decode(bytes(body)))
            yield day, key, owner or "", frozenset(said.values())


def inbox_identifiers(workspace_id: int) -> set[str]:
    """Give every identifier that stands in the inbox."""
    found: set[str] = set()
    for day in inbox_days():
        query = f"SELECT body FROM {table_of(day)} WHERE workspace_id = %s"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(query, [workspace_id])
            while rows := cursor.fetchmany(1000):
                for (body,) in rows:
                    found.update(who(msgspec.json.decode(bytes(body)))[1].values())
    return found


# --- files --------------------------------------------------------------------------------------


def quarantine_files(workspace_id: int, data_folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Give a workspace's quarantine files with their lines.

    Files right in the folder are of a time when nothing told whose they are; they may be anybody's.
    """
    found = quarantine_of(workspace_id, data_folder)
    for path in sorted([*found.rglob("*"), *found.parent.glob("*")]):
        if path.is_file():
            yield path, path.read_text("utf-8", "replace").splitlines(keepends=True)


def exports_that(hold: Callable[[str], object], workspace_id: int, data_folder: Path) -> list[Path]:
    """Give the exports whose text answers; of those that are no text nobody knows, so all."""
    found = []
    for path in sorted(exports_of(workspace_id, data_folder).rglob("*")):
        if path.is_file():
            try:
                if hold(path.read_text("utf-8")):
                    found.append(path)
            except UnicodeDecodeError:
                found.append(path)
    return found


def uploads_that_hold(
    identifiers: Iterable[str], workspace_id: int, data_folder: Path
) -> list[Path]:
    """Give the uploaded files that name an identifier; of those that are no plain text all.

    They can be uploaded again, and nobody knows what a packed one holds.
    """
    pattern = pattern_of(form for one in identifiers for form in (one, one.replace('"', '""')))
    files = sorted(uploads_of(workspace_id, data_folder).glob("*"))
    return [path for path in files if path.is_file() and _may_name(path, pattern)]


def _may_name(path: Path, pattern: re.Pattern[str]) -> bool:
    if path.suffix in (".gz", ".parquet", ".xes"):
        return True
    kept = ""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            while block := file.read(1 << 22):
                # What is cut at the end of a block is read again with the next.
                if pattern.search(kept + block):
                    return True
                kept = block[-4096:]
    except UnicodeDecodeError:
        return True
    return False


# --- everything about a profile -----------------------------------------------------------------


def records_of(
    workspace_id: int, data_folder: Path, identifiers: Sequence[str]
) -> list[dict[str, Any]]:
    """Give the events of a profile as event records, oldest first."""
    snapshot = store_of(workspace_id, data_folder).snapshot()
    found: list[tuple[int, dict[str, Any]]] = []
    for slab, rows in _rows_of(snapshot, set(identifiers)):
        columns = {name: _told(snapshot, slab, name, rows) for name in snapshot.column_names()}
        columns["profile"] = _texts(snapshot, "profile", slab.column("origin")[rows])
        for index in range(len(rows)):
            row = {name: column[index] for name, column in columns.items()}
            filled = {name: value for name, value in row.items() if value is not None}
            found.append((filled["time"], record_of(filled)))
    return [record for _, record in sorted(found, key=lambda one: one[0])]


def unsealed_of(
    workspace_id: int, data_folder: Path, identifiers: Sequence[str]
) -> dict[str, list[Any]]:
    """Give what is held about a profile and is no event: set aside, or quarantined, and why."""
    pattern = pattern_of(identifiers)
    lines = [
        json.loads(line)
        for _, lines in quarantine_files(workspace_id, data_folder)
        for line in lines
        if line_holds(line, pattern)
    ]
    return {"set_aside": _set_aside_of(workspace_id, set(identifiers)), "quarantined": lines}


def _set_aside_of(workspace_id: int, identifiers: set[str]) -> list[dict[str, Any]]:
    query = (
        "SELECT body, reason FROM events_set_aside AS aside JOIN events_inbox AS inbox "
        "ON inbox.sequence = aside.sequence AND inbox.workspace_id = aside.workspace_id "
        "WHERE aside.workspace_id = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [workspace_id])
        rows = cursor.fetchall()
    messages = [(msgspec.json.decode(bytes(body)), reason) for body, reason in rows]
    return [
        {"message": message, "reason": reason}
        for message, reason in messages
        if identifiers & set(who(message)[1].values())
    ]


def _told(snapshot: Snapshot, slab: Slab, name: str, rows: Any) -> list[Any]:
    if is_text(name):
        return list(slab.text(name).take(pa.array(rows)).to_pylist())
    values = slab.column(name)[rows]
    if name in CODED or name.startswith("p/text/"):
        return _texts(snapshot, dictionary_of(name), values)
    if name == "precision":
        return [PRECISIONS[code] for code in values.tolist()]
    if name in ("profile", "origin", "time", "sequence"):
        return list(values.tolist())
    empty = empty_value(name)
    is_empty = np.isnan(values) if isinstance(empty, np.floating) else values == empty
    return [None if none else value for none, value in zip(is_empty, values.tolist(), strict=True)]


def _texts(snapshot: Snapshot, dictionary: str, codes: Any) -> list[Any]:
    texts = snapshot.dictionaries.texts(dictionary)
    places = pa.array(codes.astype(np.int64), mask=codes.astype(np.int64) >= len(texts))
    return list(texts.take(places).to_pylist())

"""An import adds what a file holds once, and leaves an audit line."""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from kundresa.accounts.api import make_workspace
from kundresa.accounts.models import AuditLine
from kundresa.events import actions
from kundresa.events.api import take_in, take_in_pieces
from kundresa.events.contracts import Imported
from kundresa.events.errors import BusyError
from kundresa.events.models import StoreVersion
from kundresa.events.queries import store_in
from kundresa.events.sources import Piece, Quarantine, fingerprint, jsonl, origin_of, read_jsonl
from kundresa.profiles.api import Counts, counts
from kundresa.store import Store

pytestmark = [pytest.mark.db, pytest.mark.django_db(transaction=True)]
LINE = '{"profile": "ann", "event": "Bought", "time": "2026-03-01"}\n'


def test_the_same_content_is_added_once(tmp_path: Path) -> None:
    workspace = make_workspace("Shop")
    store = tmp_path / "store"
    file = tmp_path / "e.jsonl"

    def run() -> int:
        return take_in(
            workspace.id, store, read_jsonl(file),
            name=file.name, fingerprint=fingerprint(file), actor="Alice",
        ).added  # fmt: skip

    file.write_text(LINE * 3)
    assert [run(), run()] == [3, 0]
    file.write_text(LINE * 4)
    assert run() == 4
    assert store_in(workspace.id, store).event_count == 7
    lines = AuditLine.objects.filter(workspace=workspace, action="imported events")
    assert [line.details["events"] for line in lines.order_by("id")] == [3, 4]
    assert (
        StoreVersion.objects.get(workspace_id=workspace.id).number
        == store_in(workspace.id, store).version.number
    )


def test_a_crash_after_the_store_is_mended_by_the_next_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = make_workspace("Shop")
    file = tmp_path / "e.jsonl"
    file.write_text(LINE)

    def run() -> int:
        return take_in(
            workspace.id, tmp_path / "store", read_jsonl(file),
            name=file.name, fingerprint=fingerprint(file), actor="Alice",
        ).added  # fmt: skip

    with monkeypatch.context() as patch:
        patch.setattr("kundresa.events.actions.write_audit_line", lambda *_a, **_k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run()
    assert run() == 0
    assert store_in(workspace.id, tmp_path / "store").event_count == 1
    assert AuditLine.objects.filter(workspace=workspace, action="imported events").count() == 1


def lay(folder: Path) -> Path:
    """Write forty records, of which every seventh is bad."""
    records = [
        {"profile": f"p{n}", "event": "Bought", "time": "2026-03-01" if n % 7 else "soon"}
        for n in range(40)
    ]
    file = folder / "e.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    return file


def bring_in(workspace_id: int, folder: Path, file: Path) -> Imported:
    origin = origin_of(file, file.name)
    return take_in_pieces(
        workspace_id, folder / "store", origin.pieces,
        name=origin.name, fingerprint=origin.fingerprint, actor="Alice",
        quarantine=Quarantine(folder / "bad.jsonl"),
    )  # fmt: skip


def test_profiles_that_a_crash_left_unmade_are_made_when_the_import_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, file = make_workspace("Shop"), lay(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("kundresa.events.actions.make_profiles", lambda *_a, **_k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            bring_in(workspace.id, tmp_path, file)
    assert (store_in(workspace.id, tmp_path / "store").event_count > 0, counts(workspace.id)) == (
        True,
        Counts(),
    )
    assert bring_in(workspace.id, tmp_path, file).profiles == 34
    assert counts(workspace.id) == Counts(34)


class Crash(Exception):  # noqa: N818 - it is no error of ours
    """A process that ends here."""


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("crash_at", [1, 2, 4])
def test_wherever_it_crashes_the_next_call_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crash_at: int, is_after: bool
) -> None:
    """End before and after the store takes a chunk; each row comes once, each bad row too."""
    workspace, file = make_workspace("Shop"), lay(tmp_path)
    monkeypatch.setattr(jsonl, "BATCH", 5)
    monkeypatch.setattr(actions, "CHUNK", 10)
    append, calls = Store.append_rows, 0

    def crashing(self: Store, *arguments: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if calls == crash_at and not is_after:
            raise Crash
        version = append(self, *arguments, **named)
        if calls == crash_at:
            raise Crash
        return version

    monkeypatch.setattr(Store, "append_rows", crashing)
    with pytest.raises(Crash):
        bring_in(workspace.id, tmp_path, file)
    # What is read by another batch size has other pieces; rows count all the same.
    monkeypatch.setattr(jsonl, "BATCH", 3)
    done = bring_in(workspace.id, tmp_path, file)
    assert (done.rows, done.events, done.rejected) == (40, 34, 6)
    assert bring_in(workspace.id, tmp_path, file) == Imported(40, 34, 0, 6)
    table = store_in(workspace.id, tmp_path / "store").table()
    assert sorted(table.profiles) == sorted(f"p{n}" for n in range(40) if n % 7)
    assert len(table) == 34
    bad = [json.loads(line)["line"] for line in (tmp_path / "bad.jsonl").read_text().splitlines()]
    assert bad == [n + 1 for n in range(0, 40, 7)]


def test_memory_holds_one_chunk_however_long_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, file = make_workspace("Shop"), lay(tmp_path)
    monkeypatch.setattr(jsonl, "BATCH", 2)
    monkeypatch.setattr(actions, "CHUNK", 4)
    origin = origin_of(file, file.name)
    alive: list[weakref.ref[Piece]] = []
    most = 0

    def pieces(*, skip: int) -> Iterator[Piece]:
        nonlocal most
        for piece in origin.pieces(skip=skip):
            alive.append(weakref.ref(piece))
            most = max(most, sum(each() is not None for each in alive))
            yield piece

    take_in_pieces(
        workspace.id, tmp_path / "store", pieces, name="e", fingerprint="f", actor="Alice"
    )
    assert len(alive) > 15
    assert most <= 6


def test_a_second_import_at_the_same_time_is_refused(tmp_path: Path) -> None:
    workspace, file = make_workspace("Shop"), lay(tmp_path)
    origin = origin_of(file, file.name)

    def pieces(*, skip: int) -> Iterator[Piece]:
        with pytest.raises(BusyError, match="Another import into this workspace is running"):
            bring_in(workspace.id, tmp_path, file)
        yield from origin.pieces(skip=skip)

    done = take_in_pieces(
        workspace.id, tmp_path / "store", pieces, name="e", fingerprint="f", actor="Alice"
    )
    assert done.added == 34

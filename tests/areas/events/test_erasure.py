"""Erasing a customer leaves no trace, takes nobody else, survives any crash and every restore."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from kundresa.accounts.models import AuditLine, Workspace
from kundresa.core.clock import now
from kundresa.events import actions, sealing
from kundresa.events.api import (
    erase_profile,
    exports_of,
    finish_erasure,
    held_about,
    records_of,
    replay_ledger,
    seal_inbox,
    store_of,
    unsealed_of,
)
from kundresa.events.errors import LedgerKeyError, NoSuchProfileError
from kundresa.events.models import Erasure, SetAside, StoreVersion
from kundresa.events.rules import line_holds, pattern_of
from kundresa.jobs.api import claim
from kundresa.profiles import actions as making
from kundresa.profiles import merging
from kundresa.profiles.api import TABLES, Counts, counts, find_profiles
from kundresa.store import erasure, objects, store
from tests.support.crash import dies_at
from tests.support.inbox import append, ask, empty_inbox, row
from tests.support.traces import traces_of

pytestmark = [
    pytest.mark.db,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_inbox"),
]
ANN, DEVICE = "ann-31415@example.com", "device-27182"
BEA = "bea-16180@example.com"


@pytest.fixture
def workspace() -> int:
    """The workspace of these tests."""
    return int(Workspace.objects.create(name="Shop", slug="shop").id)


def fill(workspace: int, folder: Path, number: int = 0) -> None:
    """Events of two customers, sealed and not; a bad one; a quarantined row; an export."""
    append(
        row(f"{number}a", workspace, userId=ANN, properties={"mail": ANN, "plan": "gold"}),
        row(f"{number}b", workspace, anonymousId=DEVICE),
        row(f"{number}c", workspace, userId=ANN, anonymousId=DEVICE),
        row(f"{number}d", workspace, userId=BEA, properties={"plan": "gold"}),
        row(f"{number}e", workspace, userId=ANN, event=None),
    )
    seal_inbox(workspace, folder / "stores" / str(workspace))
    store_of(workspace, folder).table()
    list(store_of(workspace, folder).snapshot().slabs)
    append(row(f"{number}f", workspace, userId=ANN), row(f"{number}g", workspace, userId=BEA))
    lines = [
        {"file": "x.csv", "line": at, "reason": "bad", "row": {"mail": mail}}
        for at, mail in enumerate((ANN, BEA))
    ]
    aside = folder / "quarantine" / f"x{number}.jsonl"
    aside.parent.mkdir(exist_ok=True)
    aside.write_text("".join(json.dumps(line) + "\n" for line in lines))
    exports = exports_of(workspace, folder)
    exports.mkdir(parents=True, exist_ok=True)
    (exports / f"{number}-hers.jsonl").write_text(json.dumps({"profile": ANN}))
    (exports / f"{number}-other.jsonl").write_text(json.dumps({"profile": BEA}))


def traces(folder: Path, *names: str) -> list[str]:
    """Where a name stands: in the folder, and in the database's files or, on PostgreSQL, rows."""
    found = traces_of(names, folder)
    if connection.vendor == "postgresql":
        for table in ("events_inbox", "events_set_aside", "events_erasure", "jobs_job",
                      "accounts_auditline", *TABLES):  # fmt: skip
            rows = str([[bytes(one) if isinstance(one, memoryview) else one for one in each]
                        for each in ask(f"SELECT * FROM {table}")])  # noqa: S608 # fmt: skip
            found += [table for name in names if name in rows]
        return found
    path = Path(connection.settings_dict["NAME"])
    files = [path, path.with_name(f"{path.name}-wal")]
    return found + [
        file.name for file in files
        if file.exists() and any(name.encode() in file.read_bytes() for name in names)
    ]  # fmt: skip


def test_no_byte_of_an_erased_customer_remains_and_others_keep_theirs(
    workspace: int, tmp_path: Path
) -> None:
    fill(workspace, tmp_path)
    assert traces(tmp_path, ANN, DEVICE)
    held = held_about(workspace, tmp_path, DEVICE)
    assert held.identifiers == (ANN, DEVICE)
    done = erase_profile(workspace, tmp_path, ANN, actor="alice")
    assert done.counts == {"events": 3, "inbox": 5, "quarantine": 1, "exports": 1, "uploads": 0}
    assert traces(tmp_path, ANN, DEVICE) == []
    assert SetAside.objects.count() == 0
    seal_inbox(workspace, tmp_path / "stores" / str(workspace))
    assert counts(workspace) == Counts(1, 1)
    left = records_of(workspace, tmp_path, [BEA])
    assert [one["profile"] for one in left] == [BEA, BEA]
    assert left[0]["properties"] == {"plan": "gold"}
    assert store_of(workspace, tmp_path).event_count == 2
    assert BEA in (tmp_path / "quarantine/x0.jsonl").read_text()
    assert [path.name for path in exports_of(workspace, tmp_path).iterdir()] == ["0-other.jsonl"]


def test_ledger_and_audit_tell_of_it_in_hashes_only(workspace: int, tmp_path: Path) -> None:
    fill(workspace, tmp_path)
    done = erase_profile(workspace, tmp_path, ANN, actor="alice")
    line = Erasure.objects.get()
    assert (line.identifiers, line.actor, len(line.hashes)) == (None, "alice", 2)
    assert line.erased_at is not None
    audit = AuditLine.objects.get(action="erased a profile")
    assert (audit.subject, audit.details["events"]) == (done.erasure, 3)
    assert ANN not in str(audit.details)


def test_who_was_never_seen_is_refused(workspace: int, tmp_path: Path) -> None:
    fill(workspace, tmp_path)
    with pytest.raises(NoSuchProfileError, match="Nothing is held about 'zoe'"):
        erase_profile(workspace, tmp_path, "zoe", actor="alice")
    assert Erasure.objects.count() == 0


def test_another_workspace_keeps_the_same_customer(workspace: int, tmp_path: Path) -> None:
    other = int(Workspace.objects.create(name="Other", slug="other").id)
    fill(workspace, tmp_path)
    append(row("a", other, userId=ANN))
    erase_profile(workspace, tmp_path, ANN, actor="alice")
    seal_inbox(other, tmp_path / "stores" / str(other))
    assert store_of(other, tmp_path).event_count == 1


def test_a_device_that_two_customers_use_takes_neither_with_it(
    workspace: int, tmp_path: Path
) -> None:
    fill(workspace, tmp_path)
    append(row("x", workspace, userId=BEA, anonymousId=DEVICE))
    held = held_about(workspace, tmp_path, ANN)
    assert (held.identifiers, held.shared) == ((ANN,), (DEVICE,))
    erase_profile(workspace, tmp_path, ANN, actor="alice")
    assert traces(tmp_path, ANN) == []
    # What the device did unnamed was one with Ann's, and is nobody's to take with her.
    assert len(records_of(workspace, tmp_path, [DEVICE])) == 1
    # Nobody else is known on the device any more, so what it did unnamed is told as hers.
    assert held_about(workspace, tmp_path, BEA).inbox == 4
    seal_inbox(workspace, tmp_path / "stores" / str(workspace))
    assert len(records_of(workspace, tmp_path, [BEA])) == 4
    store = store_of(workspace, tmp_path)
    assert [one.key for one in find_profiles(workspace, store, DEVICE)] == [BEA]


def test_who_was_joined_goes_too(workspace: int, tmp_path: Path) -> None:
    append(row("a", workspace, userId=ANN), row("b", workspace, anonymousId="elsewhere-1414"))
    seal_inbox(workspace, tmp_path / "stores" / str(workspace))
    store_of(workspace, tmp_path).join({"elsewhere-1414": ANN})
    erase_profile(workspace, tmp_path, ANN, actor="alice")
    assert traces(tmp_path, ANN, "elsewhere-1414") == []


def test_a_property_may_be_called_what_it_likes(workspace: int, tmp_path: Path) -> None:
    """Erasing Ann takes the texts that only she used, also where they name others."""
    said = {"profile": BEA, "event.channel": "web", "a/b": 1, "a~b": 2, "x\0y": 3, "z" * 300: 4}
    folder = tmp_path / "stores" / str(workspace)
    append(row("a", workspace, userId=ANN, properties=said), row("b", workspace, userId=BEA,
           properties={"a/b": 5, "a~b": 6, "x\0y": 7, "z" * 300: 8}, channel="web"))  # fmt: skip
    seal_inbox(workspace, folder)
    table = store_of(workspace, tmp_path).table()
    assert table.properties["a/b"].number.tolist() == [1, 5]
    assert table.properties["a~b"].number.tolist() == [2, 6]
    erase_profile(workspace, tmp_path, ANN, actor="alice")
    (left,) = records_of(workspace, tmp_path, [BEA])
    assert (left["profile"], left["channel"], left["properties"]["x\0y"]) == (BEA, "web", 7)


def test_a_customer_of_thousand_devices_goes_whole(workspace: int, tmp_path: Path) -> None:
    devices = [f"device-{number:04d}-27182" for number in range(1010)]
    append(*(row(one, workspace, userId=ANN, anonymousId=one) for one in devices))
    done = erase_profile(workspace, tmp_path, ANN, actor="alice")
    assert done.counts["inbox"] == 1010
    assert traces(tmp_path, ANN, *devices) == []


def test_nothing_is_sealed_into_a_store_that_is_being_erased(
    workspace: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before the erasure would come back after it."""
    fill(workspace, tmp_path)
    folder, tried = tmp_path / "stores" / str(workspace), []
    erase = store.Store.erase

    def seal_then_erase(self: store.Store, keys: list[str]) -> int:
        tried.append(seal_inbox(workspace, folder, wait=False))
        return erase(self, keys)

    monkeypatch.setattr(store.Store, "erase", seal_then_erase)
    erase_profile(workspace, tmp_path, ANN, actor="alice")
    assert tried == [0]
    assert seal_inbox(workspace, folder, wait=False) == 1


STRIDES = [53, pytest.param(1, marks=pytest.mark.long)]


@pytest.mark.parametrize("stride", STRIDES)
def test_an_erasure_that_dies_anywhere_is_finished_by_the_next_call(
    workspace: int, tmp_path: Path, stride: int
) -> None:
    step = 1
    while _dies_while_erasing(step, workspace, tmp_path / str(step)):
        step += stride
    assert step > 10 * stride


def _dies_while_erasing(step: int, workspace: int, folder: Path) -> bool:
    """Let an erasure die at a step, call it again, and look for traces; say whether it died."""
    folder.mkdir()
    empty_inbox()
    StoreVersion.objects.all().delete()
    fill(workspace, folder)

    def erase() -> None:
        erase_profile(workspace, folder, ANN, actor="alice")

    has_died = dies_at(step, erase, [actions, sealing, store, erasure, objects, making,
                                   merging])  # fmt: skip
    if has_died and (Erasure.objects.filter(erased_at=None) or traces(folder, ANN, DEVICE)):
        erase()
    assert traces(folder, ANN, DEVICE) == []
    return has_died


def test_a_worker_finishes_what_its_caller_left(workspace: int, tmp_path: Path) -> None:
    fill(workspace, tmp_path)
    held = held_about(workspace, tmp_path, ANN)
    actions._begin_erasure(workspace, held, "alice")
    assert claim("w") is None
    job = claim("w", now=datetime(2100, 1, 1, tzinfo=UTC))
    assert job is not None
    assert (job.kind, ANN in str(job.payload)) == ("erase_profile", False)
    finish_erasure(str(job.payload["erasure"]), tmp_path)
    assert traces(tmp_path, ANN, DEVICE) == []


def test_a_restored_backup_forgets_who_was_erased_since(workspace: int, tmp_path: Path) -> None:
    fill(workspace, tmp_path)
    seal_inbox(workspace, tmp_path / "stores" / str(workspace))
    made_at = now()
    # The database first, then the files of the version that it names.
    row = StoreVersion.objects.get()
    shutil.copytree(tmp_path / "stores", tmp_path / "backup")
    erase_profile(workspace, tmp_path, ANN, actor="alice")
    shutil.rmtree(tmp_path / "stores")
    (tmp_path / "backup").rename(tmp_path / "stores")
    row.save()
    Erasure.objects.all().delete()
    assert replay_ledger(tmp_path, since=made_at) == 1
    assert traces(tmp_path, ANN, DEVICE) == []
    assert records_of(workspace, tmp_path, [BEA])
    assert Erasure.objects.count() == 1


def test_who_came_back_after_being_erased_stays(workspace: int, tmp_path: Path) -> None:
    fill(workspace, tmp_path)
    erase_profile(workspace, tmp_path, ANN, actor="alice")
    append(row("back", workspace, userId=ANN))
    assert replay_ledger(tmp_path, since=now()) == 0
    assert held_about(workspace, tmp_path, ANN).inbox == 1


def test_a_ledger_of_another_key_is_refused(
    workspace: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(workspace, tmp_path)
    erase_profile(workspace, tmp_path, ANN, actor="alice")
    monkeypatch.setattr(actions, "secret_key", lambda _settings: "another key" * 5)
    with pytest.raises(LedgerKeyError, match="another secret key"):
        replay_ledger(tmp_path)


def test_an_export_of_unknown_form_goes_with_every_erasure(workspace: int, tmp_path: Path) -> None:
    fill(workspace, tmp_path)
    sheet = exports_of(workspace, tmp_path) / "sheet.xlsx"
    sheet.write_bytes(b"PK\x03\x04\xff\xfe")
    erase_profile(workspace, tmp_path, ANN, actor="alice")
    assert not sheet.exists()


@pytest.mark.parametrize(
    ("line", "is_hers"),
    [
        ('{"file": "f", "line": 7, "reason": "bad", "row": {"id": 8}}', False),
        ('{"file": "f", "line": 8, "reason": "bad", "row": {"id": 7}}', True),
        ('{"file": "f", "line": 8, "reason": "\'7\' is no time", "row": []}', True),
        ('{"file": "f", "line": 8, "reason": "bad", "row": [{"ids": ["17", "7"]}]}', True),
        ('{"file": "f", "line": 8, "reason": "bad", "row": "17;70"}', False),
        ("not JSON, 7", True),
    ],
)
def test_a_quarantined_row_is_hers_when_it_names_her(line: str, is_hers: bool) -> None:
    assert line_holds(line, pattern_of(["7"])) == is_hers


def test_what_could_not_become_an_event_is_told_too(workspace: int, tmp_path: Path) -> None:
    fill(workspace, tmp_path)
    rest = unsealed_of(workspace, tmp_path, [ANN])
    assert [one["message"]["messageId"] for one in rest["set_aside"]] == ["0e"]
    assert [one["row"] for one in rest["quarantined"]] == [{"mail": ANN}]

"""An import adds what a file holds once, and leaves an audit line."""

from __future__ import annotations

from pathlib import Path

import pytest

from kundresa.accounts.api import make_workspace
from kundresa.accounts.models import AuditLine
from kundresa.events.api import take_in
from kundresa.events.models import StoreVersion
from kundresa.events.sources import fingerprint, read_jsonl
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
    assert Store(store).event_count == 7
    lines = AuditLine.objects.filter(workspace=workspace, action="imported events")
    assert [line.details["events"] for line in lines.order_by("id")] == [3, 4]
    assert StoreVersion.objects.get(workspace_id=workspace.id).number == Store(store).version.number


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
    assert Store(tmp_path / "store").event_count == 1
    assert AuditLine.objects.filter(workspace=workspace, action="imported events").count() == 1

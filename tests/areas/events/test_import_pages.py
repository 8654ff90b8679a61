"""Imports from the page: upload, choose, preview, run, stop, go on, mend; and who may do what."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.translation import override
from ruamel.yaml import YAML

from kundresa.accounts.api import Member, Right, Role, Workspace, make_workspace
from kundresa.accounts.models import AuditLine
from kundresa.core import incoming
from kundresa.core.settings import settings
from kundresa.events import imports
from kundresa.events.api import (
    erase_profile,
    held_about,
    quarantine_of,
    reading_totals,
    store_of,
)
from kundresa.events.imports import running, uploads
from kundresa.events.models import Erasure, Import
from kundresa.events.sources.preview import preview_of
from kundresa.events.web.words import in_language
from kundresa.jobs.api import open_job_count
from kundresa.jobs.models import Job
from kundresa.profiles.api import counts, find_profiles, identifiers_of
from kundresa.profiles.models import Identifier, Profile
from kundresa.project.data_folder import DataFolder
from kundresa.project.worker import Worker
from tests.support.members import a_member, signed_in
from tests.support.traces import traces_of

pytestmark = [pytest.mark.db, pytest.mark.django_db(transaction=True)]

ORDERS = """order,customer,ordered,delivered,amount,stars
o1,ann,2026-03-01T12:00:00,2026-03-03,99.50,5
o2,bob,2026-03-01T12:30:00,,12,
o3,ann,1 March,,20,
o4,eve,2026-03-29T02:30:00,2026-04-02,349,2
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A data folder for each test: uploads and stores lie in it."""
    monkeypatch.setenv("KUNDRESA_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def shop() -> Workspace:
    return make_workspace("Alice's shop", slug="alice")


@pytest.fixture
def client(owner: Member) -> Client:
    return signed_in(Client(HTTP_HOST="127.0.0.1"), owner)


def upload(client: Client, text: str | bytes = ORDERS, name: str = "orders.csv") -> str:
    """Upload as the page's script does, and give the address of the import."""
    body = text.encode() if isinstance(text, str) else text
    answer = client.put(f"/w/alice/imports/upload/?name={name}&zone=Europe/Stockholm", body,
                        content_type="application/octet-stream")  # fmt: skip
    assert answer.status_code == 200, answer.content
    return str(answer.json()["address"])


def chosen(client: Client, address: str, **changed: str) -> Any:
    """Send the form as it stands, with some fields changed."""
    one = latest()
    found = imports.choices_in(one.plan)
    assert found
    fields = {f"becomes-{i}": choice.becomes for i, choice in enumerate(found.columns)}
    sent = {**fields, "zone": found.zone, "currency": found.currency, **changed}
    return client.post(f"{address}preview/", sent, headers={"HX-Request": "true"})


def latest() -> Import:
    return Import.objects.order_by("-id")[0]


def work() -> None:
    """Do every job that is due."""
    worker = Worker(DataFolder(settings().data_dir))
    while worker.do_one_job():
        pass


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


# --- upload ---------------------------------------------------------------------------------------


def test_the_list_says_what_to_do_and_offers_a_sample(client: Client, shop: Workspace) -> None:
    page = text_of(client.get("/w/alice/imports/"))
    assert "Choose a file, or drop it here" in page
    assert "sample-orders.csv" in page


def test_the_sample_file_is_guessed_whole(client: Client, shop: Workspace) -> None:
    sample = Path(imports.__file__).parents[1] / "static/events/sample-orders.csv"
    address = upload(client, sample.read_bytes(), sample.name)
    page = text_of(client.get(address))
    assert "All 24 rows give 46 events; rows put aside: 1." in page


def test_a_browser_without_script_uploads_by_the_form(client: Client, shop: Workspace) -> None:
    file = SimpleUploadedFile("orders.csv", ORDERS.encode(), content_type="image/png")
    answer = client.post("/w/alice/imports/", {"file": file, "zone": ""})
    assert answer.status_code == 302
    assert "All 4 rows give 5 events; rows put aside: 1." in text_of(client.get(answer["Location"]))


def test_nothing_of_the_senders_name_gets_into_a_path(
    client: Client, shop: Workspace, tmp_path: Path
) -> None:
    address = upload(client, name="..%2F..%2Fetc%2Fpasswd")
    assert "<h1>passwd</h1>" in text_of(client.get(address))
    names = [path.relative_to(tmp_path / "uploads") for path in (tmp_path / "uploads").rglob("*.*")]
    assert [(path.parent.name, path.suffix) for path in names] == [(str(shop.id), ".csv")]
    assert (tmp_path / "uploads" / names[0]).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04rest", "The file is not a table."),
        (b"\x89PNG\r\n\x1a\n\0\0", "The file is not a table."),
        (b'[{"profile": 1}]', "The file is one list of JSON."),
        (b"\x1f\x8b\x08broken", "The file can"),
        (b"a,a\n1,2\n", "has the column"),
        (b"a,b\n", "no rows that could be read"),
        (b'{"file": "x", "line": 1, "reason": "r", "row": {}}\n', "rows that were put aside"),
    ],
)
def test_what_is_no_table_is_refused_in_words_and_leaves_nothing(
    client: Client, shop: Workspace, tmp_path: Path, body: bytes, told: str
) -> None:
    answer = client.put("/w/alice/imports/upload/?name=orders.csv", body,
                        content_type="application/octet-stream")  # fmt: skip
    assert answer.status_code == 400
    assert told in answer.json()["message"]
    assert [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()] == []
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"PAR1 and no end",
        b"<log><trace>",
        b"<html></html>",
        b"<!DOCTYPE a><log/>",
        b'<log>\n<trace><string key="note" value="' + b"x" * 9_000_000 + b'"/></trace></log>',
        b"x" * 2_000_000,
        b'"a,b\n1,2\n',
        b"\n \na,b\n",
        b"a,b\n1,\xe5\n\x81",
        b"\x1f\x8b" + gzip.compress(b"a,b\n" + b"1,2\n" * 90_000)[2:200],
    ],
    ids=[
        "parquet",
        "cut xml",
        "no log",
        "doctype",
        "long xml",
        "long",
        "quote",
        "blank",
        "bytes",
        "cut gzip",
    ],
)
def test_a_refusal_is_in_the_readers_language_and_names_no_place_on_the_disk(
    client: Client, shop: Workspace, tmp_path: Path, body: bytes
) -> None:
    said = [
        client.put("/w/alice/imports/upload/?name=t", body, content_type="text/csv",
                   headers={"accept-language": language})
        for language in ("en", "da")
    ]  # fmt: skip
    assert [answer.status_code for answer in said] == [400, 400], said
    english, danish = (answer.json()["message"] for answer in said)
    assert english != danish
    for text in (english, danish):
        assert str(tmp_path) not in text
        assert not re.search(r"[0-9a-z]{26}", text), text
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f'{ORDERS}c1,"a"b\n', "har et anførselstegn, som intet afslutter"),
        (f'{ORDERS}c1,"{"x" * 200_000}\n', "har et felt, der er for langt"),
    ],
    ids=["quote", "field"],
)
def test_each_reason_of_a_bad_row_is_translated(
    client: Client, shop: Workspace, text: str, told: str
) -> None:
    answer = client.get(upload(client, text), headers={"accept-language": "da"})
    assert told in text_of(answer)


@pytest.mark.parametrize(
    "reason",
    [
        "doesn't fit the pattern.", "is not a JSON object.", "items is not a list.",
        "row is empty: write it as {column: value}.", "row is text: write it as {column: value}.",
    ],
)  # fmt: skip
def test_a_reason_that_a_mapping_brings_is_translated(reason: str) -> None:
    with override("da"):
        assert in_language(reason) != reason


def test_a_file_with_the_line_ends_of_old_macs_is_read(client: Client, shop: Workspace) -> None:
    address = upload(client, ORDERS.replace("\n", "\r"))
    assert "All 4 rows give 5 events" in text_of(client.get(address))


def test_a_file_is_known_by_its_content_not_by_its_name(client: Client, shop: Workspace) -> None:
    address = upload(client, gzip.compress(ORDERS.encode()), "holiday.jpg")
    assert "All 4 rows give 5 events" in text_of(client.get(address))
    assert latest().file.endswith(".csv.gz")


def test_a_long_file_is_previewed_by_its_beginning_and_imported_whole(
    client: Client, shop: Workspace, tmp_path: Path
) -> None:
    address = upload(client, many(6_000))
    page = text_of(client.get(address))
    assert "The first 4" in page
    assert "rows put aside: 0" in page
    client.post(f"{address}start/")
    work()
    assert latest().events == 6_000
    assert [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()] == []


def test_a_beginning_ends_with_a_whole_row(client: Client, shop: Workspace) -> None:
    rows = "".join(
        f'c{n},2026-03-01T12:00:00,"{"a line" + chr(10)}{"x" * 250}"\n' for n in range(6_000)
    )
    assert "rows put aside: 0" in text_of(client.get(upload(client, f"customer,time,text\n{rows}")))


def test_a_file_that_is_too_large_is_refused(
    client: Client, shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUNDRESA_UPLOAD_MEGABYTES", "1")
    settings.cache_clear()
    answer = client.put("/w/alice/imports/upload/?name=x.csv", b"a" * 1_000_001,
                        content_type="application/octet-stream")  # fmt: skip
    assert answer.status_code == 413
    assert "1 MB are allowed" in answer.json()["message"]
    assert [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()] == []


def test_a_disk_without_room_refuses_the_file(
    client: Client, shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "ROOM", 1 << 62)
    answer = client.put("/w/alice/imports/upload/?name=x.csv", ORDERS,
                        content_type="application/octet-stream")  # fmt: skip
    assert answer.status_code == 507
    assert "too little room" in answer.json()["message"]


# --- choosing -------------------------------------------------------------------------------------


def test_the_guess_is_shown_with_its_reasons(client: Client, shop: Workspace) -> None:
    page = text_of(client.get(upload(client)))
    assert "Customer: customer (sure; by its name; 4 of 4 rows, 3 different)" in page
    assert "“1 March” is not a time" in page
    assert "Europe/Stockholm" in page


def test_a_choice_changes_the_preview_and_stays(client: Client, shop: Workspace) -> None:
    address = upload(client)
    fragment = text_of(chosen(client, address, **{"becomes-3": "text", "currency": "SEK"}))
    assert "All 4 rows give 3 events" in fragment
    assert '99.50 <span class="quiet">SEK</span>' in fragment
    assert '49.00 <span class="quiet">SEK</span>' in fragment, "decimals stand below decimals"
    assert "<html" not in fragment
    assert "All 4 rows give 3 events" in text_of(client.get(address))


def test_what_is_missing_is_told_and_nothing_starts(client: Client, shop: Workspace) -> None:
    address = upload(client)
    fragment = text_of(chosen(client, address, **{"becomes-1": "", "currency": "kronor"}))
    assert "No column says whose rows these are." in fragment
    assert "A currency is three letters, such as SEK." in fragment
    answer = client.post(f"{address}start/", {"zone": "UTC"})
    assert answer.status_code == 400
    assert latest().state == Import.DRAFT
    assert open_job_count() == 0


def test_a_file_of_which_nothing_is_guessed_can_still_be_chosen(
    client: Client, shop: Workspace
) -> None:
    address = upload(client, "a,b,c\nx,2026-03-01,blue\n", "strange.csv")
    assert "No column says whose rows these are." in text_of(client.get(address))
    fragment = text_of(chosen(client, address, **{"becomes-0": "profile", "becomes-1": "time"}))
    assert "All 1 rows give 1 event;" in fragment
    assert "Strange" in fragment


def test_event_records_need_no_choice(client: Client, shop: Workspace) -> None:
    record = {"profile": "ann", "event": "Ordered", "time": "2026-03-01T12:00:00Z"}
    address = upload(client, json.dumps(record) + "\n", "events.jsonl")
    assert "nothing to choose" in text_of(client.get(address))
    client.post(f"{address}start/")
    work()
    assert latest().events == 1


def test_the_mapping_goes_to_the_command_line_and_back(
    client: Client, shop: Workspace, tmp_path: Path
) -> None:
    address = upload(client)
    chosen(client, address, **{"named-2": "Bought", "currency": "SEK"})
    answer = client.get(f"{address}mapping.yaml")
    file = tmp_path / "orders.yaml"
    file.write_bytes(answer.content)
    data = YAML(typ="safe").load(file.read_text())
    assert data["tables"]["rows"]["file"] == "orders.csv"
    assert data["rows"][0]["events"][0]["event"] == "Bought"

    again = upload(client, ORDERS.replace("o1", "o9"), "april.csv")
    sent = SimpleUploadedFile("orders.yaml", file.read_bytes())
    assert client.post(f"{again}mapping/", {"file": sent}).status_code == 302
    page = text_of(client.get(again))
    assert "Bought" in page
    assert 'value="SEK"' in page


def test_a_mapping_that_says_more_than_the_table_is_kept_as_it_is(
    client: Client, shop: Workspace
) -> None:
    address = upload(client)
    mapping = """kundresa_mapping: 1
tables: {orders: {file: other.csv}}
rows:
  - table: orders
    profile: customer
    events:
      - {event: Late, time: delivered, when: {property: stars, value: "2"}}
"""
    sent = SimpleUploadedFile("late.yaml", mapping.encode())
    assert client.post(f"{address}mapping/", {"file": sent}).status_code == 302
    page = text_of(client.get(address))
    assert "says more than the table of columns" in page
    assert "All 4 rows give 1 event;" in page


def test_rows_without_a_customer_are_named_after_the_file_as_its_sender_calls_it(
    client: Client, shop: Workspace
) -> None:
    address = upload(client)
    mapping = """kundresa_mapping: 1
tables: {orders: {file: other.csv}}
rows:
  - table: orders
    profile: {row: true}
    events:
      - {event: Late, time: {value: 2026-03-01}}
"""
    sent = SimpleUploadedFile("late.yaml", mapping.encode())
    assert client.post(f"{address}mapping/", {"file": sent}).status_code == 302
    page = text_of(client.get(address))
    assert "says more than the table of columns" in page
    assert "All 4 rows give 4 events" in page
    assert "orders-4" in page


@pytest.mark.parametrize(
    "text",
    [
        "rows: 7",
        (
            "kundresa_mapping: 1\ntables: {a: {file: x.csv}, b: {file: y.csv}}\nrows:\n"
            "  - {table: a, profile: c, events: [{event: E, time: t}]}\n"
        ),
        "a: &a [x, x]\nb: &b [*a, *a]\n",
        "\0",
    ],
)
def test_a_wrong_mapping_file_is_refused_beside_its_field(
    client: Client, shop: Workspace, text: str
) -> None:
    address = upload(client)
    before = latest().plan
    answer = client.post(
        f"{address}mapping/", {"file": SimpleUploadedFile("m.yaml", text.encode())}
    )
    assert answer.status_code == 400
    assert 'id="mapping-error"' in text_of(answer)
    assert latest().plan == before


def test_a_saved_mapping_is_offered_for_the_same_columns(client: Client, shop: Workspace) -> None:
    address = upload(client)
    chosen(client, address, **{"named-2": "Bought"})
    assert client.post(f"{address}mapping/save/", {"name": "Shop orders"}).status_code == 302
    again = upload(client, ORDERS.replace("ann", "zoe"))
    assert "Shop orders (the same columns)" in text_of(client.get(again))
    client.post(f"{again}mapping/", {"saved": "Shop orders"})
    assert "Bought" in text_of(client.get(again))
    other = upload(client, "customer,time\nann,2026-03-01\n")
    assert "the same columns" not in text_of(client.get(other))


# --- running --------------------------------------------------------------------------------------


def imported(client: Client, text: str = ORDERS, **changed: str) -> str:
    address = upload(client, text)
    if changed:
        chosen(client, address, **changed)
    assert client.post(f"{address}start/").status_code == 302
    work()
    return address


def test_an_import_adds_events_and_says_so(client: Client, shop: Workspace, tmp_path: Path) -> None:
    page = text_of(client.get(imported(client)))
    assert "5 events were added." in page
    assert "“1 March” is not a time" in page
    assert store_of(shop.id, tmp_path).snapshot().version.event_count == 5
    listed = text_of(client.get("/w/alice/imports/"))
    assert "orders.csv" in listed
    assert "Åsa Berg" in listed
    assert "Done" in listed


def test_the_same_content_adds_nothing_and_says_so(
    client: Client, shop: Workspace, tmp_path: Path
) -> None:
    imported(client)
    assert "imported before; nothing was added" in text_of(client.get(imported(client)))
    assert store_of(shop.id, tmp_path).snapshot().version.event_count == 5


def test_a_file_goes_after_the_import_unless_rows_were_put_aside(
    client: Client, shop: Workspace, tmp_path: Path
) -> None:
    imported(client, ORDERS.replace("1 March", "2026-03-01"))
    assert [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()] == []
    imported(client)
    assert imports.upload_of(latest(), tmp_path).exists()


def many(rows: int) -> str:
    """Rows so long that they are read in several pieces."""
    lines = [f"c{n},2026-03-01T12:00:00,{'x' * 200}" for n in range(rows)]
    return "\n".join(["customer,time,text", *lines, ""])


def test_a_stopped_import_goes_on_and_adds_each_row_once(
    client: Client, shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kundresa.events.actions.CHUNK", 10_000)
    monkeypatch.setattr(running, "_TELL_EVERY", 0.0)
    address = upload(client, many(60_000))
    client.post(f"{address}start/")
    _stop_after(40_000, client, address, monkeypatch)
    work()
    page = text_of(client.get(address))
    one = latest()
    assert one.state == Import.STOPPED
    assert 0 < one.rows < 60_000
    assert "Continue" in page
    client.post(f"{address}start/")
    work()
    assert latest().state == Import.DONE
    assert latest().added == 60_000
    assert store_of(shop.id, tmp_path).snapshot().version.event_count == 60_000


def _stop_after(rows: int, client: Client, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tell, asked = running._Watched._tell, []

    def tell_and_stop(self: Any, piece: Any) -> None:
        if piece.rows >= rows and not asked:
            asked.append(client.post(f"{address}stop/"))
        tell(self, piece)

    monkeypatch.setattr(running._Watched, "_tell", tell_and_stop)


def test_a_worker_that_dies_is_followed_by_one_that_goes_on(
    client: Client, shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kundresa.events.actions.CHUNK", 10_000)
    address = upload(client, many(60_000))
    client.post(f"{address}start/")
    one = latest()

    class DeathError(BaseException):
        """What ends a process takes no way through handlers."""

    real = running.replace
    seen: list[int] = []

    def die(piece: Any, **changed: Any) -> Any:
        if getattr(piece, "rows", 0) > 40_000 and not seen:
            seen.append(piece.rows)
            raise DeathError
        return real(piece, **changed)

    monkeypatch.setattr(running, "replace", die)
    with pytest.raises(DeathError):
        imports.run(one.id, one.turn, tmp_path)
    assert latest().state == Import.RUNNING
    saved = store_of(shop.id, tmp_path).snapshot().version.event_count
    assert 0 < saved < 60_000
    imports.run(one.id, one.turn, tmp_path)
    assert latest().state == Import.DONE
    assert store_of(shop.id, tmp_path).snapshot().version.event_count == 60_000


def test_an_import_waits_for_another_of_the_workspace(
    client: Client, shop: Workspace, tmp_path: Path
) -> None:
    from kundresa.events.actions import _importing

    upload(client)
    imports.start(latest(), actor="Alice")
    with _importing(store_of(shop.id, tmp_path)):
        work()
        assert latest().state == Import.WAITING
    assert open_job_count() == 1


def test_a_file_that_breaks_off_is_told_and_can_be_tried_again(
    client: Client, shop: Workspace, tmp_path: Path
) -> None:
    address = upload(client, gzip.compress(ORDERS.encode()), "big.csv.gz")
    file = imports.upload_of(latest(), tmp_path)
    client.post(f"{address}start/")
    os.truncate(file, file.stat().st_size - 8)
    work()
    page = text_of(client.get(address))
    assert "can&#x27;t be read to its end" in page
    assert str(tmp_path) not in page
    assert store_of(shop.id, tmp_path).snapshot().version.event_count == 0


def test_a_file_that_has_become_unreadable_is_told_before_it_starts(
    client: Client, shop: Workspace, tmp_path: Path
) -> None:
    address = upload(client, gzip.compress(ORDERS.encode()))
    os.truncate(imports.upload_of(latest(), tmp_path), 20)
    for answer in (client.get(address), client.post(f"{address}start/")):
        assert "can&#x27;t be read to its end" in text_of(answer)
        assert str(tmp_path) not in text_of(answer)
    assert latest().state == Import.DRAFT


def test_progress_is_a_fragment_that_ends_with_the_import(client: Client, shop: Workspace) -> None:
    address = upload(client)
    client.post(f"{address}start/")
    first = client.get(f"{address}progress/")
    assert "every 1s" in text_of(first)
    work()
    assert client.get(f"{address}progress/").headers["HX-Refresh"] == "true"


# --- mending --------------------------------------------------------------------------------------


def test_mended_rows_come_in_once(client: Client, shop: Workspace, tmp_path: Path) -> None:
    address = imported(client, f"{ORDERS}o5,kim,2 April,,7,\n", **{"becomes-2": "time"})
    aside = b"".join(client.get(f"{address}quarantine.jsonl").streaming_content)  # type: ignore[attr-defined]
    rows = [json.loads(line) for line in aside.splitlines()]
    assert [(row["file"], row["line"]) for row in rows] == [("orders.csv", 4), ("orders.csv", 6)]
    rows[0]["row"]["ordered"] = "2026-03-01"
    half = "\n".join(map(json.dumps, rows)).encode()
    _send_mended(client, address, half)
    assert latest().added == 1
    assert _lines_aside(address, tmp_path) == [6]
    rows[1]["row"]["ordered"] = "2026-04-02"
    _send_mended(client, address, "\n".join(map(json.dumps, rows)).encode())
    assert latest().added == 1
    assert store_of(shop.id, tmp_path).snapshot().version.event_count == 7
    assert "Rows put aside</h2>" not in text_of(client.get(address))
    assert [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()] == []


def _send_mended(client: Client, address: str, body: bytes) -> None:
    sent = SimpleUploadedFile("bad.jsonl", body)
    assert client.post(f"{address}mended/", {"file": sent}).status_code == 302
    work()


def _lines_aside(address: str, folder: Path) -> list[int]:
    path = next((folder / "quarantine").rglob(f"{address.rstrip('/').rpartition('/')[2]}.jsonl"))
    return [json.loads(line)["line"] for line in path.read_text().splitlines()]


def test_rows_that_are_open_no_more_are_refused(client: Client, shop: Workspace) -> None:
    address = imported(client)
    row = {"file": "orders.csv", "line": 99, "reason": "", "row": {}, "rule": "rows[0]"}
    sent = SimpleUploadedFile("bad.jsonl", json.dumps(row).encode())
    answer = client.post(f"{address}mended/", {"file": sent})
    assert answer.status_code == 400
    assert "None of these rows is put aside any more." in text_of(answer)


# --- readings -------------------------------------------------------------------------------------

ADS = """Date,Campaign,Impressions,Clicks,Cost (SEK)
2026-03-01,Spring,1000,20,120.50
2026-03-01,Brand,500,30,80.00
2026-03-02,Spring,1100,25,130.25
2026-03-02,Brand,520,28,81.00
Total,,3120,103,411.75
"""
DOOR = {
    "series": "footfall", "period": {"from": "2026-03-02", "to": "2026-03-03"}, "value": 41,
    "unit": "visitors", "channel": "store", "source": "door",
}  # fmt: skip


def readings_imported(client: Client, text: str, name: str = "ads.csv") -> str:
    address = upload(client, text, name)
    assert client.post(f"{address}start/").status_code == 302
    work()
    return address


def kept(workspace: Workspace) -> dict[tuple[str, str], float | None]:
    """Give the totals of each series at its place."""
    found = reading_totals(workspace.id, 0, 1 << 52)
    return {(each.series, each.place): each.total for each in found}


def test_a_table_of_days_and_numbers_is_previewed_as_readings(
    client: Client, shop: Workspace
) -> None:
    page = text_of(client.get(upload(client, ADS, "ads.csv")))
    assert "The rows become readings" in page
    assert "All 5 rows give 12 readings; rows put aside: 1." in page
    assert "120.50 SEK" in page
    assert "Period: Date (likely; each row is for one day; 5 of 5 rows, 3 different)" in page
    assert "Series: Cost (SEK) (likely; in SEK; 5 of 5 rows, 5 different)" in page
    assert "“Total” is not a time" in page
    assert "The first events" not in page


def test_the_source_of_readings_is_the_file_as_people_name_it(
    client: Client, shop: Workspace
) -> None:
    page = text_of(client.get(upload(client, ADS, "ads-2026-03.csv")))
    assert "Source: “ads”, by the name of the file." in page
    assert "value: ads" in page


def test_no_series_hides_another_in_the_preview(client: Client, shop: Workspace) -> None:
    rows = "".join(f"2026-03-{day:02},{day},{day * 10}\n" for day in range(1, 31))
    draft = preview_of(first_pieces_of(client, f"date,clicks,impressions\n{rows}"))
    assert draft.reading_count == 60
    assert [each.series for each in draft.readings].count("clicks") == 10
    assert (draft.readings[0].begins, draft.readings[0].ends) == ("2026-03-01", "2026-03-02")


@pytest.mark.parametrize("to", ["9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z"])
def test_a_period_at_the_end_of_the_calendar_is_shown(
    client: Client, shop: Workspace, to: str
) -> None:
    record = {**DOOR, "period": {"from": "0001-01-01T00:00:00+14:00", "to": to}}
    page = text_of(client.get(upload(client, json.dumps(record) + "\n", "door.jsonl")))
    assert "All 1 rows give 1 reading" in page
    assert "0001-01-01 00:00" in page
    assert "9999-12-31 23:59" in page


def first_pieces_of(client: Client, text: str) -> Any:
    upload(client, text, "numbers.csv")
    return imports.first_pieces(latest(), settings().data_dir)


def test_readings_come_in_and_the_page_says_how_many(client: Client, shop: Workspace) -> None:
    page = text_of(client.get(readings_imported(client, ADS)))
    assert "12 readings were added." in page
    assert "events were added" not in page
    assert "See it on the maps" not in page
    assert "This row gave nothing" in page
    assert kept(shop)["cost", "Spring"] == 250.75
    listed = text_of(client.get("/w/alice/imports/"))
    assert "12 readings" in listed


def test_the_same_readings_again_add_nothing(client: Client, shop: Workspace) -> None:
    readings_imported(client, ADS)
    page = text_of(client.get(readings_imported(client, ADS)))
    assert "The same content was imported before; nothing was added." in page
    assert "0 readings" in text_of(client.get("/w/alice/imports/"))
    shorter = "".join(ADS.splitlines(keepends=True)[:3])
    assert "The same readings stood there already." in text_of(
        client.get(readings_imported(client, shorter))
    )
    assert kept(shop)["cost", "Spring"] == 250.75


def test_a_later_file_corrects_readings_and_says_so(client: Client, shop: Workspace) -> None:
    readings_imported(client, ADS)
    later = ADS.replace("120.50", "121.50").replace("Total,", "2026-03-03,")
    page = text_of(client.get(readings_imported(client, later)))
    assert "3 readings were added." in page
    assert "1 reading was corrected; the audit trail has what stood there before." in page
    assert kept(shop)["cost", "Spring"] == 251.75


def test_records_of_events_and_readings_come_in_together(client: Client, shop: Workspace) -> None:
    event = {"profile": "ann", "event": "Ordered", "time": "2026-03-01T12:00:00Z"}
    bad = {**DOOR, "period": 7, "campaign": "x"}
    text = "".join(json.dumps(each) + "\n" for each in (event, DOOR, bad))
    page = text_of(client.get(upload(client, text, "mixed.jsonl")))
    assert "nothing to choose" in page
    assert "All 3 rows give 1 event and 1 reading; rows put aside: 1." in page
    assert "Period can&#x27;t be 7" in page
    assert "Campaign stands beside Channel" in page
    page = text_of(client.get(readings_imported(client, text, "mixed.jsonl")))
    assert "1 event was added." in page
    assert "1 reading was added." in page
    assert kept(shop) == {("footfall", "store"): 41}


def test_two_numbers_for_the_same_are_told_by_the_name_of_the_file(
    client: Client, shop: Workspace
) -> None:
    rows = [DOOR, {**DOOR, "value": 42}]
    text = "".join(json.dumps(each) + "\n" for each in rows)
    address = readings_imported(client, text, "door.jsonl")
    assert "footfall is 41 visitors in another row" in text_of(client.get(address))
    aside = b"".join(client.get(f"{address}quarantine.jsonl").streaming_content)  # type: ignore[attr-defined]
    row = json.loads(aside)
    assert (row["file"], row["line"]) == ("door.jsonl", 2)


def test_mended_readings_are_added_and_correct_nothing(client: Client, shop: Workspace) -> None:
    address = readings_imported(client, ADS)
    aside = b"".join(client.get(f"{address}quarantine.jsonl").streaming_content)  # type: ignore[attr-defined]
    row = json.loads(aside)
    row["row"] |= {"Date": "2026-03-01", "Campaign": "Spring"}
    _send_mended(client, address, json.dumps(row).encode())
    assert latest().readings_added == latest().readings_corrected == 0
    page = text_of(client.get(address))
    assert "cost is 120.5 SEK already for the same period, place and source." in page
    assert kept(shop)["cost", "Spring"] == 250.75
    row["row"] |= {"Date": "2026-03-03"}
    _send_mended(client, address, json.dumps(row).encode())
    assert latest().readings_added == 3
    assert kept(shop)["cost", "Spring"] == 662.5


def test_a_stopped_import_of_readings_adds_up_its_turns(
    client: Client, shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kundresa.events.actions.CHUNK", 500)
    monkeypatch.setattr("kundresa.events.sources.jsonl.BATCH", 500)
    monkeypatch.setattr(running, "_TELL_EVERY", 0.0)
    rows = [{**DOOR, "channel": f"store {n}"} for n in range(2_000)]
    address = upload(client, "".join(json.dumps(each) + "\n" for each in rows), "doors.jsonl")
    client.post(f"{address}start/")
    _stop_after(1_500, client, address, monkeypatch)
    work()
    assert latest().state == Import.STOPPED
    assert 0 < latest().readings == latest().readings_added < 2_000
    client.post(f"{address}start/")
    work()
    assert latest().state == Import.DONE
    assert latest().readings == latest().readings_added == 2_000
    assert "2,000 readings were added." in text_of(client.get(address))


def test_a_mapping_of_readings_goes_to_a_file_and_back(client: Client, shop: Workspace) -> None:
    address = upload(client, ADS, "ads.csv")
    mapping = client.get(f"{address}mapping.yaml").content.replace(b"value: ads", b"value: Ad desk")
    sent = SimpleUploadedFile("ads.yaml", mapping)
    assert client.post(f"{address}mapping/", {"file": sent}).status_code == 302
    page = text_of(client.get(address))
    assert "All 5 rows give 12 readings" in page
    assert "<td>Ad desk</td>" in page
    assert client.post(f"{address}mapping/save/", {"name": "Ads"}).status_code == 302
    again = upload(client, ADS.replace("2026-03", "2026-04"), "april.csv")
    assert "Ads (the same columns)" in text_of(client.get(again))
    client.post(f"{again}mapping/", {"saved": "Ads"})
    assert "Ads (the same columns)" in text_of(client.get(again))
    assert "<td>Ad desk</td>" in text_of(client.get(again))
    other = upload(client, ADS.replace("Clicks", "Visits"), "other.csv")
    assert "the same columns" not in text_of(client.get(other))


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("sv", "Alla 5 rader ger 12 mätvärden; rader lagda åt sidan: 1."),
        ("nb", "Alle 5 rader gir 12 måleverdier; rader lagt til side: 1."),
        ("da", "Alle 5 rækker giver 12 måleværdier; rækker lagt til side: 1."),
    ],
)
def test_readings_are_told_in_the_readers_language(
    client: Client, shop: Workspace, language: str, told: str
) -> None:
    answer = client.get(upload(client, ADS, "ads.csv"), headers={"accept-language": language})
    assert told in text_of(answer)
    for note in latest().notes:
        assert note not in text_of(answer)


@pytest.mark.parametrize(
    "text",
    [
        (
            "begin,end,platform,clicks,spend,ctr\n"
            "2026-03-02,2026-03-08,Web,1,2.5,0.1\n2026-03-02,2026-03-08,App,3,4.5,0.2\n"
        ),
        (
            "week,channel,source,visits,cost,currency\n"
            "2026-03-02,Web,desk,1,9,SEK\n2026-03-09,Web,desk,3,8,SEK\n"
        ),
        "month,campaign,clicks\n2026-03,A,1\n2026-03,A,2\n2026-04,A,2\n",
        "hour,visitors\n2026-03-02T10:00,1\n2026-03-02T11:00,5\n",
        (
            "from,to,shop,language,visitors\n"
            "2026-03-02T10:00,2026-03-02T11:00,North,sv,1\n2026-03-02T10:00,2026-03-02T11:00,South,sv,5\n"
        ),
    ],
)
def test_each_note_of_a_guess_of_readings_is_translated(
    client: Client, shop: Workspace, text: str
) -> None:
    upload(client, text, "numbers.csv")
    assert "readings" in latest().plan["mapping"]
    with override("da"):
        for note in latest().notes:
            told = in_language(note)
            left = re.findall(r"[(;] ?(likely|unsure|sure|by|in|each|it|the|averages)\b", told)
            assert told != note
            assert not left, told


# --- identifiers and numbers ----------------------------------------------------------------------

NORDIC = """Kundnummer;E-post;Mobil;Datum;Belopp
k1;ann@x.se;070-123 45 67;2026-03-01;1 234,50
k2;bob@x.se;;2026-03-02;1.234,50
k3;;;2026-03-03;12,00
"""


def test_identifiers_are_guessed_and_shown(client: Client, shop: Workspace) -> None:
    page = text_of(client.get(upload(client, NORDIC, "kunder.csv")))
    assert "Identifier: e-mail address: E-post (sure; by name and content;" in page
    assert '<option value="identifier:email"\n' in page
    assert "e-mail address</span> ann@x.se" in page
    assert "phone number</span> 070-123 45 67" in page


def test_a_column_becomes_an_identifier_and_each_type_once(client: Client, shop: Workspace) -> None:
    address = upload(client)
    fragment = text_of(chosen(client, address, **{"becomes-0": "identifier:device"}))
    assert "device</span> o1" in fragment
    mapping = YAML(typ="safe").load(client.get(f"{address}mapping.yaml").content)
    assert mapping["rows"][0]["identifiers"] == {"device": "order"}
    twice = {"becomes-0": "identifier:device", "becomes-4": "identifier:device"}
    assert "now several are: (order, amount)" in text_of(chosen(client, address, **twice))


def test_the_sign_before_decimals_is_guessed_and_chosen(client: Client, shop: Workspace) -> None:
    address = upload(client, NORDIC, "kunder.csv")
    page = text_of(client.get(address))
    assert "Belopp: read with a comma before decimals, as 1 234,50" in page
    assert "All 3 rows give 3 events; rows put aside: 0." in page
    assert "1,234.50" in page
    fragment = text_of(chosen(client, address, decimal=""))
    assert "rows put aside: 3." in fragment
    assert "Belopp: “1 234,50” is not a number" in fragment
    assert "rows put aside: 0." in text_of(chosen(client, address, decimal=","))
    assert "rows put aside: 0." in text_of(chosen(client, address, decimal="odd"))


def test_json_has_its_own_numbers(client: Client, shop: Workspace) -> None:
    address = upload(client, '{"customer": "a", "time": "2026-03-01", "amount": 1.5}\n', "a.jsonl")
    assert "How numbers are written" not in text_of(client.get(address))
    assert "rows put aside: 0." in text_of(chosen(client, address, decimal=","))


def test_a_mapping_with_identifiers_goes_to_a_file_and_back(
    client: Client, shop: Workspace
) -> None:
    text = client.get(f"{upload(client, NORDIC)}mapping.yaml").content
    again = upload(client, NORDIC.replace("k1", "k9"))
    client.post(f"{again}mapping/", {"file": SimpleUploadedFile("m.yaml", text)})
    found = imports.choices_in(latest().plan)
    assert found is not None
    assert [choice.becomes for choice in found.columns] == [
        "profile", "identifier:email", "identifier:phone", "time", "value",
    ]  # fmt: skip
    assert found.table["decimal"] == ","


@pytest.mark.parametrize("first", ["numbers", "addresses"])
def test_customer_numbers_and_addresses_of_two_files_are_one_profile(
    client: Client, shop: Workspace, tmp_path: Path, first: str
) -> None:
    letters = "E-post;Öppnat\nann@x.se;2026-03-04\neve@x.se;2026-03-05\n"
    texts = {"numbers": NORDIC, "addresses": letters}
    for name in (first, *(texts.keys() - {first})):
        imported(client, texts[name])
    found = find_profiles(shop.id, store_of(shop.id, tmp_path), "ann@x.se")
    assert [(one.key, len(one.merged)) for one in found] == [("k1", 1)]
    carried = {(one.type, one.value) for one in identifiers_of(shop.id, found[0].number)}
    assert carried == {("email", "ann@x.se"), ("phone", "070-123 45 67")}
    assert counts(shop.id).profiles - counts(shop.id).merged == 4


def test_no_byte_of_an_erased_address_is_left(
    client: Client, shop: Workspace, tmp_path: Path
) -> None:
    imported(client, NORDIC + "k1;ann@x.se;070-123 45 67;soon;1\n", currency="SEK")
    ann, bob = ["ann@x.se", "070-123 45 67"], ["bob@x.se"]
    assert len(traces_of(ann, tmp_path)) > 2
    erase_profile(shop.id, tmp_path, ann[0], actor="Alice")
    assert traces_of(ann, tmp_path) == []
    assert traces_of(bob, tmp_path)
    [kept] = find_profiles(shop.id, store_of(shop.id, tmp_path), "k2")
    assert [one.value for one in identifiers_of(shop.id, kept.number)] == bob
    tables = (AuditLine, Erasure, Import, Job, Identifier, Profile)
    written = [str(row) for table in tables for row in table.objects.values()]  # type: ignore[attr-defined]
    assert written
    assert [row for row in written if any(text in row for text in ann)] == []


# --- rights ---------------------------------------------------------------------------------------

CHANGES = ("preview/", "start/", "stop/", "remove/", "mapping/", "mapping/save/", "mended/")


def client_of(shop: Workspace, role: Role, *rights: Right) -> Client:
    member = a_member(shop, role=role, name="Bo Ek", rights=set(rights))
    return signed_in(Client(HTTP_HOST="127.0.0.1"), member)


@pytest.mark.parametrize("action", CHANGES)
@pytest.mark.parametrize("role", [Role.VIEWER, Role.COMMENTER])
def test_who_may_only_look_changes_nothing(
    client: Client, shop: Workspace, action: str, role: Role
) -> None:
    address = upload(client)
    before = Import.objects.values().get()
    answer = client_of(shop, role, Right.SEE_CUSTOMERS).post(f"{address}{action}")
    assert answer.status_code == 403
    assert Import.objects.values().get() == before


@pytest.mark.parametrize("method", ["put", "post"])
def test_who_may_only_look_uploads_nothing(shop: Workspace, method: str) -> None:
    path = "/w/alice/imports/upload/" if method == "put" else "/w/alice/imports/"
    answer = getattr(client_of(shop, Role.VIEWER, Right.SEE_CUSTOMERS), method)(path)
    assert answer.status_code == 403
    assert not Import.objects.exists()


def test_who_may_see_customers_may_look_at_rows(client: Client, shop: Workspace) -> None:
    address = upload(client)
    page = text_of(client_of(shop, Role.VIEWER, Right.SEE_CUSTOMERS).get(address))
    assert "All 4 rows give 5 events" in page
    assert 'type="submit">Import' not in page.replace("\n", "")


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_rows_are_for_those_who_may_see_customers(
    client: Client, shop: Workspace, role: Role
) -> None:
    address = upload(client)
    other = client_of(shop, role)
    assert other.get("/w/alice/imports/").status_code == 200
    for page in ("", "quarantine.jsonl"):
        assert other.get(f"{address}{page}").status_code == 403


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("sv", "Det här får du inte"),
        ("nb", "Dette har du ikke lov til"),
        ("da", "Det her må du ikke"),
    ],
)
def test_a_refusal_is_told_in_the_readers_language(
    shop: Workspace, language: str, title: str
) -> None:
    viewer = client_of(shop, Role.VIEWER)
    answer = viewer.post("/w/alice/imports/", headers={"accept-language": language})
    assert answer.status_code == 403
    assert f"<h1>{title}</h1>" in text_of(answer)


def test_each_form_needs_its_token(owner: Member, shop: Workspace) -> None:
    client = signed_in(Client(HTTP_HOST="127.0.0.1", enforce_csrf_checks=True), owner)
    for path in ("/w/alice/imports/", *(f"/w/alice/imports/x/{change}" for change in CHANGES)):
        assert client.post(path).status_code == 403
    assert client.put("/w/alice/imports/upload/", b"a,b\n").status_code == 403


def test_another_workspaces_imports_are_not_found(client: Client, shop: Workspace) -> None:
    make_workspace("Bob's shop", slug="bob")
    address = imported(client).replace("/alice/", "/bob/")
    for page in ("", "progress/", "mapping.yaml", "quarantine.jsonl"):
        assert client.get(f"{address}{page}").status_code == 404
    for change in CHANGES:
        assert client.post(f"{address}{change}").status_code == 404
    assert "What was imported" not in text_of(client.get("/w/bob/imports/"))


def test_a_saved_mapping_of_another_workspace_is_not_found(client: Client, shop: Workspace) -> None:
    client.post(f"{upload(client)}mapping/save/", {"name": "Mine"})
    bob = make_workspace("Bob's shop", slug="bob")
    Import.objects.update(workspace_id=bob.id)
    address = f"/w/bob/imports/{latest().id}/"
    assert client.post(f"{address}mapping/", {"saved": "Mine"}).status_code == 404


@pytest.mark.parametrize("page", ["preview/", "start/", "stop/", "remove/", "mapping/", "mended/"])
def test_a_change_is_no_mere_look(client: Client, shop: Workspace, page: str) -> None:
    assert client.get(f"{upload(client)}{page}").status_code == 405


def test_no_workspace_and_no_import_is_404(client: Client, shop: Workspace) -> None:
    assert client.get("/w/none/imports/").status_code == 404
    assert client.get("/w/alice/imports/none/").status_code == 404


# --- tidying and erasing --------------------------------------------------------------------------


def test_an_upload_can_be_removed_before_it_starts(
    client: Client, shop: Workspace, tmp_path: Path
) -> None:
    address = upload(client)
    client.post(f"{address}remove/")
    assert client.get(address).status_code == 404
    assert [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()] == []


def test_uploads_that_nobody_imported_go_after_some_days(
    client: Client, shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = upload(client)
    imports.sweep_uploads(tmp_path, kept=timedelta(days=7))
    assert client.get(address).status_code == 200
    later = datetime.now(UTC) + timedelta(days=8)
    monkeypatch.setattr(uploads, "now", lambda: later)
    imports.sweep_uploads(tmp_path, kept=timedelta(days=7))
    assert client.get(address).status_code == 404
    assert [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()] == []


def test_erasing_a_customer_takes_uploads_and_quarantine_along(
    client: Client, shop: Workspace, tmp_path: Path
) -> None:
    make_workspace("Bob's shop", slug="bob")
    imported(client)
    draft = upload(client, ORDERS.replace("o1", "o7"))
    assert held_about(shop.id, tmp_path, "ann").uploads == 2
    erase_profile(shop.id, tmp_path, "ann", actor="Alice")
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name != "erasures.jsonl":
            assert b"ann," not in path.read_bytes(), path
    assert "a customer who may be in it was erased" in text_of(client.get(draft))


def test_quarantine_of_another_workspace_is_let_be(shop: Workspace, tmp_path: Path) -> None:
    bob = make_workspace("Bob's shop", slug="bob")
    line = json.dumps({"file": "x.csv", "line": 2, "reason": "bad", "row": {"mail": "ann"}}) + "\n"
    own = quarantine_of(shop.id, tmp_path) / "x.jsonl"
    other = quarantine_of(bob.id, tmp_path) / "x.jsonl"
    before = tmp_path / "quarantine" / "before.jsonl"
    for path in (own, other, before):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(line)
    assert held_about(shop.id, tmp_path, "ann").quarantine == 2
    erase_profile(shop.id, tmp_path, "ann", actor="Alice")
    assert [path.exists() for path in (own, other, before)] == [False, True, False]


def test_in_swedish_everything_is_swedish(client: Client, shop: Workspace) -> None:
    swedish = {"accept-language": "sv"}
    page = text_of(client.get(upload(client), headers=swedish))
    assert "Kund: customer (säkert; på namnet; 4 av 4 rader, 3 olika)" in page
    assert "”1 March” är ingen tid" in page

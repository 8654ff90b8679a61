"""Real files become the profiles, accounts and merges that their publishers' own tables count."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kundresa.accounts.models import Workspace
from kundresa.events.api import Imported, store_of, take_in, take_in_pieces
from kundresa.events.sources import Quarantine, origin_of, read_mapped, read_mapping, source_of
from kundresa.profiles.api import Counts, counts, find_profiles, members_of
from tests.conftest import DATA_SETS as DATA

MAPPINGS = Path(__file__).resolve().parents[1] / "support/mappings"
pytestmark = [pytest.mark.data_sets, pytest.mark.db, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def workspace() -> int:
    """Alice's."""
    return int(Workspace.objects.create(name="Shop", slug="shop").id)


@pytest.mark.parametrize(
    ("mapping", "folder", "profiles"),
    [
        ("sepsis.yaml", "sepsis", 1_050),
        ("receipt_csv.yaml", "receipt_permit", 1_434),
        ("bpic2013_csv.yaml", "bpic2013_incidents", 7_554),
        ("hospital_billing.yaml", "hospital_billing", 9_999),
        ("reader_sessions.yaml", "reader_sessions", 10_000),
    ],
)
def test_a_log_has_a_profile_for_each_published_case(
    mapping: str, folder: str, profiles: int, workspace: int, tmp_path: Path
) -> None:
    reading = read_mapped(replace(read_mapping(MAPPINGS / mapping), folder=DATA / folder))
    store = store_of(workspace, tmp_path)
    done = take_in(workspace, store.folder, reading, name=mapping, fingerprint=mapping, actor="a")
    assert done.profiles == profiles
    assert counts(workspace) == Counts(profiles)


def records(table: pd.DataFrame, columns: dict[str, str], **identifiers: str) -> Iterable[str]:
    """Give the rows of a table as event records."""
    for row in table.to_dict("records"):
        record: dict[str, Any] = {key: row[column] for key, column in columns.items()}
        record["identifiers"] = {sort: row[column] for sort, column in identifiers.items()}
        yield json.dumps({**record, "event": "Ordered"}) + "\n"


def bring_in(workspace: int, folder: Path, lines: Iterable[str]) -> Imported:
    """Import event records."""
    file = folder / "orders.jsonl"
    file.write_text("".join(lines))
    origin = origin_of(source_of(file), file.name)
    return take_in_pieces(
        workspace, store_of(workspace, folder).folder, origin.pieces,
        name=file.name, fingerprint=origin.fingerprint, actor="alice",
        quarantine=Quarantine(folder / "bad.jsonl"),
    )  # fmt: skip


def test_a_marketplace_that_names_a_customer_anew_with_each_order(
    workspace: int, tmp_path: Path
) -> None:
    """Olist has a customer id for each order, and says which of them are one person."""
    orders = pd.read_csv(DATA / "olist/olist_orders_dataset.csv.gz", dtype=str)
    customers = pd.read_csv(DATA / "olist/olist_customers_dataset.csv.gz", dtype=str)
    table = orders.merge(customers, on="customer_id")
    table["at"] = table["order_purchase_timestamp"].str.replace(" ", "T") + "Z"
    columns = {"profile": "customer_id", "time": "at", "group": "customer_state"}
    done = bring_in(workspace, tmp_path, records(table, columns, user_id="customer_unique_id"))
    people = table.groupby("customer_unique_id")["customer_id"].nunique()
    assert (done.events, done.profiles, len(people)) == (6_136, 6_136, 6_060)
    assert (done.merged, done.identifiers, done.accounts) == (6_136 - 6_060, 6_060, 27)
    store = store_of(workspace, tmp_path)
    assert len(set(store.table().profile.tolist())) == len(people)
    [busiest] = find_profiles(workspace, store, people.idxmax())
    assert len(busiest.merged) + 1 == people.max() == 5
    states = table.groupby("customer_state")["customer_unique_id"].nunique()
    assert len(members_of(workspace, "SP")) == states["SP"]

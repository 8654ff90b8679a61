"""Thousands of property names need no thousands of columns, and answer the same."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from kundresa.core.conditions import as_mask
from kundresa.core.records import Event, parse_event
from kundresa.store import EventTable, Store, overflow, promotion, rows, store
from kundresa.store.columns import encode
from kundresa.store.overflow import OVERFLOW
from kundresa.store.rows import events_to_rows, table_from_rows
from kundresa.store.slab_columns import SlabColumns
from tests.support.traces import traces_of

FIXED = 16
"""Columns that are no properties."""

MOST = 40
"""Fewer than a store has, as every column costs the test time."""


def crowd(count: int, names: int, seed: int = 3) -> list[Event]:
    """Events with one property that all have and four of thousands."""
    chance = random.Random(seed)
    said = ["one", "två", 3, 4.5, True, 'a "quoted": text']
    return [
        parse_event(
            {
                "profile": f"p{chance.randrange(60)}",
                "event": "Bought",
                "time": f"2026-03-{1 + at % 28:02d}",
                "properties": {
                    "city": chance.choice(["Umeå", "Oslo"]),
                    **{f"n {chance.randrange(names)}": chance.choice(said) for _ in range(4)},
                },
            }
        )
        for at in range(count)
    ]


def in_batches(events: Sequence[Event], size: int) -> list[pa.Table]:
    return [events_to_rows(events[at : at + size]) for at in range(0, len(events), size)]


def test_three_thousand_names_make_a_bounded_number_of_columns_and_dictionaries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (rows, overflow):
        monkeypatch.setattr(module, "MOST_PROPERTIES", MOST)
    events = crowd(6_000, 3_000)
    assert len({name for event in events for name in event.properties}) > 2_900
    widths: list[int] = []

    def coded(table: pa.Table, *arguments: Any, **named: Any) -> Any:
        widths.append(table.num_columns)
        return encode(table, *arguments, **named)

    monkeypatch.setattr(store, "encode", coded)
    tables = in_batches(events, 1_000)
    most = FIXED + 3 * MOST
    assert max(table.num_columns for table in tables) <= most
    made = Store(tmp_path)
    for start in range(0, 6, 2):
        made.append_rows(tables[start : start + 2])
    made.compact(whole=True)
    assert len(widths) == 3
    assert max(widths) <= most
    assert all(len(part.columns) <= most for part in made.version.parts)
    assert len(made.version.properties) <= MOST
    assert len(made.version.dictionaries) <= MOST + 6
    assert "city" in made.version.properties
    assert made.event_count == 6_000


CONDITIONS = [
    {"property": f"n {number}", **test}
    for number in range(12)
    for test in (
        {"value": "två"},
        {"is": "gt", "value": 2},
        {"value": True},
        {"value": 'a "quoted": text'},
    )
]


def told(events: Sequence[Event]) -> list[tuple[str, str]]:
    """What each event says, in any order."""
    return sorted(
        (event.profile, repr(sorted(event.properties.items(), key=repr))) for event in events
    )


@pytest.fixture
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a store have columns for three properties."""
    for module in (rows, overflow):
        monkeypatch.setattr(module, "MOST_PROPERTIES", 3)
    monkeypatch.setattr(promotion, "FEWEST", 10**9)


def counts(made: Store, tree: dict[str, Any]) -> int:
    """Count the rows that a condition admits, slab by slab."""
    snapshot = made.snapshot()
    found = 0
    for slab in snapshot.slabs:
        mask = as_mask(tree, SlabColumns(slab, snapshot.dictionaries))
        own = np.repeat(~slab.skip, np.diff(slab.offsets))
        found += int((mask & own).sum())
    return found


def texts_of(made: Store) -> list[str | None]:
    """The overflow as it lies."""
    return [text for slab in made.snapshot().slabs for text in slab.text(OVERFLOW).to_pylist()]


def overflowed(made: Store) -> dict[str, Any]:
    """A condition over a property without columns."""
    return next(one for one in CONDITIONS if one["property"] not in made.version.properties)


@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize("is_compacted", [False, True])
def test_conditions_answer_the_same_through_the_overflow(
    tmp_path: Path, is_compacted: bool
) -> None:
    events = crowd(400, 12)
    made = Store(tmp_path)
    for start in range(0, 400, 100):
        made.append_rows(in_batches(events[start : start + 100], 30))
    if is_compacted:
        made.compact(whole=True)
    assert len(made.version.properties) <= 3
    plain, through_rows = EventTable.from_events(events), table_from_rows(in_batches(events, 70))
    hits = 0
    for tree in CONDITIONS:
        expected = int(as_mask(tree, plain).sum())
        hits += expected
        assert int(as_mask(tree, through_rows).sum()) == expected
        assert int(as_mask(tree, made.table()).sum()) == expected
        assert counts(made, tree) == expected
    assert hits > 100
    assert set(made.table().properties) == set(plain.properties) == set(through_rows.properties)


@pytest.mark.usefixtures("_few")
def test_what_a_query_used_gets_a_column_at_the_next_compaction(tmp_path: Path) -> None:
    events = crowd(200, 12)
    made = Store(tmp_path)
    made.append(events[:150])
    made.compact(whole=True)
    made.append(events[150:])
    tree = overflowed(made)
    expected, name = counts(made, tree), str(tree["property"])
    assert made.compact()
    assert name in made.version.properties
    assert any(texts_of(made))
    assert not any(f'"{name}":' in (text or "") for text in texts_of(made))
    assert counts(made, tree) == expected
    made.append(crowd(50, 12, seed=4))
    assert f"p/text/{name}" in made.version.deltas[-1].columns
    assert not any(f'"{name}":' in (text or "") for text in texts_of(made))
    # Nothing is asked for any more, so nothing is left to do.
    assert not overflow.asked(made._objects)
    made.compact(whole=True)
    assert not made.compact()


@pytest.mark.usefixtures("_few")
def test_what_became_common_gets_a_column_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promotion, "FEWEST", 20)
    made = Store(tmp_path)
    made.append(crowd(50, 12))
    common = [
        parse_event({"profile": "p", "event": "e", "time": "2026-01-01",
                     "properties": {"new": "x", "own": f"text {n}"}})
        for n in range(60)
    ]  # fmt: skip
    made.append(common)
    assert not {"new", "own"} & made.version.properties
    made.compact(whole=True)
    # Texts that stand once each are common, too, and still need no dictionary.
    assert {"new", "own"} & made.version.properties == {"new"}
    assert counts(made, {"property": "new", "value": "x"}) == 60
    assert counts(made, {"property": "own", "value": "text 7"}) == 1


def test_texts_that_stand_once_each_get_no_dictionary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overflow, "MANY_TEXTS", 100)
    made = Store(tmp_path)
    events = [
        parse_event({"profile": "p", "event": "e", "time": "2026-01-01",
                     "properties": {"order": f"o-{n}", "city": "Umeå"}})
        for n in range(300)
    ]  # fmt: skip
    made.append(events)
    assert made.version.properties == {"city"}
    assert "order" not in made.version.dictionaries
    assert counts(made, {"property": "order", "value": "o-17"}) == 1


@pytest.mark.usefixtures("_few")
def test_a_promotion_that_meets_new_texts_of_its_property_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both would give the same codes to different texts."""
    made = Store(tmp_path)
    made.append(crowd(100, 12))
    tree = overflowed(made)
    expected, name = counts(made, tree), str(tree["property"])
    late = parse_event(
        {"profile": "x", "event": "e", "time": "2026-01-01", "properties": {name: "late"}}
    )
    compact = store.compacted

    def compacted(*arguments: Any, **named: Any) -> Any:
        found = compact(*arguments, **named)
        with monkeypatch.context() as patch:
            patch.setattr(overflow, "MOST_PROPERTIES", 10)
            Store(tmp_path).append([late])
        return found

    with monkeypatch.context() as patch:
        patch.setattr(store, "compacted", compacted)
        assert not made.compact()
    assert counts(made, tree) == expected
    assert made.compact()
    assert counts(made, tree) == expected
    assert counts(made, {"property": name, "value": "late"}) == 1
    assert made.event_count == 101


@pytest.mark.usefixtures("_few")
def test_personal_properties_never_overflow(tmp_path: Path) -> None:
    made = Store(tmp_path, personal=["n 5"])
    made.append_rows(in_batches(crowd(120, 12), 40))
    phones = [t for slab in made.snapshot().slabs for t in slab.text("personal/n 5").to_pylist()]
    assert sum(text is not None for text in phones) == sum(
        "n 5" in event.properties for event in crowd(120, 12)
    )
    assert any(texts_of(made))
    assert not any('"n 5":' in (text or "") for text in texts_of(made))
    assert "n 5" not in made.version.dictionaries


@pytest.mark.usefixtures("_few")
def test_an_erased_customer_leaves_no_byte_in_the_overflow(tmp_path: Path) -> None:
    secret = "ann.svensson@example.org"
    made = Store(tmp_path)
    hers = [
        parse_event({"profile": secret, "event": "e", "time": "2026-01-01",
                     "properties": {f"rare {n}": f"call {secret} {n}"}})
        for n in range(9)
    ]  # fmt: skip
    made.append([*crowd(60, 12), *hers])
    made.compact(whole=True)
    made.append(hers)
    assert counts(made, {"property": "rare 7", "value": f"call {secret} 7"}) == 2
    assert traces_of([secret], tmp_path)
    assert made.erase([secret]) == 18
    assert not traces_of([secret], tmp_path)
    assert made.event_count == 60

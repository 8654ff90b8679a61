"""A store gives back what was put in, all of it or none, whoever dies on the way."""

import json
from pathlib import Path

import numpy as np
import pytest

from kundresa.core.errors import BadInputError, NewerFormatError
from kundresa.core.records import Event, parse_event
from kundresa.store import EventTable, Store


def some_events(count: int = 5) -> list[Event]:
    return [
        parse_event(
            {
                "profile": f"p{index % 3}",
                "event": "Bought" if index % 2 else "Köpte",
                "time": f"2026-01-{index + 1:02d}",
                "value": index / 4 if index % 2 else None,
                "currency": "SEK",
                "properties": {
                    "n": index,
                    "t": "å" if index % 2 else 7,
                    "yes": index > 2,
                    "list": [1],
                },
                "score": {"value": 1 + index % 5, "scale": "csat5"} if index else None,
            }
        )
        for index in range(count)
    ]


def as_rows(table: EventTable) -> list[tuple[object, ...]]:
    codes, texts = table.text_column("property", "t")
    rows = zip(
        (table.profiles[code] for code in table.profile),
        (table.events[code] for code in table.event),
        table.time.tolist(), table.until.tolist(), table.value.tolist(), table.has_value.tolist(),
        np.nan_to_num(table.score, nan=-9).tolist(),
        table.number_column("property", "n").tolist(),
        [texts[code] if code >= 0 else None for code in codes],
        np.nan_to_num(table.number_column("property", "t"), nan=-9).tolist(),
        table.boolean_column("property", "yes").tolist(),
        strict=True,
    )  # fmt: skip
    return sorted(rows)


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    events = some_events()
    Store(tmp_path).append(events)
    assert as_rows(Store(tmp_path).table()) == as_rows(EventTable.from_events(events))


def test_several_parts_read_as_one(tmp_path: Path) -> None:
    store, events = Store(tmp_path), some_events(9)
    for start in range(0, 9, 2):
        store.append(events[start : start + 2])
    assert as_rows(store.table()) == as_rows(EventTable.from_events(events))
    assert store.event_count == 9


def test_an_empty_store_has_an_empty_table(tmp_path: Path) -> None:
    assert len(Store(tmp_path).table()) == 0


def test_events_and_marks_change_in_one_step(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append(some_events(2), marks={"inbox": 2})
    store.append([], marks={"import": 1})
    assert store.version.marks == {"inbox": 2, "import": 1}
    assert store.event_count == 2


def test_a_part_that_no_version_names_does_not_count(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append(some_events(2))
    current = (tmp_path / "CURRENT").read_bytes()
    store.append(some_events(4))
    # What a crash between writing the part and replacing CURRENT leaves behind.
    (tmp_path / "CURRENT").write_bytes(current)
    assert len(store.table()) == 2


def test_a_newer_format_is_refused_in_words(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append(some_events(1))
    body = json.loads((tmp_path / "CURRENT").read_text())
    (tmp_path / "CURRENT").write_text(json.dumps({**body, "kundresa_store": 2}))
    with pytest.raises(NewerFormatError, match="newer release"):
        _ = store.version


def test_a_broken_version_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").write_text("{")
    with pytest.raises(BadInputError, match="CURRENT"):
        _ = Store(tmp_path).version


def test_the_version_is_named_by_its_events(tmp_path: Path) -> None:
    one, other = Store(tmp_path / "one"), Store(tmp_path / "other")
    one.append(some_events(3))
    other.append(list(reversed(some_events(3))))
    assert one.version.name == other.version.name
    other.append(some_events(1))
    assert one.version.name != other.version.name

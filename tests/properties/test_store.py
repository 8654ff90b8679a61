"""Whatever is done to a store, it holds what a plain list would hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kundresa.core.ids import new_id
from kundresa.core.records import parse_event
from kundresa.store import EventTable, Store, Version, overflow, rows
from kundresa.store import snapshot as snapshots
from kundresa.store.keeper import Along, FolderKeeper

KEYS = [f"p{number}" for number in range(4)]
RECORDS = st.fixed_dictionaries(
    {
        "profile": st.sampled_from(KEYS),
        "event": st.sampled_from(["view", "köp", "return"]),
        "time": st.integers(0, 6).map(lambda n: f"2026-03-{n + 1:02d}T12:00:00"),
        "precision": st.sampled_from(["second", "day"]),
        "value": st.sampled_from([None, 1.5, -2]),
        "channel": st.sampled_from([None, "web", "shop"]),
        "properties": st.fixed_dictionaries(
            {},
            optional={
                "n": st.sampled_from([1, 2.5, "one", True]),
                "secret": st.sampled_from(["a@b.se", "c@d.no"]),
            },
        ),
    }
)


def as_rows(table: EventTable) -> list[tuple[Any, ...]]:
    """Give a table as rows to compare, in any order."""
    texts = [table.text_column("property", name) for name in ("n", "secret")]
    numbers, truths = table.number_column("property", "n"), table.boolean_column("property", "n")
    rows = [
        (
            table.profiles[table.profile[i]],
            table.events[table.event[i]],
            int(table.time[i]),
            int(table.until[i]),
            int(table.value[i]) if table.has_value[i] else None,
            table.channels[table.channel[i]] if table.channel[i] >= 0 else None,
            *(names[codes[i]] if codes[i] >= 0 else None for codes, names in texts),
            None if numbers[i] != numbers[i] else float(numbers[i]),
            int(truths[i]),
        )
        for i in range(len(table))
    ]
    return sorted(rows, key=repr)


class Late(FolderKeeper):
    """Lets something happen before its first swap."""

    def __init__(self, folder: Path, act: Callable[[], object]) -> None:
        super().__init__(folder)
        self._acts = [act]

    def swap(self, before: int, after: Version, along: Along | None = None) -> bool:
        if self._acts:
            self._acts.pop()()
        return super().swap(before, after, along)


class StoreLaws(RuleBasedStateMachine):
    """Adds, joins, parts, erases, compacts and loses its cache in any order."""

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.store = Store(type(self).folder / new_id())
        self.log: list[dict[str, Any]] = []
        self.aliases: dict[str, str] = {}

    @rule(records=st.lists(RECORDS, max_size=8))
    def add(self, records: list[dict[str, Any]]) -> None:
        self.store.append([parse_event(record) for record in records])
        self.log += records

    @rule(
        mine=st.lists(RECORDS, min_size=1, max_size=3),
        other=st.lists(RECORDS, min_size=1, max_size=3),
    )
    def add_while_another_adds(
        self, mine: list[dict[str, Any]], other: list[dict[str, Any]]
    ) -> None:
        """Another adds after our files are written, so we lose the swap and write them again."""
        folder = self.store.folder
        late = Late(folder, lambda: Store(folder).append([parse_event(one) for one in other]))
        Store(folder, keeper=late).append([parse_event(one) for one in mine])
        self.log += [*other, *mine]

    @rule(source=st.sampled_from(KEYS), known=st.sampled_from(KEYS))
    def join(self, source: str, known: str) -> None:
        if self.known(known) == self.known(source):
            return
        self.store.join({source: known})
        self.aliases[source] = known

    @precondition(lambda self: self.aliases)
    @rule(data=st.data())
    def part(self, data: st.DataObject) -> None:
        source = data.draw(st.sampled_from(sorted(self.aliases)))
        self.store.part([source])
        self.aliases.pop(source)

    @rule(key=st.sampled_from(KEYS))
    def erase(self, key: str) -> None:
        end = self.known(key)
        gone = {each for each in KEYS if self.known(each) == end}
        count = sum(record["profile"] in gone for record in self.log)
        assert self.store.erase([key]) == count
        self.log = [record for record in self.log if record["profile"] not in gone]
        self.aliases = {s: t for s, t in self.aliases.items() if not {s, t} & gone}

    @rule(whole=st.booleans())
    def compact(self, whole: bool) -> None:
        self.store.compact(whole=whole)

    @rule()
    def sweep_and_open_again(self) -> None:
        self.store.sweep(grace=0)
        self.store = Store(self.store.folder)

    @invariant()
    def holds_what_was_added(self) -> None:
        expected = [{**record, "profile": self.known(record["profile"])} for record in self.log]
        found = self.store.table()
        assert as_rows(found) == as_rows(
            EventTable.from_events([parse_event(record) for record in expected])
        )
        assert self.store.event_count == len(self.log)

    @invariant()
    def slabs_are_sorted_and_hold_whole_profiles(self) -> None:
        seen: set[int] = set()
        for slab in self.store.snapshot().slabs:
            own = set(slab.profiles[~slab.skip].tolist())
            assert not own & seen
            seen |= own
            for place, start in enumerate(slab.offsets[:-1]):
                times = slab.column("time")[start : slab.offsets[place + 1]]
                assert (times[1:] >= times[:-1]).all()

    def known(self, key: str) -> str:
        while key in self.aliases:
            key = self.aliases[key]
        return key


@pytest.mark.parametrize(
    ("small", "most"), [(0, 200), (snapshots.SMALL, 200), (0, 0), (snapshots.SMALL, 1)]
)
def test_a_store_holds_what_a_list_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int, most: int
) -> None:
    """With 0 every part is read as it lies, otherwise deltas are put together.

    ``most`` properties have columns; where that is few, the others overflow and are promoted.
    """
    monkeypatch.setattr(snapshots, "SMALL", small)
    for module in (rows, overflow):
        monkeypatch.setattr(module, "MOST_PROPERTIES", most)
    monkeypatch.setattr(StoreLaws, "folder", tmp_path, raising=False)
    case: Any = StoreLaws.TestCase
    case.settings = settings(
        max_examples=12,
        stateful_step_count=20,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
    )
    case().runTest()

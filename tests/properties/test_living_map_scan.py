"""A map scanned over a store has the numbers of the map in memory, however the store lies."""

from __future__ import annotations

import itertools
import pickle
import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kundresa
from kundresa.core.conditions import as_mask
from kundresa.core.records import parse_event
from kundresa.core.times import DAY
from kundresa.measures import queries
from kundresa.measures.executors import CancelledError, threads
from kundresa.measures.living_map import living_map, profiles_behind
from kundresa.measures.living_map_partial import MapSums
from kundresa.measures.living_map_scan import scan_living_map
from kundresa.measures.living_map_walk import MapScan, View
from kundresa.measures.names import hashes_of
from kundresa.measures.specs import MapSpec, Mode, Period, StageSpec, StepSpec, TouchpointSpec, Unit
from kundresa.store import Store, overflow, snapshot
from tests.support.logs import Log

WEB: Any = {"field": "channel", "value": "web"}
POINTS = (
    TouchpointSpec("a", "a"),
    # b also takes what c takes; d looks beyond names; no event is f; nothing measures g.
    TouchpointSpec("b", ["b", "c"]),
    TouchpointSpec("c", "c"),
    TouchpointSpec("d", {"event": ["a", "d"], "where": WEB}),
    TouchpointSpec("e", "e"),
    TouchpointSpec("f", "f"),
    TouchpointSpec("g"),
)
FIRST_DAY = 1_772_323_200_000_000  # 2026-03-01T00:00Z


def spec_of(
    ends: bool, milestone: Any, credit: Any, currency: str | None, valued: Any, plain: bool,
    unit: Unit = "profile",
) -> MapSpec:  # fmt: skip
    stages = (
        StageSpec(
            "one", ("a",), (StepSpec("1a", ("a",)), StepSpec("1b", ("a", "g"))), patience=DAY
        ),
        StageSpec("two", ("b", "unknown"), (StepSpec("2", ("b", "c")),), milestone),
        StageSpec("three", ("d", "e"), (StepSpec("3", ("e",)),), ends_journey=ends),
        StageSpec("four", (), (StepSpec("4", ("e", "f")),)),
    )
    points = tuple(TouchpointSpec(p.id, "d") if plain and p.id == "d" else p for p in POINTS)
    return MapSpec(
        stages, points, journey_gap=4 * DAY, patience=2 * DAY, currency=currency,
        credit_model=credit, value_events=valued, unit=unit,
    )  # fmt: skip


UNITS: Any = ["profile", "account", ("property", "order"), ("property", "unheard")]
SPECS = st.builds(
    spec_of,
    ends=st.booleans(),
    milestone=st.sampled_from([None, "m", {"all": [{"event": ["m", "c"]}, WEB]}]),
    credit=st.sampled_from(["first", "last", "linear"]),
    currency=st.sampled_from([None, "SEK", "EUR", "USD"]),
    valued=st.sampled_from([None, ["v", "a", "e"], {"field": "value", "op": ">", "value": 1}]),
    plain=st.booleans(),
    unit=st.sampled_from(UNITS),
)


def time_of(half_days: int, whole_day: bool) -> str:
    day, half = divmod(half_days, 2)
    return f"2026-03-{day + 1:02d}" + ("" if whole_day else f"T{12 * half:02d}:00:00")


RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "profile": st.sampled_from(["p0", "p1", "p2", "p3", "p4", "på"]),
            "event": st.sampled_from(["a", "b", "c", "d", "e", "m", "v", "x"]),
            "time": st.builds(time_of, st.integers(0, 27), st.booleans()),
        },
        optional={
            "channel": st.just("web"),
            "value": st.integers(-3_000_000, 9_000_000).map(lambda n: n / 1_000_000),
            "currency": st.sampled_from(["SEK", "SEK", "EUR"]),
            "score": st.integers(1, 7).map(lambda n: {"value": n, "scale": "csat7"}),
            # The same accounts and orders occur under several profiles; some events have neither.
            "group": st.sampled_from(["g0", "g1", "g2", "gö"]),
            "properties": st.sampled_from(
                [{"order": "o1"}, {"order": "7"}, {"order": 7}, {"order": 7.5}, {"order": True}, {}]
            ),
        },
    ),
    max_size=60,
)
LOGS = st.builds(
    Log,
    records=RECORDS,
    cuts=st.lists(st.integers(0, 60), max_size=3),
    join=st.booleans(),
    compact=st.booleans(),
)
PERIODS = st.sampled_from(
    [
        None,
        Period(FIRST_DAY + 4 * DAY, FIRST_DAY + 9 * DAY),
        Period(FIRST_DAY, FIRST_DAY + 14 * DAY),
    ]
)
PARTS = ("reached", "went_on", "came_back", "lost", "open", "completed", "stopped_here")
QUESTIONS = [
    *({"stage": s, "part": part} for s in ("one", "two", "three", "four") for part in PARTS),
    *({"touchpoint": p.id, "part": part} for p in POINTS for part in ("reach", "exits")),
]


@settings(max_examples=20, deadline=None)
@given(
    log=LOGS, spec=SPECS, period=PERIODS, mode=st.sampled_from(["cohort", "activity"]),
    filtered=st.booleans(), compare=st.booleans(), small=st.sampled_from([0, 65_536]),
    early=st.booleans(), question=st.sampled_from(QUESTIONS), spilled=st.booleans(),
)  # fmt: skip
def test_the_scan_has_the_numbers_of_the_plain_map(
    tmp_path_factory: pytest.TempPathFactory, log: Log, spec: MapSpec, period: Period | None,
    mode: Mode, filtered: bool, compare: bool, small: int, early: bool,
    question: dict[str, str], spilled: bool,
) -> None:  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        if spilled:
            patch.setattr(overflow, "MOST_PROPERTIES", 0)
        store = log.store(tmp_path_factory.mktemp("store"))
    wanted = WEB if filtered else None
    end = FIRST_DAY + 8 * DAY if early else None
    table = store.table()
    mask = None if wanted is None else as_mask(wanted, table)
    plain = living_map(table, spec, period, mode=mode, mask=mask, compare=compare, data_end=end)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "SMALL", small)
        patch.setattr(threads, "LEAST_ROWS", 3)
        found = scan_living_map(
            store.snapshot(), spec, period, mode=mode, filter=wanted, compare=compare, data_end=end
        )
        assert found.to_json() == plain.to_json()
        opened = profiles_behind(found, **question).tolist()
    assert opened == profiles_behind(plain, **question).tolist()


def crowd(count: int) -> list[dict[str, Any]]:
    """Enough of everything that rates, dead ends, feelings and draws are shown."""
    random = np.random.default_rng(7)
    names = random.choice(list("abcdemvx"), count, p=[0.25, 0.2, 0.1, 0.1, 0.15, 0.05, 0.1, 0.05])
    found = []
    for name, who, half in zip(
        names, random.integers(0, 300, count), random.integers(0, 60, count), strict=True
    ):
        one = {"profile": f"p{who}", "event": str(name), "time": time_of(int(half), half % 5 == 0)}
        if name in "ve":
            value = random.integers(-300, 900) / 7
            one |= {"value": round(value, 6), "currency": "SEK" if half % 7 else "EUR"}
        if name == "c":
            one["score"] = {"value": int(random.integers(1, 8)), "scale": "csat7"}
        if half % 11:
            one["group"] = f"g{who % 40}"
        if half % 13:
            order = int(who * 7 + half % 3)
            one["properties"] = {"order": order if who % 2 else f"o{order}"}
        found.append(one | ({"channel": "web"} if half % 3 else {}))
    return found


LARGE = Log(records=crowd(4_000), cuts=(1_500, 2_500), join=True)
CROWDED = spec_of(True, None, "linear", None, None, plain=False)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return LARGE.store(tmp_path_factory.mktemp("crowd"))


@pytest.mark.parametrize("unit", UNITS[:3])
@pytest.mark.parametrize("mode", ["cohort", "activity"])
def test_a_crowd_has_every_number(
    crowded: Store, monkeypatch: pytest.MonkeyPatch, mode: Mode, unit: Unit
) -> None:
    monkeypatch.setattr(threads, "LEAST_ROWS", 100)
    spec = replace(CROWDED, unit=unit)
    period = Period(FIRST_DAY + 8 * DAY, FIRST_DAY + 16 * DAY)
    plain = living_map(crowded.table(), spec, period, mode=mode, compare=True).to_json()
    found = [
        scan_living_map(
            crowded.snapshot(), spec, period, mode=mode, compare=True, threads=count
        ).to_json()
        for count in (1, 3)
    ]
    assert found == [plain, plain], "nor does it hang on the number of threads"
    assert (plain["totals"]["events_without_unit"] > 0) == (unit != "profile")
    if unit == "account":
        return
    assert plain["stages"][0]["before"]["go_on_rate"] is not None
    assert plain["money"]["value_per_journey_low"] is not None
    assert any(point["dead_end"]["p_value"] is not None for point in plain["touchpoints"])
    assert any(point["emotion"] for point in plain["touchpoints"])
    assert plain["money"]["left_out"] > 0


def test_more_touchpoints_than_a_word_has_bits(tmp_path: Path) -> None:
    names = [f"n{n}" for n in range(90)]
    points = [TouchpointSpec(f"t{n}", names[n : n + 3]) for n in range(90)]
    stages = [StageSpec(f"s{k}", tuple(p.id for p in points[k::70])) for k in range(70)]
    spec = MapSpec(tuple(stages), tuple(points), journey_gap=DAY, patience=DAY)
    random = np.random.default_rng(1)
    records = [
        {"profile": f"p{random.integers(20)}", "event": names[random.integers(90)],
         "time": time_of(int(random.integers(50)), False), "value": int(random.integers(9))}
        for _ in range(800)
    ]  # fmt: skip
    store = Log(records=records).store(tmp_path)
    found = scan_living_map(store.snapshot(), spec)
    assert found.touchpoints[89].reach > 0
    assert found.stages[69].reached > 0
    assert found.to_json() == living_map(store.table(), spec).to_json()


def walked_elsewhere(folder: Path, slab: int, first: int, last: int) -> bytes:
    view = Store(folder).snapshot()
    scan = MapScan(view, CROWDED, None)
    sums = scan.nobody()
    one = threads.Range(view.slabs[slab], first, last)
    scan.add(sums, one, View(None, "cohort", FIRST_DAY + 30 * DAY))
    return pickle.dumps(sums)


def test_partials_add_across_a_process_border(crowded: Store) -> None:
    """Halves of each slab, walked in another process and added in any order, are the whole."""
    view = crowded.snapshot()
    halves = [
        (crowded.folder, number, *edges)
        for number, slab in enumerate(view.slabs)
        for edges in itertools.pairwise((0, len(slab.profiles) // 2, len(slab.profiles)))
    ]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        parts: list[MapSums] = [
            pickle.loads(part)  # noqa: S301
            for part in pool.map(walked_elsewhere, *zip(*reversed(halves), strict=True))
        ]
    whole = MapScan(view, CROWDED, None).nobody()
    for part in parts:
        whole.add(part)
    once = MapScan(view, CROWDED, None)
    sums = once.nobody()
    for slab in view.slabs:
        everybody = threads.Range(slab, 0, len(slab.profiles))
        once.add(sums, everybody, View(None, "cohort", FIRST_DAY + 30 * DAY))
    assert pickle.dumps(whole) == pickle.dumps(sums)
    assert whole.stages.totals[0] > 300


def test_a_withdrawn_question_ends_between_ranges(
    crowded: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "LEAST_ROWS", 50)
    heard: list[int] = []
    with pytest.raises(CancelledError):
        scan_living_map(
            crowded.snapshot(), CROWDED, progress=lambda done, _all: heard.append(done),
            cancelled=lambda: len(heard) >= 3,
        )  # fmt: skip
    assert 3 <= len(heard) < 20


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=12), max_size=20), st.integers(0, 3))
def test_names_are_hashed_as_zlib_does(names: list[str], first: int) -> None:
    encodable = [name.encode("utf-8", "replace").decode() for name in names]
    found = hashes_of(pa.array([*encodable, None], pa.string())[first:])
    assert found.tolist() == [zlib.crc32(name.encode()) for name in [*encodable, ""][first:]]


def test_a_query_over_a_large_store_is_scanned_and_says_the_same(
    crowded: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"kundresa_query": 1, "type": "living_map", "map": CROWDED, "filter": WEB,
             "period": {"from": "2026-03-05", "to": "2026-03-20"}, "compare": "before"}  # fmt: skip
    plain = kundresa.query(asked, crowded)
    assert plain["totals"]["journeys"] > 100
    monkeypatch.setattr(queries, "LARGE", 100)
    monkeypatch.setattr(queries, "is_warm", lambda: False)
    with monkeypatch.context() as cold:
        cold.setattr(queries, "scan_living_map", lambda *_a, **_k: pytest.fail("compiled"))
        assert kundresa.query(asked, crowded) == plain, "nobody waits for kernels to be compiled"
    monkeypatch.setattr(queries, "is_warm", lambda: True)
    monkeypatch.setattr(queries, "living_map", lambda *_a, **_k: pytest.fail("not scanned"))
    assert kundresa.query(asked, crowded) == plain


def test_an_order_keeps_its_name_when_the_property_gets_a_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came before the column stands in the overflow; it is the same order all the same."""
    records = [
        {"profile": f"p{n}", "event": "ab"[n % 2], "time": time_of(n % 5, False),
         "properties": {"order": n % 3 if n % 2 else f"o{n % 4}"}}
        for n in range(40)
    ]  # fmt: skip
    monkeypatch.setattr(overflow, "MOST_PROPERTIES", 0)
    store = Log(records=records[:20]).store(tmp_path)
    monkeypatch.undo()
    store.append([parse_event(record) for record in records[20:]])
    spec = replace(CROWDED, unit=("property", "order"), journey_gap=90 * DAY)
    found = scan_living_map(store.snapshot(), spec)
    assert found.journey_count == len({str(r["properties"]) for r in records})  # type: ignore[index]
    assert found.to_json() == living_map(store.table(), spec).to_json()


def test_a_map_without_stages_has_its_touchpoints(crowded: Store) -> None:
    spec = MapSpec((), POINTS)
    found = scan_living_map(crowded.snapshot(), spec)
    assert found.touchpoints[0].reach > 0
    assert found.to_json() == living_map(crowded.table(), spec).to_json()


def test_an_empty_store_has_an_empty_map(tmp_path: Path) -> None:
    store = Store(tmp_path)
    found = scan_living_map(store.snapshot(), CROWDED)
    assert found.to_json() == living_map(store.table(), CROWDED).to_json()

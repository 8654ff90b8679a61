"""The example that the reference works through by hand comes out as written there."""

import json
from pathlib import Path

import pytest

from kundresa.core.records import parse_event
from kundresa.core.times import DAY
from kundresa.measures.living_map import living_map, profiles_behind
from kundresa.measures.queries import answer
from kundresa.measures.specs import MapSpec, Period, StageSpec, StepSpec, TouchpointSpec
from kundresa.store.table import EventTable

FOLDER = Path(__file__).resolve().parents[3] / "examples/worked"
JANUARY = 1_767_225_600_000_000  # 2026-01-01T00:00Z
SPEC = MapSpec(
    (
        StageSpec("discover", ("visit",)),
        StageSpec("choose", ("compare",), (StepSpec("ask", ("chat", "compare")),)),
        StageSpec("buy", ("checkout", "return", "shop"), ends_journey=True),
    ),
    (
        *(TouchpointSpec(name, name) for name in ("visit", "compare", "chat", "checkout")),
        TouchpointSpec("return", "return_sent"),
        TouchpointSpec("shop"),
    ),
)


@pytest.fixture(scope="module")
def table():
    lines = (FOLDER / "events.jsonl").read_text(encoding="utf-8").splitlines()
    return EventTable.from_events([parse_event(json.loads(line)) for line in lines])


@pytest.fixture(scope="module")
def expected():
    return json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))


def test_the_numbers_are_those_worked_out_by_hand(table, expected):
    found = living_map(table, SPEC).to_json()
    json.dumps(found, allow_nan=False)
    for part in ("totals", "money"):
        assert found[part] == found[part] | expected[part]
    for stage in found["stages"]:
        wanted = dict(expected["stages"][stage["id"]])
        rate = wanted.pop("go_on_rate")
        assert stage == stage | wanted
        assert stage["go_on_rate"] == (None if rate is None else pytest.approx(rate, abs=1e-4))
        assert stage["counts_only"]
    for touchpoint in found["touchpoints"]:
        flat = touchpoint | touchpoint["money"]
        assert flat == flat | expected["touchpoints"][touchpoint["id"]]


def test_every_number_opens_into_its_profiles(table):
    measured = living_map(table, SPEC)

    def names(**what):
        return [table.profiles[code] for code in profiles_behind(measured, **what)]

    assert names(stage="discover", part="came_back") == ["p16"]
    assert names(stage="choose", part="open") == ["p20"]
    assert names(stage="discover", part="stopped_here") == ["p12", "p13", "p14", "p15"]
    assert names(touchpoint="chat", part="reach") == ["p20"]
    assert names(touchpoint="compare", part="exits") == ["p09", "p10", "p11"]
    with pytest.raises(KeyError):
        names(stage="discover", part="nothing")


def test_unclaimed_names_are_listed(table):
    found = living_map(table, SPEC).to_json()
    assert found["unclaimed"] == [{"event": "newsletter_opened", "count": 1}]


def test_the_period_before_is_seen_at_the_same_age(table):
    # Ten days from 11 January, against the ten days before; the data end on 20 March then.
    period = Period(JANUARY + 10 * DAY, JANUARY + 20 * DAY)
    measured = living_map(table, SPEC, period, compare=True)
    before = measured.before
    assert before.period == Period(JANUARY, JANUARY + 10 * DAY)
    assert measured.data_end - before.data_end == 10 * DAY
    assert before.journeys == 13
    found = before.stages["discover"]
    assert (found.went_on, found.lost, found.verdict) == (12, 0, "down")


def test_activity_takes_what_happened_in_the_period(table):
    period = Period(JANUARY + 11 * DAY, JANUARY + 13 * DAY)
    assert living_map(table, SPEC, period).journey_count == 0
    active = living_map(table, SPEC, period, mode="activity")
    assert active.journey_count == 3
    assert active.map_events == 3


def test_the_query_gives_the_same_numbers(table):
    query = {"kundresa_query": 1, "type": "living_map", "map": "worked"}
    assert answer(query, table, lambda _name: SPEC) == living_map(table, SPEC).to_json()


def test_other_currencies_are_counted_out_with_a_notice(table):
    events = [
        {"profile": "a", "event": "visit", "time": "2026-01-01", "value": 5, "currency": "SEK"},
        {"profile": "a", "event": "visit", "time": "2026-01-02", "value": 7, "currency": "EUR"},
        {"profile": "a", "event": "visit", "time": "2026-01-03", "value": -2, "currency": "SEK"},
    ]
    measured = living_map(EventTable.from_events([parse_event(e) for e in events]), SPEC)
    assert (measured.money.total, measured.money.left_out) == (3.0, 1)
    assert measured.notices == (
        "1 value events in EUR are not counted: the map's money is in SEK.",
    )


def test_feelings_are_private_under_five_and_hollow_under_thirty():
    def feel(count):
        rows = [
            {"profile": f"p{i}", "event": "visit", "time": "2026-01-01",
             "score": {"value": 3 + i % 2, "scale": "csat5"}} for i in range(count)
        ]  # fmt: skip
        table = EventTable.from_events([parse_event(row) for row in rows])
        return living_map(table, SPEC).to_json()["touchpoints"][0]["emotion"]

    assert feel(4) is None
    assert feel(6)["hollow"]
    assert feel(6)["mean"] == pytest.approx(0.5)
    assert not feel(30)["hollow"]


def test_events_without_the_unit_are_counted_and_left_out(table):
    spec = MapSpec(SPEC.stages, SPEC.touchpoints, unit="account")
    measured = living_map(table, spec)
    assert (measured.journey_count, measured.events_without_unit) == (0, 46)


def test_a_dead_end_loses_more_than_its_stage():
    rows = []
    for i in range(80):
        rows.append({"profile": f"p{i}", "event": "visit", "time": "2026-01-01T08:00:00Z"})
        last = "chat" if i < 40 else "compare"
        rows.append({"profile": f"p{i}", "event": last, "time": "2026-01-02T08:00:00Z"})
        if i >= 40:
            rows.append({"profile": f"p{i}", "event": "checkout", "time": "2026-01-03T08:00:00Z"})
    rows.append({"profile": "z", "event": "other", "time": "2026-06-01T08:00:00Z"})
    measured = living_map(EventTable.from_events([parse_event(row) for row in rows]), SPEC)
    dead = {numbers.id: numbers.dead_end.is_dead_end for numbers in measured.touchpoints}
    assert [name for name, is_dead in dead.items() if is_dead] == ["chat"]


def test_a_share_of_a_stage_with_a_milestone_is_of_those_who_reached_it():
    spec = MapSpec(
        stages=(StageSpec("choose", ("look",), reached_when="decide"), StageSpec("buy", ("pay",))),
        touchpoints=(TouchpointSpec("look", "look"), TouchpointSpec("pay", "pay")),
    )
    day = {"look": "2026-01-01", "decide": "2026-01-02"}
    did = {"a": ["look", "decide"], "b": ["look"], "c": ["look"], "d": ["decide"]}
    rows = [{"profile": p, "event": e, "time": day[e]} for p, names in did.items() for e in names]
    measured = living_map(EventTable.from_events([parse_event(row) for row in rows]), spec)
    look = measured.touchpoints[0]
    assert (measured.stages[0].reached, look.reach) == (2, 3)
    assert look.share_of_stage == {"choose": 0.5}

"""The fast measures say what the plain ones say, whatever the log looks like."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kundresa.core.records import Event
from kundresa.core.times import DAY, Moment
from kundresa.measures import plain
from kundresa.measures.funnel import FunnelStep, deepest_try, funnel, instants
from kundresa.measures.items import CHANCE, expected_returns, touches_of, visits_of
from kundresa.measures.journeys import cut_journeys, select
from kundresa.measures.living_map import living_map
from kundresa.measures.specs import MapSpec, Period, StageSpec, StepSpec, TouchpointSpec
from kundresa.measures.transitions import transitions
from kundresa.store.table import EventTable

# Touchpoints overlap: b also takes what c takes, d takes a too.
MATCHERS = {"a": ["a"], "b": ["b", "c"], "c": ["c"], "d": ["a", "d"], "e": ["e"]}
STAGES = [("one", "a", False), ("two", "bc", False), ("three", "de", True), ("four", "e", False)]


def spec_of(ends, milestone, credit="linear"):
    stages = [
        StageSpec(
            name, tuple(points), (StepSpec(f"{name} step", tuple(points[:1])),),
            {"event": ["m", "c"]} if milestone and name == "two" else None,
            final and ends, 3 * DAY if name == "one" else None,
        )
        for name, points, final in STAGES
    ]  # fmt: skip
    points = tuple(TouchpointSpec(name, matcher) for name, matcher in MATCHERS.items())
    return MapSpec(tuple(stages), points, journey_gap=9 * DAY, patience=5 * DAY,
                   currency="SEK", credit_model=credit)  # fmt: skip


def moment(half_days, whole_day):
    time = half_days * DAY // 2
    start = time - time % DAY
    return Moment(start, start + DAY - 1, "day") if whole_day else Moment(time, time, "second")


EVENTS = st.builds(
    lambda profile, name, at, whole, value: Event(
        profile, name, moment(at, whole), value=value, currency="SEK"
    ),
    st.sampled_from("PQR"), st.sampled_from("abcdemxv"), st.integers(0, 60), st.booleans(),
    st.one_of(st.none(), st.integers(-5, 20).map(lambda n: n * 1_000_000)),
)  # fmt: skip
LOGS = st.lists(EVENTS, max_size=40)
SPECS = st.builds(
    spec_of, st.booleans(), st.booleans(), st.sampled_from(["first", "last", "linear"])
)


def touch(event, spec):
    points = frozenset(i for i, t in enumerate(spec.touchpoints) if event.event in t.matcher)
    stages = set()
    for k, stage in enumerate(spec.stages):
        if stage.reached_when:
            hit = event.event in stage.reached_when["event"]
        else:
            hit = any(event.event in MATCHERS[name] for name in stage.touchpoints)
        stages |= {k} if hit else set()
    return plain.Touch(event.moment.time, event.moment.until, points, frozenset(stages))


def plain_journeys(log, spec):
    ending = {k for k, stage in enumerate(spec.stages) if stage.ends_journey}
    found = []
    for profile in sorted({event.profile for event in log}):
        trace = [touch(event, spec) for event in log if event.profile == profile]
        trace = [t for t in trace if t.touchpoints or t.stages]
        found += [(profile, journey) for journey in plain.cut(trace, spec.journey_gap, ending)]
    return found


def final_of(spec):
    last = len(spec.stages) - 1
    return {k for k, stage in enumerate(spec.stages) if stage.ends_journey or k == last}


def patience_of(spec):
    return [spec.patience if s.patience is None else s.patience for s in spec.stages]


@settings(max_examples=50, deadline=None)
@given(LOGS, SPECS)
def test_stage_numbers_are_those_of_the_definitions(log, spec):
    measured = living_map(EventTable.from_events(log), spec)
    journeys = [journey for _, journey in plain_journeys(log, spec)]
    end = max((event.moment.time for event in log), default=0)
    patience, final = patience_of(spec), final_of(spec)
    assert measured.journey_count == len(journeys)
    for k, numbers in enumerate(measured.stages):
        parts = [plain.part(journey, k, final, patience[k], end) for journey in journeys]
        counts = Counter(parts)
        for name in ("went_on", "came_back", "lost", "open", "completed"):
            assert getattr(numbers, name) == counts[name], (numbers.id, name)
        assert numbers.reached == len(journeys) - counts[None]
        assert numbers.skipped == sum(plain.skipped(j, k) for j in journeys)
        assert numbers.started_here == sum(plain.started(j) == k for j in journeys)
        assert numbers.loops == sum(plain.loops(j, k) for j in journeys)
        stopped = [j for j in journeys if plain.is_lost(j, final, patience, end)]
        assert numbers.stopped_here == sum(plain.furthest(j) == k for j in stopped)
        onward = [j for j, part in zip(journeys, parts, strict=True) if part == "went_on"]
        same_quantiles(numbers.time_to_next, [plain.time_to_next(j, k) for j in onward])
        inside = [plain.time_in_stage(j, k) for j in journeys if plain.in_stage(j, k)]
        same_quantiles(numbers.time_in_stage, inside)


def same_quantiles(found, microseconds):
    if not microseconds:
        assert found is None
        return
    wanted = np.quantile(np.array(microseconds) / 1e6, [0.1, 0.5, 0.9])
    assert [found.p10, found.p50, found.p90] == pytest.approx(list(wanted))


@settings(max_examples=50, deadline=None)
@given(LOGS, SPECS)
def test_the_five_parts_add_up_and_so_do_the_lost(log, spec):
    measured = living_map(EventTable.from_events(log), spec)
    for stage in measured.stages:
        parts = (stage.went_on, stage.came_back, stage.lost, stage.open, stage.completed)
        assert sum(parts) == stage.reached
    stopped = sum(stage.stopped_here for stage in measured.stages)
    assert stopped == int(measured.behind.parts.stopped.sum())
    assert stopped == sum(stage.lost for stage in measured.stages)


@settings(max_examples=50, deadline=None)
@given(LOGS, SPECS)
def test_touchpoints_and_steps_are_those_of_the_definitions(log, spec):
    measured = living_map(EventTable.from_events(log), spec)
    journeys = [journey for _, journey in plain_journeys(log, spec)]
    end = max((event.moment.time for event in log), default=0)
    final, patience = final_of(spec), patience_of(spec)
    lost = [j for j in journeys if plain.is_lost(j, final, patience, end)]
    points = [frozenset({i}) for i in range(len(spec.touchpoints))]
    columns = [frozenset({"abcde".index(points[0])}) for _, points, _ in STAGES]
    steps = [numbers for stage in measured.steps for numbers in stage]
    for items, found in ((points, measured.touchpoints), (columns, steps)):
        visits = [plain.visits(journey, items) for journey in journeys]
        for index, (item, numbers) in enumerate(zip(items, found, strict=True)):
            reached = [j for j in journeys if plain.touches(j, item)]
            assert numbers.reach == len(reached)
            assert numbers.touches == sum(len(plain.touches(j, item)) for j in journeys)
            assert numbers.exits == sum(plain.exits_at(j, item) for j in lost)
            after = [
                (v[i + 1][0] if i + 1 < len(v) else None)
                for v in visits for i in range(len(v)) if v[i][0] == index
            ]  # fmt: skip
            assert numbers.visits == len(after)
            assert numbers.ended == after.count(None)
            counts = Counter(follower for follower in after if follower is not None)
            assert sorted(n.count for n in numbers.next) == sorted(
                count for _, count in counts.most_common(5)
            )
            if items is points:
                back = sum(plain.returns_to(j, item) for j in journeys)
                assert numbers.returns.count == back


@settings(max_examples=50, deadline=None)
@given(LOGS, SPECS)
def test_going_on_with_and_without_a_touchpoint(log, spec):
    measured = living_map(EventTable.from_events(log), spec)
    journeys = [journey for _, journey in plain_journeys(log, spec)]
    end = max((event.moment.time for event in log), default=0)
    final, patience = final_of(spec), patience_of(spec)
    for k, stage in enumerate(spec.stages):
        for name in stage.touchpoints:
            index = "abcde".index(name)
            found = measured.touchpoints[index].go_on[stage.id]
            for rate, touched in ((found.touched, True), (found.untouched, False)):
                of = [j for j in journeys if bool(plain.touches(j, frozenset({index}))) is touched]
                parts = Counter(plain.part(j, k, final, patience[k], end) for j in of)
                assert rate.part == parts["went_on"]
                assert rate.whole == parts["went_on"] + parts["lost"]


@settings(max_examples=50, deadline=None)
@given(LOGS, SPECS)
def test_money_is_that_of_the_definitions(log, spec):
    measured = living_map(EventTable.from_events(log), spec).money
    by_profile = {}
    for profile, journey in plain_journeys(log, spec):
        by_profile.setdefault(profile, []).append(journey)
    total, unassigned, after, credit_of = 0, 0.0, Counter(), Counter()
    for event in log:
        mine = by_profile.get(event.profile, [])
        starts = [min(t.time for t in journey) for journey in mine]
        at = event.moment
        owner = sum(start <= at.time for start in starts) - 1
        owner = 0 if owner < 0 and starts and starts[0] <= at.until else owner
        if event.value is None or owner < 0:
            continue
        total += event.value
        value = plain.Touch(at.time, at.until, frozenset(), frozenset())
        for index in range(len(spec.touchpoints)):
            if plain.value_after(mine[owner], frozenset({index}), [value]):
                after[index] += event.value
        shares = plain.credit(mine[owner], value, spec.credit_model)
        unassigned += event.value * (1 - sum(shares.values()))
        for index, share in shares.items():
            credit_of[index] += share * event.value
    assert measured.total == total / 1e6
    for index, found in enumerate(measured.touchpoints.values()):
        assert found.value_after == after[index] / 1e6
        assert found.credit == pytest.approx(credit_of[index] / 1e6, abs=1e-5)
    assert measured.credit_unassigned == pytest.approx(unassigned / 1e6, abs=1e-5)


@settings(max_examples=50, deadline=None)
@given(LOGS, SPECS, st.randoms(), st.booleans())
def test_stored_order_and_names_of_profiles_change_nothing(log, spec, random, narrow):
    period = Period(5 * DAY, 20 * DAY) if narrow else None
    shuffled = random.sample(log, len(log))
    first, second = (
        living_map(EventTable.from_events(events), spec, period, compare=narrow).to_json()
        for events in (log, shuffled)
    )
    assert rounded(first) == rounded(second)


def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return round(value, 6) if isinstance(value, float) else value


@settings(max_examples=50, deadline=None)
@given(LOGS, SPECS, st.sampled_from(["cohort", "activity"]))
def test_a_period_selects_by_first_event_or_by_event(log, spec, mode):
    period = Period(8 * DAY, 20 * DAY)
    cut = cut_journeys(EventTable.from_events(log), spec)
    found = Counter(np.bincount(select(cut.journeys, period, mode).journey).tolist())
    wanted = []
    for _, journey in plain_journeys(log, spec):
        begin = min(t.time for t in journey)
        kept = [t for t in journey if 8 * DAY <= (begin if mode == "cohort" else t.time) < 20 * DAY]
        wanted += [len(kept)] if kept else []
    assert found == Counter(wanted)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from("abe"), min_size=1, max_size=6))
def test_chance_of_returning_is_that_of_random_orders(names):
    log = [Event("P", name, moment(i, False)) for i, name in enumerate(names)]
    spec = MapSpec((), tuple(TouchpointSpec(name, name) for name in "abe"))
    journeys = cut_journeys(EventTable.from_events(log), spec).journeys
    for index, found in enumerate(expected_returns(journeys, journeys.touches)):
        here = names.count("abe"[index])
        wanted = 1 - plain.contiguous_chance(len(names), here) if here else 0
        assert found / CHANCE == pytest.approx(wanted, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(LOGS)
def test_collapsing_visits_keeps_every_touch(log):
    journeys = cut_journeys(EventTable.from_events(log), spec_of(True, False)).journeys
    visits = visits_of(journeys, journeys.touches)
    assert len(visits.item) <= len(touches_of(journeys, journeys.touches)[0])
    assert (visits.begin <= visits.end).all()
    same = (np.diff(visits.item) == 0) & (np.diff(visits.journey) == 0)
    assert not same.any()


STREAMS = st.lists(
    st.tuples(st.integers(0, 12), st.frozensets(st.integers(0, 2), min_size=1)), max_size=7
)
WINDOWS = st.one_of(st.none(), st.integers(0, 8))


def fast_depth(stream, size, window):
    ordered = sorted(stream, key=lambda event: event[0])
    times = np.array([time for time, _ in ordered], np.int64)
    matches = np.array([[k in fits for k in range(size)] for _, fits in ordered], bool)
    return len(deepest_try(instants(times, matches.reshape(len(ordered), size)), size, window))


@settings(max_examples=300, deadline=None)
@given(STREAMS, WINDOWS)
def test_the_deepest_try_is_that_of_a_search_of_all(stream, window):
    assert fast_depth(stream, 3, window) == plain.funnel_depth(stream, 3, window)


ROWS = st.lists(
    st.tuples(st.sampled_from("PQRS"), st.sampled_from("AB"), st.integers(0, 15)), max_size=20
)
STEPS = st.lists(st.sampled_from([["A"], ["B"], ["A", "B"]]), min_size=1, max_size=4)


def events(rows):
    return EventTable.from_events([Event(p, n, Moment(t, t, "second")) for p, n, t in rows])


def funnel_of(rows, steps, window):
    labelled = [FunnelStep(str(i), matcher) for i, matcher in enumerate(steps)]
    return funnel(events(rows), labelled, window=window)


def stream_of(rows, profile, steps):
    return [
        (time, frozenset(k for k, names in enumerate(steps) if name in names))
        for who, name, time in rows
        if who == profile
    ]


def distinct_times(rows):
    return list({(who, time): (who, name, time) for who, name, time in rows}.values())


@settings(max_examples=100, deadline=None)
@given(ROWS, STEPS, WINDOWS, st.booleans())
def test_funnel_counts_are_those_of_a_search_of_all(rows, steps, window, untied):
    rows = distinct_times(rows) if untied else rows
    found = funnel_of(rows, steps, window)
    depths = [
        plain.funnel_depth(stream_of(rows, profile, steps)[:9], len(steps), window)
        for profile in "PQRS"
    ]
    if all(len(stream_of(rows, profile, steps)) <= 9 for profile in "PQRS"):
        wanted = [sum(depth > k for depth in depths) for k in range(len(steps))]
        assert [step.count for step in found.steps] == wanted


@settings(max_examples=100, deadline=None)
@given(ROWS.map(distinct_times), STEPS, WINDOWS)
def test_walking_all_units_at_once_reports_the_try_of_the_single_walk(rows, steps, window):
    found = funnel_of(rows, steps, window)
    for unit, depth, run in zip(found.units, found.depth, found.runs, strict=True):
        names = list(dict.fromkeys(who for who, _, _ in rows))
        stream = sorted(stream_of(rows, names[unit], steps), key=lambda event: event[0])
        wanted = deepest_try([(time, [fits]) for time, fits in stream], len(steps), window)
        assert run[:depth].tolist() == wanted


@settings(max_examples=50, deadline=None)
@given(ROWS, STEPS, st.integers(0, 8), st.randoms(), ROWS)
def test_laws_of_the_funnel(rows, steps, window, random, more):
    counts = [step.count for step in funnel_of(rows, steps, window).steps]
    assert counts == sorted(counts, reverse=True)
    shuffled = random.sample(rows, len(rows))
    assert counts == [step.count for step in funnel_of(shuffled, steps, window).steps]
    shifted = [(f"new {who}", name, time + 5_000) for who, name, time in rows]
    assert counts == [step.count for step in funnel_of(shifted, steps, window).steps]
    for wider in (funnel_of(rows, steps, window + 3), funnel_of(rows, steps, None),
                  funnel_of(rows + more, steps, window)):  # fmt: skip
        assert all(w.count >= n for w, n in zip(wider.steps, counts, strict=True))
    only = funnel_of(rows, steps[:1], window).steps[0].count
    assert only == len({who for who, name, _ in rows if name in steps[0]})
    found = funnel_of(rows, steps, window)
    assert found.converted + found.lost + found.open == found.steps[0].count


@settings(max_examples=50, deadline=None)
@given(ROWS, STEPS, WINDOWS)
def test_every_reported_run_is_a_try(rows, steps, window):
    found = funnel_of(rows, steps, window)
    names = list(dict.fromkeys(who for who, _, _ in rows))
    for unit, depth, run in zip(found.units, found.depth, found.runs, strict=True):
        times = run[:depth].tolist()
        assert times == sorted(times)
        assert window is None or times[-1:] <= [times[0] + window] if times else True
        stream = [e for e in stream_of(rows, names[unit], steps) if e[0] in times]
        assert any(
            all(k in fits for k, (_, fits) in enumerate(choice))
            for choice in permutations_at(stream, times)
        ) or not times  # fmt: skip


def permutations_at(stream, times):
    def choose(left, wanted):
        if not wanted:
            yield []
        for index, event in enumerate(left if wanted else []):
            if event[0] == wanted[0]:
                for rest in choose(left[:index] + left[index + 1 :], wanted[1:]):
                    yield [event, *rest]

    return choose(stream, times)


@pytest.mark.parametrize(
    ("stream", "steps", "window", "depth"),
    [
        ("A0 A50 B70 C100", "ABC", 60, 3),
        ("A0", "AA", 60, 1),
        ("A7 A9 B9", "ABA", 5, 3),
        ("A4 B245 A245", "AAB", 300, 3),
        ("A1 A2 B3", "AAB", None, 3),
    ],
)
def test_published_cases(stream, steps, window, depth):
    rows = [("P", word[0], int(word[1:])) for word in stream.split()]
    found = funnel_of(rows, [[name] for name in steps], window)
    assert sum(step.count for step in found.steps) == depth


@settings(max_examples=50, deadline=None)
@given(ROWS, st.randoms(), st.one_of(st.none(), st.integers(0, 5)))
def test_flow_balances_at_every_node(rows, random, gap):
    found = transitions(events(rows), gap=gap)
    for node in found.nodes:
        into = sum(edge.count for edge in found.edges if edge.target == node.item)
        out = sum(edge.count for edge in found.edges if edge.source == node.item)
        assert into + node.starts == node.count == out + node.ends
    assert sum(node.starts for node in found.nodes) == found.cases
    assert sum(node.ends for node in found.nodes) == found.cases
    shuffled = random.sample(rows, len(rows))
    assert transitions(events(shuffled), gap=gap).to_json() == found.to_json()


def test_transitions_are_the_adjacent_pairs():
    rows = [
        ("P", "A", 0),
        ("P", "B", 2_000_000),
        ("P", "B", 3_000_000),
        ("Q", "B", 0),
        ("Q", "A", 0),
    ]
    found = transitions(events(rows)).to_json()
    pairs = {
        (edge["from"], edge["to"]): (edge["count"], edge["p50_wait"]) for edge in found["edges"]
    }
    assert pairs == {("A", "B"): (2, 1.0), ("B", "B"): (1, 1.0)}
    assert found["cases"] == 2
    assert all(a != b or a == "B" for a, b in combinations("AB", 2))

"""The simulated shop: what it promises to those who learn, test or measure with it."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import kundresa
from kundresa.cli.demo_data import command
from kundresa.core.errors import BadInputError
from kundresa.events.sources import read_jsonl
from kundresa.project.appliance_shop import Chunk, Period, Shop, Truth, truth
from kundresa.project.appliance_shop.effects import EVENTS_OF
from kundresa.project.appliance_shop.writing import ENDINGS, write
from kundresa.store.rows import table_from_rows

MAP = Path("examples/maps/colleen-vacuum-cleaner.journey.yaml")
ZONE = ZoneInfo("Europe/Stockholm")
STEPS = [
    "Session Started", "Product Viewed", "Product Added", "Checkout Started",
    "Payment Info Entered", "Order Completed",
]  # fmt: skip

UNREAD = {"until", "precision", "channel", "group", "id", "score_raw", "p/boolean/simulated"}
Records = list[dict[str, Any]]


@pytest.fixture(scope="module")
def chunk() -> Chunk:
    """One block: 8,192 profiles, so that what is counted here can be compared with the truth."""
    return next(Shop(seed=7).chunks(10**9, blocks_at_once=1))


@pytest.fixture(scope="module")
def table(chunk: Chunk) -> kundresa.EventTable:
    return table_from_rows([chunk.events])


@pytest.fixture(scope="module")
def records(chunk: Chunk) -> Records:
    """The block's events as plain dictionaries, without what is empty."""
    columns = {
        name.rpartition("/")[2]: plain(column).to_pylist()
        for name, column in zip(chunk.events.column_names, chunk.events.columns, strict=True)
        if name not in UNREAD
    }
    rows = zip(*columns.values(), strict=True)
    return [{k: v for k, v in zip(columns, row, strict=True) if v is not None} for row in rows]


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give texts as texts: taken one by one out of a dictionary they cost ten times as much."""
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


@pytest.fixture(scope="module")
def effects() -> dict[tuple[str, str], Any]:
    return {(each.touchpoint, each.outcome): each for each in truth(seed=7, blocks=1)}


def profiles_with(records: Records, *events: str, **wanted: object) -> set[str]:
    return {
        row["profile"]
        for row in records
        if row["event"] in events and all(row.get(key) == value for key, value in wanted.items())
    }


# Files.


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, ending: str) -> None:
    files = [tmp_path / f"{name}{ending}" for name in ("a", "b", "c")]
    for file, seed in zip(files, (7, 7, 8), strict=True):
        write(Shop(seed=seed), file, 2000)
    first, second, other = (file.read_bytes() for file in files)
    assert first == second != other


def test_every_event_is_a_valid_record_that_says_what_the_columns_say(
    tmp_path: Path, chunk: Chunk
) -> None:
    file = tmp_path / "events.jsonl.gz"
    written = write(Shop(seed=7), file, 4000)
    reading = read_jsonl(file)
    assert reading.rejected == []
    assert reading.event_count == written.events
    read = pa.concat_tables(reading.tables, promote_options="default")
    ours = chunk.events.slice(0, written.events)
    assert set(read.column_names) <= set(ours.column_names)
    for name in ours.column_names:
        expected = ours.column(name).to_pylist()
        if name not in read.column_names:
            assert set(expected) == {None}
        elif name == "rest":
            assert [json.loads(text or "0") for text in read.column(name).to_pylist()] == [
                json.loads(text or "0") for text in expected
            ]
        else:
            assert read.column(name).to_pylist() == expected, name


def test_a_parquet_file_holds_the_rows_of_a_part_and_says_that_they_are_simulated(
    tmp_path: Path, chunk: Chunk
) -> None:
    file = tmp_path / "events.parquet"
    written = write(Shop(seed=7), file, 5000)
    rows = pq.read_table(file)
    assert rows.schema.metadata[b"kundresa_simulated"] == b"true"
    assert rows.column("p/boolean/simulated").to_pylist() == [True] * written.events
    assert rows.to_pylist() == chunk.events.slice(0, written.events).to_pylist()


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_interruption_leaves_what_was_there_and_nothing_else(
    tmp_path: Path, ending: str
) -> None:
    def stop(count: int) -> None:
        raise KeyboardInterrupt

    file = tmp_path / f"events{ending}"
    file.write_bytes(b"before")
    with pytest.raises(KeyboardInterrupt):
        write(Shop(), file, 1000, with_profiles=True, progress=stop)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {file.name: b"before"}


# The command.


def test_the_command_answers_what_it_made_and_what_is_true(tmp_path: Path) -> None:
    out = tmp_path / "shop.jsonl"
    ran = CliRunner().invoke(command, [str(out), "--events", "1_000", "--profiles", "--json"])
    assert ran.exit_code == 0, ran.output
    body = json.loads(ran.stdout)
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert body["simulated"] is True
    assert body["events"] == len(lines) >= 1000
    assert body["profiles"] == len({line["profile"] for line in lines})
    assert body["period"] == {"from": "2025-01-01", "to": "2026-07-01", "zone": "Europe/Stockholm"}
    assert body["truth"]["parameters"] == json.loads(json.dumps(Truth().to_json()))
    assert {each["touchpoint"] for each in body["truth"]["effects"]} == {
        *EVENTS_OF, "late_delivery",
    }  # fmt: skip
    own = [json.loads(line) for line in Path(body["profiles_written"]).read_text().splitlines()]
    assert [row["profile"] for row in own] == sorted({line["profile"] for line in lines})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("shop.csv", "Known: .jsonl, .jsonl.gz, .parquet."),
        ("nowhere/shop.jsonl", "There is no folder"),
    ],
)
def test_a_place_that_will_not_do_is_refused_with_the_remedy(
    tmp_path: Path, name: str, said: str
) -> None:
    ran = CliRunner().invoke(command, [str(tmp_path / name), "--events", "10"])
    assert ran.exit_code == 1
    assert said in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_command_says_that_nothing_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(self: Shop, events: int) -> Any:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(Shop, "chunks", stop)
    ran = CliRunner().invoke(command, [str(tmp_path / "shop.jsonl"), "--json"])
    assert ran.exit_code == 1
    assert "was not written" in json.loads(ran.stdout)["error"]["hint"]
    assert list(tmp_path.iterdir()) == []


def test_parameters_that_make_no_shop_are_named_all_at_once() -> None:
    lazy = replace(Truth().personas[0], on_phone=1.0, models=(1, 1), share=-1)
    period = Period(date(2026, 1, 2), date(2026, 1, 1))
    with pytest.raises(BadInputError) as caught:
        Shop(truth=Truth(looks=1.5, slow_store=9, personas=(lazy,)), period=period)
    assert {fault.place for fault in caught.value.faults} == {
        "looks", "slow_store", "personas", "personas[0].on_phone", "personas[0].models",
        "personas[0].share", "period",
    }  # fmt: skip
    with pytest.raises(BadInputError, match="Write 0 or more"):
        Shop(seed=-1)


# What happens in the shop.


def test_the_vacuum_cleaners_map_comes_alive_but_for_the_unmarked_social_links(
    table: kundresa.EventTable,
) -> None:
    live = kundresa.measure_map(kundresa.read_map(MAP), table)
    states = {each["id"]: each["state"] for each in live["touchpoints"]}
    assert states.pop("tp_social") == "unused"
    assert set(states.values()) == {"live"}
    unclaimed = {each["event"] for each in live["unclaimed"]}
    assert {"Cookie Choice Made", "Order Ready", "Payment Failed"} <= unclaimed
    compared = next(each for each in live["stages"] if each["id"] == "st_compare")
    assert compared["loops"] > compared["reached"] / 4


def test_a_funnel_counts_what_a_plain_count_counts(
    table: kundresa.EventTable, records: Records
) -> None:
    asked = {"kundresa_query": 1, "type": "funnel", "steps": STEPS}
    found = [step["count"] for step in kundresa.query(asked, table)["steps"]]
    plain = [len(profiles_with(records, step)) for step in STEPS]
    assert found == plain
    assert all(more > fewer for more, fewer in pairwise(plain))


def test_times_lie_in_the_period_with_the_offset_of_their_place(records: Records) -> None:
    after = datetime(2026, 7, 1, tzinfo=ZONE)
    for row in records:
        time = datetime.fromtimestamp(row["time"] / 1e6, UTC)
        assert datetime(2025, 1, 1, tzinfo=ZONE) <= time < after
        offset = time.astimezone(ZONE).utcoffset() or timedelta()
        assert row["offset_minutes"] == offset.total_seconds() / 60
    assert {row["offset_minutes"] for row in records} == {60, 120}


def test_people_sleep_at_night_and_shop_on_sundays(records: Records) -> None:
    hours: dict[int, int] = defaultdict(int)
    days: dict[int, int] = defaultdict(int)
    for row in records:
        if row["event"] == "Session Started":
            local = datetime.fromtimestamp(row["time"] / 1e6, ZONE)
            hours[local.hour] += 1
            days[local.weekday()] += 1
    assert hours[20] > 10 * hours[3]
    assert days[6] == max(days.values())


def test_a_device_belongs_to_one_profile_and_is_known_once_it_orders(records: Records) -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    known: dict[str, set[str]] = defaultdict(set)
    for row in records:
        found = json.loads(row.get("rest", "{}")).get("identifiers", {})
        if "anonymous_id" in found:
            owners[found["anonymous_id"]].add(row["profile"])
        if "user_id" in found:
            known[row["profile"]].add(found["anonymous_id"])
    assert all(len(profiles) == 1 for profiles in owners.values())
    assert profiles_with(records, "Order Completed") <= set(known)
    assert any(len(devices) == 2 for devices in known.values())


def test_an_order_is_worth_its_items_and_delivery_and_a_return_its_items(records: Records) -> None:
    cost, orders = {}, 0
    for row in records:
        if row["event"] == "Delivery Options Viewed":
            cost[row["profile"]] = row["delivery_cost"]
        if row["event"] in {"Order Completed", "Order Returned"}:
            items = json.loads(row["rest"])["items"]
            goods = sum(item["quantity"] * item["price"] for item in items)
            paid = goods + cost[row["profile"]] if row["event"] == "Order Completed" else -goods
            assert (row["value"], row["currency"]) == (paid * 1_000_000, "SEK")
            orders += 1
    assert orders > 500


def test_an_answer_in_the_chat_follows_the_question_and_comes_in_working_hours(
    records: Records,
) -> None:
    asked: dict[str, int] = {}
    waits = []
    for row in records:
        if row["event"] == "Chat Message Sent":
            asked[row["profile"]] = row["time"]
        if row["event"] == "Chat Answered":
            local = datetime.fromtimestamp(row["time"] / 1e6, ZONE)
            assert local.weekday() < 5
            assert 9 <= local.hour < 19
            waits.append(row["wait_minutes"])
            assert row["time"] > asked[row["profile"]]
    assert min(waits) < 10
    assert median(waits) > 60


def test_an_order_goes_its_way_in_order(records: Records) -> None:
    way: dict[str, dict[str, int]] = defaultdict(dict)
    for row in records:
        if "order_id" in row:
            way[row["order_id"]].setdefault(row["event"], row["time"])
    names = ["Order Completed", "Order Shipped", "Order Ready", "Order Delivered", "Survey Sent",
             "Survey Answered"]  # fmt: skip
    for found in way.values():
        times = [found[name] for name in names if name in found]
        assert times == sorted(times)
        assert "Order Completed" in found


def test_scores_are_on_three_scales_and_move_with_the_comments(records: Records) -> None:
    scores = [row for row in records if "score" in row]
    assert {row["scale"] for row in scores} == {"csat5", "nps", "stars5"}
    late = [r["score"] for r in scores if "sent" in r.get("comment", "")]
    thanks = [r["score"] for r in scores if "tack" in r.get("comment", "")]
    assert max(median(late), 0) < median(thanks)


# The faults that are built in.


def test_payments_on_phones_fail_in_the_broken_month(records: Records) -> None:
    paid: dict[bool, list[bool]] = {True: [], False: []}
    for row in records:
        if row["event"] in {"Payment Failed", "Order Completed"} and row["device"] == "phone":
            local = datetime.fromtimestamp(row["time"] / 1e6, ZONE)
            broken = (local.year, local.month) == (2026, 2)
            paid[broken].append(row["event"] == "Payment Failed")
    assert sum(paid[True]) / len(paid[True]) > 0.5
    assert sum(paid[False]) / len(paid[False]) < 0.05


def test_one_store_lets_its_pickups_wait(records: Records) -> None:
    shipped = {r["order_id"]: r["time"] for r in records if r["event"] == "Order Shipped"}
    waits: dict[str, list[int]] = defaultdict(list)
    for row in records:
        if row["event"] == "Order Ready":
            waits[row["store"]].append(row["time"] - shipped[row["order_id"]])
    slow = median(waits.pop("Malmö"))
    assert all(slow > 1.5 * median(others) for others in waits.values())


def test_a_delivery_cost_drives_people_away(records: Records) -> None:
    shown = {True: set(), False: set()}
    for row in records:
        if row["event"] == "Delivery Options Viewed":
            shown[row["delivery_cost"] > 0].add(row["profile"])
    paid = profiles_with(records, "Payment Info Entered")
    stayed = {costs: len(who & paid) / len(who) for costs, who in shown.items()}
    assert stayed[True] < stayed[False] - 0.1


# The truth.


def test_touchpoints_truly_do_what_their_parameters_say(effects: dict[Any, Any]) -> None:
    found = {name: effects[name, "bought"] for name in EVENTS_OF}
    sizes = {"reviews": (0.04, 0.09), "chat": (0.025, 0.06), "store_visit": (0.01, 0.04),
             "newsletter": (0.01, 0.04), "retargeting": (0, 0.003)}  # fmt: skip
    for name, (low, high) in sizes.items():
        assert low < found[name].effect < high, found[name]
        assert found[name].error < 0.005


def test_a_plain_comparison_is_wrong_about_retargeting(effects: dict[Any, Any]) -> None:
    adverts = effects["retargeting", "bought"]
    assert adverts.association > 0.04
    assert adverts.association > 20 * adverts.effect


def test_the_association_is_what_anybody_counts_from_the_events(
    records: Records, chunk: Chunk, effects: dict[Any, Any]
) -> None:
    bought = profiles_with(records, "Order Completed")
    for name, events in EVENTS_OF.items():
        met = profiles_with(records, *events, **(
            {"advert": "retargeting"} if name == "retargeting" else {}
        ))  # fmt: skip
        with_it = len(bought & met) / len(met)
        without = len(bought - met) / (chunk.profiles - len(met))
        assert with_it - without == pytest.approx(effects[name, "bought"].association, abs=1e-9)


def test_late_deliveries_truly_hurt(effects: dict[Any, Any]) -> None:
    assert effects["late_delivery", "score"].effect == pytest.approx(Truth().late_score, abs=0.2)
    assert 0.03 < effects["late_delivery", "returned"].effect < 0.1
    assert 0.15 < effects["late_delivery", "asked for support"].effect < 0.35


@pytest.mark.parametrize("name", ["reviews", "chat", "store_visit", "newsletter", "retargeting"])
def test_a_touchpoint_without_effect_changes_nothing_and_still_looks_as_if(name: str) -> None:
    changed = Truth(**{name: 0.0})
    found = next(e for e in truth(changed, seed=7, blocks=1) if e.touchpoint == name)
    assert found.effect == 0
    assert found.association > 0.01


def test_what_is_true_of_each_profile_adds_up_to_the_effects(
    chunk: Chunk, records: Records, effects: dict[Any, Any]
) -> None:
    own = Shop(seed=7).profiles(chunk).to_pandas().set_index("profile")
    assert set(own.index[own.bought]) == profiles_with(records, "Order Completed")
    for name in EVENTS_OF:
        gain = own[f"buys_with_{name}"].astype(int) - own[f"buys_without_{name}"]
        assert gain.mean() == pytest.approx(effects[name, "bought"].effect, abs=1e-9)
    shares = own.persona.value_counts(normalize=True)
    for persona in Truth().personas:
        assert shares[persona.name] == pytest.approx(persona.share, abs=0.02)


def test_the_reference_names_every_parameter_event_and_property_as_they_are(
    chunk: Chunk,
) -> None:
    page = Path("docs/reference/appliance-shop.md").read_text("utf-8")
    rows = [tuple(cell.strip() for cell in line.split("|")) for line in page.splitlines()]
    # A parameter of the shop has a value and a meaning beside it, one of the personas four values.
    told = {(row[1], len(row) - 3): row[2:-1] for row in rows if len(row) > 3}
    for name, value in vars(Truth()).items():
        if name != "personas":
            assert told[f"`{name}`", 2][0] == str(value)
    personas = Truth().personas
    for name, value in vars(personas[0]).items():
        if isinstance(value, float | int):
            values = tuple(str(getattr(each, name)) for each in personas)
            assert told[f"`{name}`", len(personas)] == values
    events = set(chunk.events.column("event").unique().to_pylist())
    assert all(name in page for name in events if not name.startswith("Newsletter"))
    properties = {name.rpartition("/")[2] for name in chunk.events.column_names if "/" in name}
    assert all(f"`{name}`" in page for name in properties)

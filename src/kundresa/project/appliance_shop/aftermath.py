"""After the order: delivery, first use, help, returns, and what buyers say.

Late delivery is the pain built in: it truly lowers scores and brings returns and calls, while
bulky goods are late more often and sent back less, so a plain comparison understates the returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from kundresa.project.appliance_shop.catalogue import BULKY
from kundresa.project.appliance_shop.chance import Floats
from kundresa.project.appliance_shop.parameters import Truth
from kundresa.project.appliance_shop.rhythm import (
    DAY,
    HOUR,
    LONGEST_VISIT,
    Bools,
    Times,
    add_working_days,
)
from kundresa.project.appliance_shop.world import LATE, Numbers, Row, World, joined_rows, sigmoid

TRANSIT_DAYS: Final = 3
"""Working days in which a parcel is promised."""
_WAIT_DAYS: Final = 2.2
_LONG_WAIT: Final = 5
_LATER_ANSWERS: Final = 0.7


@dataclass(frozen=True)
class Orders:
    """Columns over orders; ``visit`` is the row of the visit that ordered."""

    profile: Numbers
    visit: Numbers
    need: Numbers
    shipped_at: Times
    ready_at: Times
    """When it could be picked up, -1 for a delivery to the door."""
    had_at: Times
    """When the buyer had it at home."""
    waited: Bools
    """Whether a pickup kept the buyer waiting for long."""
    late: Bools
    delay_days: Numbers
    pleased: Floats
    """How good it all was, in points of a five-point score, not rounded."""
    score: Numbers
    """The same as an answer from 1 to 5."""
    unpacks: Bools
    registers: Bools
    supports: Bools
    support_at: Times
    returns: Bools
    return_at: Times
    answers: Bools
    month_answers: Bools
    writes: Bools

    def __len__(self) -> int:
        return len(self.profile)

    def take(self, rows: Numbers) -> Orders:
        """Give some of the orders."""
        return Orders(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})

    @classmethod
    def joined(cls, orders: Sequence[Orders]) -> Orders:
        """Put the orders of several needs together."""
        names = [each.name for each in fields(cls)]
        return cls(**{n: np.concatenate([getattr(each, n) for each in orders]) for n in names})


def after_orders(world: World, need: int, visits: list[Row], before: int) -> Orders:
    """Follow every order among the visits; ``before`` is how many visits other needs had."""
    buys = [np.flatnonzero(row["buys"]) for row in visits]
    row = joined_rows(
        [{name: c[at] for name, c in row.items()} for row, at in zip(visits, buys, strict=True)]
    )
    starts = before + np.cumsum([0, *(len(row["buys"]) for row in visits)])
    visit = np.concatenate([at + start for at, start in zip(buys, starts, strict=False)])
    who = row["profile"]
    chance = {name: column[need][who] for name, column in world.chance.order.items()}
    way = _way_home(world, row, chance)
    pleased = _pleased(world, need, row, way)
    return Orders(
        profile=who, visit=visit, need=row["need"], pleased=pleased,
        score=np.clip(np.rint(pleased), 1, 5).astype(np.int64),
        **way, **_use(world, row, chance, way), **_answers(world.truth, chance, pleased),
    )  # fmt: skip


def _way_home(world: World, row: Row, chance: dict[str, Floats]) -> Row:
    calendar, truth = world.calendar, world.truth
    day = calendar.wall(row["start"] + LONGEST_VISIT) // DAY
    ship_day = add_working_days(day, 1 + (chance["ships"] > 0.8).astype(np.int64))
    shipped = calendar.instant(ship_day * DAY + 8 * HOUR + _hours(chance["ships"], 9))
    home = ~row["picks_up"]
    late = home & _is_late(world, row, chance, ship_day)
    delay = np.where(late, 2 + (chance["delay"] ** 2 * 7).astype(np.int64), 0)
    transit = 1 + (chance["transit"] * TRANSIT_DAYS).astype(np.int64)
    door_day = add_working_days(ship_day, np.where(late, TRANSIT_DAYS + delay, transit))
    door = calendar.instant(door_day * DAY + 9 * HOUR + _hours(chance["hour"], 11))
    slow = np.where(row["store"] == truth.slow_store, truth.slow_store_wait, 1.0)
    wait = 0.4 - _WAIT_DAYS * slow * np.log1p(-np.minimum(chance["wait"], 0.99))
    ready_day = add_working_days(ship_day, np.ceil(wait).astype(np.int64))
    ready = calendar.instant(ready_day * DAY + 10 * HOUR + _hours(chance["ships"], 6))
    collect_day = ready_day + 1 + (chance["collects"] ** 2 * 6).astype(np.int64)
    collected = calendar.instant(collect_day * DAY + 10 * HOUR + _hours(chance["hour"], 9))
    return {
        "shipped_at": shipped, "ready_at": np.where(home, -1, ready), "late": late,
        "waited": ~home & (ready - shipped > _LONG_WAIT * DAY),
        "had_at": np.where(home, door, collected), "delay_days": delay,
    }  # fmt: skip


def _is_late(world: World, row: Row, chance: dict[str, Floats], ship_day: Times) -> Bools:
    truth = world.truth
    odds = truth.late + truth.late_if_bulky * BULKY[row["category"]]
    odds = odds + truth.late_in_rush * world.calendar.is_rush(ship_day)
    late = chance["late"] < sigmoid(odds)
    return world.forced(LATE, late, np.ones_like(late))


def _pleased(world: World, need: int, row: Row, way: Row) -> Floats:
    truth = world.truth
    noise = truth.score_noise * world.chance.pleased[need][row["profile"]]
    pleased = truth.score + truth.score_by_model * (row["model"] - 1.5) + noise
    pleased += truth.late_score * way["late"] + truth.wait_score * way["waited"]
    return np.asarray(pleased, np.float32)


def _use(world: World, row: Row, chance: dict[str, Floats], way: Row) -> Row:
    truth, late, had = world.truth, way["late"], way["had_at"]
    bulky = BULKY[row["category"]]
    odds = truth.returns + truth.late_return * late + truth.returns_if_bulky * bulky
    odds = odds + world.traits["sends_back"][row["profile"]]
    returns = chance["returns"] < sigmoid(odds)
    support = chance["supports"] < sigmoid(truth.support + truth.late_support * late)
    unpacks = chance["unpacks"] < truth.unpacks
    waited = way["shipped_at"] + TRANSIT_DAYS * DAY + _hours(chance["days"], 30)
    asks = had + HOUR + (chance["days"] ** 2 * 20 * DAY).astype(np.int64)
    return {
        "unpacks": unpacks, "registers": unpacks & (chance["registers"] < truth.registers),
        "supports": support, "support_at": np.where(late, np.minimum(waited, had - HOUR), asks),
        "returns": returns, "return_at": had + DAY + _hours(chance["days"], 24 * 13),
    }  # fmt: skip


def _answers(truth: Truth, chance: dict[str, Floats], pleased: Floats) -> Row:
    # Those who are very pleased or very much not say so more often than the others.
    moved = 0.7 + 0.6 * np.abs(pleased - truth.score)
    return {
        "answers": chance["answers"] < truth.answers_survey * moved,
        "month_answers": chance["month_answers"] < _LATER_ANSWERS * truth.answers_survey * moved,
        "writes": chance["writes"] < truth.writes_review * moved,
    }


def _hours(chance: Floats, hours: int) -> Times:
    return (chance * np.float32(hours * HOUR)).astype(np.int64)

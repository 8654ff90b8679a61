"""What happens to every profile: the structural equations, from need to order, visit by visit.

Each equation reads what came before it and its own number of `Chance`; nothing else. So a world
with a touchpoint forced on or off (``do``) differs only in what follows from that touchpoint.

Visits are rows: the visits of all profiles with the same number are decided together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from kundresa.project.appliance_shop.aftermath import Orders, after_orders
from kundresa.project.appliance_shop.catalogue import BASKETS_PER_MACHINE, MODELS, STORES
from kundresa.project.appliance_shop.chance import NEEDS, VISITS, Chance, Floats
from kundresa.project.appliance_shop.parameters import Truth
from kundresa.project.appliance_shop.rhythm import DAY, HOUR, LONGEST_VISIT, Calendar, Times
from kundresa.project.appliance_shop.visits import ADVERT, DIRECT, SEARCH, Mood, Visit, Visits
from kundresa.project.appliance_shop.world import Do, Numbers, Row, World, joined_rows, sigmoid

# The rest come from posts in social media, whose links carry no mark: they look direct.
_FIRST_SOURCE: Final = np.array([0.46, 0.66, 0.86])
_FIRST_CODES: Final = np.array([SEARCH, DIRECT, ADVERT, DIRECT])
_EARLY_ADVERT: Final = 0.12
_EXTRAS: Final = np.array([0.62, 0.84, 0.95])


@dataclass(frozen=True)
class Lives:
    """Everything that happened to one block of profiles, before it is told as events."""

    persona: Numbers
    intent: Floats
    visits: Visits
    orders: Orders
    early_advert_at: Times
    """When an advert was seen before the first visit; -1 when none was."""

    @classmethod
    def joined(cls, lives: Sequence[Lives]) -> Lives:
        """Put the lives of several blocks together; profiles and visits are counted on."""
        visits = [each.visits for each in lives]
        who = _counted_on([len(each.persona) for each in lives])
        row = _counted_on([len(each) for each in visits])
        moved = [vars(v) | {"profile": v.profile + n} for v, n in zip(visits, who, strict=True)]
        orders = [
            replace(each.orders, profile=each.orders.profile + n, visit=each.orders.visit + k)
            for each, n, k in zip(lives, who, row, strict=True)
        ]
        return cls(
            np.concatenate([each.persona for each in lives]),
            np.concatenate([each.intent for each in lives]),
            Visits(**joined_rows(moved)), Orders.joined(orders),
            np.concatenate([each.early_advert_at for each in lives]),
        )  # fmt: skip


def live(chance: Chance, truth: Truth, calendar: Calendar, do: Do | None = None) -> Lives:
    """Let a block of profiles live through the period."""
    world = World(chance, truth, calendar, do or {})
    who = np.arange(chance.count)
    day = calendar.need_day(chance.profile["day"])
    rows: list[Row] = []
    orders: list[Orders] = []
    for need in range(NEEDS):
        new = _satisfy(world, need, who, day)
        new_orders = after_orders(world, need, new, _count(rows))
        rows += new
        orders.append(new_orders)
        who, day = _needs_again(world, need, who, new, new_orders)
    visits = Visits(**joined_rows(rows))
    return Lives(
        world.persona, chance.intent, visits, Orders.joined(orders), _early_advert(chance, visits)
    )


def _counted_on(lengths: list[int]) -> list[int]:
    return [sum(lengths[:index]) for index in range(len(lengths))]


def _count(rows: list[Row]) -> int:
    return sum(len(row["profile"]) for row in rows)


def _satisfy(world: World, need: int, who: Numbers, day: Times) -> list[Row]:
    """Play one need of each profile in ``who``, up to the order or the last visit."""
    wish = _wish(world, need)
    mood = Mood(world.chance.count)
    hour, source = (world.chance.need[name][need][who] for name in ("hour", "source"))
    start = world.calendar.at_hour(day, world.persona[who], hour)
    if need == 0:
        # A visit that the period's end would cut comes earlier, so that nobody is without events.
        start = np.where(start < world.calendar.last_visit, start, start - 2 * LONGEST_VISIT)
    arrival = {
        "start": start,
        "source": _FIRST_CODES[np.searchsorted(_FIRST_SOURCE, source, side="right")],
    }
    rows: list[Row] = []
    for number in range(VISITS):
        inside = arrival["start"] < world.calendar.last_visit
        who = who[inside]
        row: Row = {
            "profile": who,
            "need": np.full(len(who), need),
            "number": np.full(len(who), number),
        }
        row |= {name: column[inside] for name, column in arrival.items()}
        row |= {name: column[who] for name, column in wish.items()}
        visit = Visit(world, mood, need, number, row)
        back = visit.play()
        rows.append(row)
        who, arrival = who[back], {"start": row["until"][back], "source": visit.next_source[back]}
    return rows


def _wish(world: World, need: int) -> Row:
    """Choose what a profile is out for: the same machine in all visits of one need."""
    chance, personas = world.chance.need, world.truth.personas
    category = _weighted(
        [each.categories for each in personas], world.persona, chance["category"][need]
    )
    model = _weighted([each.models for each in personas], world.persona, chance["model"][need])
    extras = np.searchsorted(_EXTRAS, chance["extra"][need], side="right")
    store = (chance["store"][need] * len(STORES)).astype(np.int64)
    basket = (category * MODELS + model) * BASKETS_PER_MACHINE + extras
    return {"category": category, "model": model, "basket": basket, "store": store}


def _weighted(weights: list[tuple[float, ...]], persona: Numbers, chance: Floats) -> Numbers:
    edges = np.cumsum(np.array(weights, np.float32), axis=1)
    edges /= edges[:, -1:]
    chosen: Numbers = (chance[:, None] >= edges[persona][:, :-1]).sum(axis=1)
    return chosen


def _needs_again(
    world: World, need: int, who: Numbers, rows: list[Row], orders: Orders
) -> tuple[Numbers, Times]:
    """Give who has a second need, and on which local day."""
    count, chance, truth = world.chance.count, world.chance.order, world.truth
    alive = np.zeros(count, bool)
    alive[who] = True
    last = np.zeros(count, np.int64)
    for row in rows:
        last[row["profile"]] = row["start"]
    likely = np.full(count, truth.needs_again_without_order, np.float32)
    above = orders.pleased - truth.score
    likely[orders.profile] = sigmoid(truth.needs_again + truth.needs_again_by_score * above)
    last[orders.profile] = orders.had_at
    again = np.flatnonzero(alive & (last > 0) & (chance["again"][need] < likely))
    days = 30 + (240 * chance["again_days"][need][again]).astype(np.int64)
    return again, world.calendar.wall(last[again]) // DAY + days


def _early_advert(chance: Chance, visits: Visits) -> Times:
    """Give when somebody saw an advert before the first visit, -1 where nobody did."""
    found = np.full(chance.count, -1, np.int64)
    first = np.flatnonzero((visits.need == 0) & (visits.number == 0))
    who = visits.profile[first]
    saw = (visits.source[first] == ADVERT) | (chance.profile["early_advert"][who] < _EARLY_ADVERT)
    before = HOUR // 60 + (chance.profile["early_moment"][who] ** 2 * 6 * DAY).astype(np.int64)
    found[who[saw]] = visits.start[first][saw] - before[saw]
    return found

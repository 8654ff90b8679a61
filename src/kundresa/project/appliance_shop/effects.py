"""What each touchpoint truly does, beside what a plain comparison would say.

The same profiles live twice with the same chance, once with a touchpoint forced on and once off;
the difference is its doing. The association compares those who met it by themselves with the
others, as anybody would who only has the events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kundresa.project.appliance_shop.aftermath import Orders
from kundresa.project.appliance_shop.chance import Chance, draw
from kundresa.project.appliance_shop.columns import PROFILE
from kundresa.project.appliance_shop.lives import Lives, live
from kundresa.project.appliance_shop.parameters import Period, Truth
from kundresa.project.appliance_shop.rhythm import DAY, Bools, Calendar
from kundresa.project.appliance_shop.texts import numbered
from kundresa.project.appliance_shop.visits import Visits
from kundresa.project.appliance_shop.world import LATE, TOUCHPOINTS

BLOCKS: Final = 4
_MEETS: Final[dict[str, Callable[[Visits], Bools]]] = {
    "reviews": lambda visits: visits.reads > 0,
    "chat": lambda visits: visits.chats,
    "store_visit": lambda visits: visits.stops_by,
    "newsletter": lambda visits: visits.mailed,
    "retargeting": lambda visits: visits.adverts > 0,
}
EVENTS_OF: Final = {
    "reviews": ("Reviews Read", "Review Link Clicked"),
    "chat": ("Chat Started",),
    "store_visit": ("Store Visited",),
    "newsletter": ("Newsletter Sent",),
    "retargeting": ("Advert Shown",),
}
"""The events by which a touchpoint is met; for retargeting those with that advert only."""
_OUTCOMES: Final = {"score": "score", "returned": "returns", "asked for support": "supports"}
_SETTLED: Final = 50 * DAY
"""How long after the order everything about it is known."""


@dataclass(frozen=True)
class Effect:
    """What a touchpoint does to an outcome.

    ``effect`` is the mean difference between forced on and forced off over all profiles (orders),
    ``error`` its standard error; ``association`` the difference between those who met it and those
    who didn't; ``met`` their share.
    """

    touchpoint: str
    outcome: str
    effect: float
    error: float
    association: float
    met: float

    def to_json(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {k: round(v, 5) if isinstance(v, float) else v for k, v in asdict(self).items()}


def truth(
    parameters: Truth | None = None, *, seed: int = 1, period: Period | None = None,
    blocks: int = BLOCKS,
) -> tuple[Effect, ...]:  # fmt: skip
    """Give what the touchpoints do to buying within the period, and what lateness does.

    Parameters
    ----------
    parameters, seed, period
        Those of the shop.
    blocks
        Over how many blocks of 8,192 profiles; the more, the smaller the error.
    """
    numbers = parameters or Truth()
    calendar = Calendar(period or Period(), numbers)
    chances = [draw(seed, block) for block in range(blocks)]
    plain = [live(chance, numbers, calendar) for chance in chances]
    bought = np.concatenate([_bought(lives) for lives in plain])

    def forced(touchpoint: str, *, on: bool) -> list[Lives]:
        return [live(chance, numbers, calendar, {touchpoint: on}) for chance in chances]

    effects = []
    for name in TOUCHPOINTS:
        on, off = (
            np.concatenate([_bought(each) for each in forced(name, on=is_on)])
            for is_on in (True, False)
        )
        met = np.concatenate([_met(lives, name) for lives in plain])
        effects.append(_effect(name, "bought", on, off, bought, met))
    worlds = (forced(LATE, on=True), forced(LATE, on=False), plain)
    return (*effects, *_of_lateness(*(_first_orders(world, calendar) for world in worlds)))


def profile_truth(chance: Chance, first: int, numbers: Truth, calendar: Calendar) -> pa.Table:
    """Give what is true of each profile of a block: see `Shop.profiles`."""
    lives = live(chance, numbers, calendar)
    names = [persona.name for persona in numbers.personas]
    columns = {
        "profile": numbered(PROFILE, first + np.arange(len(lives.persona))),
        "persona": pa.DictionaryArray.from_arrays(lives.persona.astype(np.int32), names),
        "intent": pa.array(lives.intent),
        "bought": pa.array(_bought(lives)),
    }
    for touchpoint in TOUCHPOINTS:
        columns[f"met_{touchpoint}"] = pa.array(_met(lives, touchpoint))
        for on, word in ((True, "with"), (False, "without")):
            other = live(chance, numbers, calendar, {touchpoint: on})
            columns[f"buys_{word}_{touchpoint}"] = pa.array(_bought(other))
    return pa.table(columns)


def _bought(lives: Lives) -> Bools:
    return _any(lives, lives.visits.buys)


def _met(lives: Lives, touchpoint: str) -> Bools:
    return _any(lives, _MEETS[touchpoint](lives.visits))


def _any(lives: Lives, of_visits: Bools) -> Bools:
    found = np.zeros(len(lives.persona), bool)
    found[lives.visits.profile[of_visits]] = True
    return found


def _effect(
    touchpoint: str, outcome: str, on: NDArray[Any], off: NDArray[Any],
    seen: NDArray[Any], met: Bools,
) -> Effect:  # fmt: skip
    difference = on.astype(float) - off
    return Effect(
        touchpoint, outcome,
        effect=float(difference.mean()),
        error=float(difference.std() / np.sqrt(len(difference))),
        association=float(seen[met].mean() - seen[~met].mean()),
        met=float(met.mean()),
    )  # fmt: skip


def _of_lateness(on: Orders, off: Orders, seen: Orders) -> Iterator[Effect]:
    for outcome, name in _OUTCOMES.items():
        forced_on, forced_off, plain = (getattr(orders, name) for orders in (on, off, seen))
        yield _effect(LATE, outcome, forced_on, forced_off, plain, seen.late)


def _first_orders(worlds: list[Lives], calendar: Calendar) -> Orders:
    """Give the first orders to the door: those that are the same in every world of lateness."""
    kept = []
    for lives in worlds:
        orders = lives.orders
        known = lives.visits.start[orders.visit] + _SETTLED
        chosen = (orders.ready_at < 0) & (orders.need == 0) & (known < calendar.end)
        kept.append(orders.take(np.flatnonzero(chosen)))
    return Orders.joined(kept)

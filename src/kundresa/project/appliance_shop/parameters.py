"""Every number that decides what happens in the shop, under its name: the truth to be found again.

Log-odds add up inside a chance: 0 is even, +0.7 doubles the odds. Apart from the equations, so
that a test or a lesson can change one number and see what follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from kundresa.core.errors import Fault, raise_if_faulty
from kundresa.project.appliance_shop.catalogue import CATEGORIES, MODELS, STORES

ZONE: Final = "Europe/Stockholm"

_EVENING: Final = (
    2, 1, 1, 0, 0, 0, 1, 2, 3, 4, 5, 5, 6, 5, 4, 4, 5, 6, 8, 11, 14, 13, 9, 4,
)  # fmt: skip
_LUNCH: Final = (
    1, 0, 0, 0, 0, 1, 3, 7, 6, 4, 4, 9, 12, 7, 4, 4, 6, 7, 6, 6, 6, 5, 3, 2,
)  # fmt: skip
_DAYTIME: Final = (
    1, 0, 0, 0, 0, 0, 1, 2, 5, 8, 9, 9, 8, 8, 8, 7, 6, 5, 5, 6, 6, 5, 3, 2,
)  # fmt: skip


@dataclass(frozen=True)
class Persona:
    """One kind of customer; who is which is hidden from the events.

    ``want``, ``reads``, ``asks``, ``subscribes`` and ``sends_back`` are log-odds; ``heeds`` multiplies what
    reviews do to the wish to buy, ``minds_cost`` the chance of leaving at the delivery cost.
    ``categories`` and ``models`` are weights over the catalogue's categories and, from cheap to
    dear, its models; ``hours`` are weights over the local hours of a day.
    """

    name: str
    share: float
    want: float
    reads: float
    heeds: float
    asks: float
    subscribes: float
    minds_cost: float
    comes_back: float
    gap_days: float
    on_phone: float
    picks_up: float
    visits_store: float
    sends_back: float
    categories: tuple[float, ...]
    models: tuple[float, ...]
    hours: tuple[float, ...]


PERSONAS: Final = (
    Persona(
        "price_minded", share=0.35, want=-0.25, reads=-0.7, heeds=0.7, asks=-2.6, subscribes=-1.5,
        minds_cost=1.6, comes_back=0.36, gap_days=5, on_phone=0.6, picks_up=0.34,
        visits_store=0.05, sends_back=0.0, categories=(3, 2, 3, 2, 1, 2), models=(5, 3, 1.5, 0.5),
        hours=_EVENING,
    ),
    Persona(
        "quality_minded", share=0.25, want=0.15, reads=0.7, heeds=1.2, asks=-2.0, subscribes=-2.2,
        minds_cost=0.6, comes_back=0.5, gap_days=4, on_phone=0.4, picks_up=0.15,
        visits_store=0.1, sends_back=0.0, categories=(4, 3, 2, 2, 2, 1), models=(0.5, 2, 4, 3),
        hours=_EVENING,
    ),
    Persona(
        "in_a_hurry", share=0.25, want=0.3, reads=-1.6, heeds=0.8, asks=-2.3, subscribes=-3.0,
        minds_cost=0.5, comes_back=0.24, gap_days=2, on_phone=0.75, picks_up=0.2,
        visits_store=0.04, sends_back=0.0, categories=(3, 3, 1, 1, 3, 1), models=(2, 4, 2.5, 1),
        hours=_LUNCH,
    ),
    Persona(
        "gift_buyer", share=0.15, want=0.0, reads=0.0, heeds=1.0, asks=-2.2, subscribes=-2.0,
        minds_cost=1.0, comes_back=0.33, gap_days=6, on_phone=0.55, picks_up=0.3,
        visits_store=0.12, sends_back=0.5, categories=(1, 0.2, 4, 4, 0.2, 3), models=(2, 4, 3, 1),
        hours=_DAYTIME,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """The parameters of the causal model. Chances are 0 to 1, the rest log-odds unless said."""

    personas: tuple[Persona, ...] = PERSONAS

    # What a touchpoint does to the wish to buy.
    reviews: float = 0.8
    chat: float = 0.9
    late_answer: float = 0.25
    """Share of the chat's effect that is left when the answer comes the next working day."""
    store_visit: float = 0.6
    retargeting: float = 0.02
    newsletter: float = 0.12
    """Chance that a mail brings back somebody who would not have come by themselves."""

    # The hidden intent (standard normal) and what else decides about buying.
    want: float = -2.75
    intent: float = 1.0
    each_visit: float = 0.3
    """Added for every earlier visit."""
    looks: float = 0.78
    looks_again: float = 0.94
    checks_out: float = 0.72
    free_delivery_from: int = 1500
    """SEK; bulky goods always cost."""
    parcel_cost: int = 89
    bulky_cost: int = 495
    leaves_at_cost: float = 0.3
    """Chance of leaving at a delivery cost, before ``minds_cost``."""
    leaves_without_cost: float = 0.05
    payment_fails: float = 0.01

    # How intent decides who meets a touchpoint: the confounding.
    reviews_by_intent: float = 0.35
    chat_by_intent: float = -0.5
    """Those who hesitate ask."""
    store_by_intent: float = 0.3
    shown: float = -0.9
    shown_by_intent: float = 1.1
    """The network shows retargeting adverts to those whom it expects to buy."""
    clicks_advert: float = 0.45
    subscribing_by_intent: float = 0.5
    comes_back_by_intent: float = 0.8
    opens_mail: float = 0.38

    # After the order.
    late: float = -2.3
    late_in_rush: float = 1.3
    """Added from the last week of November to Christmas."""
    late_if_bulky: float = 0.9
    late_score: float = -1.2
    """Points of a five-point score."""
    late_return: float = 0.9
    late_support: float = 1.6
    score: float = 4.0
    score_by_model: float = 0.18
    """Points for every step up in price."""
    score_noise: float = 0.8
    wait_score: float = -0.5
    """Points for a pickup that keeps people waiting for more than five days."""
    returns: float = -2.9
    returns_if_bulky: float = -0.9
    support: float = -2.4
    unpacks: float = 0.45
    registers: float = 0.35
    answers_survey: float = 0.3
    writes_review: float = 0.1
    needs_again: float = -1.5
    """A second need, with the shop remembered for it."""
    needs_again_by_score: float = 0.45
    """For every point above ``score``."""
    needs_again_without_order: float = 0.06

    # Faults built in.
    broken_month: date = date(2026, 2, 1)
    broken_payment: float = 0.7
    """Chance that a payment on a phone fails in the broken month."""
    disheartened: float = 0.25
    """What is left of the chance to come back after a failed payment."""
    slow_store: int = 2
    """Which store lets its pickups wait: its number in the catalogue."""
    slow_store_wait: float = 2.6
    """How many times longer."""

    def to_json(self) -> dict[str, Any]:
        """Give every parameter as plain data."""
        plain = {name: value for name, value in vars(self).items() if name != "personas"}
        people = [vars(persona) for persona in self.personas]
        return {**plain, "broken_month": self.broken_month.isoformat(), "personas": people}


@dataclass(frozen=True)
class Period:
    """From the first day to the last, local days of the shop, both included."""

    first: date = date(2025, 1, 1)
    last: date = date(2026, 6, 30)

    @property
    def days(self) -> int:
        """Count the days."""
        return (self.last - self.first).days + 1

    def to_json(self) -> dict[str, str]:
        """Give the period as plain data; ``to`` is the first day after it, as in a query."""
        after = self.last + timedelta(1)
        return {"from": self.first.isoformat(), "to": after.isoformat(), "zone": ZONE}


_CHANCES: Final = (
    "late_answer", "newsletter", "looks", "looks_again", "checks_out", "leaves_at_cost",
    "leaves_without_cost", "payment_fails", "clicks_advert", "opens_mail", "unpacks", "registers",
    "answers_survey", "writes_review", "needs_again_without_order", "broken_payment",
    "disheartened",
)  # fmt: skip
_PERSONA_CHANCES: Final = ("comes_back", "on_phone", "picks_up", "visits_store")
_WEIGHTS: Final = {"categories": len(CATEGORIES), "models": MODELS, "hours": 24}
MOST_DAYS: Final = 3660
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200


def check_parameters(truth: Truth, period: Period) -> None:
    """Raise one error that names everything which makes no shop, or return."""
    faults = [
        Fault(name, f"is {getattr(truth, name)!r}.", "A chance goes from 0 to 1.")
        for name in _CHANCES
        if not 0 <= getattr(truth, name) <= 1
    ]
    for index, persona in enumerate(truth.personas):
        faults += _persona_faults(persona, f"personas[{index}]")
    if not any(each.share > 0 for each in truth.personas):
        faults.append(Fault("personas", "have no share.", "Give one at least a share above 0."))
    if truth.slow_store not in range(len(STORES)):
        hint = f"Write 0 to {len(STORES) - 1}."
        faults.append(Fault("slow_store", f"is {truth.slow_store!r}.", hint))
    if not 1 <= period.days <= MOST_DAYS:
        hint = f"The last day is the first or later, {MOST_DAYS} days in all at most."
        faults.append(Fault("period", f"goes from {period.first} to {period.last}.", hint))
    if period.first.year < FIRST_YEAR or period.last.year > LAST_YEAR:
        hint = f"Stay within the years {FIRST_YEAR} to {LAST_YEAR}."
        faults.append(Fault("period", f"goes from {period.first} to {period.last}.", hint))
    raise_if_faulty(faults, "The shop")


def _persona_faults(persona: Persona, place: str) -> list[Fault]:
    faults = [
        Fault(f"{place}.{name}", f"is {getattr(persona, name)!r}.", "Stay between 0 and 1.")
        for name in _PERSONA_CHANCES
        if not 0 < getattr(persona, name) < 1
    ]
    if persona.share < 0:
        faults.append(Fault(f"{place}.share", f"is {persona.share!r}.", "Write 0 or more."))
    for name, count in _WEIGHTS.items():
        weights = getattr(persona, name)
        if len(weights) != count or min(weights) < 0 or sum(weights) <= 0:
            hint = f"Write {count} weights, none below 0 and one above."
            faults.append(Fault(f"{place}.{name}", f"is {weights!r}.", hint))
    return faults

"""One visit of many profiles at once: what they look at, whom they ask, what makes them buy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from kundresa.project.appliance_shop.catalogue import BASKET_PRICES, BULKY
from kundresa.project.appliance_shop.chance import VISITS, Floats
from kundresa.project.appliance_shop.rhythm import DAY, HOUR, LONGEST_VISIT, Bools, Times
from kundresa.project.appliance_shop.world import Numbers, Row, World, logit, sigmoid

SEARCH, DIRECT, ADVERT, NEWSLETTER = range(4)
_SEARCHES_AGAIN: Final = 0.35
_LISTS: Final = 0.7
_LISTS_AGAIN: Final = 0.35
_LEADS_OUT: Final = 0.3
"""How often the first reviews of a visit are read on another site."""
_TURNS: Final = np.array([0.5, 0.74, 0.9])
_VIEWS: Final = np.array([0.45, 0.76, 0.92])
_SAME_DAY: Final = 0.25
_LONGEST_GAP: Final = 21
MOST_VIEWS: Final = 1 + len(_VIEWS)
MOST_SHOWN: Final = 3


@dataclass(frozen=True)
class Visits:
    """Columns over visits, by need and number of the visit; times are UTC milliseconds.

    What ``advert``, ``mail`` and ``stop`` tell of happened between this visit and ``until``, when
    the next one is or would have been.
    """

    profile: Numbers
    need: Numbers
    number: Numbers
    start: Times
    until: Times
    source: Numbers
    category: Numbers
    model: Numbers
    basket: Numbers
    store: Numbers
    on_phone: Bools
    lists: Bools
    looks: Bools
    views: Numbers
    reads: Numbers
    leads_out: Bools
    chats: Bools
    answered: Bools
    subscribes: Bools
    adds: Bools
    checks_out: Bools
    picks_up: Bools
    cost: Numbers
    pays: Bools
    fails: Bools
    buys: Bools
    adverts: Numbers
    advert_at: Times
    mailed: Bools
    opened: Bools
    mail_at: Times
    stops_by: Bools
    stop_at: Times

    def __len__(self) -> int:
        return len(self.profile)


class Mood:
    """What earlier visits for the same need left behind, shape (n,)."""

    def __init__(self, count: int) -> None:
        self.read = np.zeros(count, bool)
        self.helped = np.zeros(count, np.float32)
        self.been = np.zeros(count, bool)
        self.exposed = np.zeros(count, bool)
        self.disheartened = np.zeros(count, bool)


class Visit:
    """Decides one visit of many profiles at once, in the order in which things happen."""

    def __init__(self, world: World, mood: Mood, need: int, number: int, row: Row) -> None:
        self.world, self.truth, self.mood, self.row = world, world.truth, mood, row
        self.number = number
        self.who = row["profile"]
        self.chance = world.chance.for_visit(need, number, self.who)
        self.choice = {name: column[need][self.who] for name, column in world.chance.need.items()}
        self.intent = world.chance.intent[self.who]
        self.traits = {name: column[self.who] for name, column in world.traits.items()}
        self.next_source: Numbers = np.zeros(0, np.int64)

    def play(self) -> Bools:
        """Fill the row's columns, and tell who comes back."""
        self._explore()
        self._decide()
        self._check_out()
        return self._go_on()

    def _happens(self, name: str, log_odds: Floats) -> Bools:
        return self.chance[name] < sigmoid(log_odds)

    def _explore(self) -> None:
        row, chance, truth, traits = self.row, self.chance, self.truth, self.traits
        row["on_phone"] = chance["phone"] < traits["on_phone"]
        row["lists"] = chance["lists"] < (_LISTS if self.number == 0 else _LISTS_AGAIN)
        looks = row["looks"] = chance["looks"] < (
            truth.looks if self.number == 0 else truth.looks_again
        )
        reads = looks & self._happens(
            "reads", traits["reads"] + truth.reviews_by_intent * self.intent
        )
        reads = self.world.forced("reviews", reads, looks)
        row["reads"] = np.where(reads, 1 + np.searchsorted(_TURNS, chance["turns"], "right"), 0)
        views = 1 + np.searchsorted(_VIEWS, chance["turns"], "right")
        row["views"] = np.where(looks, np.maximum(views, row["reads"]), 0)
        row["leads_out"] = reads & (chance["leads_out"] < _LEADS_OUT)
        chats = looks & self._happens("chats", traits["asks"] + truth.chat_by_intent * self.intent)
        row["chats"] = self.world.forced("chat", chats, looks)
        row["answered"] = row["chats"] & self.world.calendar.is_staffed(row["start"])
        self._subscribe()

    def _subscribe(self) -> None:
        before = self.world.subscribed[self.who]
        odds = self.traits["subscribes"] + self.truth.subscribing_by_intent * self.intent
        new = self.world.forced(
            "newsletter", self._happens("subscribes", odds), np.ones_like(before)
        )
        self.row["subscribes"] = new & ~before
        self.world.subscribed[self.who] = before | new

    def _decide(self) -> None:
        row, truth, mood, who = self.row, self.truth, self.mood, self.who
        mood.read[who] |= row["reads"] > 0
        help_now = np.where(row["answered"], 1.0, truth.late_answer).astype(np.float32)
        mood.helped[who] = np.maximum(mood.helped[who], help_now * row["chats"])
        want = truth.want + self.traits["want"] + truth.intent * self.intent
        want += truth.each_visit * self.number
        want += truth.reviews * self.traits["heeds"] * mood.read[who]
        want += truth.chat * mood.helped[who] + truth.store_visit * mood.been[who]
        want += truth.retargeting * mood.exposed[who]
        row["adds"] = row["looks"] & self._happens("adds", want)

    def _check_out(self) -> None:
        row, chance, truth = self.row, self.chance, self.truth
        starts = row["checks_out"] = row["adds"] & (chance["checks_out"] < truth.checks_out)
        row["picks_up"] = starts & (self.choice["picks_up"] < self.traits["picks_up"])
        free = BASKET_PRICES[row["basket"]] >= truth.free_delivery_from
        parcel = np.where(free, 0, truth.parcel_cost)
        cost = np.where(BULKY[row["category"]], truth.bulky_cost, parcel)
        row["cost"] = np.where(row["picks_up"], 0, cost)
        leaving = np.where(
            row["cost"] > 0,
            truth.leaves_at_cost * self.traits["minds_cost"],
            truth.leaves_without_cost,
        )
        pays = row["pays"] = starts & (chance["leaves"] >= leaving)
        broken = row["on_phone"] & _within(row["start"], self.world.calendar.broken)
        failing = np.where(broken, truth.broken_payment, truth.payment_fails)
        row["fails"] = pays & (chance["pays"] < failing)
        row["buys"] = pays & ~row["fails"]
        self.mood.disheartened[self.who] |= row["fails"]

    def _go_on(self) -> Bools:
        """Tell who comes back, after adverts, mails and a look at the shop in town."""
        row, truth, who = self.row, self.truth, self.who
        row["until"] = self._next_visit()
        looking = row["looks"] & ~row["buys"]
        self._show_adverts(looking)
        self._stop_by(looking)
        odds = logit(self.traits["comes_back"]) + truth.comes_back_by_intent * self.intent
        chance_back = sigmoid(odds) * np.where(self.mood.disheartened[who], truth.disheartened, 1)
        own = self.chance["back"] < chance_back
        mailed = self._mail()
        brought = mailed & (self.chance["mail"] < truth.newsletter)
        row["opened"] = mailed & (brought | (self.chance["opens"] < truth.opens_mail))
        plain = np.where(self.chance["source"] < _SEARCHES_AGAIN, SEARCH, DIRECT)
        clicks = (row["adverts"] > 0) & (self.chance["clicks"] < truth.clicks_advert)
        self.next_source = np.where(own, np.where(clicks, ADVERT, plain), NEWSLETTER)
        if self.number == VISITS - 1:
            return np.zeros(len(who), bool)
        back: Bools = (own | brought) & ~row["buys"]
        return back

    def _next_visit(self) -> Times:
        """Give when the next visit is, or would have been: hours or days later."""
        start, gap, calendar = self.row["start"], self.chance["gap"], self.world.calendar
        hours = start + LONGEST_VISIT + (gap / _SAME_DAY * 5 * HOUR).astype(np.int64) + HOUR // 4
        later = np.maximum((gap - _SAME_DAY) / (1 - _SAME_DAY), 0)
        days = 1 - self.traits["gap_days"] * np.log1p(-np.minimum(later, 0.9999))
        day = calendar.wall(start) // DAY + np.minimum(days, _LONGEST_GAP).astype(np.int64)
        # Across midnight the next day may be too near: an evening's visit is over by then.
        then = np.maximum(calendar.at_hour(day, self.world.persona[self.who], self.chance["hour"]),
                          start + 2 * LONGEST_VISIT)  # fmt: skip
        return np.asarray(np.where(gap < _SAME_DAY, hours, then), np.int64)

    def _show_adverts(self, looking: Bools) -> None:
        odds = self.truth.shown + self.truth.shown_by_intent * self.intent
        shown = self.world.forced("retargeting", looking & self._happens("shown", odds), looking)
        at = self._moment("advert_moment", 0.05, 0.3)
        shown &= at < self.world.calendar.end
        count = 1 + (self.chance["impressions"] * MOST_SHOWN).astype(np.int64)
        self.row["adverts"], self.row["advert_at"] = np.where(shown, count, 0), at
        self.mood.exposed[self.who] |= shown

    def _stop_by(self, looking: Bools) -> None:
        odds = logit(self.traits["visits_store"]) + self.truth.store_by_intent * self.intent
        stops = self.world.forced("store_visit", looking & self._happens("stops_by", odds), looking)
        at = self._moment("stop_moment", 0.3, 0.6)
        self.row["stops_by"], self.row["stop_at"] = stops & (at < self.world.calendar.end), at
        self.mood.been[self.who] |= self.row["stops_by"]

    def _mail(self) -> Bools:
        at = self._moment("mail_moment", 0.75, 0.2)
        mailed: Bools = self.world.subscribed[self.who] & ~self.row["buys"]
        mailed &= at < self.world.calendar.end
        self.row["mailed"], self.row["mail_at"] = mailed, at
        return mailed

    def _moment(self, name: str, earliest: float, width: float) -> Times:
        """Give an instant between the end of this visit and the next."""
        over = self.row["start"] + LONGEST_VISIT
        share = earliest + width * self.chance[name].astype(np.float64)
        moment: Times = over + (share * (self.row["until"] - over)).astype(np.int64)
        return moment


def _within(time: Times, period: tuple[int, int]) -> Bools:
    return (time >= period[0]) & (time < period[1])

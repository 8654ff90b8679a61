"""Lives become rows: one for each event, sorted by profile and time, cut at the period's end.

Nothing is decided here any more but seconds, words and who clicks a cookie banner away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kundresa.project.appliance_shop import kinds
from kundresa.project.appliance_shop.catalogue import MODELS
from kundresa.project.appliance_shop.kinds import NUMBER_OF
from kundresa.project.appliance_shop.lives import Lives
from kundresa.project.appliance_shop.rhythm import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Bools,
    Calendar,
    Times,
    add_working_days,
)
from kundresa.project.appliance_shop.visits import MOST_SHOWN, MOST_VIEWS, NEWSLETTER, Visits
from kundresa.project.appliance_shop.world import Numbers

_MINUTES: Final = kinds.where_kind(lambda kind: kind.to_the_minute)
# 13 bits of profile before them fit into a key of 64, and MOST_DAYS of milliseconds into 40.
_TIME_BITS: Final = 40
_KIND_BITS: Final = 6
_RATES_CHAT: Final = 0.25
_SORTS: Final = (np.uint8, np.int32, np.int64, np.int16, np.float32, np.int16)


@dataclass(frozen=True)
class Rows:
    """Columns over events; ``visit`` is a row of the lives that are told."""

    kind: NDArray[np.uint8]
    visit: NDArray[np.int32]
    time: Times
    detail: NDArray[np.int16]
    number: NDArray[np.float32]
    comment: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.kind)

    @classmethod
    def joined(cls, rows: Sequence[Rows]) -> Rows:
        """Put rows after each other."""
        names = [each.name for each in fields(cls)]
        return cls(**{n: np.concatenate([getattr(each, n) for each in rows]) for n in names})

    def take(self, rows: Any) -> Rows:
        """Give some of the rows, or all in another order."""
        return Rows(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})


@dataclass(frozen=True)
class Told:
    """Profiles in a row with their lives and the rows that tell them.

    ``first`` is the number of the first profile; inside, profiles count from 0.
    """

    first: int
    profiles: int
    lives: Lives
    rows: Rows

    def cut(self, events: int) -> Told:
        """Give the first profiles that have that many events together, or all of them."""
        profile = self.lives.visits.profile[self.rows.visit]
        if len(profile) <= events:
            return self
        last = int(profile[events - 1])
        kept = int(np.searchsorted(profile, last, side="right"))
        return Told(self.first, last + 1, self.lives, self.rows.take(slice(kept)))

    @classmethod
    def joined(cls, told: Sequence[Told]) -> Told:
        """Put blocks that follow each other together."""
        lives = Lives.joined([each.lives for each in told])
        before = np.cumsum([0, *(len(each.lives.visits) for each in told)])
        moved = [
            replace(each.rows, visit=each.rows.visit + np.int32(count))
            for each, count in zip(told, before, strict=False)
        ]
        profiles = sum(each.profiles for each in told)
        return cls(told[0].first, profiles, lives, Rows.joined(moved))


def tell(lives: Lives, calendar: Calendar, random: np.random.Generator) -> Rows:
    """Tell a block's lives as events."""
    return _Teller(lives, calendar, random).rows()


class _Teller:
    def __init__(self, lives: Lives, calendar: Calendar, random: np.random.Generator) -> None:
        self.lives, self.calendar, self.random = lives, calendar, random
        self.told: list[tuple[int, Numbers, Times, Any, Any, Any]] = []

    def _tell(
        self, name: str, visit: Numbers, time: Times,
        *, detail: Any = -1, number: Any = np.nan, comment: Any = -1,
    ) -> None:  # fmt: skip
        self.told.append((NUMBER_OF[name], visit, time, detail, number, comment))

    def _chance(self, count: int) -> NDArray[np.float32]:
        return self.random.random(count, np.float32)

    def _before_and_between(self) -> None:
        visits, lives = self.lives.visits, self.lives
        first = np.flatnonzero((visits.need == 0) & (visits.number == 0))
        early = lives.early_advert_at[visits.profile[first]]
        self._tell("Advert Shown", first[early >= 0], early[early >= 0], detail=0)
        for again in range(MOST_SHOWN):
            shown = np.flatnonzero(visits.adverts > again)
            at = visits.advert_at[shown]
            left = visits.until[shown] - at
            self._tell("Advert Shown", shown, at + left // (MOST_SHOWN + 1) * again, detail=1)
        stops = np.flatnonzero(visits.stops_by)
        self._tell("Store Visited", stops, visits.stop_at[stops])
        self._mails(visits)

    def _mails(self, visits: Visits) -> None:
        mailed = np.flatnonzero(visits.mailed)
        self._tell("Newsletter Sent", mailed, visits.mail_at[mailed])
        opened = np.flatnonzero(visits.opened)
        left = (visits.until[opened] - visits.mail_at[opened]) // 2
        read = visits.mail_at[opened] + (self._chance(len(opened)) * left).astype(np.int64)
        self._tell("Newsletter Opened", opened, read)
        clicked = np.flatnonzero(visits.source == NEWSLETTER)
        self._tell("Newsletter Clicked", clicked, visits.start[clicked] - 2 * SECOND)

    def _visits(self) -> None:
        """Tell what happens within visits: one thing after the other, each in its own time."""
        visits = self.lives.visits
        pace = 0.4 + 0.9 * self._chance(len(visits))
        now = visits.start.copy()
        for name, when, seconds, more in _steps(visits, self._chance(len(visits))):
            there = np.flatnonzero(when)
            detail = {key: value[there] for key, value in more.items()}
            self._tell(name, there, now[there], **detail)
            if name == "Chat Message Sent":
                self._answer_in_chat(there, now[there])
            spent = pace[there] * (0.4 + 1.2 * self._chance(len(there))) * (seconds * SECOND)
            now[there] += 1 + spent.astype(np.int64)

    def _answer_in_chat(self, chats: Numbers, asked: Times) -> None:
        at_once = self.lives.visits.answered[chats]
        wall = self.calendar.wall(asked)
        too_late = wall % DAY >= 9 * HOUR
        # Counted from the day before, so that an early morning waits for nine the same day.
        day = add_working_days(wall // DAY - 1 + too_late, np.ones_like(wall))
        morning = self.calendar.instant(day * DAY + 9 * HOUR)
        wait = MINUTE + (self._chance(len(chats)) ** 2 * 25 * MINUTE).astype(np.int64)
        answered = np.where(at_once, asked + wait // 5, morning + wait)
        self._tell("Chat Answered", chats, answered, number=(answered - asked) // MINUTE)
        rates = self._chance(len(chats)) < _RATES_CHAT
        points = np.where(at_once, 4.4, 2.4) + self.random.normal(0, 0.8, len(chats))
        self._tell("Chat Rated", chats[rates], answered[rates] + 2 * MINUTE,
                  number=np.clip(np.rint(points[rates]), 1, 5))  # fmt: skip

    def _ways_home(self) -> None:
        orders = self.lives.orders
        self._tell("Order Shipped", orders.visit, orders.shipped_at)
        ready = orders.ready_at >= 0
        self._tell("Order Ready", orders.visit[ready], orders.ready_at[ready])
        self._tell("Order Delivered", orders.visit, orders.had_at,
                  number=np.where(orders.late, orders.delay_days, np.nan))  # fmt: skip

    def _use(self) -> None:
        orders = self.lives.orders
        later = (self._chance(len(orders)) ** 2 * 2 * DAY).astype(np.int64) + 20 * MINUTE
        unpacked = np.flatnonzero(orders.unpacks)
        self._tell("Product Unpacked", orders.visit[unpacked], (orders.had_at + later)[unpacked])
        registered = np.flatnonzero(orders.registers)
        self._tell("Warranty Registered", orders.visit[registered],
                  (orders.had_at + later)[registered] + 7 * MINUTE)  # fmt: skip
        asked = np.flatnonzero(orders.supports)
        reason = np.where(self._chance(len(asked)) < 0.7, 1, 2)
        self._tell("Support Requested", orders.visit[asked], orders.support_at[asked],
                  detail=np.where(orders.late[asked], 0, reason))  # fmt: skip
        sent_back = np.flatnonzero(orders.returns)
        reason = 2 + (self._chance(len(sent_back)) ** 0.7 * 3).astype(np.int64)
        self._tell("Order Returned", orders.visit[sent_back], orders.return_at[sent_back],
                  detail=reason)  # fmt: skip

    def _surveys(self) -> None:
        orders = self.lives.orders
        sent = orders.had_at + DAY + 3 * HOUR
        self._tell("Survey Sent", orders.visit, sent, detail=0)
        self._answer("Survey Answered", orders.answers, sent, orders.score, detail=0)
        month = orders.had_at + 30 * DAY
        self._tell("Survey Sent", orders.visit, month, detail=1)
        points = (orders.pleased - 1) * 2.5 + self.random.normal(0, 1, len(orders))
        self._answer("Month Survey Answered", orders.month_answers, month,
                    np.clip(np.rint(points), 0, 10), detail=1)  # fmt: skip
        week = orders.had_at + 6 * DAY
        self._answer("Review Written", orders.writes, week, orders.score, detail=-1)

    def _answer(self, name: str, who: Bools, sent: Times, score: Any, *, detail: int) -> None:
        orders, there = self.lives.orders, np.flatnonzero(who)
        delay = 5 * MINUTE + (self._chance(len(there)) ** 3 * 5 * DAY).astype(np.int64)
        cause = np.select(
            [orders.late[there], orders.waited[there], orders.score[there] >= 4,
             orders.score[there] == 3],
            [kinds.LATE, kinds.WAITED, kinds.PLEASED, kinds.NEITHER], kinds.DISPLEASED,
        )  # fmt: skip
        drawn = (self._chance(len(there)) * 2 * kinds.COMMENTS_EACH).astype(np.int64)
        # Every second answer is a number without a word.
        comment = np.where(drawn < kinds.COMMENTS_EACH, cause * kinds.COMMENTS_EACH + drawn, -1)
        self._tell(name, orders.visit[there], sent[there] + delay, number=score[there],
                  detail=detail, comment=comment)  # fmt: skip

    def rows(self) -> Rows:
        """Tell everything, and put it in order without what lies outside the period."""
        self._before_and_between()
        self._visits()
        self._ways_home()
        self._use()
        self._surveys()
        rows = self._joined()
        time = np.where(_MINUTES[rows.kind], rows.time - rows.time % MINUTE, rows.time)
        inside = np.flatnonzero((time >= self.calendar.start) & (time < self.calendar.end))
        kept = rows.take(inside)
        kept = replace(kept, time=time[inside])
        return kept.take(np.argsort(self._order(kept)))

    def _joined(self) -> Rows:
        count = sum(len(visit) for _, visit, *_ in self.told)
        columns: list[Any] = [np.empty(count, sort) for sort in _SORTS]
        start = 0
        for event in self.told:
            end = start + len(event[1])
            for column, value in zip(columns, event, strict=True):
                column[start:end] = value
            start = end
        return Rows(*columns)

    def _order(self, rows: Rows) -> NDArray[np.int64]:
        """Give one number that sorts by profile, time and kind: far quicker than three keys."""
        profile = self.lives.visits.profile[rows.visit]
        key = profile << _TIME_BITS | (rows.time - self.calendar.start)
        return key << _KIND_BITS | rows.kind


def _steps(
    visits: Visits, chance: NDArray[np.float32]
) -> Iterator[tuple[str, Bools, float, dict[str, Any]]]:
    """Give each thing that can happen in a visit: when, how many seconds it takes, its detail."""
    whole = np.ones(len(visits), bool)
    new = (visits.need == 0) & (visits.number == 0)
    own = visits.category * MODELS
    yield "Session Started", whole, 6, {"detail": visits.source}
    yield "Cookie Choice Made", new & (chance < 0.8), 8, {"detail": (chance < 0.5) * 1}
    yield "Product List Viewed", visits.lists, 50, {}
    for turn in range(MOST_VIEWS):
        there = visits.views > turn
        # The machine that is wanted comes last, others of its kind before it.
        product = {"detail": own + (visits.model + visits.views - 1 - turn) % MODELS}
        yield "Product Viewed", there, 80, product
        read = visits.reads > turn
        out = visits.leads_out & (turn == 0)
        yield "Reviews Read", read & ~out, 100, product
        yield "Review Link Clicked", read & out, 100, product
    yield "Chat Started", visits.chats, 25, {}
    yield "Chat Message Sent", visits.chats, 60, {}
    yield "Newsletter Subscribed", visits.subscribes, 15, {}
    yield "Product Added", visits.adds, 20, {}
    yield "Cart Viewed", visits.adds & (visits.checks_out | (chance < 0.8)), 30, {}
    yield "Checkout Started", visits.checks_out, 30, {}
    yield "Signed In", visits.checks_out, 25, {}
    yield "Delivery Options Viewed", visits.checks_out, 45, {"number": visits.cost}
    yield "Payment Info Entered", visits.pays, 40, {}
    yield "Payment Failed", visits.fails, 20, {"detail": np.full(len(visits), 5)}
    yield "Order Completed", visits.buys, 10, {}

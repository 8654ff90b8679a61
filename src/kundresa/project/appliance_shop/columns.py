"""Rows become the columns of a part: names and codes, money, scores, items and identifiers.

Every table has the same columns, so that tables of any size go into one file.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kundresa.core.records import MICRO, emotion_of
from kundresa.project.appliance_shop import kinds
from kundresa.project.appliance_shop.catalogue import BASKET_PRICES, BASKET_TEXTS, MODELS
from kundresa.project.appliance_shop.kinds import KINDS, NUMBER_OF, shows, where_kind
from kundresa.project.appliance_shop.rhythm import MINUTE, Bools, Calendar
from kundresa.project.appliance_shop.telling import Told
from kundresa.project.appliance_shop.texts import numbered
from kundresa.store.rows import rows_of

PROFILE: Final = "p#########"
ORDER: Final = "o#########-#"
_ANONYMOUS: Final = '"anonymous_id": "a#########-#"'
_MAIL: Final = '"email": "k#########@example.com"'
_USER: Final = '"user_id": "u#########"'
_IDENTIFIERS: Final = {
    kinds.ANONYMOUS: f'{{"identifiers": {{{_ANONYMOUS}}}}}',
    kinds.MAIL: f'{{"identifiers": {{{_MAIL}}}}}',
    kinds.SIGN_UP: f'{{"identifiers": {{{_ANONYMOUS}, {_MAIL}}}}}',
    kinds.SIGN_IN: f'{{"identifiers": {{{_ANONYMOUS}, {_USER}, {_MAIL}}}}}',
}

_CHANNELS: Final = tuple(sorted({k.channel for k in KINDS} | set(kinds.SOURCE_CHANNELS)))
_CHANNEL_OF: Final = np.array([_CHANNELS.index(kind.channel) for kind in KINDS], np.int32)
_CHANNEL_OF_SOURCE: Final = np.array([_CHANNELS.index(c) for c in kinds.SOURCE_CHANNELS], np.int32)
_NAMES: Final = tuple(dict.fromkeys(kinds.EVENT_NAMES))
_NAME_OF: Final = np.array([_NAMES.index(name) for name in kinds.EVENT_NAMES], np.int32)
_MINUTES: Final = where_kind(lambda kind: kind.to_the_minute)
_PRECISIONS: Final = ("microsecond", "minute")


def table_of(told: Told, calendar: Calendar) -> pa.Table:
    """Give the events told with every column of a part."""
    writer = _Writer(told, calendar)
    columns = writer.plain() | writer.texts() | writer.numbers() | {"rest": writer.rest()}
    return rows_of(columns, len(told.rows))


class _Writer:
    def __init__(self, told: Told, calendar: Calendar) -> None:
        self.rows, self.visits, self.orders = told.rows, told.lives.visits, told.lives.orders
        self.first, self.calendar = told.first, calendar
        self.kind, self.visit = told.rows.kind, told.rows.visit
        self.profile = self.visits.profile[self.visit]
        # Most columns concern few events: found once, by kind, instead of asking every row each time.
        order = np.argsort(self.kind, kind="stable")
        starts = np.searchsorted(self.kind[order], np.arange(len(KINDS) + 1))
        self.of_kind = [order[low:high] for low, high in pairwise(starts)]
        self.order_of_visit = np.full(len(self.visits), -1, np.int32)
        self.order_of_visit[self.orders.visit] = np.arange(len(self.orders))

    def plain(self) -> dict[str, Any]:
        """Give who, what, when and how much."""
        time = self.rows.time
        minute = _MINUTES[self.kind]
        return {
            "profile": self._profiles(),
            "event": _coded(_NAME_OF[self.kind], _NAMES),
            "time": pa.array(time * 1000),
            "until": pa.array(time * 1000 + np.where(minute, MINUTE * 1000 - 1, 0)),
            "precision": _coded(minute.astype(np.int32), _PRECISIONS),
            "offset_minutes": pa.array((self.calendar.offset(time) // MINUTE).astype(np.int32)),
            "channel": self._channels(),
            **self._money(), **self._scores(),
        }  # fmt: skip

    def _profiles(self) -> pa.Array:
        low, high = int(self.profile.min(initial=0)), int(self.profile.max(initial=-1))
        names = numbered(PROFILE, self.first + np.arange(low, high + 1))
        return pa.DictionaryArray.from_arrays((self.profile - low).astype(np.int32), names)

    def _channels(self) -> pa.Array:
        codes = _CHANNEL_OF[self.kind]
        starts = self._at("Session Started")
        codes[starts] = _CHANNEL_OF_SOURCE[self.rows.detail[starts]]
        had = self._at("Order Delivered")
        picked_up = self.visits.picks_up[self.visit[had]]
        codes[had[picked_up]] = _CHANNELS.index("store")
        return _coded(codes, _CHANNELS)

    def _money(self) -> dict[str, Any]:
        value = np.zeros(len(self.rows), np.int64)
        bought, sent_back = self._at("Order Completed"), self._at("Order Returned")
        for rows, sign, cost in ((bought, 1, 1), (sent_back, -1, 0)):
            visit = self.visit[rows]
            paid = BASKET_PRICES[self.visits.basket[visit]] + cost * self.visits.cost[visit]
            value[rows] = sign * MICRO * paid
        there = value != 0
        return {"value": pa.array(value, mask=~there), "currency": _coded(there - 1, ("SEK",))}

    def _scores(self) -> dict[str, Any]:
        scale = self._codes()
        emotion, raw = np.zeros(len(self.rows)), np.zeros(len(self.rows))
        for code, name in enumerate(kinds.SCALES):
            rows = self._where(where_kind(lambda kind, name=name: kind.scale == name))
            scale[rows] = code
            raw[rows] = self.rows.number[rows]
            emotion[rows] = emotion_of(raw[rows], name)
        none = scale < 0
        return {
            "score": pa.array(emotion, mask=none), "score_raw": pa.array(raw, mask=none),
            "scale": _coded(scale, kinds.SCALES),
        }  # fmt: skip

    def texts(self) -> dict[str, Any]:
        """Give the properties that are texts, and those that are true or false."""
        visits = self.visits
        shown = {
            "device": ~visits.on_phone,
            "category": visits.category,
            "product": visits.category * MODELS + visits.model,
            "delivery": visits.picks_up,
            "store": visits.store,
        }
        columns: dict[str, Any] = {}
        for name, texts in kinds.TEXTS.items():
            codes = self._details(name)
            if name in shown:
                rows = self._where(shows(name))
                codes[rows] = shown[name].astype(np.int32)[self.visit[rows]]
            columns[f"p/text/{name}"] = _coded(codes, texts)
        columns["p/text/comment"] = _coded(self.rows.comment, kinds.COMMENTS)
        columns["p/text/order_id"] = self._order_ids()
        return columns | self._truths()

    def _details(self, name: str) -> NDArray[np.int32]:
        codes = self._codes()
        rows = self._where(where_kind(lambda kind: kind.detail == name))
        codes[rows] = self.rows.detail[rows]
        return codes

    def _order_ids(self) -> pa.Array:
        order = self._codes()
        rows = self._where(shows("order"))
        order[rows] = self.order_of_visit[self.visit[rows]]
        names = numbered(ORDER, self.first + self.orders.profile, self.orders.need)
        return _coded(order, names)

    def _truths(self) -> dict[str, Any]:
        rows = self._where(shows("late"))
        late, none = np.zeros(len(self.rows), bool), np.ones(len(self.rows), bool)
        late[rows] = self.orders.late[self.order_of_visit[self.visit[rows]]]
        none[rows] = False
        return {
            "p/boolean/late": pa.array(late, mask=none),
            "p/boolean/simulated": pa.array(np.ones(len(self.rows), bool)),
        }

    def numbers(self) -> dict[str, Any]:
        """Give the properties that are numbers."""
        columns = {}
        for name in kinds.NUMBERS:
            value = np.full(len(self.rows), np.nan)
            rows = self._where(where_kind(lambda kind, name=name: kind.number == name))
            value[rows] = self.rows.number[rows]
            columns[f"p/number/{name}"] = pa.array(value, mask=np.isnan(value))
        return columns

    def rest(self) -> pa.Array:
        """Give items and identifiers as JSON; no event has both."""
        texts: list[pa.Array] = [pa.array(BASKET_TEXTS)]
        place = np.full(len(self.rows), -1, np.int64)
        with_items = self._where(shows("items"))
        place[with_items] = self.visits.basket[self.visit[with_items]]
        used = len(BASKET_TEXTS)
        for name in _IDENTIFIERS:
            rows = self._where(where_kind(lambda kind, n=name: kind.identifiers == n))
            texts.append(self._identifiers(name, rows))
            place[rows] = used + np.arange(len(rows))
            used += len(rows)
        return pc.take(pa.concat_arrays(texts), pa.array(place, mask=place < 0))

    def _identifiers(self, name: str, rows: NDArray[np.int64]) -> pa.Array:
        profile = self.first + self.profile[rows]
        device = np.where(self.visits.on_phone[self.visit[rows]], 0, 1)
        numbers = {
            kinds.ANONYMOUS: (profile, device), kinds.MAIL: (profile,),
            kinds.SIGN_UP: (profile, device, profile),
            kinds.SIGN_IN: (profile, device, profile, profile),
        }  # fmt: skip
        return numbered(_IDENTIFIERS[name], *numbers[name])

    def _at(self, name: str) -> NDArray[np.int64]:
        return self.of_kind[NUMBER_OF[name]]

    def _where(self, kinds_meant: Bools) -> NDArray[np.int64]:
        """Give the rows of some kinds."""
        found = [self.of_kind[number] for number in np.flatnonzero(kinds_meant)]
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    def _codes(self) -> NDArray[np.int32]:
        return np.full(len(self.rows), -1, np.int32)


def _coded(codes: Any, texts: Any) -> pa.Array:
    """Give texts by their codes; below 0 is none."""
    whole = np.asarray(codes, np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(whole, mask=whole < 0), pa.array(texts))

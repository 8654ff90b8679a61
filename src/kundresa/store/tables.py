"""A snapshot as one table in memory, for measures of small data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kundresa.store.columns import NO_MONEY, Block, column_or_empty, dictionary_of
from kundresa.store.dictionary import NONE, Dictionaries
from kundresa.store.overflow import OVERFLOW, names_in, spilled
from kundresa.store.snapshot import Snapshot, whole
from kundresa.store.table import EventTable, Properties, Property


def table_of(snapshot: Snapshot) -> EventTable:
    """Read every event of a version."""
    if not snapshot.version.event_count:
        return EventTable.from_events([])
    block, words = whole(snapshot), snapshot.dictionaries
    time = block.columns["time"]
    value = column_or_empty(block, "value")
    event, events = _codes(block, words, "event")
    channel, channels = _codes(block, words, "channel")
    currency, currencies = _codes(block, words, "currency")
    group, groups = _codes(block, words, "group")
    return EventTable(
        profile=block.columns["profile"], profiles=_texts(words, "profile"),
        event=event, events=events, time=time, until=time + column_or_empty(block, "width"),
        value=np.where(value == NO_MONEY, 0, value), has_value=value != NO_MONEY,
        currency=currency, currencies=currencies, channel=channel, channels=channels,
        group=group, groups=groups,
        score=column_or_empty(block, "score"), score_raw=column_or_empty(block, "score_raw"),
        properties=_properties(block, words),
    )  # fmt: skip


def _properties(block: Block, words: Dictionaries) -> Properties:
    own = dict.fromkeys(name.split("/", 2)[2] for name in block.columns if name.startswith("p/"))
    rest = block.texts.get(OVERFLOW)
    if rest is None:
        return Properties(lambda: own, lambda n: _property(block, words, n) if n in own else None)

    def make(name: str) -> Property | None:
        more = spilled(rest, name)
        if more:
            words.ask_for(name)
        if not more and name not in own:
            return None
        return _property(block, words, name).with_spilled(more)

    return Properties(lambda: [*own, *(n for n in names_in(rest) if n not in own)], make)


def _property(block: Block, words: Dictionaries, name: str) -> Property:
    text, texts = _codes(block, words, f"p/text/{name}")
    return Property(
        text,
        texts,
        column_or_empty(block, f"p/number/{name}"),
        column_or_empty(block, f"p/boolean/{name}"),
    )


def _codes(block: Block, words: Dictionaries, name: str) -> tuple[NDArray[np.int64], list[str]]:
    codes = column_or_empty(block, name)
    if name.startswith("p/") and name not in block.columns:
        return np.full(len(block), -1, np.int64), []
    signed = codes.astype(np.int64)
    return np.where(codes == NONE, -1, signed), _texts(words, dictionary_of(name))


def _texts(words: Dictionaries, name: str) -> list[str]:
    return ["" if text is None else text for text in words.texts(name).to_pylist()]

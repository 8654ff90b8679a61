"""The shop: lets profiles live block by block and gives what happened as tables of events.

A block has its own generator, so it is the same whichever blocks are made with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from kundresa.core.errors import BadInputError
from kundresa.project.appliance_shop.chance import BLOCK, draw, generator
from kundresa.project.appliance_shop.columns import table_of
from kundresa.project.appliance_shop.effects import profile_truth
from kundresa.project.appliance_shop.lives import live
from kundresa.project.appliance_shop.parameters import Period, Truth, check_parameters
from kundresa.project.appliance_shop.rhythm import Calendar
from kundresa.project.appliance_shop.telling import Told, tell

BLOCKS_AT_ONCE: Final = 2


@dataclass(frozen=True)
class Chunk:
    """Some profiles, whole: their number, and their events as rows of a part."""

    profiles: int
    events: pa.Table = field(repr=False)
    told: Told = field(repr=False)


@dataclass(frozen=True)
class Shop:
    """A simulated shop; the same seed, truth and period give the same events.

    Raises
    ------
    BadInputError
        With every parameter that makes no shop.

    Examples
    --------
    >>> chunks = list(Shop(seed=3).chunks(events=500))
    >>> sum(chunk.events.num_rows for chunk in chunks) >= 500
    True
    """

    seed: int = 1
    truth: Truth = field(default_factory=Truth)
    period: Period = field(default_factory=Period)

    def __post_init__(self) -> None:
        check_parameters(self.truth, self.period)
        if self.seed < 0:
            raise BadInputError(f"The seed is {self.seed}.", hint="Write 0 or more.")

    def chunks(self, events: int, *, blocks_at_once: int = BLOCKS_AT_ONCE) -> Iterator[Chunk]:
        """Give profiles until they have that many events, the last profile whole.

        A larger number only adds profiles: those of a smaller one come first and are the same.

        Parameters
        ----------
        events
            How many at least.
        blocks_at_once
            How many blocks of 8,192 profiles go into one chunk; changes nothing else.
        """
        calendar = Calendar(self.period, self.truth)
        block = 0
        while events > 0:
            told: list[Told] = []
            while len(told) < blocks_at_once and events > 0:
                told.append(self._told(block, calendar).cut(events))
                events -= len(told[-1].rows)
                block += 1
            chunk = Told.joined(told)
            yield Chunk(chunk.profiles, table_of(chunk, calendar), chunk)

    def profiles(self, chunk: Chunk) -> pa.Table:
        """Give what is true of each profile of a chunk and can't be seen in its events.

        Persona and intent, which touchpoints it met, and whether it buys with each of them forced
        on and forced off. Costs some three times as much as the events.
        """
        shop = (self.truth, Calendar(self.period, self.truth))
        blocks = range(chunk.told.first // BLOCK, -(-(chunk.told.first + chunk.profiles) // BLOCK))
        tables = [profile_truth(draw(self.seed, block), block * BLOCK, *shop) for block in blocks]
        return pa.concat_tables(tables).slice(0, chunk.profiles).combine_chunks()

    def _told(self, block: int, calendar: Calendar) -> Told:
        lives = live(draw(self.seed, block), self.truth, calendar)
        rows = tell(lives, calendar, generator(self.seed, block, 1))
        return Told(block * BLOCK, BLOCK, lives, rows)

"""One block of profiles while it lives: who they are, what they carry along, what is forced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kundresa.project.appliance_shop.chance import Chance, Floats
from kundresa.project.appliance_shop.parameters import Truth
from kundresa.project.appliance_shop.rhythm import Bools, Calendar

Numbers = NDArray[np.int64]
Row = dict[str, NDArray[Any]]
Do = Mapping[str, bool]
"""Touchpoints that are forced: True on for everybody who could meet them, False off."""

TOUCHPOINTS: Final = ("reviews", "chat", "store_visit", "newsletter", "retargeting")
LATE: Final = "late_delivery"


class World:
    """Profiles, the numbers that rule them, and the chance they meet; columns of shape (n,)."""

    def __init__(self, chance: Chance, truth: Truth, calendar: Calendar, do: Do) -> None:
        self.chance, self.truth, self.calendar, self.do = chance, truth, calendar, do
        shares = np.cumsum([each.share for each in truth.personas])
        drawn = chance.profile["persona"]
        self.persona: Numbers = np.searchsorted(shares[:-1] / shares[-1], drawn, side="right")
        self.traits = self._traits()
        self.subscribed: Bools = np.zeros(chance.count, bool)

    def forced(self, touchpoint: str, met: Bools, could: Bools) -> Bools:
        """Give who meets a touchpoint: all who could when it is forced on, nobody when off."""
        force = self.do.get(touchpoint)
        return met if force is None else (could if force else np.zeros_like(met))

    def _traits(self) -> dict[str, Floats]:
        personas = self.truth.personas
        names = [
            name for name, value in vars(personas[0]).items() if isinstance(value, int | float)
        ]
        columns = {name: [getattr(each, name) for each in personas] for name in names}
        return {name: np.array(c, np.float32)[self.persona] for name, c in columns.items()}


def joined_rows(rows: list[Row]) -> Row:
    """Put columns of several tables after each other."""
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def sigmoid(log_odds: Any) -> Floats:
    """Turn log-odds into chances."""
    odds: Floats = np.exp(-np.asarray(log_odds, np.float32))
    return np.reciprocal(1 + odds)


def logit(chance: Floats) -> Floats:
    """Turn chances into log-odds."""
    odds: Floats = chance / (1 - chance)
    return np.log(odds)

"""All that is left to chance, drawn before anything is decided.

A world in which a touchpoint is forced on or off meets the very same chance, so the difference
between two worlds is the touchpoint's doing and nothing else's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BLOCK: Final = 8192
"""Profiles that share a generator: a smaller or larger share of them is never drawn alone, so
what is made doesn't depend on how much is made at a time."""
VISITS: Final = 6
"""Most visits for one need."""
NEEDS: Final = 2
"""Most needs of one profile within a period."""

PER_PROFILE: Final = ("persona", "day", "early_advert", "early_moment")
PER_NEED: Final = ("category", "model", "extra", "picks_up", "store", "hour", "source")
PER_VISIT: Final = (
    "hour", "source", "phone", "looks", "reads", "turns", "chats", "subscribes", "adds",
    "checks_out", "leaves", "pays", "back", "mail", "opens", "gap", "shown", "impressions", "clicks", "stops_by",
    "advert_moment", "mail_moment", "stop_moment", "lists", "leads_out",
)  # fmt: skip
PER_ORDER: Final = (
    "ships", "transit", "late", "delay", "wait", "collects", "hour", "unpacks", "registers",
    "supports", "returns", "answers", "month_answers", "writes", "days", "again", "again_days",
)  # fmt: skip


@dataclass(frozen=True)
class Chance:
    """Uniform numbers by name: of shape (n,) for a profile, (needs, n) for a need and an order.

    Those of visits are by far the most, and most visits never come: they stay as 16 bits, of shape
    (names, needs, visits, n), until a visit asks for its own (`for_visit`).
    """

    profile: dict[str, Floats]
    need: dict[str, Floats]
    visit: NDArray[np.uint16]
    order: dict[str, Floats]
    intent: Floats
    """Standard normal, shape (n,): how much more than others a profile means to buy."""
    pleased: Floats
    """Standard normal, shape (needs, n): how much better an order is liked than others."""

    def for_visit(self, need: int, number: int, who: NDArray[np.int64]) -> dict[str, Floats]:
        """Give the uniform numbers of one visit of each profile in ``who``."""
        rows = (self.visit[:, need, number][:, who] + np.float32(0.5)) / np.float32(1 << 16)
        return dict(zip(PER_VISIT, rows, strict=True))

    @property
    def count(self) -> int:
        """Count the profiles."""
        return len(self.intent)


def draw(seed: int, block: int) -> Chance:
    """Draw what chance decides for one block of profiles."""
    random = generator(seed, block, 0)

    def uniform(names: tuple[str, ...], *shape: int) -> dict[str, Floats]:
        rows = random.random((len(names), *shape, BLOCK), np.float32)
        return dict(zip(names, rows, strict=True))

    return Chance(
        profile=uniform(PER_PROFILE),
        need=uniform(PER_NEED, NEEDS),
        visit=random.integers(0, 1 << 16, (len(PER_VISIT), NEEDS, VISITS, BLOCK), np.uint16),
        order=uniform(PER_ORDER, NEEDS),
        intent=random.standard_normal(BLOCK, np.float32),
        pleased=random.standard_normal((NEEDS, BLOCK), np.float32),
    )


def generator(seed: int, block: int, stream: int) -> np.random.Generator:
    """Give the generator of a block: 0 decides what happens, 1 only when and in which words."""
    sequence = np.random.SeedSequence(seed, spawn_key=(block, stream))
    return np.random.Generator(np.random.PCG64(sequence))

"""What the larger components are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of a table; figures stand to the right."""

    name: str
    is_number: bool = False


@dataclass(frozen=True)
class Download:
    """A file that holds what a figure shows."""

    name: str
    address: str


@dataclass(frozen=True)
class Figure:
    """The frame of a chart: what it shows, in which unit, and everything that says the same."""

    title: str
    unit: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    downloads: Sequence[Download] = ()
    query: str = ""
    """The query document, as JSON."""

    python: str = ""
    """The lines that give the same numbers in Python."""

    is_simulated: bool = False


@dataclass(frozen=True)
class Work:
    """A long job: how far it has come, and how it went."""

    name: str
    done: int
    total: int
    state: str = "running"
    """``running``, ``done`` or ``failed``."""

    left: str = ""
    """The time left, in words."""

    remedy: str = ""
    """What to do when it failed."""

    address: str = ""
    """Where to ask for the next state; asked every second while it runs."""

    @property
    def percent(self) -> int:
        """How much is done, in whole per cents."""
        return min(100, 100 * self.done // self.total) if self.total else 0


@dataclass(frozen=True)
class Tab:
    """A page that shares its head, or its list of sections, with others."""

    name: str
    address: str
    is_here: bool = False
    group: str = ""
    """The heading that it stands under in a list of sections."""


@dataclass(frozen=True)
class Chart:
    """A line over periods with its band, ready to draw: coordinates in a box 1000 by 1000."""

    line: str
    band: str
    before: str
    dots: Sequence[tuple[int, int]]
    ticks: Sequence[int]
    """Per cents at the top, in the middle and at the bottom."""

    names: Sequence[str]
    """One for each dot; empty where there is no room."""

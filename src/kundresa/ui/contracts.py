"""What the larger components are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final


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
class Mean:
    """A mean with its 95% interval, on the scale that it is drawn on."""

    value: float
    low: float
    high: float
    count: int
    start: float
    """The low end of the scale."""

    end: float
    unit: str = ""
    """In words, such as days; none for points on a scale."""

    decimals: int = 1

    @property
    def is_signed(self) -> bool:
        """Whether the scale has a neutral point inside, so that a plus is said too."""
        return self.start < 0 < self.end


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


@dataclass(frozen=True)
class Frame:
    """What stands around the pages of whoever looks; an address that is empty is not offered."""

    workspaces: Sequence[Tab] = ()
    """Those that the member may go to, the one at hand among them."""

    own_settings: str = ""
    log_out: str = ""
    """Where a form is posted to."""

    notices: str = ""
    unread: int = 0
    """How many notices wait to be read."""

    is_simulated: bool = False
    """Whether all that the workspace holds was made up."""

    @property
    def unread_shown(self) -> str:
        """The count in two figures, or that it is more."""
        return str(self.unread) if self.unread < 100 else "99+"


class FrameSource:
    """Where the frame learns of members, who live in an area above this one.

    The area of the members gives its function once, at the start; until then there is no frame.
    """

    def __init__(self) -> None:
        self._ask: Callable[[Any], Frame | None] = lambda _request: None

    def fill(self, ask: Callable[[Any], Frame | None]) -> None:
        """Ask this of every request; what was there before is left."""
        self._ask = ask

    def frame_of(self, request: Any) -> Frame | None:
        """Give the frame of a request."""
        return self._ask(request)


frame_source: Final = FrameSource()

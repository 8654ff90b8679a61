"""What the pages of maps are asked and given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from kundresa.documents.drawing.twin import Twin


@dataclass(frozen=True)
class Asked:
    """What a reader chose: the period [start, end) in whole days, how to count, the language."""

    start: date | None = None
    end: date | None = None
    mode: str = "cohort"
    language: str = ""


@dataclass(frozen=True)
class Period:
    """The days that were counted, the last not included."""

    start: date
    end: date


@dataclass(frozen=True)
class Definition:
    """A number's name and how it is counted, in words."""

    name: str
    text: str


@dataclass(frozen=True)
class Unclaimed:
    """An event that no touchpoint of the map claims."""

    event: str
    count: int


@dataclass(frozen=True)
class MapPage:
    """Everything the page of one map shows.

    ``svg`` is trusted markup that our own drawing wrote (``drawing.svg.to_page``). ``live`` is
    None where the workspace has no events; nothing measured is shown then, but how to send some
    with ``write_key``, where there is an open source.
    """

    workspace: str
    id: str
    title: str
    description: str
    svg: str
    twin: Twin
    live: Mapping[str, Any] | None
    query_json: str
    period: Period | None
    mode: str
    notices: Sequence[str]
    unclaimed: Sequence[Unclaimed]
    language: str
    write_key: str = ""
    data_end: date | None = None
    """The day of the newest event, in the map's zone."""

    is_simulated: bool = False
    """Whether events among those counted say of themselves that they are made up."""


@dataclass(frozen=True)
class MapRow:
    """One line of the list of maps; an empathy map has neither stages nor steps."""

    id: str
    title: str
    kind: str
    stage_count: int
    step_count: int
    touchpoint_count: int
    curve: str = ""
    """How its first persona feels: an SVG path in a box 1000 wide and 400 high, +2 at the top."""


@dataclass(frozen=True)
class WorkspaceRow:
    """One line of the list of workspaces."""

    slug: str
    name: str
    map_count: int


@dataclass(frozen=True)
class MapIndex:
    """The maps of a workspace."""

    workspace: str
    name: str
    maps: Sequence[MapRow]

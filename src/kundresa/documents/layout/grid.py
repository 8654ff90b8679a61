"""Columns, rows and the measures of the page that all parts of a drawing share."""

from __future__ import annotations

from dataclasses import dataclass

from kundresa.documents.layout.scene import Box, Shape
from kundresa.documents.layout.text import LANE, Style, place, text_height, wrap

MARGIN = 28.0
LABEL_WIDTH = 156.0
COLUMN_GAP = 10.0
ROW_PAD = 14.0
CARD_PAD = 11.0
CARD_GAP = 8.0
# With six columns and the column of names, a map then fills a 1440 pixel screen and no more.
_ROOM = 1200.0
_NARROWEST = 188.0
_WIDEST = 268.0


@dataclass(frozen=True)
class Options:
    """What to draw.

    ``header`` is the title block with the personas; a page that says these itself leaves it out.
    """

    header: bool = True


@dataclass(frozen=True)
class Grid:
    """Where the columns stand."""

    columns: int
    column_width: float
    left: float

    @property
    def width(self) -> float:
        """Width of the whole drawing."""
        return self.right(self.columns - 1) + MARGIN

    def x(self, column: int) -> float:
        """Left edge of a column."""
        return self.left + column * (self.column_width + COLUMN_GAP)

    def right(self, column: int) -> float:
        """Right edge of a column."""
        return self.x(column) + self.column_width

    def middle(self, column: int) -> float:
        """Middle of a column."""
        return self.x(column) + self.column_width / 2

    def span(self, first: int, last: int) -> float:
        """Width from the left of one column to the right of another."""
        return self.right(last) - self.x(first)


@dataclass(frozen=True)
class Row:
    """A drawn row: its height, what stands in the label column and what in the body."""

    height: float
    labels: tuple[Shape, ...] = ()
    body: tuple[Shape, ...] = ()


def make_grid(columns: int) -> Grid:
    """Give few columns more room and many columns as little as reads well."""
    columns = max(1, columns)
    fair = (_ROOM - COLUMN_GAP * (columns - 1)) / columns
    width = round(min(_WIDEST, max(_NARROWEST, fair)), 1)
    return Grid(columns, width, MARGIN + LABEL_WIDTH + COLUMN_GAP)


def row_label(
    text: str, y: float, style: Style = LANE, role: str = "lane-name"
) -> tuple[Shape, ...]:
    """Name a row in the label column."""
    return (place(wrap(text, LABEL_WIDTH - 20, style), MARGIN, y + ROW_PAD, style, role),)


def label_height(text: str, style: Style = LANE) -> float:
    """Height that a row needs for its name."""
    return text_height(wrap(text, LABEL_WIDTH - 20, style), style) + 2 * ROW_PAD


def rule(grid: Grid, y: float) -> Box:
    """Draw the hairline between two rows."""
    return Box(MARGIN, y, grid.width - 2 * MARGIN, 1, "rule")

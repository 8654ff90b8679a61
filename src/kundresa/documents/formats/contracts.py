"""What a map format is: two functions, and an honest list of what they can't carry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

MapData = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Loss:
    """Something the other form can't say; ``place`` is where it stands in the map."""

    place: str
    message: str

    def to_json(self) -> dict[str, str]:
        """Give the loss as plain data."""
        return {"place": self.place, "message": self.message}


@dataclass(frozen=True)
class Conversion(Generic[T]):
    """What came out, and what was lost on the way."""

    result: T
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True)
class Format:
    """A way to write a map down.

    ``suffixes`` are the endings of such files. ``read`` raises with every fault and gives only
    data that passes the check of maps; ``write`` may trust that it gets such data.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[str], Conversion[dict[str, Any]]]
    write: Callable[[MapData], Conversion[str]]

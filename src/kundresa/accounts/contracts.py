"""The shapes that every answer and every body of the API begin with."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MOST_ROWS: Final = 200
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")]
"""One line that is not blank."""


class Answer(BaseModel):
    """What was asked for stands beside ``ok``."""

    ok: Literal[True] = True


class Told(BaseModel):
    """What a program may tell; a key that nobody knows is refused, because it does nothing."""

    model_config = ConfigDict(extra="forbid")


class Done(Answer):
    """It was done, and there is nothing to tell."""

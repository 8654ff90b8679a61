"""The one base of all errors, and the fault: one thing wrong, at one place, with its remedy.

Checks collect faults and raise once, so that a reader mends a file in one go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any, Final

_LONGEST_SHOWN: Final = 200


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, where it is, and what to do about it.

    ``line`` and ``column`` count from 1 and are None where the source has no text.
    """

    place: str
    message: str
    hint: str = ""
    line: int | None = None
    column: int | None = None
    severity: str = "error"

    def __str__(self) -> str:
        where = self.place
        if self.line is not None:
            where = f"line {self.line}, column {self.column}: {self.place}"
        sentence = f"{where}: {self.message}" if where else self.message
        return f"{sentence} {self.hint}".rstrip()

    def to_json(self) -> dict[str, Any]:
        """Give the fault as plain data, without the keys that say nothing."""
        return {key: value for key, value in asdict(self).items() if value not in (None, "")}


class KundresaError(Exception):
    """Something the reader can understand and mend.

    Parameters
    ----------
    message
        What is wrong, in the reader's words.
    hint
        What to do.
    faults
        Every single fault, where a whole document was checked.
    """

    status = 400
    code = "error"
    is_permanent = False
    """Whether trying again can't help; a worker then gives the job up at once."""

    def __init__(self, message: str, *, hint: str = "", faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.faults = tuple(faults)

    def __str__(self) -> str:
        lines = [f"{self.message} {self.hint}".rstrip(), *(f"  {fault}" for fault in self.faults)]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Give the error in the one shape that command line and API share."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.hint:
            body["hint"] = self.hint
        if self.faults:
            body["faults"] = [fault.to_json() for fault in self.faults]
        return body


class BadInputError(KundresaError):
    """What was given can't be taken; it says where and why."""

    code = "bad_input"


class NotFoundError(KundresaError):
    """What was asked for isn't there."""

    status = 404
    code = "not_found"


class NewerFormatError(KundresaError):
    """A file was written by a newer release; reading it would lose what we don't know."""

    code = "newer_format"


def raise_if_faulty(faults: Sequence[Fault], what: str) -> None:
    """Raise one error with all faults, or return when there is none that is an error."""
    errors = [fault for fault in faults if fault.severity == "error"]
    if errors:
        count = "1 fault" if len(errors) == 1 else f"{len(errors)} faults"
        raise BadInputError(f"{what} has {count}.", faults=errors)


def shown(value: object) -> str:
    """Write a value into a sentence, cut where it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, or nested without end
        return "too long to show"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def known_values(value: object, known: Iterable[str]) -> str:
    """Say which values exist, the nearest first, for the hint of an unknown one."""
    names = sorted(known)
    text = value if isinstance(value, str) else shown(value)
    near = get_close_matches(text, names, n=1)
    guess = f"Did you mean {near[0]!r}? " if near else ""
    return f"{guess}Known: {', '.join(names)}."

"""A mapping of one table as a choice for each of its columns: the form in which a page edits it.

What a mapping can say beyond that (joins, conditions, several tables) has no such form;
`choices_of` then gives none, and the mapping stays a text.
"""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from kundresa.core.errors import BadInputError
from kundresa.core.records import SCALES, is_currency
from kundresa.core.times import zone_named
from kundresa.events.sources.guess import event_title
from kundresa.events.sources.guess_columns import FORMS
from kundresa.events.sources.identifiers import IDENTIFIERS
from kundresa.events.sources.tables import OPTIONS, kind_of

ONCE: Final = ("profile", "event", "value", "currency", "channel", "group", "id")
SORTS: Final = ("text", "number", "boolean")
CARRIED: Final = tuple(f"identifier:{sort}" for sort in IDENTIFIERS)
SCORES: Final = tuple(f"score:{scale}" for scale in SCALES)
BECOMES: Final = ("", "profile", "event", "time", "value", "currency", "channel", "group", "id",
                  *CARRIED, *SORTS, *SCORES)  # fmt: skip
"""What a column can become; nothing, or as a sort a property of the event."""

MILLISECONDS: Final = "ms"
TIME_FORMS: Final = ("", MILLISECONDS, *FORMS)
_TABLE: Final = "rows"
_RULE: Final = frozenset(
    {"table", "profile", "channel", "currency", "group", "properties", "identifiers", "events"}
)
_EVENT: Final = frozenset({"event", "time", "value", "score", "id"})
_TOP: Final = frozenset({"kundresa_mapping", "title", "zone", "missing", "tables", "types", "rows"})


@dataclass(frozen=True)
class Choice:
    """What a column becomes; of a time also the event's name and how the time is written."""

    column: str
    becomes: str = ""
    named: str = ""
    form: str = ""


@dataclass(frozen=True)
class Choices:
    """One choice a column, in the order of the file, and what holds for all rows.

    ``currency`` is that of every amount where no column tells it; ``table`` how the file is opened.
    """

    columns: tuple[Choice, ...]
    zone: str = "UTC"
    currency: str = ""
    table: AnyMapping[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ("",)

    def that_become(self, what: str) -> list[Choice]:
        """Give the columns that become something."""
        return [choice for choice in self.columns if choice.becomes == what]


def may_say_decimal(choices: Choices, file: str) -> bool:
    """Tell whether the numbers of such a file can have a sign before decimals of their own."""
    return "decimal" in OPTIONS[kind_of({"file": file, **choices.table})]


@dataclass(frozen=True)
class Wrong:
    """Something that the choices lack or have too much of; ``code`` says what, `columns` where."""

    code: str
    columns: tuple[str, ...] = ()


def wrong_in(choices: Choices) -> list[Wrong]:
    """List all that is wrong, so that a reader mends it in one go."""
    found = [Wrong(f"no_{w}") for w in ("profile", "time") if not choices.that_become(w)]
    for what in (*ONCE, *CARRIED):
        several = choices.that_become(what)
        if len(several) > 1:
            found.append(Wrong(f"two_{what}", tuple(choice.column for choice in several)))
    scores = [choice for choice in choices.columns if choice.becomes in SCORES]
    if len(scores) > 1:
        found.append(Wrong("two_score", tuple(choice.column for choice in scores)))
    return found + _wrong_times(choices) + _wrong_values(choices)


def _wrong_times(choices: Choices) -> list[Wrong]:
    times = choices.that_become("time")
    names = tuple(choice.column for choice in times)
    if choices.that_become("event"):
        return [Wrong("times_with_event", names)] if len(times) > 1 else []
    nameless = tuple(choice.column for choice in times if not choice.named.strip())
    return [Wrong("no_name", nameless)] if nameless else []


def _wrong_values(choices: Choices) -> list[Wrong]:
    found = []
    if choices.currency and not is_currency(choices.currency):
        found.append(Wrong("currency"))
    try:
        zone_named(choices.zone)
    except BadInputError:
        found.append(Wrong("zone"))
    return found


# --- to a mapping ---------------------------------------------------------------------------------


def mapping_from(choices: Choices, file: str) -> dict[str, Any]:
    """Write choices in which nothing is wrong as a mapping of a file."""
    rule: dict[str, Any] = {"table": _TABLE}
    for what in ("profile", "channel", "group", "currency"):
        for choice in choices.that_become(what):
            rule[what] = choice.column
    if choices.currency and "currency" not in rule and choices.that_become("value"):
        rule["currency"] = {"value": choices.currency.upper()}
    carried = {
        c.becomes.partition(":")[2]: c.column for c in choices.columns if c.becomes in CARRIED
    }
    if carried:
        rule["identifiers"] = carried
    properties = {c.column: c.column for c in choices.columns if c.becomes in SORTS}
    if properties:
        rule["properties"] = properties
    rule["events"] = _events(choices)
    data: dict[str, Any] = {"kundresa_mapping": 1, "title": file, "zone": choices.zone}
    if choices.missing != ("",):
        data["missing"] = list(choices.missing)
    data["tables"] = {_TABLE: {"file": file, **choices.table}}
    types = _types(choices)
    return {**data, **({"types": types} if types else {}), "rows": [rule]}


def _events(choices: Choices) -> list[dict[str, Any]]:
    named = choices.that_become("event")
    events = []
    for choice in choices.that_become("time"):
        name: Any = {"column": named[0].column} if named else choice.named.strip()
        is_plain = choice.form in ("", MILLISECONDS)
        time: Any = choice.column if is_plain else {"column": choice.column, "form": choice.form}
        events.append({"event": name, "time": time})
    # Of several events nothing tells which one was paid or scored; the first, as in a guess.
    for what in ("value", "id"):
        for choice in choices.that_become(what):
            events[0][what] = choice.column
    for choice in choices.columns:
        if choice.becomes in SCORES:
            events[0]["score"] = {"value": choice.column, "scale": choice.becomes.partition(":")[2]}
    return events


def _types(choices: Choices) -> dict[str, str]:
    found = {}
    for choice in choices.columns:
        is_number = choice.becomes in ("number", "value", *SCORES)
        if is_number or (choice.becomes == "time" and choice.form == MILLISECONDS):
            found[choice.column] = "number"
        elif choice.becomes == "boolean":
            found[choice.column] = "boolean"
    return found


# --- from a mapping -------------------------------------------------------------------------------


def choices_of(data: AnyMapping[str, Any], names: Sequence[str]) -> Choices | None:
    """Give a checked mapping as choices over these columns, or none if it says more than that."""
    rows = data.get("rows", [])
    if len(rows) != 1 or len(data["tables"]) != 1 or not set(data) <= _TOP:
        return None
    rule = rows[0]
    types = data.get("types") or {}
    found = _becoming(rule, types)
    if found is None or not set(found) <= set(names) or not set(rule) <= _RULE:
        return None
    currency = rule.get("currency")
    if isinstance(currency, dict) and set(currency) != {"value"}:
        return None
    table = dict(data["tables"][rule["table"]])
    table.pop("file", None)
    return Choices(
        tuple(found.get(name, Choice(name)) for name in names),
        str(data.get("zone", "UTC")),
        str(currency["value"]) if isinstance(currency, dict) else "",
        table,
        tuple(data.get("missing", [""])),
    )


def _becoming(rule: AnyMapping[str, Any], types: AnyMapping[str, str]) -> dict[str, Choice] | None:
    """Give what each column becomes; none where a column becomes two things, or no plain one."""
    pairs = [
        (rule[what], what) for what in ("profile", "channel", "group", "currency")
        if what in rule and not (what == "currency" and isinstance(rule[what], dict))
    ]  # fmt: skip
    for sort, said in (rule.get("identifiers") or {}).items():
        is_plain = isinstance(said, dict) and set(said) == {"column"}
        pairs.append((said["column"] if is_plain else said, f"identifier:{sort}"))
    for name, column in (rule.get("properties") or {}).items():
        if name != column:
            return None
        pairs.append((column, types.get(column, "text")))
    times: list[Choice] = []
    for index, event in enumerate(rule["events"]):
        found = _of_event(event, types, is_first=index == 0)
        if found is None:
            return None
        times.append(found[0])
        pairs += [pair for pair in found[1] if pair not in pairs]
    columns = [column for column, _ in pairs] + [time.column for time in times]
    if not all(isinstance(column, str) for column in columns) or len(columns) != len(set(columns)):
        return None
    return {
        **{column: Choice(column, what) for column, what in pairs},
        **{time.column: time for time in times},
    }


def _of_event(
    event: AnyMapping[str, Any], types: AnyMapping[str, str], *, is_first: bool
) -> tuple[Choice, list[tuple[Any, str]]] | None:
    if not set(event) <= (_EVENT if is_first else {"event", "time"}):
        return None
    pairs: list[tuple[Any, str]] = [(event[w], w) for w in ("value", "id") if w in event]
    if "score" in event:
        pairs.append((event["score"]["value"], f"score:{event['score']['scale']}"))
        if pairs[-1][1] not in SCORES:
            return None
    name, time = event["event"], event["time"]
    named = name if isinstance(name, str) else ""
    if not named:
        if set(name) != {"column"}:
            return None
        pairs.append((name["column"], "event"))
    if isinstance(time, dict):
        if "column" not in time or time.get("form", "") not in TIME_FORMS:
            return None
        return Choice(time["column"], "time", named, time.get("form", "")), pairs
    form = MILLISECONDS if types.get(time) == "number" else ""
    return Choice(time, "time", named, form), pairs


# --- beginnings -----------------------------------------------------------------------------------


def unchosen(names: Sequence[str], table: AnyMapping[str, Any], zone: str) -> Choices:
    """Give choices for a file of which nothing could be guessed: every column a text."""
    return Choices(tuple(Choice(name, "text") for name in names), zone, table=table)


def with_names(choices: Choices, file: str) -> Choices:
    """Name the events that have no name yet, after their columns, or after the file."""
    times = choices.that_become("time")
    if choices.that_become("event"):
        return choices
    columns = tuple(
        replace(choice, named=event_title(choice.column if len(times) > 1 else _stem(file)))
        if choice.becomes == "time" and not choice.named else choice
        for choice in choices.columns
    )  # fmt: skip
    return replace(choices, columns=columns)


def _stem(file: str) -> str:
    return file.split(".", maxsplit=1)[0]

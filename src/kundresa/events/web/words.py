"""What importing says, in the language of the reader: notes of a guess, reasons of bad rows, faults.

Sources know no languages and write English. As on the pages of maps, their sentences are taken to
pieces here; one that fits no pattern stands as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kundresa.core.records import scale_bounds
from kundresa.events.models import Import
from kundresa.events.sources.choices import CARRIED, MILLISECONDS, SCORES, TIME_FORMS, Wrong

_EXAMPLE: Final = datetime(2026, 3, 31, 14, 30, 5, tzinfo=UTC)

STATES: Final = {
    Import.DRAFT: gettext_lazy("Not started"),
    Import.WAITING: gettext_lazy("Waiting"),
    Import.RUNNING: gettext_lazy("Importing"),
    Import.STOPPING: gettext_lazy("Stopping"),
    Import.STOPPED: gettext_lazy("Stopped"),
    Import.DONE: gettext_lazy("Done"),
    Import.FAILED: gettext_lazy("Failed"),
}


def what_columns_become() -> list[tuple[str, list[tuple[str, str]]]]:
    """Give what a column can become, in groups: (group, [(code, words)])."""
    scores = [(code, _score(code.partition(":")[2])) for code in SCORES]
    return [
        (_("Who and what"), [
            ("profile", _("Customer")), ("event", _("Name of the event")),
            ("time", _("Time of an event")), ("channel", _("Channel")), ("group", _("Account")),
            ("id", _("Id of the event")),
        ]),
        (_("Identifier"), [(code, _identifier(code.partition(":")[2])) for code in CARRIED]),
        (_("Money"), [("value", _("Amount")), ("currency", _("Currency"))]),
        (_("Property"), [
            ("text", _("Property: text")), ("number", _("Property: number")),
            ("boolean", _("Property: yes or no")),
        ]),
        (_("Score"), scores),
    ]  # fmt: skip


def _identifier(sort: str) -> str:
    return _("Identifier: %(type)s") % {"type": identifier_word(sort)}


def identifier_word(sort: str) -> str:
    """Name a type of identifier; one that records made up keeps its name."""
    return {
        "user_id": _("customer number"), "anonymous_id": _("anonymous id"),
        "email": _("e-mail address"), "phone": _("phone number"), "device": _("device"),
    }.get(sort, sort)  # fmt: skip


def number_forms() -> list[tuple[str, str]]:
    """Give the ways in which numbers are written, each by examples that all languages share."""
    nordic, english = "1 234,50 · 1.234,50", "1 234.50 · 1,234.50"
    return [("", "1234.50"), (",", nordic), (".", english)]


def _score(scale: str) -> str:
    low, high = scale_bounds(scale)
    name = {"nps": "NPS", "csat5": "CSAT", "csat7": "CSAT", "ces7": "CES", "percent": "%",
            "stars5": _("stars"), "faces3": _("faces"), "emotion": _("emotion")}[scale]  # fmt: skip
    said = {"name": name, "low": f"{low:g}".replace("-", "−"), "high": f"{high:g}"}
    return _("Score: %(name)s, %(low)s to %(high)s") % said


def time_forms() -> list[tuple[str, str]]:
    """Give the forms in which times are written, each as an example."""
    first = {"": "2026-03-31 14:30:05", MILLISECONDS: _("milliseconds since 1970")}
    return [(form, first.get(form) or _EXAMPLE.strftime(form)) for form in TIME_FORMS]


def duration(seconds: float) -> str:
    """Say how long something takes, in signs that all languages share."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def counted(events: int, readings: int) -> str:
    """Say how many events and readings there are; no readings are left unsaid."""
    said = {"events": floatformat(events, "0g"), "readings": floatformat(readings, "0g")}
    of_events = ngettext("%(events)s event", "%(events)s events", events) % said
    if not readings:
        return of_events
    of_readings = ngettext("%(readings)s reading", "%(readings)s readings", readings) % said
    both = _("%(events)s and %(readings)s") % {"events": of_events, "readings": of_readings}
    return both if events else of_readings


def added_in_words(one: Import) -> str:
    """Say what an import added; of one that took only readings also where these are none."""
    if one.readings and not one.events and not one.readings_added:
        return ngettext("%(readings)s reading", "%(readings)s readings", 0) % {"readings": 0}
    return counted(one.added, one.readings_added)


def wrong_in_words(wrong: Iterable[Wrong]) -> list[str]:
    """Say what the choices lack, and what to do."""
    said = {
        "no_profile": _("No column says whose rows these are. Choose “Customer” for one."),
        "no_time": _("No column is a time. Choose “Time of an event” for one."),
        "no_name": _("An event has no name. Write one beside its time, or choose a column for it."),
        "times_with_event": _(
            "With a column that names the event, only one column can be its time."
        ),
        "currency": _("A currency is three letters, such as SEK."),
        "zone": _("This time zone is not known. Write one such as Europe/Stockholm."),
    }
    found = []
    for each in wrong:
        columns = ", ".join(each.columns)
        text = said.get(each.code) or _("Only one column can be this; now several are:")
        found.append(f"{text} ({columns})" if columns else text)
    return found


def in_language(text: str) -> str:
    """Say what the sources said, in the active language; several sentences are parted by ``;``."""
    whole = _said(text)
    if whole is not None:
        return whole
    parts = text.split("; ")
    return "; ".join(_said(part) or part for part in parts)


def _said(text: str) -> str | None:
    for pattern, told in _told():
        if found := re.fullmatch(pattern, text, re.DOTALL):
            words = found.groupdict("")
            return told(words) if callable(told) else told % words
    return None


Told = list[tuple[str, str | Callable[[dict[str, str]], str]]]


def _told() -> Told:
    return [*_notes(), *_reasons(), *_reasons_of_readings(), *_refusals()]


# --- notes of a guess -------------------------------------------------------------------------------


def _notes() -> Told:
    return [
        (r"Guessed from the first (?P<rows>[\d,]+) rows of (?P<file>.+); read it first\.",
         lambda w: _("Guessed from the first %(rows)s rows; read it before you import.") % {"rows": _grouped(w["rows"])}),
        ((r"(?P<what>identifier \w+|profile|event|time|channel|value|currency|score|no event|left out"
         r"|period|period begins|period ends|source|series|campaign|touchpoint): (?P<column>.+) "
         r"\((?P<sure>sure|likely|unsure); (?P<why>.+); (?P<filled>[\d,]+) of (?P<rows>[\d,]+) rows, (?P<different>[\d,]+) different\)"),
         _choice),
        (r"decimal: (?P<columns>.+): a comma stands before decimals",
         _("%(columns)s: read with a comma before decimals, as 1 234,50")),
        (r"decimal: (?P<columns>.+): a point stands before decimals",
         _("%(columns)s: read with a point before decimals, as 1 234.50")),
        (r"zone: (?P<columns>.+): read in (?P<zone>\S+), as no zone is told",
         _("%(columns)s: read in the time zone %(zone)s, because the times tell none")),
        (r"form: day and month of (?P<column>.+) may be the other way round",
         _("%(column)s: day and month may be the other way round")),
        (r"source: '(?P<name>.+)', by the file's name; keep it the same for every file",
         _("Source: “%(name)s”, by the name of the file. Keep it the same for every such file, or the numbers count twice.")),
        (r"place: several rows have the same period and place; .+",
         _("Several rows have the same period and place. Of those that differ only the first is taken, the others are put aside.")),
        (r"currency: none found for (?P<column>.+); write unit: .+",
         _("%(column)s: no currency was found; write one as its unit if it is money")),
        (r"currency: none found; write currency: .+",
         _("No currency was found: write it below, or leave the amount out.")),
        (r"(?P<file>.+) has no column of times\.",
         _("No column of times was found, so nothing is chosen yet.")),
        (r"(?P<file>.+) has no column whose name tells whose rows these are\.",
         _("No column tells by its name whose rows these are, so nothing is chosen yet.")),
    ]  # fmt: skip


def _choice(words: dict[str, str]) -> str:
    sort = words["what"].removeprefix("identifier ")
    what = _identifier(sort) if sort != words["what"] else {
        "profile": _("Customer"), "event": _("Event"), "time": _("Time"), "channel": _("Channel"),
        "value": _("Amount"), "currency": _("Currency"), "score": _("Score"),
        "no event": _("No event"), "left out": _("Left out"),
        "period": _("Period"), "period begins": _("Begin of the period"),
        "period ends": _("End of the period"), "source": _("Source"), "series": _("Series"),
        "campaign": _("Campaign"), "touchpoint": _("Touchpoint"),
    }[words["what"]]  # fmt: skip
    sure = {"sure": _("sure"), "likely": _("likely"), "unsure": _("unsure")}[words["sure"]]
    counts = _("%(filled)s of %(rows)s rows, %(different)s different") % {
        name: _grouped(words[name]) for name in ("filled", "rows", "different")
    }
    return f"{what}: {words['column']} ({sure}; {_why(words['why'])}; {counts})"


def _why(why: str) -> str:
    known = {
        "by its name": _("by its name"), "by its content": _("by its content"),
        "each time of a row is an event": _("each time of a row is an event"),
        "its name tells of a plan": _("its name tells of a plan"),
        "by name and content": _("by name and content"),
        "its name tells of personal data": _("its name tells of personal data"),
        "its content tells of personal data": _("its content tells of personal data"),
        "each row is for one hour": _("each row is for one hour"),
        "each row is for one day": _("each row is for one day"),
        "each row is for one week": _("each row is for one week"),
        "each row is for one month": _("each row is for one month"),
        "the last day belongs to it": _("the last day belongs to it"),
        "the end no longer belongs to it": _("the end no longer belongs to it"),
        "it tells rows of one period apart": _("it tells rows of one period apart"),
        "it isn't needed to tell rows apart": _("it isn't needed to tell rows apart"),
        "averages don't add up": _("averages don't add up"),
    }  # fmt: skip
    if why in known:
        return known[why]
    if why.startswith("as well possible: "):
        return _("as well possible: %(columns)s") % {"columns": why.partition(": ")[2]}
    if found := re.fullmatch(r"in what (.+) says", why):
        return _("in what %(column)s says") % {"column": found[1]}
    if found := re.fullmatch(r"in (.+)", why):
        return _("in %(unit)s") % {"unit": found[1]}
    found = re.fullmatch(r"as (\w+) by name and content", why)
    return _("as %(scale)s, by name and content") % {"scale": found[1]} if found else why


def _grouped(number: str) -> str:
    return number.replace(",", "\N{NO-BREAK SPACE}")


# --- reasons of bad rows ----------------------------------------------------------------------------


def _reasons() -> Told:
    return [
        (r"profile is missing\.", _("the customer is missing")),
        (r"event is missing\.", _("the name of the event is missing")),
        (r"time: '(?P<value>.*)' is not a time\..*", _("“%(value)s” is not a time")),
        (r"time: '(?P<value>.*)' is not a time of the form '(?P<form>.*)'\..*",
         _("“%(value)s” is not a time written like the others")),
        (r"time: (?P<value>.*) is out of range\.", _("%(value)s is no time on the calendar")),
        (r"time: The day lies outside the calendar\.", _("the day lies outside the calendar")),
        (r"(?P<column>.+) is '(?P<value>.*)', not a number\.", _("%(column)s: “%(value)s” is not a number")),
        (r"(?P<column>.+) is '(?P<value>.*)', not true or false\.", _("%(column)s: “%(value)s” is neither true nor false")),
        (r"currency is '(?P<value>.*)'\. Write three letters, as SEK\.", _("“%(value)s” is not a currency of three letters")),
        (r"value is beyond (?P<most>.+)\.", _("the amount is too large")),
        (r"score is outside its scale, which goes from (?P<low>\S+) to (?P<high>\S+)\.",
         _("the score is not between %(low)s and %(high)s")),
        (r"has (?P<own>\d+) fields where the mapping has (?P<header>\d+)\.",
         _("has %(own)s fields where the mapping has %(header)s")),
        (r"has (?P<own>\d+) fields where the (?:header|first line) has (?P<header>\d+)\.",
         _("has %(own)s fields where the first line has %(header)s")),
        (r"is not JSON: .+", _("is not JSON")),
        (r"is not a JSON object\.", _("is not a JSON object")),
        (r"(?P<key>[^;]+) is not a list\.", _("%(key)s is not a list")),
        (r"doesn't fit the pattern\.", _("is not written like the other lines")),
        (r"has a quote that nothing closes, .+", _("has a quote that nothing closes, or text behind one")),
        (r"has a field longer than (?P<most>[\d,]+) letters; .+",
         _("has a field that is too long; most often a quote begins it that nothing closes")),
        (r"row is (empty|text): .+", _("write the row as {column: value}")),
        (r"is longer than (?P<most>[\d,]+) bytes; it was left in the file\.", _("the line is too long")),
    ]  # fmt: skip


def _reasons_of_readings() -> Told:
    return [
        # First, as a series may have any name.
        (r"(?P<series>.+) is (?P<value>\S+ .+) for the same period, place and source in another row\. .+",
         _("%(series)s is %(value)s in another row for the same period, place and source. If both are parts of one number, name the column that tells them apart in the mapping.")),
        (r"(?P<series>.+) is (?P<value>\S+ .+) for the same period, place and source already\. .+",
         _("%(series)s is %(value)s already for the same period, place and source. To correct it, import the row as a file of its own.")),
        (r"period is missing\.", _("the period is missing")),
        (r"period ends before it begins, or at once\.", _("the period ends before it begins, or at once")),
        (r"value is missing\.", _("the number is missing")),
        (r"(?P<key>series|unit|source|touchpoint|channel|campaign) is missing\.",
         lambda w: _("%(key)s is missing") % {"key": _key(w["key"])}),
        (r"(?P<key>series|unit|source|touchpoint|channel|campaign) is longer than (?P<most>\d+) letters or binary\.",
         lambda w: _("%(key)s is longer than %(most)s letters, or no text") % {**w, "key": _key(w["key"])}),
        (r"(?P<key>series|unit|source|touchpoint|channel|campaign|period|value|period\.from|period\.to) is (?P<value>[^;]+)\.",
         lambda w: _("%(key)s can't be %(value)s") % {**w, "key": _key(w["key"])}),
        (r"(?P<second>touchpoint|channel|campaign) stands beside (?P<first>touchpoint|channel|campaign)\.",
         lambda w: _("%(second)s stands beside %(first)s, but a reading belongs to one place")
         % {name: _key(key) for name, key in w.items()}),
        (r"(?P<key>[^;]+) is not a key of a reading\.", _("%(key)s is not a key of a reading")),
    ]  # fmt: skip


def _key(key: str) -> str:
    """Name a key of a record of a reading; the ends of its period by what they say."""
    return {
        "series": _("Series"), "unit": _("Unit"), "source": _("Source"), "value": _("Value"),
        "touchpoint": _("Touchpoint"), "channel": _("Channel"), "campaign": _("Campaign"),
        "period": _("Period"), "period.from": _("Begin of the period"),
        "period.to": _("End of the period"),
    }[key]  # fmt: skip


# --- refusals of a file -----------------------------------------------------------------------------


def _refusals() -> Told:
    one_of = _("Save the table as CSV (UTF-8), JSON lines, Parquet or XES, and choose that file.")
    return [
        (r"The file is empty\..*", _("The file is empty. Choose one with rows.")),
        (r"The file is (?P<what>.+), not a table\..*", _("The file is not a table.") + f" {one_of}"),
        (r"The file is not a table of text\..*", _("The file is not a table.") + f" {one_of}"),
        (r"The file is one list of JSON\..*",
         _("The file is one list of JSON. Write each of its objects on a line of its own.")),
        (r"A Parquet file can't be packed once more\..*", _("A Parquet file can't be packed once more. Unpack it first.")),
        (r"The file can't be unpacked\..*", _("The file can't be unpacked. Pack it again with gzip.")),
        (r".+ has no rows that could be read\..*", _("The file has no rows that could be read.")),
        (r".+ has the column '(?P<column>.*)' twice\..*", _("The file has the column “%(column)s” twice. Name each once.")),
        (r".+ is not (?P<encoding>\S+): it holds the byte .+",
         _("The file is not written in %(encoding)s as it seemed. Save it as UTF-8.")),
        (r".+ can't be read as Parquet: .+", _("The file is not whole Parquet. Save it anew and upload it again.")),
        (r".+, line (?P<line>\d+) is not XML: .+", _("Line %(line)s of the file is not XML. Mend it and upload it again.")),
        (r".+, line (?P<line>\d+) holds a text of more than .+",
         _("Line %(line)s holds a text that is too long. Take it out and upload the file again.")),
        (r".+ holds no log\..*", _("The file is XML, but no event log (XES).")),
        (r".+ declares a document type, .+",
         _("The file declares a document type, which may hide endless text. Remove <!DOCTYPE …>; XES needs none.")),
        (r".+, line 1 is longer than .+", _("The first line is too long for names of columns. Check that the file is a table.")),
        (r".+, line 1 has a .+", _("The first line has a quote that nothing closes. It holds the names of the columns.")),
        (r".+ is empty\..*", _("The file is empty. Choose one with rows.")),
        (r".+ is not an access log of a web server, .+",
         _("The file is not an access log of a web server, the only kind of lines that is known here.")),
        (r".+ can't be read: .+", _("The file can't be read to its end. Save it anew and upload it again.")),
        (r"The uploaded file is no longer here\..*", _("The uploaded file is no longer here. Upload it again.")),
        (r"The file was removed, because a customer who may be in it was erased\.",
         _("The file was removed, because a customer who may be in it was erased. Upload it again without that customer.")),
        (r"The file has .+ MB; (?P<most>.+) MB are allowed\..*",
         lambda w: _("The file is too large: %(most)s MB are allowed. Pack it with gzip, split it, or import it on the command line.") % {"most": _grouped(w["most"])}),
        (r"The disk has too little room for this file\..*", _("The disk has too little room for this file. Make room, then upload it again.")),
        (r"The disk is nearly full\..*", _("The disk is nearly full. Make room, then go on.")),
        (r"The file holds rows that were put aside\..*",
         _("The file holds rows that were put aside. Mend them and upload them on the page of the import that they come from.")),
        (r"None of these rows is put aside any more\..*",
         _("None of these rows is put aside any more. Download the quarantine file anew: it holds those that still are.")),
        (r"The file that the rows come from is no longer here\..*",
         _("The file that the rows come from is no longer here. Import the mended rows as a file of their own.")),
        (r"The file can't be read as JSON lines\..*", _("The file can't be read as JSON lines. Mend it; nothing was imported.")),
        (r"Line (?P<line>\d+) doesn't say which row of .+ it was, .+",
         _("Line %(line)s doesn't say which row it was, and so which customer. Keep number as it was put aside.")),
        (r"Line (?P<line>\d+) is no row put aside\..*", _("Line %(line)s is no row put aside. Keep file, line, reason and row.")),
        (r"The mapping needs several files: .*", _("The mapping needs several files. Import it on the command line, where it finds them.")),
        (r"Something went wrong; the log of the worker has it\.", _("Something went wrong; the log of the worker has it.")),
    ]  # fmt: skip

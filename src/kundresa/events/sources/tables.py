"""Which kind of table a file is, and opening it as the mapping says."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from kundresa.core.errors import Fault, known_values, shown
from kundresa.events.sources.csv_file import CsvFile
from kundresa.events.sources.decimals import DECIMALS
from kundresa.events.sources.json_file import JsonFile
from kundresa.events.sources.lines_file import LinesFile
from kundresa.events.sources.parquet_file import ParquetFile
from kundresa.events.sources.table_file import TableFile
from kundresa.events.sources.xes_file import XesFile

OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "csv": ("delimiter", "encoding", "decimal", "header", "columns", "quote"),
    "jsonl": ("each", "encoding"),
    "lines": ("pattern", "encoding", "decimal"),
    "parquet": (),
    "xes": (),
}
"""The kinds of tables, and what a mapping may say of each."""

QUOTES: Final = ("none",)

_KINDS: Final = {
    ".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet",
    ".pq": "parquet", ".xes": "xes", ".log": "lines",
}  # fmt: skip


def suffix_of(file: str) -> str:
    """Give the end of a file's name that tells its kind, without ``.gz``."""
    return Path(file.removesuffix(".gz")).suffix.lower()


def row_name(file: str) -> str:
    """Give what stands before the number of a row that is a profile of its own: the file's name."""
    return f"{Path(file).name.partition('.')[0]}-"


def kind_of(table: Mapping[str, Any]) -> str:
    """Say which kind a table of a mapping is; what no name tells is CSV."""
    return str(table.get("format") or _KINDS.get(suffix_of(str(table["file"])), "csv"))


def open_table(folder: Path, table: Mapping[str, Any], missing: frozenset[str]) -> TableFile:
    """Open a table of a checked mapping."""
    path, kind = folder / table["file"], kind_of(table)
    encoding = codecs.lookup(table.get("encoding", "utf-8")).name
    if kind == "csv":
        usual = "\t" if suffix_of(path.name) == ".tsv" else ","
        delimiter = table.get("delimiter", usual)
        names = table.get("columns", ())
        return CsvFile(
            path, missing, delimiter=delimiter, encoding=encoding, columns=names,
            has_header=table.get("header", not names), has_quotes=table.get("quote") != "none",
        )  # fmt: skip
    if kind == "jsonl":
        return JsonFile(path, missing, each=table.get("each"), encoding=encoding)
    if kind == "lines":
        return LinesFile(path, missing, pattern=table["pattern"], encoding=encoding)
    return ParquetFile(path, missing) if kind == "parquet" else XesFile(path, missing)


def faults_of_table(table: Mapping[str, Any], place: str) -> list[Fault]:
    """List what is wrong with a table's options; its file is checked elsewhere."""
    kind = kind_of(table)
    if kind not in OPTIONS:
        return [Fault(f"{place}.format", f"is {kind!r}.", known_values(kind, OPTIONS))]
    known = ("file", "format", *OPTIONS[kind])
    faults = [
        Fault(f"{place}.{key}", f"is not known of {kind}.", known_values(key, known))
        for key in table
        if key not in known
    ]
    return [*faults, *_option_faults(table, place, kind)]


def _option_faults(table: Mapping[str, Any], place: str, kind: str) -> list[Fault]:
    faults = []
    delimiter = table.get("delimiter", ",")
    if not (isinstance(delimiter, str) and len(delimiter) == 1 and _may_part(delimiter)):
        hint = "Write one sign, as ; or | or a tab."
        faults.append(Fault(f"{place}.delimiter", f"is {delimiter!r}.", hint))
    if not _is_encoding(table.get("encoding", "utf-8")):
        hint = "Write one like utf-8, windows-1252 or iso-8859-1."
        faults.append(Fault(f"{place}.encoding", f"is {table['encoding']!r}.", hint))
    if "decimal" in table and table["decimal"] not in DECIMALS:
        hint = 'Write "," for numbers as 1.234,50 or "." for such as 1,234.50.'
        faults.append(Fault(f"{place}.decimal", f"is {table['decimal']!r}.", hint))
    if not isinstance(table.get("each", ""), str):
        faults.append(Fault(f"{place}.each", f"is {table['each']!r}.", "Name a list."))
    faults += _header_faults(table, place) if kind == "csv" else []
    return faults + (_pattern_faults(table, place) if kind == "lines" else [])


def _header_faults(table: Mapping[str, Any], place: str) -> list[Fault]:
    faults = []
    header, names = table.get("header", False), table.get("columns", [""])
    if not isinstance(header, bool):
        hint = "Write false for a file whose first line is a row."
        faults.append(Fault(f"{place}.header", f"is {shown(header)}.", hint))
    if "columns" in table:
        if not _are_different_texts(names):
            hint = "Write their names in the order of the file, each once, as [label, text]."
            faults.append(Fault(f"{place}.columns", f"is {shown(names)}.", hint))
        if header is True:
            hint = "The header names the columns: leave one of the two out."
            faults.append(Fault(f"{place}.columns", "stands beside header: true.", hint))
    if table.get("quote", QUOTES[0]) not in QUOTES:
        hint = "Leave it out, or write none where a quote is a letter like others."
        faults.append(Fault(f"{place}.quote", f"is {shown(table['quote'])}.", hint))
    return faults


def _are_different_texts(names: Any) -> bool:
    if not isinstance(names, list) or not names:
        return False
    if not all(isinstance(name, str) and name.strip() for name in names):
        return False
    return len(names) == len(set(names))


def _may_part(sign: str) -> bool:
    return sign.isascii() and sign not in '"\r\n\0'


def _is_encoding(name: Any) -> bool:
    try:
        found = codecs.lookup(name)
        # Some codecs of Python turn bytes into bytes; only texts are meant.
        return isinstance(found.incrementaldecoder().decode(b""), str)
    except (LookupError, TypeError, ValueError):
        return False


def _pattern_faults(table: Mapping[str, Any], place: str) -> list[Fault]:
    hint = "Write a regular expression with named groups, as (?P<time>\\S+) (?P<page>.+)."
    pattern = table.get("pattern")
    if not isinstance(pattern, str):
        return [Fault(f"{place}.pattern", f"is {pattern!r}.", hint)]
    try:
        found = re.compile(pattern)
    except re.error as error:
        return [Fault(f"{place}.pattern", f"is not a regular expression: {error}.", hint)]
    return [] if found.groupindex else [Fault(f"{place}.pattern", "names no group.", hint)]

"""Read the tables of a page: what a screen reader would tell."""

from __future__ import annotations

from html.parser import HTMLParser


class _Tables(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.rows: list[list[str]] = []
        self.words: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.rows = []
            self.tables[""] = self.rows
        elif tag == "tr":
            self.rows.append([])
        elif tag in {"th", "td", "caption"}:
            self.words = []

    def handle_data(self, data: str) -> None:
        if self.words is not None:
            self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"th", "td", "caption"} or self.words is None:
            return
        text, self.words = "".join(self.words).strip(), None
        if tag == "caption":
            self.tables[text] = self.tables.pop("")
        else:
            self.rows[-1].append(text)


def tables_of(page: str) -> dict[str, list[list[str]]]:
    """Give every table by its caption, as rows of cells; the first row is the head."""
    reader = _Tables()
    reader.feed(page)
    return reader.tables


def records_of(table: list[list[str]]) -> dict[str, dict[str, str]]:
    """Give the rows by their first cell, each by the names of the columns."""
    head = table[0]
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in table[1:]}

"""The canonical text of a map: one order of keys, one indentation, every comment kept.

Two members who change different things get a difference that shows just that. The formatter
works on the tree of the text rather than on plain data, and checks its own result: it raises
rather than lose a value or a comment.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, Final

from kundresa.core.errors import KundresaError
from kundresa.documents.schema_order import (
    Schema,
    known_keys,
    map_schema,
    schema_for,
    schema_of_items,
    schema_of_key,
)
from kundresa.documents.yaml_source import (
    MAX_KEY,
    Entry,
    Node,
    comments_in,
    load,
    resolves_to,
    tree_of,
)

LIST_WIDTH: Final = 80
WIDTH: Final = 100

# Words and numbers that readers of YAML 1.1 take for something else than text.
_RISKY: Final = re.compile(r"(?i:y|n|yes|no|on|off|null|true|false|=|<<)|[-+]?[0-9][0-9_:.]*")
_FIRST_QUOTED: Final = set("-?:,[]{}#&*!|>'\"%@`")
_PRINTABLE_EXTRA: Final = re.compile(
    r"[\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]"
)


class FormatError(KundresaError):
    """The formatter would have changed what the map says; nothing was written."""

    status = 500
    code = "format_failed"


def fmt(text: str) -> str:
    """Give the canonical form of map text; the same data, the same comments."""
    source = load(text)
    result = _render(source.root, source.header)
    again = load(result)
    same_comments = Counter(comments_in(source.text)) == Counter(comments_in(result))
    if _fingerprint(again.data) != _fingerprint(source.data) or not same_comments:
        raise FormatError(
            "Formatting would have changed the map, so nothing was done.",
            hint="Please report the file; it shows a fault in the formatter.",
        )
    return result


def text_of(data: Any) -> str:
    """Write plain data as canonical map text."""
    return _render(tree_of(data), [])


def _fingerprint(data: Any) -> str:
    return json.dumps(data, sort_keys=True)


def _render(root: Node, header: list[str]) -> str:
    heading = [*header, ""] if header else []
    if root.kind == "scalar" or not root.entries:
        shown = _scalar(root, 0)
        return "\n".join([*heading, *shown, *root.tail]) + "\n"
    _settle(root, map_schema())
    lead, lines = _block(root, 0, map_schema())
    return "\n".join([*heading, *lead, *lines]) + "\n"


def _block(node: Node, column: int, schema: Schema) -> tuple[list[str], list[str]]:
    """Give the comments before the first entry, and the lines from there on."""
    schema = schema_for(schema, _shape(node))
    entries = _ordered(node, schema)
    lead: list[str] = []
    lines: list[str] = []
    indent = " " * column
    for index, entry in enumerate(entries):
        inner = schema_of_items(schema) if node.kind == "list" else {}
        if entry.key is not None:
            inner = schema_of_key(schema, entry.key)
        before, shown = _entry(entry, column, inner)
        if index == 0:
            lead = [indent + comment for comment in before]
        else:
            if column == 0 and entry.key is not None and len(shown) > 1:
                lines.append("")
            lines += [indent + comment for comment in before]
        lines += shown
    lines += [indent + comment for comment in node.tail]
    return lead, lines


def _settle(node: Node, schema: Schema) -> None:
    """Bring comments to where the written form will have them, innermost first.

    The first key of a list's item shares its line with the dash, so what stands before the key
    goes before the item. This comes ahead of choosing one line or a block, for a comment decides
    that choice.
    """
    schema = schema_for(schema, _shape(node))
    for entry in node.entries:
        entry.before += entry.trailing[:-1]
        entry.trailing = entry.trailing[-1:]
        key = entry.key
        _settle(entry.node, schema_of_items(schema) if key is None else schema_of_key(schema, key))
    if node.owner is not None and node.owner.key is None and node.entries:
        first = _ordered(node, schema)[0]
        node.owner.before += [*node.owner.trailing[:-1], *first.before]
        node.owner.trailing = node.owner.trailing[-1:]
        first.before = []


def _shape(node: Node) -> Any:
    if node.kind == "map":
        return {entry.key: None for entry in node.entries}
    return [] if node.kind == "list" else node.value


def _ordered(node: Node, schema: Schema) -> list[Entry]:
    if node.kind == "list":
        return node.entries
    rank = {key: index for index, key in enumerate(known_keys(schema))}
    return sorted(node.entries, key=lambda entry: rank.get(entry.key or "", len(rank)))


def _entry(entry: Entry, column: int, schema: Schema) -> tuple[list[str], list[str]]:
    """Give the comments before an entry, and its lines."""
    prefix = "-" if entry.key is None else f"{_key(entry.key)}:"
    before = list(entry.before)
    trailing = f"  {entry.trailing[-1]}" if entry.trailing else ""
    indent = " " * column
    flow = _flow(entry.node, schema, column + len(prefix) + 1)
    if flow is not None:
        return before, [f"{indent}{prefix} {flow}{trailing}"]
    if entry.node.kind == "scalar":
        first, *rest = _scalar(entry.node, column + 2)
        return before, [f"{indent}{prefix} {first}{trailing}", *rest]
    lead, lines = _block(entry.node, column + 2, schema)
    if entry.key is not None:
        return before, [f"{indent}{prefix}{trailing}", *lead, *lines]
    # The first key shares the dash's line, so what stood before it goes above the dash.
    before += entry.trailing[-1:]
    before += [comment.strip() for comment in lead]
    return before, [f"{indent}- {lines[0][column + 2 :]}", *lines[1:]]


def _flow(node: Node, schema: Schema, used: int) -> str | None:
    """Give a list or mapping on one line, or None where it must or should be a block."""
    if node.kind == "scalar":
        return None
    if not node.entries:
        return "[]" if node.kind == "list" else "{}"
    if _has_comment(node) or _is_record(node, schema) or not _is_flat(node, 0):
        return None
    line = _one_line(node)
    width = LIST_WIDTH if node.kind == "list" else WIDTH
    return line if used + len(line) <= width else None


def _is_record(node: Node, schema: Schema) -> bool:
    if node.kind == "list":
        return False
    keys = known_keys(schema_for(schema, _shape(node)))
    return "id" in keys and any(entry.key == "id" for entry in node.entries)


def _is_flat(node: Node, depth: int) -> bool:
    if node.kind == "scalar":
        return not (isinstance(node.value, str) and "\n" in node.value)
    if node.kind == "list":
        return all(
            entry.node.kind == "scalar" and _is_flat(entry.node, 0) for entry in node.entries
        )
    return depth < 2 and all(_is_flat(entry.node, depth + 1) for entry in node.entries)


def _has_comment(node: Node) -> bool:
    return bool(node.tail) or any(
        entry.before or entry.trailing or _has_comment(entry.node) for entry in node.entries
    )


def _one_line(node: Node) -> str:
    if node.kind == "scalar":
        return _inline(node, in_flow=True)
    if node.kind == "list":
        return f"[{', '.join(_one_line(entry.node) for entry in node.entries)}]"
    pairs = (f"{_key(entry.key or '')}: {_one_line(entry.node)}" for entry in node.entries)
    return f"{{{', '.join(pairs)}}}"


def _key(key: str) -> str:
    if not key or len(key) > MAX_KEY:
        raise FormatError(f"A key must have 1 to {MAX_KEY} characters.", hint="Give it a name.")
    # A key is text whatever it looks like, so numbers and words need no quotes.
    plain = _is_plain(key, in_flow=True) or re.fullmatch(r"[A-Za-z0-9_]+", key)
    return key if plain else _quoted(key)


def _scalar(node: Node, column: int) -> list[str]:
    if node.kind != "scalar":
        return ["[]" if node.kind == "list" else "{}"]
    value = node.value
    if isinstance(value, str) and _is_literal(value):
        body = value.removesuffix("\n")
        head = "|" if value.endswith("\n") else "|-"
        return [head, *(" " * column + line if line else "" for line in body.split("\n"))]
    return [_inline(node, in_flow=False)]


def _inline(node: Node, *, in_flow: bool) -> str:
    if not isinstance(node.value, str):
        return node.written
    plain = _is_plain(node.value, in_flow=in_flow) and not _RISKY.fullmatch(node.value)
    return node.value if plain and resolves_to(node.value) == node.value else _quoted(node.value)


def _is_plain(text: str, *, in_flow: bool) -> bool:
    if not text or text != text.strip() or text[0] in _FIRST_QUOTED or text.startswith("..."):
        return False
    if _PRINTABLE_EXTRA.search(text) or ": " in text or " #" in text or text.endswith(":"):
        return False
    return not (in_flow and any(sign in text for sign in ",[]{}:?"))


def _is_literal(text: str) -> bool:
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 2 or not lines[0] or lines[0][0] == " " or not lines[-1]:
        return False
    return all(not _PRINTABLE_EXTRA.search(line) and (not line or line.strip()) for line in lines)


def _quoted(text: str) -> str:
    shown = json.dumps(text, ensure_ascii=False)
    return _PRINTABLE_EXTRA.sub(lambda found: f"\\u{ord(found[0]):04x}", shown)

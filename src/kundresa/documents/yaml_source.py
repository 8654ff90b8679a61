"""Map text as plain data, with the line and column of everything in it.

YAML 1.2 with the JSON types only: no anchors, tags or dates, so that a file means the same to
every reader and the formatter can keep every comment.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from kundresa.core.errors import BadInputError, Fault

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 40
# YAML takes a key on one line only up to 1,024 characters; far below that it is a mistake.
MAX_KEY: Final = 200

Path_ = tuple[str | int, ...]
Scalar = str | int | float | bool | None

_NULLS: Final = {"", "~", "null", "Null", "NULL"}
_BOOLEANS: Final = {"true": True, "True": True, "TRUE": True,
                    "false": False, "False": False, "FALSE": False}  # fmt: skip
_INTEGER: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NO_NUMBER: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_HEADER_COMMENT: Final = re.compile(r"[|>][-+0-9]*[ \t]+(#[^\n]*)")
_LINE_BREAKS: Final = "\x85\u2028\u2029"


class SourceError(BadInputError):
    """The text can't be read as a map at all."""

    code = "bad_map_text"


@dataclass(eq=False)
class Entry:
    """One key with its value, or one item of a list, and the comments that go with it."""

    key: str | None
    node: Node
    start: int
    line: int
    column: int
    parent: Node | None = None
    before: list[str] = field(default_factory=list)
    trailing: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Node:
    """A scalar, mapping or list as it stands in the text. Lines and columns count from 1."""

    kind: str
    line: int = 1
    column: int = 1
    start: int = 0
    end: int = 0
    flow: bool = False
    value: Scalar = None
    written: str = ""
    entries: list[Entry] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)
    owner: Entry | None = None


@dataclass(frozen=True)
class Source:
    """A text that was read: its data, where each part stands, and the tree for the formatter."""

    text: str
    data: Any
    positions: dict[Path_, tuple[int, int]]
    root: Node
    header: list[str]

    def position(self, path: Path_) -> tuple[int, int]:
        """Give line and column of a path, or of the nearest part above it that exists."""
        while path and path not in self.positions:
            path = path[:-1]
        return self.positions.get(path, (1, 1))


def read_text(path: Path) -> str:
    """Read a file as UTF-8, or say which byte is not."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused("is not UTF-8.", "Save the file as UTF-8.", line, 1) from error


def load(text: str) -> Source:
    """Read map text, or raise one error with every fault of the text itself.

    Raises
    ------
    SourceError
        With line, column and remedy, if the text is no YAML 1.2 of the JSON types.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    _refuse_at_sight(text)
    builder = _Builder(text)
    root = builder.build()
    header = _attach_comments(text, root, builder.scalars)
    positions: dict[Path_, tuple[int, int]] = {}
    data = _data(root, (), positions)
    return Source(text, data, positions, root, header)


def tree_of(data: Any) -> Node:
    """Build the tree of plain data that has no text yet."""
    if isinstance(data, dict):
        node = Node("map")
        for key, value in data.items():
            _add(node, str(key), tree_of(value))
        return node
    if isinstance(data, (list, tuple)):
        node = Node("list")
        for value in data:
            _add(node, None, tree_of(value))
        return node
    return Node("scalar", value=data, written=_written(data))


def resolves_to(plain: str) -> Scalar:
    """Give what an unquoted scalar means in the core schema of YAML 1.2."""
    if plain in _NULLS:
        return None
    if plain in _BOOLEANS:
        return _BOOLEANS[plain]
    if _INTEGER.fullmatch(plain):
        return int(plain, 0) if plain[:2] in ("0o", "0x") else int(plain)
    if _FLOAT.fullmatch(plain):
        return float(plain)
    return plain


def place_of(path: Path_) -> str:
    """Write a path as a reader does: ``stages[1].steps[0].touchpoint``."""
    place = ""
    for part in path:
        if isinstance(part, int):
            place += f"[{part}]"
        else:
            place += f".{part}" if place else part
    return place


def _written(value: Scalar) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def _refused(message: str, hint: str, line: int, column: int) -> SourceError:
    fault = Fault("", message, hint, line, column)
    return SourceError("The map text can't be read.", faults=[fault])


def _refuse_at_sight(text: str) -> None:
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _refused("The text is larger than 4 MiB.", "Split the map in several files.", 1, 1)
    faults = []
    for number, line in enumerate(text.split("\n"), 1):
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent:
            faults.append(Fault("", "A tab stands in the indentation.", "Indent with two spaces.",
                                number, indent.index("\t") + 1))  # fmt: skip
        if line.startswith("%"):
            faults.append(Fault("", "A directive is not allowed.", "Remove it.", number, 1))
        faults += [
            Fault("", f"An invisible line break (U+{ord(c):04X}) is not allowed.",
                  "Use the ordinary line break.", number, at + 1)
            for at, c in enumerate(line) if c in _LINE_BREAKS
        ]  # fmt: skip
    if faults:
        raise SourceError("The map text can't be read.", faults=faults)


def _add(parent: Node, key: str | None, node: Node) -> Entry:
    entry = Entry(key, node, node.start, node.line, node.column, parent)
    node.owner = entry
    parent.entries.append(entry)
    return entry


class _Builder:
    """Turns the event stream into a tree; events, not nodes, so that depth costs no recursion."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.scalars: list[Node] = []
        self.faults: list[Fault] = []
        self.open: list[Node] = []
        self.keys: list[Node | None] = []
        self.root: Node | None = None
        self.documents = 0

    def build(self) -> Node:
        try:
            for event in YAML(typ="safe", pure=True).parse(self.text):
                self._take(event)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            problem = f"The text is no YAML here: {error.problem or error.context}."
            hint = "Check indentation, colons and quotes on this line and the one above."
            raise _refused(problem, hint, line, column) from error
        except (YAMLError, ValueError) as error:
            position = getattr(error, "position", 0)
            before = self.text[: position if isinstance(position, int) else 0]
            hint = "Remove characters that can't be printed."
            line = before.count("\n") + 1
            raise _refused(f"The text is no YAML: {error}.", hint, line, 1) from error
        if self.faults:
            raise SourceError("The map text can't be read.", faults=self.faults)
        if self.root is None:
            raise _refused("The text is empty.", "Begin with: journey-map: 1", 1, 1)
        return self.root

    def _take(self, event: Any) -> None:
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                mark = event.start_mark
                raise _refused("A second document begins here.", "Put one map in each file.",
                               mark.line + 1, mark.column + 1)  # fmt: skip
        elif kind == "AliasEvent":
            self._fault(event, "An alias is not allowed.", "Write the value out.")
            self._place(Node("scalar"))
        elif kind == "ScalarEvent":
            self._check_properties(event)
            self._place(self._scalar(event))
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._check_properties(event)
            self._begin(event, "map" if kind == "MappingStartEvent" else "list")
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self.open.pop().end = event.end_mark.index
            self.keys.pop()

    def _fault(self, event: Any, message: str, hint: str) -> None:
        mark = event.start_mark
        self.faults.append(Fault("", message, hint, mark.line + 1, mark.column + 1))

    def _check_properties(self, event: Any) -> None:
        if event.anchor is not None:
            self._fault(event, "An anchor is not allowed.", "Write the value out where it is used.")
        if event.tag is not None:
            self._fault(event, "A tag is not allowed.", "Remove the word that begins with '!'.")

    def _scalar(self, event: Any) -> Node:
        mark = event.start_mark
        plain = event.style is None
        if plain and (
            _NO_NUMBER.fullmatch(event.value)
            or (_FLOAT.fullmatch(event.value) and math.isinf(float(event.value)))
        ):
            self._fault(event, f"{event.value} is no number that can be counted with.",
                        "Write a number, or put it in quotes.")  # fmt: skip
            return Node("scalar")
        value = resolves_to(event.value) if plain else event.value
        written = event.value if event.value and not isinstance(value, str) else _written(value)
        node = Node("scalar", mark.line + 1, mark.column + 1, mark.index, event.end_mark.index,
                    value=value, written="null" if value is None else written)  # fmt: skip
        self.scalars.append(node)
        return node

    def _begin(self, event: Any, kind: str) -> None:
        if len(self.open) >= MAX_DEPTH:
            mark = event.start_mark
            raise _refused(f"The text is nested deeper than {MAX_DEPTH} levels.",
                           "Make it flatter.", mark.line + 1, mark.column + 1)  # fmt: skip
        mark = event.start_mark
        node = Node(kind, mark.line + 1, mark.column + 1, mark.index, flow=bool(event.flow_style))
        if self.open and self.open[-1].kind == "map" and self.keys[-1] is None:
            raise _refused("A key must be a word, not a list or mapping.",
                           "Put text with brackets in quotes.", node.line, node.column)  # fmt: skip
        self._place(node)
        self.open.append(node)
        self.keys.append(None)

    def _place(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        if parent.kind == "list":
            entry = _add(parent, None, node)
            if not parent.flow:
                entry.column = parent.column
            return
        key = self.keys[-1]
        if key is None:
            self.keys[-1] = node
            return
        self.keys[-1] = None
        self._add_key(parent, key, node)

    def _add_key(self, parent: Node, key: Node, node: Node) -> None:
        # A key is always text: `7`, `true` and `no` are what they look like.
        name = key.value if isinstance(key.value, str) else self.text[key.start : key.end]
        entry = _add(parent, name, node)
        entry.start, entry.line, entry.column = key.start, key.line, key.column
        position = Fault("", "", "", key.line, key.column)
        if len(name) > MAX_KEY or not name:
            self.faults.append(Fault("", f"A key must have 1 to {MAX_KEY} characters.",
                                     "Give it a name.", position.line, position.column))  # fmt: skip
        if any(other.key == name for other in parent.entries[:-1]):
            self.faults.append(Fault("", f"The key {name!r} stands here for the second time.",
                                     "Keep one of the two.", key.line, key.column))  # fmt: skip


def _data(node: Node, path: Path_, positions: dict[Path_, tuple[int, int]]) -> Any:
    positions.setdefault(path, (node.line, node.column))
    if node.kind == "scalar":
        return node.value
    values: list[tuple[str | int, Any]] = []
    for index, entry in enumerate(node.entries):
        part: str | int = index if entry.key is None else entry.key
        inner = (*path, part)
        if entry.node.kind != "scalar" or entry.node.line != entry.line:
            positions[inner] = (entry.line, entry.column)
        values.append((part, _data(entry.node, inner, positions)))
    return dict(values) if node.kind == "map" else [value for _, value in values]


# --- comments: whatever stands between the scalars and begins with '#' ---------------------


@dataclass(frozen=True)
class _Comment:
    start: int
    column: int
    text: str
    prefix: str


def _comments(text: str, scalars: list[Node]) -> Iterator[_Comment]:
    position = 0
    for scalar in [*sorted(scalars, key=lambda node: node.start), None]:
        stop = len(text) if scalar is None else scalar.start
        while (start := text.find("#", position, stop)) >= 0:
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
            line_start = text.rfind("\n", 0, start) + 1
            yield _Comment(start, start - line_start + 1, text[start:end].rstrip(),
                           text[line_start:start])  # fmt: skip
            position = end
        if scalar is not None:
            position = max(position, scalar.end)


def comments_in(text: str) -> list[str]:
    """List every comment of a text that can be read, also those after ``|`` and ``>``."""
    builder = _Builder(text)
    builder.build()
    found = [comment.text for comment in _comments(text, builder.scalars)]
    for node in builder.scalars:
        header = _HEADER_COMMENT.match(text, node.start, node.end)
        if header:
            found.append(header[1].rstrip())
    return found


def _preorder(node: Node) -> Iterator[Entry]:
    for entry in node.entries:
        yield entry
        yield from _preorder(entry.node)


def _attach_comments(text: str, root: Node, scalars: list[Node]) -> list[str]:
    """Hang each comment on the entry it precedes or trails; give those that head the file."""
    entries = list(_preorder(root))
    header: list[str] = []
    at = 0
    for comment in _comments(text, scalars):
        while at < len(entries) and entries[at].start <= comment.start:
            at += 1
        following = entries[at] if at < len(entries) else None
        own_line = not comment.prefix.strip()
        if at == 0 and own_line and _heads_the_file(text, comment, following):
            header.append(comment.text)
        elif own_line:
            _attach_own_line(comment, entries[at - 1] if at else None, following, root)
        elif not comment.prefix.strip(" -?") or not at:
            (following.before if following else root.tail).append(comment.text)
        else:
            _trailed(entries[at - 1], comment).trailing.append(comment.text)
    for entry in entries:
        node = entry.node
        found = _HEADER_COMMENT.match(text, node.start, node.end) if node.kind == "scalar" else None
        if found:
            entry.trailing.append(found[1].rstrip())
    return header


def _heads_the_file(text: str, comment: _Comment, following: Entry | None) -> bool:
    until = following.start if following else len(text)
    return re.search(r"\n[ ]*\n", text[comment.start : until]) is not None


def _attach_own_line(
    comment: _Comment, last: Entry | None, following: Entry | None, root: Node
) -> None:
    floor = following.column if following else 0
    if following is None or comment.column > floor:
        # Deeper than what follows: it closes the block above it.
        node = last.parent if last else None
        while node is not None:
            if floor < node.column <= comment.column and not node.flow:
                node.tail.append(comment.text)
                return
            node = node.owner.parent if node.owner else None
    (following.before if following else root.tail).append(comment.text)


def _trailed(last: Entry, comment: _Comment) -> Entry:
    found, entry = last, last
    while entry.parent is not None:
        parent = entry.parent
        if parent.flow and parent.end <= comment.start and parent.owner is not None:
            found = parent.owner
        if parent.owner is None:
            break
        entry = parent.owner
    return found

"""Mermaid's ``journey`` diagram: stages, steps, personas and one whole-numbered feeling.

All else is lost to it. Our ids go into ``%%`` comments, so that a diagram edited elsewhere can
be laid beside the map it came from.
"""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from kundresa.core.errors import BadInputError, Fault, raise_if_faulty
from kundresa.documents.formats.contracts import Conversion, Format, Loss, MapData
from kundresa.documents.lint_map import faults_in_data
from kundresa.documents.map_model import SUGAR, LocalizedText, MapDocument, Stage, Step
from kundresa.documents.read_map import map_of

_LOOK_ALIKES: Final = str.maketrans({":": "∶", ";": "；", "#": "＃", "\n": " "})
_KEYWORD: Final = re.compile(r"(?i)(title|section|journey|acctitle|accdescr)\b")
_ASSUMED: Final = {"kind": "current_state", "mode": "planned", "status": "draft"}
_NAMED: Final = frozenset({"id", "name"})
# The report of cards, feelings and branches speaks of the others.
_ON_MAP: Final = frozenset({
    "journey-map", "title", "language", "personas", "library", "stages", "lanes", "placements",
    "goals", "links", "emotions",
})  # fmt: skip
_ON_STEP: Final = _NAMED | {"emotion", "next", "touchpoint", "touchpoints", *SUGAR}
_OURS: Final = re.compile(r"%%\s*kundresa:\s*(\w+)\s+([A-Za-z0-9_][\w.:-]*)(?:\s+(.*))?$", re.ASCII)


def write(data: MapData) -> Conversion[str]:
    """Write a checked map as a Mermaid journey, in the map's own language."""
    written = _Writer(map_of(data)).write()
    return Conversion(written.result, (*written.losses, *_unsaid(data)))


def _unsaid(data: MapData) -> Iterator[Loss]:
    """Tell the keys that a diagram has no place for and that the count of cards doesn't cover."""
    library = data.get("library") or {}
    assumed = {key for key, value in _ASSUMED.items() if data.get(key) == value}
    yield from _keys_left({**data, "id": "map"}, _ON_MAP | assumed)
    yield from _keys_left({**library, "id": "library"}, {"personas", "touchpoints"})
    for persona in library.get("personas") or []:
        yield from _keys_left(persona, _NAMED)
        if persona["id"] not in (data.get("personas") or []):
            yield Loss(persona["id"], "The persona is not on the map and is left out.")
    for stage in data["stages"]:
        yield from _keys_left(stage, {*_NAMED, "steps"})
        for step in stage["steps"]:
            yield from _keys_left(step, _ON_STEP)


def _keys_left(record: MapData, said: Container[str]) -> Iterator[Loss]:
    left = [key for key in record if key not in said and key != "id"]
    if left:
        yield Loss(record["id"], f"Mermaid can't show {', '.join(left)}.")


def read(text: str) -> Conversion[dict[str, Any]]:
    """Read a Mermaid journey as a map; raise with every line that is none."""
    reader = _Reader()
    reader.read(text)
    if reader.faults:
        raise BadInputError("The Mermaid journey can't be read.", faults=reader.faults)
    data = reader.map_data()
    raise_if_faulty(faults_in_data(data), "The map in the diagram")
    return Conversion(data, tuple(reader.losses))


class _Writer:
    def __init__(self, document: MapDocument) -> None:
        self.document = document
        self.losses: list[Loss] = []

    def write(self) -> Conversion[str]:
        document = self.document
        lines = ["journey", f"    %% kundresa: map {document.id} {document.language}"]
        lines.append(f"    title {self.safe(document.title, 'title', colon=True)}")
        for persona in document.personas:
            name = self.actor(persona)
            lines.append(f"    %% kundresa: persona {persona} {name}")
        for stage in document.stages:
            lines.append(f"    %% kundresa: stage {stage.id}")
            lines.append(f"    section {self.named(stage)}")
            for step in stage.steps:
                lines.append(f"      %% kundresa: step {step.id}")
                lines.append(f"      {self.task(step)}")
        self.report()
        return Conversion("\n".join(lines) + "\n", tuple(self.losses))

    def safe(self, text: LocalizedText, place: str, *, colon: bool = False) -> str:
        said = text.in_language(self.document.language)
        table = {k: v for k, v in _LOOK_ALIKES.items() if not (colon and k == ord(":"))}
        shown = " ".join(said.translate(table).split())
        if shown != said:
            self.losses.append(Loss(place, "Signs that Mermaid can't hold became look-alikes."))
        if len(text.texts) > 1:
            left = ", ".join(code for code in text.texts if code != self.document.language)
            self.losses.append(Loss(place, f"The text in {left} is left out."))
        return shown

    def named(self, record: Stage | Step) -> str:
        name = self.safe(record.name, record.id)
        if not name:
            self.losses.append(Loss(record.id, "It has no name here, so its id stands for one."))
        return name or record.id

    def task(self, step: Step) -> str:
        name = self.named(step)
        if _KEYWORD.match(name):
            # Mermaid would take the task for a statement; an invisible joiner keeps it a task.
            name = "\u2060" + name
            self.losses.append(Loss(step.id, "An invisible sign keeps the name from a keyword."))
        actors = ", ".join(self.actor(persona) for persona in self.document.personas)
        score = f"{name}: {self.score(step)}"
        return f"{score}: {actors}" if actors else score

    def actor(self, persona_id: str) -> str:
        persona = self.document.persona(persona_id)
        name = persona.name.in_language(self.document.language) if persona else ""
        # A comma would make two actors of one.
        return " ".join((name or persona_id).translate(_LOOK_ALIKES).replace(",", " ").split())

    def score(self, step: Step) -> int:
        drawn = [p for p in self.document.emotions if p.step == step.id and p.layer == "drawn"]
        if not drawn:
            self.losses.append(Loss(step.id, "The step has no feeling; it is shown as neutral."))
            return 3
        value = sum(point.value for point in drawn) / len(drawn)
        if len({point.value for point in drawn}) > 1:
            self.losses.append(Loss(step.id, "The personas' feelings became their mean."))
        score = min(max(math.floor(value + 0.5) + 3, 1), 5)
        if score - 3 != value:
            self.losses.append(Loss(step.id, f"The feeling {value:g} was rounded."))
        return score

    def report(self) -> None:
        document = self.document
        parts = {
            "placements": (len(document.placements), "cards"),
            "library.touchpoints": (len(document.touchpoints), "touchpoints and their matchers"),
            "lanes": (len(document.lanes), "lanes"),
            "goals": (len(document.goals), "goals"),
            "links": (len(document.links), "links"),
        }
        for place, (count, what) in parts.items():
            if count:
                self.losses.append(Loss(place, f"Mermaid can't show {what}: {count} left out."))
        if any(point.layer == "desired" for point in document.emotions):
            self.losses.append(Loss("emotions", "Mermaid can't show desired feelings."))
        if any(point.label for point in document.emotions):
            self.losses.append(Loss("emotions", "Mermaid can't show what is said of a feeling."))
        if any(step.next for step in document.steps):
            self.losses.append(Loss("stages", "Mermaid can't show branches."))


@dataclass
class _Reader:
    title: str = ""
    language: str = "en"
    map_id: str = "map_mermaid"
    stages: list[dict[str, Any]] = field(default_factory=list)
    personas: dict[str, str] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    pending: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)

    def read(self, text: str) -> None:
        begun = False
        for number, line in _statements(text):
            if _OURS.match(line):
                self.note(line)
            elif line.startswith(("%%", "#")):
                self.losses.append(Loss(f"line {number}", "A comment is left out."))
            elif not begun:
                begun = line.lower() == "journey"
                if not begun:
                    self.fault(number, "The diagram doesn't begin with 'journey'.",
                               "Write journey on the first line.")  # fmt: skip
                    return
            else:
                self.statement(number, re.split(r"[#;]", line)[0].strip())
        if not begun and not self.faults:
            self.fault(1, "The diagram is empty.", "Write journey on the first line.")
        elif not self.faults and not any(stage["steps"] for stage in self.stages):
            self.fault(1, "The diagram has no task.", "Write a task: name: 3: actor, actor")

    def fault(self, number: int, message: str, hint: str) -> None:
        self.faults.append(Fault(f"line {number}", message, hint, number, 1))

    def note(self, line: str) -> None:
        found = _OURS.match(line)
        assert found  # noqa: S101  the caller matched it
        kind, name, rest = found[1], found[2], found[3] or ""
        if kind == "map":
            self.map_id = name
            self.language = rest.split()[0] if rest.split() else self.language
        elif kind == "persona" and rest:
            self.personas[rest.strip()] = name
            self.ids.add(name)
        elif kind in ("stage", "step"):
            self.pending[kind] = name

    def statement(self, number: int, line: str) -> None:
        word, _, rest = line.partition(" ")
        keyword = word.lower().rstrip(":")
        if keyword == "title":
            self.title = rest.strip()
        elif keyword == "section":
            self.begin_stage(rest.strip())
        elif keyword in ("acctitle", "accdescr"):
            self.losses.append(Loss(f"line {number}", "The description for readers is left out."))
        elif line:
            self.task(number, line)

    def begin_stage(self, name: str) -> None:
        self.stages.append({"id": self.name_for("stage", name), "name": name, "steps": []})

    def task(self, number: int, line: str) -> None:
        name, *parts = (part.strip() for part in line.split(":"))
        name = name.removeprefix("\u2060")
        if not parts or not name:
            self.fault(number, f"{line!r} has no score.", "Write: name: 3: actor, actor")
            return
        score = self.feeling(number, parts[0])
        if score is None:
            return
        if not self.stages:
            self.begin_stage("")
        actors = [a.strip() for a in (parts[1] if len(parts) > 1 else "").split(",") if a.strip()]
        for actor in actors:
            if actor not in self.personas:
                self.personas[actor] = self.unique("per_" + _slug(actor))
        step = {"id": self.name_for("step", name), "name": name, "emotion": {"drawn": score}}
        self.stages[-1]["steps"].append(step)
        if len(parts) > 2:
            self.losses.append(Loss(f"line {number}", "Mermaid ignores what follows the actors."))

    def feeling(self, number: int, said: str) -> int | None:
        if not re.fullmatch(r"-?\d+", said):
            self.fault(number, f"{said!r} is not a score.", "Write a whole number from 1 to 5.")
            return None
        score = int(said)
        if not 1 <= score <= 5:
            self.losses.append(
                Loss(f"line {number}", f"The score {score} was brought into 1 to 5.")
            )
        return min(max(score, 1), 5) - 3

    def name_for(self, kind: str, name: str) -> str:
        """Give the id our comment noted, else one made of the name."""
        noted = self.pending.pop(kind, None)
        prefix = "st_" if kind == "stage" else "sp_"
        return self.unique(noted or prefix + _slug(name))

    def unique(self, name: str) -> str:
        found, count = name, 2
        while found in self.ids:
            found, count = f"{name}_{count}", count + 1
        self.ids.add(found)
        return found

    def map_data(self) -> dict[str, Any]:
        for stage in self.stages:
            if not stage["steps"]:
                self.losses.append(Loss(stage["id"], "A section without tasks is left out."))
        personas = [{"id": name, "name": actor} for actor, name in self.personas.items()]
        data: dict[str, Any] = {
            "journey-map": 1,
            "id": self.map_id,
            "title": self.title or "Journey",
            "kind": "current_state",
            "mode": "planned",
            "language": self.language,
            "status": "draft",
        }
        if personas:
            data["personas"] = [persona["id"] for persona in personas]
            data["library"] = {"personas": personas}
        data["stages"] = [stage for stage in self.stages if stage["steps"]]
        return data


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Give each line that says something, past front matter, with its number."""
    lines = text.replace("\r\n", "\n").split("\n")
    start = 0
    if lines and lines[0].strip() == "---":
        start = next((i + 1 for i, line in enumerate(lines[1:], 1) if line.strip() == "---"), 0)
    in_block = False
    for number, line in enumerate(lines[start:], start + 1):
        said = line.strip()
        if in_block or re.match(r"(?i)accdescr\s*\{", said):
            in_block = "}" not in said
        elif said:
            yield number, said


def _slug(name: str) -> str:
    words = name.lower().translate(str.maketrans("åäöæø", "aaoao"))
    return re.sub(r"[^a-z0-9]+", "_", words).strip("_")[:40] or "unnamed"


FORMAT = Format("mermaid", (".mmd", ".mermaid"), read, write)

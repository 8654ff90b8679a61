"""What the documentation shows does run and answers what it says.

``python`` blocks of a page run in order in one namespace. In ``console`` blocks each
``$ kundresa …`` runs in a copy of the examples; the lines below it, if any, are what it must
answer, and a line ``...`` stands for any number of lines.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(
    r"^(?P<mark>`{3,})(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=mark)\s*$", re.MULTILINE | re.DOTALL
)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in PAGES if "_build" not in page.parts]


def blocks(page, info):
    """Return (line, body) of the page's fenced blocks with that info string."""
    text = page.read_text(encoding="utf-8")
    return [
        (text.count("\n", 0, found.start()) + 1, found["body"])
        for found in FENCE.finditer(text)
        if found["info"].strip() == info
    ]


def commands(body):
    """Return (command, expected lines) for each prompt of a console block."""
    parts = re.split(r"^\$ ", body.replace("\\\n", " "), flags=re.MULTILINE)[1:]
    return [(lines[0], lines[1:]) for lines in (part.rstrip("\n").split("\n") for part in parts)]


def agrees(expected, answered):
    """Tell whether the answer is the expected one, where "..." matches any lines."""
    chunks = [re.escape(line.rstrip()) + "\n" for line in expected]
    pattern = "".join(
        "(?:.*\n)*?" if line.strip() == "..." else c
        for line, c in zip(expected, chunks, strict=True)
    )
    text = "".join(f"{line.rstrip()}\n" for line in answered.splitlines())
    return re.fullmatch(pattern, text) is not None


def pages_with(info):
    return [
        pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES if blocks(page, info)
    ]


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A folder with the examples, in which a page may write, and a data folder of its own."""
    if (ROOT / "examples").exists():
        shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KUNDRESA_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


@pytest.mark.parametrize("page", pages_with("python"))
def test_python_on_a_page_runs(page, workplace):
    namespace = {"__name__": "page"}
    for line, body in blocks(page, "python"):
        # Blank lines before the code make a traceback name the page's own line.
        exec(compile("\n" * line + body, str(page), "exec"), namespace)  # noqa: S102


@pytest.mark.parametrize("page", pages_with("console"))
def test_commands_on_a_page_answer_what_it_says(page, workplace):
    folder = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": folder + os.pathsep + os.environ["PATH"]}
    for line, body in blocks(page, "console"):
        for command, expected in commands(body):
            if not command.startswith("kundresa "):
                continue
            ran = subprocess.run(
                shlex.split(command),
                cwd=workplace,
                env=environment,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            said = ran.stdout + ran.stderr
            if expected:
                place = f"{page.name}:{line}: $ {command}\n{said}"
                assert agrees(expected, ran.stdout) or agrees(expected, said), place
            else:
                assert ran.returncode == 0, f"{page.name}:{line}: $ {command}\n{said}"


def test_three_dots_stand_for_any_lines():
    assert agrees(["a", "...", "d"], "a\nb\nc\nd\n")
    assert agrees(["..."], "")
    assert not agrees(["a", "..."], "b\n")
    assert commands("$ kundresa x \\\n  --json\n{}\n$ kundresa y\n") == [
        ("kundresa x    --json", ["{}"]),
        ("kundresa y", []),
    ]

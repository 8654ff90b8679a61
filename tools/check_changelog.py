"""Check that every changelog fragment has a name that towncrier takes and says something."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Print one line for each fault; 0 when there is none."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    settings = pyproject["tool"]["towncrier"]
    kinds = [kind["directory"] for kind in settings["type"]]
    faults = []
    if settings["start_string"] not in (ROOT / settings["filename"]).read_text(encoding="utf-8"):
        faults.append(f"{settings['filename']}: the line towncrier writes below is gone.")
    for fragment in sorted((ROOT / settings["directory"]).iterdir()):
        if fragment.name.startswith(".") or fragment.name == "README.md":
            continue
        place = fragment.relative_to(ROOT)
        if not re.fullmatch(rf"[+\w-]+\.({'|'.join(kinds)})(\.\d+)?\.md", fragment.name):
            faults.append(f"{place}: name it +<words>.<kind>.md, kind one of {', '.join(kinds)}.")
        elif not fragment.read_text(encoding="utf-8").strip():
            faults.append(f"{place}: is empty; say in one sentence what readers get.")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""The two ways to set up install the same packages, and each dependency is argued for."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
REQUIREMENTS = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
PINNED = re.compile(r"^([\w.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_requirements_and_lock_name_the_same_versions():
    locked = {(plain(p["name"]), p["version"]) for p in LOCK["package"] if p["name"] != "kundresa"}
    required = {(plain(name), version) for name, version in PINNED.findall(REQUIREMENTS)}
    assert required == locked, (
        "run uv export --all-extras --no-emit-project --locked --no-header -o requirements-dev.txt"
    )


def test_requirements_name_no_host_and_carry_hashes():
    assert "://" not in REQUIREMENTS
    assert "--index" not in REQUIREMENTS
    entries = re.split(r"^(?=[\w.-]+(?:\[[^\]]*\])?==)", REQUIREMENTS, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in entry for entry in entries)


def test_each_dependency_has_a_row_with_its_reason():
    project = PYPROJECT["project"]
    groups = [
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *PYPROJECT["dependency-groups"].values(),
    ]
    wanted = {plain(re.match(r"[\w.-]+", entry)[0]) for group in groups for entry in group}
    page = (ROOT / "docs/decisions/0001-dependencies.md").read_text(encoding="utf-8")
    rows = {plain(name) for name in re.findall(r"^\| ([\w.-]+) \|", page, re.MULTILINE)} - {
        "package"
    }
    assert rows == wanted

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


def installed():
    """Give the packages that ``make setup`` installs: all but what the benchmarks' group adds."""
    project = next(package for package in LOCK["package"] if package["name"] == "kundresa")
    waiting = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
        *project["dev-dependencies"]["dev"],
    ]
    found, seen = set(), []
    while waiting:
        wanted = waiting.pop()
        if wanted in seen:
            continue
        seen.append(wanted)
        for package in LOCK["package"]:
            # A name has several versions where one doesn't suit every Python.
            if package["name"] == wanted["name"] and package["version"] == wanted.get(
                "version", package["version"]
            ):
                found.add((plain(package["name"]), package["version"]))
                waiting += package.get("dependencies", [])
                extras = package.get("optional-dependencies", {})
                waiting += [one for name in wanted.get("extra", ()) for one in extras[name]]
    return found


def test_the_group_of_the_benchmarks_is_locked_but_not_installed():
    judges = {re.match(r"[\w.-]+", one)[0] for one in PYPROJECT["dependency-groups"]["bench"]}
    assert judges <= {package["name"] for package in LOCK["package"]}
    assert not judges & {name for name, _version in installed()}


def test_requirements_and_lock_name_the_same_versions():
    locked = installed()
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

"""Each area has the shape a newcomer expects; no page carries script or style inline."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src/kundresa"
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if "migrations" not in path.parts]
AREAS = sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))
# Mail is no page: programs that read it know no sheet of ours, so its styles stand in it.
TEMPLATES = sorted(
    path for path in PACKAGE.glob("**/templates/**/*.html") if path.parent.name != "mail"
)

# These are no areas with a door: anything may stand in them, under names of their own.
OPEN = {"core", "store", "documents", "measures", "ui", "project", "cli"}
# Beside the names every area may use: what the framework wants, and the folders that
# the design gives to single areas.
FILES = {
    *("api", "contracts", "errors", "actions", "queries", "models", "rules", "jobs"),
    *("__init__", "apps"),
}
FOLDERS = {"web", "templates", "static", "migrations", "locale", "management", "templatetags"}
OWN = {
    "events": {
        "collect",
        "columns",
        "sources",
        "inbox",
        "readings",
        "sealing",
        "row_keeper",
        "leases",
        "imports",
    },
    "profiles": {"bulk", "merging"},
    "accounts": {
        "access",
        "audit",
        "bearer",
        "departments",
        "guests",
        "invitations",
        "mailing",
        "memberships",
        "notices",
        "oneself",
        "signin_links",
        "tokens",
        "workspaces",
    },
    "channels": None,
}

MEANS_TOO_MUCH = {"User", "Person", "Contact", "Campaign", "Audience", "Canvas", "Enrolment"}
LONGEST_FUNCTION = 60
LONGEST_MODULE = 600


def relative(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
def test_an_area_holds_only_files_with_known_names(area):
    own = OWN.get(area.name, set())
    if area.name in OPEN or own is None:
        return
    strange = [
        path.name
        for path in area.iterdir()
        if path.name not in {"README.md", "__pycache__", "py.typed"}
        and path.stem not in own
        and not (path.is_dir() and path.name in FOLDERS)
        and not (path.suffix == ".py" and path.stem in FILES)
    ]
    assert not strange, f"{area.name}: {strange} have no place; see CONTRIBUTING.md"


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
def test_an_area_says_what_it_owns(area):
    assert (area / "README.md").exists(), f"{relative(area)}/README.md is missing"


INLINE = re.compile(
    r"<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:"
    # A script with a source, or that only carries JSON, is no inline script.
    r"|<script\b(?![^>]*\bsrc\s*=)(?![^>]*application/json)",
    re.IGNORECASE,
)


def test_templates_carry_no_script_or_style_of_their_own():
    found = [
        f"{relative(path)}:{number}"
        for path in TEMPLATES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if INLINE.search(line)
    ]
    assert not found, f"the content security policy refuses these: {found}"


def functions():
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{relative(path)}::{node.name}", node.end_lineno - node.lineno + 1


def test_functions_are_short():
    listed = (Path(__file__).parent / "long_functions.txt").read_text().splitlines()
    known = {line for line in listed if line and not line.startswith("#")}
    long = {name for name, lines in functions() if lines > LONGEST_FUNCTION}
    assert not long - known, f"over {LONGEST_FUNCTION} lines; split: {sorted(long - known)}"
    assert not known - long, f"now short; take off long_functions.txt: {sorted(known - long)}"


def test_modules_are_no_longer_than_one_idea():
    long = [
        relative(path)
        for path in MODULES
        if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_MODULE
    ]
    assert not long, f"over {LONGEST_MODULE} lines: {long}"


def naive_clock(node):
    """Tell whether the call reads the clock without a time zone."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    owner = ast.unparse(node.func.value)
    if owner not in {"datetime", "datetime.datetime", "dt.datetime"}:
        return False
    return node.func.attr == "utcnow" or (
        node.func.attr == "now" and not node.args and not node.keywords
    )


def test_every_time_is_aware():
    found = [
        f"{relative(path)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if naive_clock(node)
    ]
    assert not found, f"pass a time zone, or take now from the caller: {found}"


def test_classes_use_the_words_of_the_glossary():
    found = [
        f"{relative(path)}: {node.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and MEANS_TOO_MUCH & set(re.findall(r"[A-Z][a-z]+", node.name))
    ]
    assert not found, f"docs/glossary.md has the word to use: {found}"

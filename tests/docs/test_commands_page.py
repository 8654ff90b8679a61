"""The page of commands has every command, argument, option and exit code, and no other."""

import json
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from kundresa.cli.main import main
from kundresa.documents import FORMATS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
SECTIONS = {
    found[1]: found[2]
    for found in re.finditer(r"^## `(.+?)`\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
}
MAP = ROOT / "examples/maps/colleen-day.journey.yaml"


def walk(command, path):
    """Give every command below one, by what a reader types."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from walk(command.get_command(context, name), f"{path} {name}")


COMMANDS = dict(walk(main, "kundresa"))


def usage(path, command):
    return " ".join([path, *command.collect_usage_pieces(click.Context(command))])


def options(command):
    """Give each option's names, whether it takes a value, and whether it must be given."""
    return {
        tuple(sorted(each.opts)): (not each.is_flag, each.required)
        for each in command.params
        if isinstance(each, click.Option)
    }


def told(section):
    """Read the same from the table of a section."""
    found = {}
    for first, meaning in re.findall(r"^\| (`-[^|]*) \| (.*) \|$", section, re.MULTILINE):
        words = re.findall(r"[^\s`,]+", first)
        names = tuple(sorted(word for word in words if word.startswith("-")))
        found[names] = (len(words) > len(names), meaning.startswith("Required"))
    return found


def test_the_page_has_every_command_and_no_other():
    assert set(SECTIONS) == set(COMMANDS)


@pytest.mark.parametrize("path", COMMANDS)
def test_the_usage_is_the_commands_own(path):
    shown = re.search(r"^```text\n(.*?)\n```", SECTIONS[path], re.MULTILINE)
    assert shown is not None
    assert shown[1] == usage(path, COMMANDS[path])


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_stands_in_the_table_and_no_other(path):
    assert told(SECTIONS[path]) == options(COMMANDS[path])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["map", "lint", str(MAP)], 0),
        (["map", "lint", "no-such-file"], 1),
        (["map", "lint"], 2),
        (["map", "lint", "--no-such-option"], 2),
        (["no-such-command"], 2),
    ],
)
def test_the_exit_codes_are_those_of_the_page(arguments, code):
    assert re.findall(r"^\| (\d) \|", TEXT, re.MULTILINE) == ["0", "1", "2"]
    assert CliRunner().invoke(main, arguments).exit_code == code


def test_the_table_of_formats_is_that_of_the_code():
    rows = re.findall(r"^\| `([\w-]+)` \| (`\..*?) \| .+ \|$", TEXT, re.MULTILINE)
    said = {name: tuple(re.findall(r"[^\s`,]+", endings)) for name, endings in rows}
    assert said == {name: each.suffixes for name, each in FORMATS.items()}


FAILING = {
    "kundresa query": ["no-such-file", "--events", "no-such-file"],
    "kundresa map diff": ["no-such-file", "no-such-file"],
    "kundresa map convert": ["no-such-file", "out.json"],
}
# The doctor and the warm-up fail only where something is wrong with the installation. What needs a workspace's
# database to fail is asked by the stories, beside a server.
_ELSEWHERE = {
    "kundresa doctor",
    "kundresa warmup",
    "kundresa erase",
    "kundresa export",
    "kundresa member link",
}
ANSWERING = [
    path
    for path, command in COMMANDS.items()
    if ("--json",) in options(command) and path not in _ELSEWHERE
]


@pytest.mark.parametrize("path", ANSWERING)
def test_a_failure_is_one_object_too(path):
    arguments = [*path.split()[1:], *FAILING.get(path, ["no-such-file"]), "--json"]
    ran = CliRunner().invoke(main, arguments)
    assert ran.exit_code == 1
    said = json.loads(ran.stdout)
    assert said["ok"] is False
    assert "no-such-file" in said["error"]["message"]

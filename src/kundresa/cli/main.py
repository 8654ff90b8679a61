"""The command ``kundresa``. Each command's module is imported when it is called, so that a
one-shot answer doesn't pay for the web.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

import kundresa

_COMMANDS: Final = {
    "demo": "Open the demo with real data on an empty machine.",
    "demo-data": "Write simulated events of a shop, with the truth behind them.",
    "start": "Serve pages and collect events.",
    "import": "Import events from a file into a workspace.",
    "query": "Answer a query document from a file of events.",
    "map": "Check, format, compare, convert and draw maps.",
    "export": "Write everything that is held about one customer.",
    "erase": "Erase everything that is held about one customer.",
    "member": "Help members who can't get in.",
    "worker": "Work off jobs and the inbox.",
    "warmup": "Compile what counts large stores, ahead of the first question.",
    "doctor": "Check the installation and say what to do.",
    "manage": "Run one of Django's own commands.",
}
_MODULES: Final = {"demo-data": "demo_data", "import": "import_events", "map": "maps"}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"kundresa.cli.{_MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(kundresa.__version__, prog_name="kundresa")
def main() -> None:
    """Map, measure, steer and improve what your customers go through."""

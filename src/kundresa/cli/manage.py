"""``kundresa manage``: the framework's own commands."""

from __future__ import annotations

import click

from kundresa.cli.answers import answering


@click.command(
    name="manage",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@answering
def command(arguments: tuple[str, ...]) -> None:
    """Run one of Django's commands (kundresa manage help)."""
    from kundresa.project.roles import set_up_django

    set_up_django()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["kundresa manage", *arguments])

"""Print a HarnessError to stderr without a traceback, and exit with its status."""

from __future__ import annotations

from typing import Any, NoReturn

import click

from harness.errors import HarnessError, UsageError

MISTAKE, TROUBLE = 4, 1


def end(context: click.Context, error: HarnessError, *, mistake: int = MISTAKE) -> NoReturn:
    """Tell an error and leave: with status `mistake` for the user's own, 1 for the machine's."""
    click.echo(f"error: {error}", err=True)
    context.exit(mistake if isinstance(error, UsageError) else TROUBLE)


class Group(click.Group):
    """Commands that tell errors without a traceback: 4 for the user's, 1 for the machine's."""

    def invoke(self, context: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(context)
        except HarnessError as error:
            end(context, error)

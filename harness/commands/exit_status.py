"""Exit statuses: a HarnessError is printed to stderr without a traceback and ends the command."""

from __future__ import annotations

from typing import Any, ClassVar

import click

from harness.errors import HarnessError, UsageError

MISUSE, FAILURE, INTERRUPTED = 4, 1, 130


class Command(click.Command):
    """A command that exits with `misuse` (4) at a UsageError and with 1 at any other error."""

    misuse: ClassVar[int] = MISUSE

    def invoke(self, context: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(context)
        except HarnessError as error:
            click.echo(f"error: {error}", err=True)
            context.exit(self.misuse if isinstance(error, UsageError) else FAILURE)


class CommandGroup(Command, click.Group):
    """A group whose commands exit as a Command does."""

"""Lines of progress on stderr, apart from the output of a command."""

from __future__ import annotations

import click


def say(line: str) -> None:
    """Print a line of progress to stderr."""
    click.echo(line, err=True)

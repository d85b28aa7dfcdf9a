"""`harness run`: the scenarios of the installed package."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from harness import shipped


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run(arguments: tuple[str, ...]) -> None:
    """Run the scenarios that the package brings, with pytest's options.

    In a checkout the same as `pytest scenarios/`. ARGUMENTS are pytest's: `harness run -k miimon`,
    `harness run test_miimon.py`, `harness run field/`, `harness run --kernel uml@6.12 --guests 4`;
    `pytest --help` lists them. Results are kept in ./results.

    Exit status: pytest's (0 all passed, 1 some failed, 2 interrupted, 4 wrong usage).
    """
    # In a process of its own: pytest rewrites the asserts of modules that are not imported yet.
    argv = [sys.executable, "-P", "-m", "pytest", *shipped.arguments(arguments, Path.cwd())]
    os.execv(argv[0], argv)  # noqa: S606

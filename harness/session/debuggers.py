"""Debuggers and input() in a guest: there is no terminal, so they are rejected at once."""

from __future__ import annotations

import bdb
import builtins
import pdb  # noqa: T100
import sys

import pytest

from harness.errors import ScenarioError


def no_debugger(*_: object, **__: object) -> None:
    """Raise ScenarioError: a scenario called a debugger."""
    raise ScenarioError(
        "breakpoint() has no terminal where scenarios run, in a guest",
        hint="print() instead, or let an assert fail and look at its recording: harness judge",
    )


def no_input(*_: object, **__: object) -> str:
    """Raise ScenarioError: a scenario reads standard input."""
    raise ScenarioError(
        "there is no input where scenarios run, in a guest: -s does not change that",
        hint="take what varies from @pytest.mark.parametrize, or from the environment",
    )


INPUT = builtins.input  # pytest's, for a prompt that has a terminal
READING = ("read", "readline", "readlines", "__next__", "__iter__", "fileno")


class NoTerminal:
    """The pytest plugin that replaces debuggers and input() in a guest."""

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        """Replace them after pytest has set up its own debugger."""
        sys.breakpointhook = pdb.set_trace = no_debugger
        builtins.input = no_input
        # pytest replaces sys.stdin repeatedly, by an object whose error advises -s.
        for name in READING:
            setattr(type(sys.stdin), name, no_input)
        bdb.Bdb.set_trace = no_debugger  # type: ignore[method-assign]

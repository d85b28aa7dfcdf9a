"""Debuggers and input() in a guest: there is no terminal, so they are rejected at once."""

from __future__ import annotations

import bdb
import builtins
import pdb  # noqa: T100
import sys

import pytest

from harness.errors import ScenarioError


def refused(*_: object, **__: object) -> None:
    """Raise ScenarioError: what a scenario gets that calls a debugger."""
    raise ScenarioError(
        "breakpoint() has no terminal where scenarios run, in a guest",
        hint="print() instead, or let an assert fail and look at its recording: harness judge",
    )


def no_input(*_: object, **__: object) -> str:
    """Raise ScenarioError: what a scenario gets that asks its reader, or reads standard input."""
    raise ScenarioError(
        "there is no input where scenarios run, in a guest: -s does not change that",
        hint="take what varies from @pytest.mark.parametrize, or from the environment",
    )


READING = ("read", "readline", "readlines", "__next__", "__iter__", "fileno")


class Refusal:
    """The pytest plugin that replaces the debuggers in a guest."""

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        """Put the refusal where pytest has put its own debugger by now, and others start."""
        sys.breakpointhook = pdb.set_trace = refused
        builtins.input = no_input
        # pytest puts an object of its own there, time and again, which advises -s.
        for name in READING:
            setattr(type(sys.stdin), name, no_input)
        bdb.Bdb.set_trace = refused  # type: ignore[method-assign]

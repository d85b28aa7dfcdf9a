"""`--pause-on-fail`: a scenario that fails waits with its topology, and gives a prompt in it.

This is the host's side: what the option needs, and the user's terminal while a guest uses it. The
guest's side is `harness.session.paused_scenario`.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from harness.errors import UsageError
from harness.guests.guests import Guest, Guests
from harness.interactive import terminal
from harness.interactive.kernels import with_terminal
from harness.labs import registry
from harness.session.fleet import Fleet

OPTION = "--pause-on-fail"


def prepared(config: pytest.Config, fleet: Fleet, *, beside: bool) -> Fleet:
    """Return kernels that can have the user's terminal, one guest at a time; raises UsageError.

    `beside` says that pytest-xdist runs tests meanwhile.
    """
    if not config.getoption("pause_on_fail"):
        return fleet
    if beside:
        raise UsageError(
            f"{OPTION} needs the terminal, which -n of pytest-xdist uses meanwhile",
            hint="use -n 0",
        )
    guests = config.getoption("guests")
    if guests > 1:
        raise UsageError(
            f"{OPTION} has one terminal, and {guests} guests could ask for it",
            hint="leave --guests out",
        )
    if config.getoption("lab") != registry.DEFAULT:
        raise UsageError(
            f"{OPTION} works with --lab {registry.DEFAULT} only", hint="leave --lab out"
        )
    with real_input(config):
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise UsageError(
                f"{OPTION} needs a terminal, and standard input or output is not one",
                hint="run it on a terminal; a failure's recording is kept in any case",
            )
    config.option.guests = 1
    kernels = {label: with_terminal(kernel) for label, kernel in fleet.kernels.items()}
    return replace(fleet, kernels=kernels)


@contextmanager
def real_input(config: pytest.Config) -> Iterator[None]:
    """Restore standard input and output, which pytest replaces while tests run, for the block."""
    capture = config.pluginmanager.get_plugin("capturemanager")
    if capture is not None:
        capture.suspend_global_capture(in_=True)
    try:
        yield
    finally:
        if capture is not None:
            capture.resume_global_capture()


class Pauses:
    """The user's terminal, for the guest whose scenario waits; nothing without the option.

    `ended` are guests that ended meanwhile.
    """

    def __init__(self, config: pytest.Config, ours: int | None) -> None:
        self._config = config
        self._ours = ours
        self.ended: list[Guest] = []

    def attend(self, guests: Guests, guest: Guest) -> list[dict[str, Any]]:
        """Let the user work in a guest until its scenario goes on; return its next lines."""
        assert self._ours is not None
        lines: list[dict[str, Any]] = []

        def over() -> bool:
            self.ended += guests.ended(0)
            lines.extend(guest.lines())
            return guest.name not in guests.running or any("resumed" in line for line in lines)

        with real_input(self._config):
            terminal.talk_until(over, self._ours, lambda: guests.kill(guest, terminal.ENDED))
        return lines

    def pop_ended(self) -> list[Guest]:
        """Return the guests that ended during a pause, each once."""
        ended, self.ended = self.ended, []
        return ended


@contextmanager
def pseudo_terminal(config: pytest.Config) -> Generator[tuple[Pauses, int | None]]:
    """Yield the pauses, and the guests' end of the terminal, None without the option."""
    if not config.getoption("pause_on_fail"):
        yield Pauses(config, None), None
        return
    with terminal.pair() as (ours, theirs):
        yield Pauses(config, ours), theirs

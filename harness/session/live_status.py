"""A line below pytest's own that shows on a terminal what guests do: running, failed, time left.

pytest writes its dots one by one, so the line is drawn below the cursor, which then goes back to
where it was; before anything else is written the line is erased. Where there is no terminal, or
one that knows no control sequences, nothing is drawn: pytest's own output is enough.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

import pytest

from harness.plural import counted
from harness.session.run_estimate import spoken

if TYPE_CHECKING:
    from rich.console import Console

EVERY = 0.2  # seconds between two drawings
KNOWN = 5  # results after which their pace is a better estimate than earlier runs
ERASE = "\x1b[J"  # from the cursor to the end of the screen


@dataclass(frozen=True, slots=True)
class Status:
    """What the line shows: counts of items, running ones with their seconds, times in seconds.

    `virtual` is the time that passed on the guests' clocks, None where they are real; `left` is
    None without an estimate.
    """

    done: int
    planned: int
    failed: int
    running: Mapping[str, float]
    guests: int
    wall: float
    virtual: float | None = None
    left: float | None = None


def parts(state: Status) -> list[tuple[str, str]]:
    """Return the parts of the line in order, each with its style."""
    found = [(f"{state.done}/{state.planned}", "bold")]
    if state.failed:
        found.append((f"{state.failed} failed", "bold red"))
    found.append((_times(state), ""))
    names = ", ".join(
        f"{name.rpartition('::')[2]} {seconds:.0f} s" if seconds >= 1 else name.rpartition("::")[2]
        for name, seconds in state.running.items()
    )
    guests = counted(state.guests, "guest")
    found.append((f"{guests}: {names}" if names else f"{guests}: booting", "dim"))
    return found


def _times(state: Status) -> str:
    virtual = "" if state.virtual is None else f", {_clock(state.virtual)} of virtual time"
    left = "" if state.left is None else f", {spoken(state.left)} left"
    return f"{_clock(state.wall)}{virtual}{left}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class LiveStatus:
    """The line of one run; `expected` is what each item is expected to take, in seconds."""

    def __init__(
        self,
        reporter: pytest.TerminalReporter | None,
        expected: Mapping[str, float],
        *,
        virtual: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reporter = reporter
        self._expected = dict(expected)
        self._planned = len(expected)
        self._virtual = 0.0 if virtual else None
        self._clock = clock
        self._begun = clock()
        self._drawn_at = self._begun
        self._failed = 0
        self._before = 0.0  # seconds that the results so far were expected to take
        self._since: dict[str, float] = {}
        self._visible = False
        self._console: Console | None = None

    def note(self, nodeid: str, reports: Sequence[pytest.TestReport]) -> None:
        """Take the result of an item."""
        self._before += self._expected.pop(nodeid, 0.0)
        self._failed += any(report.failed for report in reports)
        if self._virtual is not None:
            self._virtual += sum(report.duration for report in reports)

    def draw(self, running: Iterable[str | None]) -> None:
        """Draw the line, given what each guest runs, None while it boots; not too often."""
        now, guests = self._clock(), list(running)
        names = [name for name in guests if name is not None]
        self._since = {name: self._since.get(name, now) for name in names}
        if now - self._drawn_at < EVERY or not self._is_terminal():
            return
        self._drawn_at = now
        done = self._planned - len(self._expected)
        state = Status(
            done,
            self._planned,
            self._failed,
            {name: now - since for name, since in self._since.items()},
            len(guests),
            now - self._begun,
            self._virtual,
            self._left(done, now, max(1, len(guests))),
        )
        self._write(state)

    def _left(self, done: int, now: float, guests: int) -> float | None:
        expected = sum(self._expected.values()) / guests
        if done < KNOWN or not self._before:
            return expected
        return expected * (now - self._begun) * guests / self._before

    def clear(self) -> None:
        """Erase the line before anything else is written."""
        if self._visible:
            self._visible = False
            self._file.write(ERASE)
            self._file.flush()

    def _write(self, state: Status) -> None:
        assert self._reporter is not None
        column = self._reporter._tw.width_of_current_line  # noqa: SLF001  (no public name)
        self._file.write(f"{ERASE}\n\r{self._rendered(state)}\x1b[A\r")
        self._file.write(f"\x1b[{column}C" if column else "")
        self._file.flush()
        self._visible = True

    def _rendered(self, state: Status) -> str:
        """Return the line with its styles, no wider than the terminal."""
        from rich.console import Console  # noqa: PLC0415  (a run without a terminal needs none)
        from rich.text import Text  # noqa: PLC0415

        assert self._reporter is not None
        width = self._reporter._tw.fullwidth  # noqa: SLF001
        if self._console is None:
            markup = self._reporter._tw.hasmarkup  # noqa: SLF001
            self._console = Console(force_terminal=markup, highlight=False)
        line = Text("  ").join(Text(text, style) for text, style in parts(state))
        line.truncate(width - 1, overflow="ellipsis")
        with self._console.capture() as capture:
            self._console.print(line, end="", soft_wrap=True)
        return capture.get()

    @property
    def _file(self) -> TextIO:
        assert self._reporter is not None
        file: TextIO = self._reporter._tw._file  # noqa: SLF001  (stdout is captured by pytest)
        return file

    def _is_terminal(self) -> bool:
        reporter = self._reporter
        if reporter is None or not reporter.isatty or reporter.verbosity < 0:
            return False
        return os.environ.get("TERM", "dumb") != "dumb" and not _shows_prints(reporter.config)


def _shows_prints(config: pytest.Config) -> bool:
    return bool(config.getoption("capture") == "no")

"""A check of this machine, run in a separate process with a time limit."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

GOOD, LACKING, BAD = "yes", "no", "fails"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of a check: `state` is GOOD, LACKING (not required) or BAD.

    `remedy` is a command that helps, "" for none; `kernel` is one in which scenarios can run.
    """

    state: str
    found: str
    remedy: str = ""
    kernel: str = ""


@dataclass(frozen=True, slots=True)
class TimedCheck:
    """A named check: its probe, and its time limit in seconds."""

    name: str
    probe: Callable[[], CheckResult]
    limit: float = 10.0

    def take(self) -> CheckResult:
        """Run the probe and return its row, or a row for a timeout; never raises."""
        context = multiprocessing.get_context("fork")
        mine, its = context.Pipe(duplex=False)
        process = context.Process(target=_answer, args=(self.probe, its), daemon=True)
        process.start()
        its.close()
        try:
            if mine.poll(self.limit):
                row: CheckResult = mine.recv()
                return row
            return CheckResult(BAD, f"no answer within {self.limit:g} s")
        except EOFError:
            return CheckResult(BAD, "the check crashed")
        finally:
            assert process.pid is not None
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)  # and all processes that the probe started
            process.join(1)
            mine.close()


def _answer(probe: Callable[[], CheckResult], its: Connection) -> None:
    os.setsid()
    try:
        row = probe()
    except Exception as error:  # noqa: BLE001  (any error is a result of the check)
        row = CheckResult(BAD, f"{type(error).__name__}: {error}")
    its.send(row)

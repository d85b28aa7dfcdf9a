"""One thing that is looked at on this machine, looked at in a process that cannot hang ours."""

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
class Row:
    """What was found: `state` is GOOD, LACKING (the harness can do without) or BAD.

    `remedy` is the command that mends it, "" for none; `kernel` is what scenarios could run in.
    """

    state: str
    found: str
    remedy: str = ""
    kernel: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What a row is called, how it is found, and after how many seconds that is given up."""

    name: str
    probe: Callable[[], Row]
    limit: float = 10.0

    def take(self) -> Row:
        """Return what the probe finds, or that it gave no answer in time; never raises."""
        context = multiprocessing.get_context("fork")
        mine, its = context.Pipe(duplex=False)
        process = context.Process(target=_answer, args=(self.probe, its), daemon=True)
        process.start()
        its.close()
        try:
            if mine.poll(self.limit):
                row: Row = mine.recv()
                return row
            return Row(BAD, f"no answer within {self.limit:g} s")
        except EOFError:
            return Row(BAD, "looking for it crashed")
        finally:
            assert process.pid is not None
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)  # with all that the probe started
            process.join(1)
            mine.close()


def _answer(probe: Callable[[], Row], its: Connection) -> None:
    os.setsid()
    try:
        row = probe()
    except Exception as error:  # noqa: BLE001  (whatever is wrong with a machine is an answer)
        row = Row(BAD, f"{type(error).__name__}: {error}")
    its.send(row)

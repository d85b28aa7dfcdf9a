"""The guest's side of `--pause-on-fail`: a prompt in the topology of a scenario that failed.

The prompt is a child of the scenario's process: it has the same sockets and namespaces, takes the
terminal as its own, and leaves nothing behind in the scenario when it ends.
"""

from __future__ import annotations

import builtins
import fcntl
import os
import signal
import sys
import termios
import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.errors import Inconclusive
from harness.guests.report_file import ReportFile
from harness.interactive import prompt
from harness.record.net import Net
from harness.session import debuggers


class PausedScenario:
    """The pytest plugin of a guest that waits at a failure."""

    def __init__(self, directory: Path, stream: ReportFile) -> None:
        self._directory = directory
        self._stream = stream

    def pytest_exception_interact(
        self,
        node: pytest.Item | pytest.Collector,
        call: pytest.CallInfo[object],
        report: pytest.CollectReport | pytest.TestReport,
    ) -> None:
        """Give a prompt while fixtures are still there: this comes before their teardown.

        An inconclusive scenario is recorded again instead.
        """
        net = next((fixture for fixture in _fixtures(node) if isinstance(fixture, Net)), None)
        error = call.excinfo.value if call.excinfo else None
        if net is None or isinstance(error, Inconclusive):
            return
        self._stream.write(paused=node.nodeid)
        child = os.fork()
        if child == 0:
            self._give_prompt(
                net, _locals(node, call), f"{node.nodeid} failed\n{report.longreprtext}"
            )
        os.waitpid(child, 0)
        self._stream.write(resumed=node.nodeid)

    def _give_prompt(self, net: Net, names: Mapping[str, object], text: str) -> None:
        """Talk with the user, in the child; never returns."""
        try:
            builtins.input = debuggers.INPUT
            prompt.take_terminal(self._directory)
            print(f"\n{text}")
            prompt.talk(net, names)
        except BaseException:  # noqa: BLE001  (the scenario goes on in its process in any case)
            traceback.print_exc()
        finally:
            # The end of a session's leader would hang up the terminal for the next one.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            sys.stdout.flush()
            fcntl.ioctl(0, termios.TIOCNOTTY)
            os._exit(0)


def _fixtures(node: pytest.Item | pytest.Collector) -> list[object]:
    return list(getattr(node, "funcargs", {}).values())


def _locals(
    node: pytest.Item | pytest.Collector, call: pytest.CallInfo[object]
) -> dict[str, object]:
    """Return the variables of the scenario itself, where it failed."""
    entries = call.excinfo.traceback if call.excinfo else ()
    own = [entry for entry in entries if Path(str(entry.path)) == node.path]
    found = dict(own[0].frame.f_locals) if own else {}
    return {name: value for name, value in found.items() if not name.startswith("@")}

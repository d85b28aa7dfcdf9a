"""Commands in a machine's network namespace, for what they say; written into the history.

The recording goes on while a command runs; only its start (a fork) holds it up, in a guest of real
time by some tens of ms.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from harness.errors import ScenarioError
from harness.labs.netns.namespace import Namespace
from harness.record.loop import now
from harness.record.site import Role, Site
from harness.units import MS, Span, in_ms

KEPT = 4000  # characters of a command's output that a history keeps

Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Shell:
    """A machine as commands see it: its network, and this kernel's files and programs."""

    site: Site
    machine: str

    def run(self, command: str | Sequence[str], within: Span, role: Role) -> Done:
        """Return what a command said and how it ended, whatever that is.

        Raises ScenarioError for one that is not there or has not ended `within` its time.
        """
        words = shlex.split(command) if isinstance(command, str) else [str(w) for w in command]
        if not words:
            raise ScenarioError("there is no command to run", hint='such as run("ip -d link")')
        at = now()
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            process = self._start(words, out, err)
            try:
                self._wait(process, words, within)
            finally:
                _end(process)
            done = Done(words, process.returncode, _text(out), _text(err))
        said: dict[str, object] = {"command": shlex.join(words), "status": done.returncode}
        output = (done.stdout + done.stderr)[:KEPT]
        journal = self.site.journal
        journal.saw()
        # It may run for long: that is no lateness of the recording, as `took` would say.
        said["lasted_ms"] = (now() - at) / MS
        journal.note(at, self.machine, "run", role, output=output, **said)
        return done

    def _start(self, words: list[str], out: IO[str], err: IO[str]) -> subprocess.Popen[bytes]:
        namespace: Namespace = self.site.wiring.built.namespaces[self.machine]
        try:
            with namespace.inside():  # a child is born where its parent's thread is
                return subprocess.Popen(
                    words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
                )
        except OSError as error:
            raise ScenarioError(
                f"{words[0]} cannot be run: {error.strerror}",
                hint="a program of this machine by its name, and its arguments; a shell's syntax "
                'needs a shell: ["sh", "-c", "..."]',
            ) from None

    def _wait(self, process: subprocess.Popen[bytes], words: list[str], within: Span) -> None:
        """Go on recording until a command has ended."""
        with os.fdopen(os.pidfd_open(process.pid), "rb", buffering=0) as ended:
            forget = self.site.loop.watch(ended, lambda: None)
            try:
                self.site.loop.pump(now() + within.ns, lambda: process.poll() is not None)
            finally:
                forget()
        if process.returncode is None:
            raise ScenarioError(
                f"`{shlex.join(words)}` did not end within {in_ms(within.ns)}",
                hint="give it longer, within=30 * s, or let it end by itself",
            )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what a command left running."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()

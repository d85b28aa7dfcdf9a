"""Commands in a machine's network namespace; their output is written into the history.

Recording continues while a command runs; only starting it (fork) stalls the recording, by some
tens of ms in a guest with real time.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import ScenarioError
from harness.lab import Program
from harness.loop import now
from harness.record.journal import FaultContext, Role
from harness.units import MS, Span, in_ms

KEPT = 4000  # characters of a command's output that a history keeps


class Done(subprocess.CompletedProcess[str]):
    """A command that has ended: its status, its output, and how long it lasted."""

    def __init__(self, words: list[str], ended: tuple[int, str, str], lasted: Span) -> None:
        super().__init__(words, *ended)
        self.lasted = lasted


@dataclass(frozen=True, slots=True)
class CommandRunner:
    """Runs commands in a machine's network namespace, with the files of this kernel."""

    context: FaultContext
    machine: str

    def run(self, command: str | Sequence[str], within: Span, role: Role) -> Done:
        """Return a command's output and exit status; a status other than 0 is no error.

        Raises ScenarioError if the program does not exist or does not exit `within` its time.
        """
        words = shlex.split(command) if isinstance(command, str) else [str(w) for w in command]
        if not words:
            raise ScenarioError("there is no command to run", hint='such as run("ip -d link")')
        at = now()
        running = self._start(words)
        try:
            self.context.loop.pump(now() + within.ns, lambda: running.ended() is not None)
            ended = running.ended()
        finally:
            running.close()
        if ended is None:
            raise ScenarioError(
                f"`{shlex.join(words)}` did not end within {in_ms(within.ns)}",
                hint="give it more time, within=30 * s, or use a command that ends by itself",
            )
        done = Done(words, ended, Span(now() - at))
        fields: dict[str, object] = {"command": shlex.join(words), "status": done.returncode}
        output = (done.stdout + done.stderr)[:KEPT]
        journal = self.context.journal
        journal.note_read()
        # Not `took`: the run time of a command does not delay the recording.
        fields["lasted_ms"] = done.lasted.ns / MS
        journal.note(at, self.machine, "run", role, output=output, **fields)
        return done

    def _start(self, words: list[str]) -> Program:
        try:
            return self.context.network.host(self.machine).shell.start(words)
        except OSError as error:
            raise ScenarioError(
                f"{words[0]} cannot be run: {error.strerror}",
                hint="a program of this machine by its name, and its arguments; a shell's syntax "
                'needs a shell: ["sh", "-c", "..."]',
            ) from None

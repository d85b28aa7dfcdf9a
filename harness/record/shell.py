"""Commands in a machine's network namespace, for what they say; written into the history.

The recording goes on while a command runs; only its start (a fork) holds it up, in a guest of real
time by some tens of ms.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import ScenarioError
from harness.lab import Running
from harness.loop import now
from harness.record.journal import Role, Site
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
        running = self._start(words)
        try:
            self.site.loop.pump(now() + within.ns, lambda: running.ended() is not None)
            ended = running.ended()
        finally:
            running.close()
        if ended is None:
            raise ScenarioError(
                f"`{shlex.join(words)}` did not end within {in_ms(within.ns)}",
                hint="give it longer, within=30 * s, or let it end by itself",
            )
        done = Done(words, *ended)
        said: dict[str, object] = {"command": shlex.join(words), "status": done.returncode}
        output = (done.stdout + done.stderr)[:KEPT]
        journal = self.site.journal
        journal.saw()
        # It may run for long: that is no lateness of the recording, as `took` would say.
        said["lasted_ms"] = (now() - at) / MS
        journal.note(at, self.machine, "run", role, output=output, **said)
        return done

    def _start(self, words: list[str]) -> Running:
        try:
            return self.site.network.host(self.machine).shell.start(words)
        except OSError as error:
            raise ScenarioError(
                f"{words[0]} cannot be run: {error.strerror}",
                hint="a program of this machine by its name, and its arguments; a shell's syntax "
                'needs a shell: ["sh", "-c", "..."]',
            ) from None

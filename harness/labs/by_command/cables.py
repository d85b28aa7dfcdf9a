"""Cables of a lab file's NICs that commands cut, whatever the commands are.

All are connected again when this process ends, also by a signal: on another machine a shell waits
for the end of its input; on this one the record of the run has what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from harness.errors import LabError
from harness.labs.by_command.host import CommandHost
from harness.labs.reconnect.cables import RecordedCables
from harness.labs.reconnect.record import Connecting, CutRecord


class Plug(NamedTuple):
    """The commands for one cable.

    `not_done` finds in the output of a command that ended well why it has had no effect, "" if it
    has had it (`up`: of `plug`).
    """

    pull: str
    plug: str
    not_done: Callable[[str, bool], str] | None = None


class CommandCables(RecordedCables):
    """The cables of a lab file's NICs that commands on some machine cut."""

    lost = ""  # each command stands for itself; what executes it has its own errors

    def __init__(
        self,
        server: CommandHost,
        commands: Mapping[str, Plug],
        record: CutRecord,
        who: str,
    ) -> None:
        """Take the commands by the names of NICs; `who` is who errors name.

        All cables are connected when this ends, and the machine's connection is closed.
        """
        super().__init__(commands, record)
        self._who = who
        self._server = server
        self._commands = commands
        plug_all = "; ".join(command.plug for command in commands.values())
        self._end = self.connect_all if server.is_local else server.at_the_end(plug_all)

    def _connecting(self, nic: str) -> Connecting | None:
        return Connecting(command=self._commands[nic].plug) if self._server.is_local else None

    def _set(self, nic: str, *, up: bool) -> None:
        chosen = self._commands[nic]
        command = chosen.plug if up else chosen.pull
        output, wrong = self._execute(command)
        if not wrong and chosen.not_done:
            wrong = chosen.not_done(output, up)
        if wrong:
            raise LabError(
                f"{self._who} failed on `{command}`: {wrong}",
                hint=f"try the command by hand, on the machine of {self._who}",
            )

    def _execute(self, command: str) -> tuple[str, str]:
        """Execute a command; return its output and its error, "" for none."""
        done = self._server.host.run(command)
        if not done.rc:
            return str(done.stdout), ""
        return "", next(iter(str(done.stderr).strip().splitlines()), "no output")

    def close(self) -> None:
        """Connect all cables."""
        self._end()
        self._server.close()

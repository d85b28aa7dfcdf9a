"""QEMU's monitor (docs/interop/qmp-spec): commands with answers, and the events between them."""

from __future__ import annotations

import json
import select
import socket
from typing import Any

from harness.errors import LabError

ANSWER = 20.0  # seconds for QEMU to answer
ROOM = 1 << 16
ENDINGS = ("GUEST_PANICKED", "SHUTDOWN", "GUEST_CRASHLOADED")


class MachineGone(LabError):
    """QEMU has ended or does not answer."""


class CommandRefused(LabError):
    """QEMU refused a command."""


class Monitor:
    """One end of a pair of sockets, of which QEMU has the other."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._pending = b""
        self.events: list[dict[str, Any]] = []

    def begin(self) -> None:
        """Wait for the greeting; raises MachineGone."""
        while "QMP" not in self._next("its greeting"):
            pass
        self.do("qmp_capabilities")

    def do(self, command: str, /, handing: int | None = None, **arguments: Any) -> Any:
        """Execute a command, to which a descriptor may be passed; raises CommandRefused."""
        data = json.dumps({"execute": command, "arguments": arguments}).encode()
        try:
            if handing is None:
                self._sock.sendall(data)
            else:
                socket.send_fds(self._sock, [data], [handing])
        except OSError as error:
            raise self._gone(error.strerror or str(error)) from error
        while True:
            answer = self._next(f"an answer to {command}")
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise CommandRefused(
                    f"QEMU refuses {command} {arguments}: {answer['error']['desc']}",
                    hint="another version of QEMU may accept it",
                )

    def ended(self) -> str:
        """Return the event of a final stop of the machine, "" for none so far."""
        while select.select([self._sock], [], [], 0)[0]:
            try:
                self._next("an event")
            except MachineGone as error:
                return error.message
        for event in self.events:
            if event["event"] in ENDINGS:
                return str(event["event"])
        return ""

    def close(self) -> None:
        """Close it."""
        self._sock.close()

    def _next(self, what: str) -> dict[str, Any]:
        """Return the next line; events are kept."""
        while b"\n" not in self._pending:
            if not select.select([self._sock], [], [], ANSWER)[0]:
                raise self._gone(f"{what} did not come within {ANSWER:g} s")
            try:
                data = self._sock.recv(ROOM)
            except OSError as error:
                raise self._gone(error.strerror or str(error)) from error
            if not data:
                raise self._gone("it ended")
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        if "event" in message:
            self.events.append(message)
        return message

    def _gone(self, why: str) -> MachineGone:
        return MachineGone(
            f"QEMU of the dut does not answer: {why}",
            hint="the machine's log may say why (`dmesg`)",
        )

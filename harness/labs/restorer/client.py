"""The tester's side of a restorer: it is started, and sent requests."""

from __future__ import annotations

import contextlib
import errno
import getpass
import json
import os
import platform
import socket
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, LabError
from harness.labs.agent import wire
from harness.labs.agent.channel import AgentReply, Channel, python
from harness.labs.agent.pipe import ROOM, ProcessPipe
from harness.labs.agent.source import source
from harness.labs.restorer import links, nics, program
from harness.labs.ssh.machine import SshMachine

BEAT = 1.0  # seconds between two heartbeats
ROLE = "restorer of NICs"


class InUse(LabError):
    """Another tester has the machine."""


class SocketPipe:
    """A caller's connection to a running restorer."""

    def __init__(self, path: str) -> None:
        """Connect; raises OSError."""
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._sock.connect(path)

    def fileno(self) -> int:
        """Return the socket's descriptor."""
        return self._sock.fileno()

    def read(self) -> bytes:
        """Return what the restorer has written, b"" at its end."""
        return self._sock.recv(ROOM)

    def write(self, data: bytes) -> None:
        """Write to the restorer; raises OSError."""
        self._sock.sendall(data)

    def ending(self) -> str:
        """Return nothing: it is not a child process."""
        return ""

    def close(self) -> None:
        """Close the connection."""
        self._sock.close()


def sent() -> bytes:
    """Return the restorer's program."""
    return source(wire, links, nics, program)


class RestorerClient:
    """A restorer; a request that fails raises a LabError that names the machine."""

    def __init__(self, channel: Channel) -> None:
        self.host = channel.host
        self._channel = channel
        self._ended = threading.Event()

    @classmethod
    def here(cls, path: str) -> RestorerClient:
        """Start one on this machine, which serves others at a path too."""
        pipe = ProcessPipe("the tester", python(sys.executable, sent()))
        made = cls(Channel("the tester", pipe, sent(), ROLE))
        made._ask("listen", path=path)
        return made

    @classmethod
    def at(cls, path: str) -> RestorerClient:
        """Return the one of this machine that serves a path."""
        return cls(Channel("the tester", SocketPipe(path), b"", ROLE))

    @classmethod
    def on(cls, machine: SshMachine, patience: float) -> RestorerClient:
        """Start one on a machine, which restores all if the tester is silent for `patience` s."""
        made = cls(machine.agent(sent(), ROLE))
        made._ask("patience", seconds=patience)
        threading.Thread(target=made._beat, daemon=True).start()
        return made

    @property
    def lost(self) -> str:
        """Why it is lost, "" if it is not."""
        return self._channel.lost

    def lock(self) -> None:
        """Lock the machine for this tester; raises InUse with the holder and since when."""
        who = {
            "who": f"{getpass.getuser()}@{platform.node()}",
            "pid": os.getpid(),
            "since": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
        }
        try:
            self._channel.ask("lock", who=json.dumps(who))
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise self._failed("lock", error) from error
            raise InUse(
                f"{self.host} is in use by {_holder(str(error.strerror))}",
                hint="wait until that run ends; its NICs are restored even if it is killed",
            ) from error

    def recover(self) -> tuple[list[str], list[str]]:
        """Restore the NICs of a killed restorer; return those NICs, and failures."""
        answer = self._ask("recover")
        return answer["back"], answer["troubles"]

    def save(self, name: str, undo: Sequence[Sequence[str]] = ()) -> str:
        """Save the state of a NIC, and commands to run when it is restored; return its MAC."""
        return self._ask("save", name=name, undo=undo).value("mac", _colons)

    def lend(
        self, name: str, namespace: str, called: str, number: int = 0, mac: str = ""
    ) -> tuple[int, str]:
        """Move a NIC to the namespace at a path; return its number and MAC there.

        Without a MAC it has its original one.

        The path is one of the restorer's machine, or one of /proc/self on the same machine.
        """
        caller = self._channel.hello.get("caller", "self")
        path = namespace.replace("/proc/self/", f"/proc/{caller}/")
        answer = self._ask(
            "lend", name=name, ns=path, called=called, number=number, mac=mac.replace(":", "")
        )
        return answer.value("number", int), answer.value("mac", _colons)

    def park(self, name: str) -> None:
        """Move a NIC to a namespace of the restorer, not through the initial one."""
        self._ask("park", name=name)

    def release(self) -> list[str]:
        """Restore all NICs and end it; return the failures."""
        self._ended.set()
        try:
            return list(self._ask("release")["troubles"])
        finally:
            self._channel.close()

    def close(self) -> None:
        """End it, or the connection to it; it restores the NICs."""
        self._ended.set()
        with contextlib.suppress(HarnessError, OSError):
            self._channel.close()

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            self._channel.beat()

    def _ask(self, do: str, **what: Any) -> AgentReply:
        try:
            return self._channel.ask(do, **what)
        except OSError as error:
            raise self._failed(do, error, **what) from error

    def _failed(self, do: str, error: OSError, **what: Any) -> LabError:
        name = f" {what['name']}" if "name" in what else ""
        hint = f"`ip -d link` there shows its state; saved states are in {program.PLACE}"
        if error.errno == errno.ENOSPC:
            hint = (
                f"free space in {program.PLACE.parent} there: the states of NICs are saved in it"
            )
        return LabError(f"{self.host} cannot {do}{name}: {error.strerror}", hint=hint)


def _colons(mac: str) -> str:
    return ":".join(mac[at : at + 2] for at in range(0, len(mac), 2))


def _holder(text: str) -> str:
    try:
        owner = json.loads(text)
        return f"{owner['who']} (process {owner['pid']}) since {owner['since']}"
    except (ValueError, KeyError, TypeError):
        return "an unknown process"


def socket_in(directory: Path) -> str:
    """Return the path of the socket at which a restorer serves others."""
    return str(directory / "restorer")

"""The restorer: moves NICs of its machine to other namespaces, and restores them in any case.

It is sent like the agent (harness.labs.agent.source) and uses the same messages. It outlives the
process that started it: NICs are restored when its input ends, when nothing was received for the
time set by `patience`, and when it is terminated. Saved states are also below PLACE: if a restorer
is killed, the next one restores these first.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import select
import signal
import socket
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.labs.agent.wire import now
from harness.labs.restorer.links import new_namespace, own_namespace
from harness.labs.restorer.nics import SavedNic, state_of

PLACE = Path("/run/network-failover-harness")
LOCK = "lock"
SAVED = ".nic"
VERSION = 1
SECOND = 1000000000
IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE)


class RestorerServer:
    """The NICs whose state is saved, and the callers that may use them."""

    def __init__(self) -> None:
        self.home = own_namespace()
        self.parking: int | None = None
        self.nics: dict[str, SavedNic] = {}
        self.files: dict[str, int] = {}
        self.answers: dict[int, int] = {0: 1}
        self.pending: dict[int, bytes] = {0: b""}
        self.callers: dict[int, Any] = {}
        self.listener: Any = None
        self.patience: float | None = None
        self.locked: int | None = None
        self.done = False

    def run(self) -> None:
        """Serve until there are no callers; then restore all NICs."""
        try:
            self.say(1, hello=VERSION, pid=os.getpid())
            while not self.done:
                sources = [*self.answers, *([self.listener] if self.listener else [])]
                ready, _, _ = select.select(sources, [], [], self.patience)
                if not ready:
                    return  # the tester is silent
                for source in ready:
                    self.accept() if source is self.listener else self.read(source)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # this process is ending
            self.restore_all()

    def say(self, to: int, **what: Any) -> None:
        """Write one line; errors of a closed connection are ignored."""
        with contextlib.suppress(OSError):
            os.write(to, (json.dumps(what, separators=(",", ":")) + "\n").encode())

    def accept(self) -> None:
        """Accept a caller of this machine, and send it its process id."""
        caller, _ = self.listener.accept()
        fd = caller.fileno()
        self.callers[fd], self.answers[fd], self.pending[fd] = caller, fd, b""
        peer = caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        self.say(fd, hello=VERSION, pid=os.getpid(), caller=struct.unpack("=iii", peer)[0])

    def read(self, source: int) -> None:
        """Execute a caller's requests; take back the NICs of one that has ended."""
        try:
            data = os.read(source, 1 << 16)
        except OSError:
            data = b""
        if not data:
            self.gone(source)
            return
        lines = (self.pending[source] + data).split(b"\n")
        self.pending[source] = lines.pop()
        for line in filter(None, lines):  # an empty one is a heartbeat of the tester
            request = json.loads(line.decode())
            try:
                answer = getattr(self, "do_" + request["do"])(request) or {}
            except OSError as error:
                answer = {"errno": error.errno or errno.EIO, "text": error.strerror or str(error)}
            self.say(self.answers[source], id=request["id"], t=now(), **answer)

    def gone(self, source: int) -> None:
        """Remove a caller; end if it was the first one."""
        if source == 0:
            self.done = True
            return
        del self.answers[source], self.pending[source]
        self.callers.pop(source).close()
        for nic in self.nics.values():
            with contextlib.suppress(OSError):
                self.park(nic)

    def do_patience(self, request: dict[str, Any]) -> None:
        """Set for how many seconds the tester may be silent."""
        self.patience = request["seconds"]

    def do_listen(self, request: dict[str, Any]) -> None:
        """Also serve callers of this machine at a path."""
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(request["path"])
        Path(request["path"]).chmod(0o600)
        self.listener.listen(4)

    def do_lock(self, request: dict[str, Any]) -> None:
        """Lock the machine for a tester; the text of EBUSY is the holder."""
        PLACE.mkdir(mode=0o700, exist_ok=True)
        fd = os.open(str(PLACE / LOCK), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(fd, 500).decode(errors="replace")
            os.close(fd)
            raise OSError(errno.EBUSY, holder) from None
        os.ftruncate(fd, 0)
        os.write(fd, request["who"].encode())
        self.locked = fd

    def do_recover(self, _: dict[str, Any]) -> dict[str, Any]:
        """Restore the NICs of a killed restorer; answers with the NICs and the failures."""
        with contextlib.ExitStack() as undo:
            left = {}
            for path in sorted(PLACE.glob("*" + SAVED)):
                file = undo.enter_context(path.open())
                # Another restorer may have it, or was killed while it wrote.
                with contextlib.suppress(OSError, ValueError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    left[path] = SavedNic(json.load(file))
            self.rename_aside(left.values())
            failed = {path: nic.restore(self.home) for path, nic in left.items()}
            back = [path for path, troubles in failed.items() if not troubles]
            for path in back:
                path.unlink()
        troubles = [one for path in failed for one in failed[path]]
        return {"back": [left[path].state["name"] for path in back], "troubles": troubles}

    def rename_aside(self, nics: Iterable[SavedNic]) -> None:
        """Rename NICs that the kernel has moved back, which may have each other's names."""
        for nic in nics:
            with contextlib.suppress(OSError):
                nic.rename_aside(self.home)

    def do_save(self, request: dict[str, Any]) -> dict[str, Any]:
        """Save the state of a NIC; `undo` are commands to run when it is restored."""
        name = request["name"]
        state = state_of(self.home, name, request["undo"])
        PLACE.mkdir(mode=0o700, exist_ok=True)
        fd = os.open(str(PLACE / (name + SAVED)), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(fd, 0)
        os.write(fd, json.dumps(state).encode())
        self.files[name], self.nics[name] = fd, SavedNic(state)
        return {"mac": state["mac"]}

    def do_lend(self, request: dict[str, Any]) -> dict[str, Any]:
        """Move a NIC to the namespace at a path; answers with its number and MAC there."""
        nic, place = self.nics[request["name"]], os.open(request["ns"], os.O_RDONLY)
        try:
            number, mac = nic.move(
                self.home,
                place,
                request["called"],
                request["number"],
                request["mac"] or nic.state["mac"],
            )
        finally:
            os.close(place)
        return {"number": number, "mac": mac}

    def do_park(self, request: dict[str, Any]) -> None:
        """Take a NIC back, to a namespace in which no service sees it."""
        self.park(self.nics[request["name"]])

    def park(self, nic: SavedNic) -> None:
        """Move a NIC to the restorer's own namespace."""
        if self.parking is None:
            self.parking = new_namespace()
        nic.move(self.home, self.parking, nic.state["name"])

    def do_release(self, _: dict[str, Any]) -> dict[str, Any]:
        """Restore all NICs; answers with the failures."""
        return {"troubles": self.restore_all()}

    def restore_all(self) -> list[str]:
        """Restore all NICs, each even if another fails; return the failures."""
        troubles: list[str] = []
        self.rename_aside(self.nics.values())
        for name in list(self.nics):
            failed = self.nics.pop(name).restore(self.home)
            troubles += failed
            with contextlib.suppress(OSError):
                if not failed:  # otherwise the next restorer tries again
                    (PLACE / (name + SAVED)).unlink()
            os.close(self.files.pop(name))
        return troubles


def terminated(*_: object) -> None:
    """End as at the end of the input."""
    raise SystemExit


if __name__ == "__main__":
    with contextlib.suppress(OSError):
        os.setsid()
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, terminated)
    RestorerServer().run()

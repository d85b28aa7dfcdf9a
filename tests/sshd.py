"""An SSH server for tests: of this user, on the loopback interface, with keys made by the test."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.labs.ssh.address import SshAddress

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin") or ""
LOOPBACK = "127.0.0.1"
PATIENCE = 10.0
# sshd drops root for a user in an empty folder, which only a running service has made.
AS_ROOT = 'mount -t tmpfs none /run && mkdir -p /run/sshd && exec "$@"'
CONFIG = """\
ListenAddress {ip}
HostKey {place}/host
AuthorizedKeysFile {place}/id.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
"""


def missing() -> str:
    """Return why no SSH server can run here, "" where one can."""
    if not SSHD:
        return "no sshd here: apt install openssh-server"
    if os.geteuid() == 0 and not allowed(
        "unshare", "--mount", "mount", "-t", "tmpfs", "x", "/run"
    ):
        return "as root sshd needs /run/sshd, and this root may mount nothing to make it"
    return ""


def allowed(*command: str) -> bool:
    """Tell whether a command that changes nothing outside of its namespaces succeeds."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@dataclass(frozen=True, slots=True)
class Server:
    """An SSH server that runs; its user is the tests'."""

    place: Path
    port: int
    process: subprocess.Popen[bytes]

    def address(self, **changes: object) -> SshAddress:
        """Return where it is reached, by the key that it accepts."""
        given: dict[str, object] = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": getpass.getuser(),
            "key": str(self.place / "id"),
            "known_hosts": str(self.place / "known"),
            "config": "",
        }
        return SshAddress(**{**given, **changes})  # type: ignore[arg-type]


def make_key(path: Path, *more: str) -> None:
    """Make a pair of keys."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-f", str(path), "-C", "test"]
    subprocess.run([*command, *(more or ("-N", ""))], check=True)


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def serving(
    place: Path, inside: Sequence[str] = (), *, port: int = 0, more: str = "", ip: str = LOOPBACK
) -> Iterator[Server]:
    """Run an SSH server, started by way of a command `inside`, with `more` configuration."""
    port = port or free_port()
    for name in ("host", "id"):
        make_key(place / name)
    public = (place / "host.pub").read_text(encoding="ascii")
    (place / "known").write_text(f"[{ip}]:{port} {public}", encoding="ascii")
    # A home without start-up files, which may do anything in each command.
    more += "" if "SetEnv" in more else f"SetEnv HOME={place}\n"
    (place / "config").write_text(CONFIG.format(place=place, ip=ip) + more, encoding="ascii")
    argv = [*inside, SSHD, "-D", "-e", "-f", str(place / "config"), "-p", str(port)]
    if os.geteuid() == 0:
        argv = ["unshare", "--mount", "sh", "-c", AS_ROOT, "sh", *argv]
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=log)
    try:
        await_start(place / "log", process)
        yield Server(place, port, process)
    finally:
        process.kill()
        process.wait()


def await_start(log: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server says that it listens."""
    until = time.monotonic() + PATIENCE
    while b"Server listening" not in log.read_bytes():
        assert process.poll() is None, log.read_text(encoding="utf-8")
        assert time.monotonic() < until, "the SSH server does not start"
        time.sleep(0.02)


MISSING = missing()

"""How OpenSSH's client reaches a host, by `ssh -G`: it resolves Include, Match and aliases."""

from __future__ import annotations

import shlex
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.labs.ssh.address import SshAddress

WITHIN = 10.0  # seconds for `ssh -G`, which contacts no host; a Match exec may run a program
CLOSE_WITHIN = 2.0  # seconds for a proxy to end
NONE = "none"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a host is reached: address, user, keys, and the proxy command ("" for none)."""

    hostname: str
    port: int = 22
    user: str = ""
    keys: tuple[str, ...] = ()
    known_hosts: tuple[str, ...] = ()
    proxy: str = ""


def settings(to: SshAddress) -> Settings:
    """Return a host's settings by the client's configuration, overridden by those of an address.

    Raises UsageError where that cannot be read.
    """
    path = Path(to.config).expanduser()
    if not to.config or not path.is_file() or not shutil.which("ssh"):
        return Settings(to.host, to.port or 22)
    given = ["-p", str(to.port)] if to.port else []
    argv = ["ssh", "-G", "-F", str(path), *given, to.host]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=WITHIN, check=False)
    if done.returncode:
        raise UsageError(
            f"ssh does not take {path}: {done.stderr.strip()}",
            hint=f"`{shlex.join(argv)}` must print settings",
        )
    found: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        key, _, value = line.partition(" ")
        found.setdefault(key, []).append(value)
    hostname = found.get("hostname", [to.host])[0]
    port = to.port or int(found.get("port", ["22"])[0])
    user = to.user or found.get("user", [""])[0]
    known = shlex.split(found.get("userknownhostsfile", [""])[0])
    return Settings(
        hostname=hostname,
        port=port,
        user=user,
        keys=_files(found.get("identityfile", [])),
        known_hosts=_files(known),
        proxy=_proxy(found, path, hostname, port, user),
    )


def _files(names: list[str]) -> tuple[str, ...]:
    paths = (Path(name).expanduser() for name in names)
    return tuple(str(path) for path in paths if path.is_file())


def _proxy(found: dict[str, list[str]], path: Path, hostname: str, port: int, user: str) -> str:
    """Return the command that connects to a host's SSH server by its input and output."""
    jump = found.get("proxyjump", [NONE])[0]
    if jump != NONE:
        return shlex.join(
            ["ssh", "-F", str(path), "-o", "BatchMode=yes", "-W", f"{hostname}:{port}", jump]
        )
    command = found.get("proxycommand", [NONE])[0]
    if command == NONE:
        return ""
    for token, value in (("%h", hostname), ("%p", str(port)), ("%r", user), ("%%", "%")):
        command = command.replace(token, value)
    return command


class Proxy:
    """A command that connects to a host's SSH server; paramiko uses its `socket`."""

    def __init__(self, command: str) -> None:
        """Start it."""
        self.socket, its = socket.socketpair()
        with its:
            self._process = subprocess.Popen(
                ["sh", "-c", f"exec {command}"],
                stdin=its.fileno(),
                stdout=its.fileno(),
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # not for Ctrl-C: its channels are closed first
            )

    def close(self) -> None:
        """End it."""
        self.socket.close()
        self._process.terminate()
        try:
            self._process.wait(CLOSE_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

"""A machine that is reached by SSH: shell work by testinfra, and agents."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Sequence
from typing import Self

import paramiko
from testinfra.backend.base import CommandResult
from testinfra.host import Host

from harness.errors import LabError
from harness.labs.agent import channel as agents
from harness.labs.agent.channel import Channel
from harness.labs.agent.source import OLDEST
from harness.labs.ssh.address import SshAddress
from harness.labs.ssh.backend import Backend
from harness.labs.ssh.pipe import SshPipe
from harness.labs.ssh.refused import Dropped, Unreachable
from harness.waiting import retry_within

PYTHONS = ("python3", "/usr/libexec/platform-python")  # the second is part of RHEL 8
VERSION = "import sys; print(*sys.version_info[:2])"
CAP_NET_ADMIN = 1 << 12
SHOWN = 60  # characters of a command in an error
EFFECTIVE = "grep CapEff /proc/self/status"


class NoPython(LabError):
    """A machine has no Python that can run an agent."""


class SshMachine:
    """A machine with one connection; `host` is testinfra's, whose commands run as root there."""

    def __init__(self, name: str, to: SshAddress) -> None:
        """Keep the address; raises UsageError for a missing key file. Nothing is sent yet."""
        self.name = name
        self.to = to
        self.session = ""  # the local address of the SSH connection there
        self._backend = Backend(to)
        self.host = Host(self._backend)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def connect(self, within: float = 0, *, root: bool = True) -> None:
        """Connect and become root, trying for some seconds if nothing answers yet.

        Raises Unreachable, Refused, and LabError where sudo does not work there.
        """
        retry_within(lambda: self._backend.client, on=Unreachable, within=within)
        words = self.run("echo $SSH_CONNECTION").stdout.split()
        self.session = words[2].partition("%")[0] if len(words) == 4 else ""
        if root:
            self._become_root()

    @property
    def uses_sudo(self) -> bool:
        """Whether commands and agents are root there by sudo."""
        return bool(self._backend.sudo)

    def run(self, command: str, *arguments: str) -> CommandResult:
        """Run a command, "%s" in it standing for the arguments; raises Dropped."""
        return self.host.run(command, *arguments)

    def check(self, command: str, *arguments: str) -> str:
        """Return what a command printed; raises LabError, with its errors, where it failed."""
        done = self.run(command, *arguments)
        if done.rc:
            output = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["no output"]
            shown = self._backend.quote(command, *arguments)
            raise LabError(
                f"`{shown}` on {self.name} ended with exit status {done.rc}: {output[-1]}",
                hint=f"try it there by hand: ssh {self.to}",
            )
        return str(done.stdout)

    def load(self, module: str, *parameters: str) -> None:
        """Load a kernel module, unless the kernel has it; raises LabError."""
        words = " ".join(map(shlex.quote, (module, *parameters)))
        self.check(f"test -e /sys/module/{shlex.quote(module)} || modprobe {words}")

    @functools.cached_property
    def python(self) -> str:
        """The interpreter for agents; raises NoPython that names what was found."""
        wanted = ".".join(map(str, OLDEST))
        seen = []
        for name in (self.to.python,) if self.to.python else PYTHONS:
            done = self.run("%s -I -S -c %s", name, VERSION)
            found = tuple(map(int, done.stdout.split())) if done.rc == 0 else ()
            if found >= OLDEST:
                return name
            seen.append(f"{name} is {'.'.join(map(str, found)) or 'not there'}")
        raise NoPython(
            f"{self.name} has no Python {wanted} or later: {', '.join(seen)}",
            hint="the agent, which acts and measures there, needs it and nothing else: install "
            "python3 there, or name it in the lab file: python = PATH",
        )

    def agent(self, program: bytes = b"", role: str = "agent") -> Channel:
        """Start an agent, as root, or another program with its protocol; return its channel.

        Raises NoPython, Dropped, AgentLost.
        """
        channel = self.channel(shlex.join(agents.python(self.python, program)))
        return Channel(self.name, SshPipe(channel, agents.ANSWER), program or None, role)

    def channel(self, command: str) -> paramiko.Channel:
        """Start a command, as root, on a separate channel; raises Dropped."""
        channel = self._backend.session()
        try:
            channel.exec_command(self._backend.get_command(command))
        except (OSError, paramiko.SSHException, EOFError) as error:
            channel.close()
            raise Dropped(
                f"`{command[:SHOWN]}` could not be started on {self.name}: {error}",
                hint="its SSH server must allow commands, not only file transfer",
            ) from error
        return channel

    def close(self) -> None:
        """Close the connection."""
        self._backend.close()

    def _become_root(self) -> None:
        """Use sudo where this user may not change the network; raises LabError."""
        if self._may():
            return
        user = self.run("id -un").stdout.strip()
        if not self.to.sudo:
            raise LabError(
                f"{user} on {self.name} is not root and may not use sudo by the lab file",
                hint="log in as root, or set sudo = true",
            )
        self._backend.sudo = True
        done = self.run("true")
        if done.rc or not self._may():
            self._backend.sudo = False
            raise _no_sudo(self.name, user, done)

    def _may(self) -> bool:
        """Return whether commands may change the network there."""
        words: Sequence[str] = self.run(EFFECTIVE).stdout.split()
        return len(words) == 2 and bool(int(words[1], 16) & CAP_NET_ADMIN)


def _no_sudo(name: str, user: str, done: CommandResult) -> LabError:
    output = done.stderr.strip().splitlines() or ["it gave no reason"]
    rule = f"{user} ALL=(ALL) NOPASSWD: ALL"
    if "not found" in output[-1]:
        hint = "log in as root there, or install sudo"
    else:
        hint = f"as root there: echo '{rule}' > /etc/sudoers.d/network-failover-harness"
    return LabError(f"sudo does not make {user} root on {name}: {output[-1]}", hint=hint)

"""Run a module of the harness on another machine: its code is copied there and removed again.

It exchanges lines of JSON with this process on standard input and output.
"""

from __future__ import annotations

import io
import json
import shlex
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import paramiko

from harness.errors import LabError
from harness.labs.ssh.machine import VERSION, SshMachine
from harness.labs.ssh.refused import Dropped

SENT = ("harness", "pyroute2")  # packages, which need nothing but the standard library
OLDEST = (3, 11)  # of the Python there, as here
SILENCE = 120.0  # seconds without a line after which it counts as lost


class SentModule:
    """A module that runs on a machine."""

    def __init__(self, machine: SshMachine, command: str) -> None:
        """Start it; raises Dropped."""
        self._machine = machine
        self._channel = machine.channel(command)
        self._channel.settimeout(SILENCE)

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield its output until it ends; raises Dropped."""
        try:
            for text in self._channel.makefile("r"):
                yield json.loads(text)
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._dropped(error) from error

    def answer(self, **line: Any) -> None:
        """Write a line to it; raises Dropped."""
        try:
            self._channel.sendall(json.dumps(line).encode() + b"\n")
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._dropped(error) from error

    def last_error(self) -> str:
        """Return the last line of its error output, once it has ended."""
        lines = self._channel.makefile_stderr("r").read().strip().splitlines()
        return lines[-1] if lines else "no output"

    def close(self) -> None:
        """Close its input: it ends then."""
        self._channel.close()

    def _dropped(self, error: Exception) -> Dropped:
        return Dropped(
            f"the SSH connection to {self._machine.name} is lost: {error or 'no output'}",
            hint="what was changed there is restored by itself; check that the machine runs",
        )


@contextmanager
def running(machine: SshMachine, module: str, *words: str) -> Iterator[SentModule]:
    """Have a module run on a machine as root; raises LabError."""
    _demand_python(machine)
    place = shlex.quote(machine.check("mktemp -d").strip())
    command = shlex.join([machine.python, "-u", "-m", module, *words])
    try:
        _send(machine, place)
        # The machine removes it itself, as the tester may be killed meanwhile.
        command = f"PYTHONPATH={place} {command}; status=$?; rm -rf {place}; exit $status"
        program = SentModule(machine, command)
        try:
            yield program
        finally:
            program.close()
    finally:
        machine.run(f"rm -rf {place}")


def _send(machine: SshMachine, place: str) -> None:
    channel = machine.channel(f"tar -xz -C {place}")
    channel.sendall(_archive())
    channel.shutdown_write()
    if channel.recv_exit_status():
        output = channel.makefile_stderr("r").read().strip() or "tar failed"
        raise LabError(
            f"{machine.name} does not accept the code: {output}",
            hint="it needs tar and gzip, and 10 MB in its temporary directory",
        )


def _archive() -> bytes:
    """Return the code as a compressed tar archive."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz", compresslevel=1) as archive:
        for package in SENT:
            spec = find_spec(package)
            assert spec is not None
            assert spec.origin is not None
            home = Path(spec.origin).parent
            for path in sorted(home.rglob("*.py")):
                archive.add(path, f"{package}/{path.relative_to(home)}")
    return held.getvalue()


def _demand_python(machine: SshMachine) -> None:
    found = machine.check("%s -c %s", machine.python, VERSION).split()
    if tuple(map(int, found)) < OLDEST:
        raise LabError(
            f"{machine.name} has Python {'.'.join(found)}, and this needs"
            f" {'.'.join(map(str, OLDEST))} there",
            hint="name a newer one in the lab file: python = PATH",
        )

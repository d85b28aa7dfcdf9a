"""Profile an interface of a machine that is reached by SSH: the code is sent there and run there.

Nothing is installed on the machine. What puts its interface back when the measuring ends runs
there too, so a lost connection is as good an end as any other.
"""

from __future__ import annotations

import io
import json
import shlex
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paramiko
import pyroute2

import harness
from harness.driver_profile import facts
from harness.driver_profile.facts import Profile
from harness.driver_profile.farend import FarEnd
from harness.driver_profile.lease import Say
from harness.errors import LabError
from harness.labs.ssh.machine import Machine
from harness.labs.ssh.refused import Dropped

SENT = (harness, pyroute2)  # packages, which need nothing but the standard library
SILENCE = 120.0  # seconds without a line after which it is given up
OLDEST = (3, 11)  # of the Python there, as here
PROGRAM = "harness.driver_profile.there"


def profile(ssh: Machine, name: str, far: FarEnd, repeat: int, say: Say) -> Profile:
    """Profile an interface of a machine, its cable's far end being here; raises LabError."""
    _demand_python(ssh)
    for module in ("veth", "bonding max_bonds=0"):  # what stays missing, the profile names
        ssh.run(f"modprobe {module}")
    with _sent(ssh) as place:
        words = [name, str(repeat), far.how, str(far.patience / 1e9)]
        command = shlex.join([ssh.python, "-u", "-m", PROGRAM, *words])
        # Removed there too, for the tester may be killed meanwhile.
        channel = ssh.channel(
            f"PYTHONPATH={place} {command}; status=$?; rm -rf {place}; exit $status"
        )
        try:
            return _served(ssh, channel, far, say)
        finally:
            channel.close()


def _served(ssh: Machine, channel: paramiko.Channel, far: FarEnd, say: Say) -> Profile:
    """Do what the machine asks for until it reports the profile."""
    channel.settimeout(SILENCE)
    try:
        for text in channel.makefile("r"):
            line: dict[str, Any] = json.loads(text)
            if "profile" in line:
                return facts.restore(line["profile"])
            if "error" in line:
                raise LabError(f"{ssh.name}: {line['error']}", hint=line["hint"])
            if "say" in line:
                say(line["say"])
                continue
            done = True
            if "carrier" in line:
                far.carrier(on=line["carrier"])
            else:
                done = far.send(bytes.fromhex(line["send"]))
            channel.sendall(json.dumps({"done": done}).encode() + b"\n")
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise Dropped(
            f"the SSH connection to {ssh.name} is lost: {error or 'it was silent for too long'}",
            hint="the interface is put back there by itself; look whether the machine still runs",
        ) from error
    errors = channel.makefile_stderr("r").read().strip().splitlines() or ["it said nothing"]
    raise LabError(f"the profile on {ssh.name} ended early: {errors[-1]}", hint="try it again")


@contextmanager
def _sent(ssh: Machine) -> Iterator[str]:
    """Send the code into a directory of its own there, and remove it afterwards."""
    place = shlex.quote(ssh.check("mktemp -d").strip())
    try:
        channel = ssh.channel(f"tar -xz -C {place}")
        channel.sendall(_archive())
        channel.shutdown_write()
        if channel.recv_exit_status():
            said = channel.makefile_stderr("r").read().strip() or "tar failed"
            raise LabError(f"{ssh.name} does not take the code: {said}", hint="it needs tar, gzip")
        yield place
    finally:
        ssh.run(f"rm -rf {place}")


def _archive() -> bytes:
    """Return the code as a compressed tar archive."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz", compresslevel=1) as archive:
        for package in SENT:
            assert package.__file__ is not None
            home = Path(package.__file__).parent
            for path in sorted(home.rglob("*.py")):
                archive.add(path, f"{home.name}/{path.relative_to(home)}")
    return held.getvalue()


def _demand_python(ssh: Machine) -> None:
    found = ssh.check("%s -c %s", ssh.python, "import sys; print(*sys.version_info[:2])").split()
    if tuple(map(int, found)) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise LabError(
            f"{ssh.name} has Python {'.'.join(found)}, and a profile needs {wanted} there",
            hint="name a newer one in the lab file: python = PATH",
        )

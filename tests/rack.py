"""A rack of two network namespaces: a tester and a DUT with an SSH server, four cables between."""

from __future__ import annotations

import difflib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.sshd import MISSING, Server, allowed, serving
from tests.waiting import comes_true

TESTER, DUT = "198.51.100.1", "198.51.100.2"
PORT = 2222
CABLES = 4
ROOT = Path(__file__).parents[1]
# Runs a program with a /run of its own: it is where testers keep who uses a DUT.
PRIVATE = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /run && exec "$@"', "sh"]


def missing() -> str:
    """Return why no rack can stand here, "" where one can."""
    if MISSING:
        return MISSING
    if os.geteuid() != 0:
        return "an SSH server in a network namespace needs root"
    if not shutil.which("ip"):
        return "no `ip` here: apt install iproute2"
    veth = "ip link add a0 type veth peer name b0"
    return "" if allowed("unshare", "--net", "sh", "-c", veth) else "no network namespaces here"


def pytest_on(tester: int, place: Path, lab: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start pytest in a tester's namespaces, its results in `place`; the process is pytest's."""
    argv = [*inside(tester), *PRIVATE, sys.executable, "-m", "pytest"]
    argv += ["-p", "no:cacheprovider", f"--lab={lab}", *arguments]
    return subprocess.Popen(
        [*argv, f"--results={place}/results"],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def comes_to_be(
    read: Callable[[], list[str]], state: list[str], within: float, every: float
) -> bool:
    """Tell whether what is read becomes a state; print how it differs where it does not."""
    if comes_true(lambda: read() == state, within, every):
        return True
    print(*difflib.unified_diff(state, read()), sep="\n")
    return False


@dataclass(frozen=True, slots=True)
class Rack:
    """Both machines, each a process that keeps its namespace alive; the DUT's SSH server."""

    tester: int
    dut: int
    server: Server
    place: Path

    def run(self, machine: int, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command on a machine."""
        argv = [*inside(machine), *command]
        return subprocess.run(argv, capture_output=True, text=True, check=False, env=environment())

    def ip(self, machine: int, *lines: str) -> None:
        """Carry out lines of `ip -batch` on a machine."""
        text = "\n".join(lines) + "\n"
        argv = [*inside(machine), "ip", "-batch", "-"]
        subprocess.run(argv, input=text, text=True, check=True)

    def state(self) -> list[str]:
        """Return what both machines' networks are, to be compared."""
        seen = (("ip", "-d", "link"), ("ip", "-4", "address"), ("ip", "route"))
        both = (self.tester, self.dut)
        return [self.run(machine, *words).stdout for machine in both for words in seen]

    def comes_to_be(self, state: list[str]) -> bool:
        """Tell whether all is as it was, at the latest when the kernel has told of carriers."""
        return comes_to_be(self.state, state, within=10, every=0.1)

    def lab(self, *changes: tuple[str, str]) -> Path:
        """Write the rack's lab file, with some text replaced by other."""
        text = f"""\
[dut]
address = "{DUT}"
port = {PORT}
user = "root"
key = "{self.place}/id"
known_hosts = "{self.place}/known"
management = "mgmt"
"""
        for number in range(1, CABLES + 1):
            text += f'[[nic]]\nname = "eth{number}"\nfar_end = "far{number}"\n'
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = self.place / "rack.toml"
        path.write_text(text, encoding="utf-8")
        return path


def inside(machine: int) -> list[str]:
    """Return the words that take a command to a machine."""
    return ["nsenter", "-t", str(machine), "-n"]


def environment() -> dict[str, str]:
    """Return an environment without a trace of an SSH session."""
    return {name: value for name, value in os.environ.items() if name != "SSH_CONNECTION"}


@contextmanager
def standing(place: Path) -> Iterator[Rack]:
    """Have a rack, until the end of the block."""
    with ExitStack() as undo:
        tester, dut = (undo.enter_context(machine()) for _ in range(2))
        names = {"ctl": "mgmt", **{f"far{n}": f"eth{n}" for n in range(1, CABLES + 1)}}
        for far, near in names.items():
            peer = ["type", "veth", "peer", "name", near, "netns", str(dut)]
            ip = [*inside(tester), "ip", "link", "add", far, *peer]
            subprocess.run(ip, check=True)
        for end, there, address in ((tester, names, TESTER), (dut, names.values(), DUT)):
            first = next(iter(there))
            lines = [f"link set {name} up" for name in ("lo", *there)]
            lines.append(f"address add {address}/24 dev {first}")
            text = "\n".join(lines) + "\n"
            argv = [*inside(end), "ip", "-batch", "-"]
            subprocess.run(argv, input=text, text=True, check=True)
        for end in (tester, dut):
            await_carriers(end)
        server = undo.enter_context(serving(place, inside(dut), port=PORT, ip=DUT))
        yield Rack(tester, dut, server, place)


def await_carriers(machine: int) -> None:
    """Wait until all cables have carrier: the kernel reports it up to a second late."""
    until = time.monotonic() + 10
    links = [*inside(machine), "ip", "-br", "link", "show", "type", "veth"]
    while subprocess.run(links, capture_output=True, check=True).stdout.count(b" UP ") <= CABLES:
        assert time.monotonic() < until
        time.sleep(0.05)


@contextmanager
def machine() -> Iterator[int]:
    """Have a network namespace; its value is the process that keeps it alive."""
    argv = ["unshare", "--net", "sh", "-c", "echo there; exec sleep infinity"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process.pid
        finally:
            process.kill()


NO_RACK = missing()

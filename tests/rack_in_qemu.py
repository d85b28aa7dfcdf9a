"""A rack whose DUT is a machine in QEMU: a kernel, a clock and drivers of its own, behind SSH.

    tester (network namespace)           wall (another one)                    DUT
    127.0.0.1:2222 ----------------------- QEMU's user network ---------------- mgmt
    far1 --- veth --- wall1 ------------- wires.py, QMP set_link -------------- eth0

A far end that is set down takes the carrier of the DUT's NIC, as on a wire. Unlike on a wire, a
NIC of the DUT that is set down leaves the far end's carrier alone.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from harness.kernels import kvm, qemu
from harness.kernels.dut.image import Image, image
from harness.labs.qemu.machine import APPEND, MEMORY
from harness.labs.qemu.qmp import Monitor
from tests.rack import NO_RACK, comes_to_be, environment, inside, machine
from tests.waiting import wait_until

PORT = 2222
NICS = ("virtio-net-pci", "rtl8139")
WIRES = Path(__file__).with_name("wires.py")
ALWAYS_THERE = {"lo", "mgmt"}
BOOT = 120.0
USED = (qemu.QEMU, "nft", "ssh", "nsenter")
NO_QEMU_RACK = NO_RACK or ", ".join(f"no {name}" for name in USED if not shutil.which(name))


@dataclass(frozen=True, slots=True)
class QemuRack:
    """The tester's process, which keeps its namespace alive, the DUT and its monitor."""

    tester: int
    image: Image
    monitor: Monitor
    process: subprocess.Popen[bytes]
    place: Path
    nics: tuple[str, ...] = ()

    def here(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the tester."""
        argv = [*inside(self.tester), *command]
        return subprocess.run(argv, capture_output=True, text=True, check=False, env=environment())

    def there(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command on the DUT, by SSH."""
        options = [f"UserKnownHostsFile={self.image.place}/known_hosts", "ConnectTimeout=5"]
        argv = ["ssh", "-F", "none", "-i", f"{self.image.place}/key", "-p", str(PORT)]
        for option in options:
            argv += ["-o", option]
        return self.here(*argv, "root@127.0.0.1", command)

    def state(self) -> list[str]:
        """Return what both machines' networks are, to be compared.

        Without interface indexes, which the kernel chooses when it sends a NIC home, and without
        qdiscs: a NIC that is down has noop until it is up for the first time at a place.
        """
        seen = ("ip -o -d link", "ip -o -4 address", "ip route")
        near = self.there("; ".join(seen)).stdout
        far = "".join(self.here(*words.split()).stdout for words in seen)
        varying = re.compile(r"^\d+: | qdisc \S+", re.MULTILINE)
        both = (sorted(varying.sub("", text).splitlines()) for text in (far, near))
        return [*next(both), "the DUT:", *next(both)]

    def comes_to_be(self, state: list[str], within: float = 30) -> bool:
        """Tell whether all is as it was, at the latest after some seconds."""
        return comes_to_be(self.state, state, within, every=0.3)

    def at_home(self) -> bool:
        """Tell whether all test NICs of the DUT are in its own network, by whatever name.

        The kernel moves the NICs of a removed namespace back: one whose name is taken becomes devN
        (default_device_exit_net, net/core/dev.c).
        """
        return len(self._links() - ALWAYS_THERE) == len(self.nics)

    def away(self) -> bool:
        """Tell whether the DUT answers, and none of its test NICs is in its own network."""
        return self._links() == ALWAYS_THERE

    def _links(self) -> set[str]:
        return set(named(self).values())

    def lab(self, *addresses: str) -> Path:
        """Write the rack's lab file; the DUT's NICs may have addresses."""
        own = ", ".join(f'"{one}"' for one in addresses)
        text = f"""\
[dut]
address = "127.0.0.1"
port = {PORT}
user = "root"
key = "{self.image.place}/key"
known_hosts = "{self.image.place}/known_hosts"
management = "mgmt"
silence = 3
"""
        for number, name in enumerate(self.nics, 1):
            text += f'[[nic]]\nname = "{name}"\nfar_end = "far{number}"\naddresses = [{own}]\n'
        path = self.place / "rack.toml"
        path.write_text(text, encoding="utf-8")
        return path


def mac(number: int) -> str:
    """Return the MAC of the DUT's NIC at a cable."""
    return f"52:54:00:00:00:{number:02x}"


@contextmanager
def standing(place: Path, nics: Sequence[str] = NICS) -> Iterator[QemuRack]:
    """Have a rack, until the end of the block."""
    found = image(print)
    with ExitStack() as undo:
        tester, wall = (undo.enter_context(machine()) for _ in range(2))
        lines = ["link set lo up"]
        for number in range(1, len(nics) + 1):
            peer = f"type veth peer name wall{number} netns {wall}"
            lines += [f"link add far{number} {peer}", f"link set far{number} up"]
        batch(tester, lines)
        batch(wall, [f"link set wall{number} up" for number in range(1, len(nics) + 1)])
        process, monitor = undo.enter_context(powered(found, nics, tester, wall, place))
        rack = QemuRack(tester, found, monitor, process, place)
        wanted = [mac(number) for number in range(1, len(nics) + 1)]
        try:
            wait_until(lambda: set(wanted) <= set(named(rack)), within=BOOT, what="the DUT")
        except TimeoutError:
            print((place / "console").read_text(encoding="utf-8", errors="replace"))
            raise
        names = named(rack)
        yield replace(rack, nics=tuple(names[one] for one in wanted))


def named(rack: QemuRack) -> dict[str, str]:
    """Return the names of the DUT's interfaces by MAC."""
    links = [line.split() for line in rack.there("ip -br link").stdout.splitlines()]
    return {words[2]: words[0] for words in links}


def batch(machine: int, lines: Sequence[str]) -> None:
    """Carry out lines of `ip -batch` in a namespace."""
    argv = [*inside(machine), "ip", "-batch", "-"]
    subprocess.run(argv, input="\n".join(lines) + "\n", text=True, check=True)


def monitored(number: int, end: socket.socket) -> list[str]:
    """Return the arguments of QEMU that give it a monitor."""
    chardev = f"socket,id=qmp{number},fd={end.fileno()}"
    return ["-chardev", chardev, "-mon", f"qmp{number},mode=control"]


@contextmanager
def powered(
    found: Image, nics: Sequence[str], tester: int, wall: int, place: Path
) -> Iterator[tuple[subprocess.Popen[bytes], Monitor]]:
    """Have the DUT and its wires run, until the end of the block; it may reboot."""
    ours, theirs = socket.socketpair()
    of_wires, for_wires = socket.socketpair()
    cables = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in nics]
    argv = [
        *(found.qemu, "-nodefaults", "-no-user-config", "-display", "none"),
        *kvm.CHOICES[found.accelerator],
        *("-machine", "pc", "-m", str(MEMORY), "-append", APPEND),
        *("-kernel", f"{found.place}/vmlinux", "-initrd", f"{found.place}/initramfs"),
        *("-netdev", f"user,id=mgmt,restrict=on,hostfwd=tcp:127.0.0.1:{PORT}-:22"),
        *("-device", "virtio-net-pci,netdev=mgmt,id=mgmt0,romfile=,addr=3"),
        *("-chardev", f"file,id=console,path={place}/console", "-serial", "chardev:console"),
    ]
    argv += [*monitored(0, theirs), *monitored(1, for_wires)]
    words = []
    for number, (model, (end, other)) in enumerate(zip(nics, cables, strict=True), 1):
        argv += ["-netdev", f"socket,id=net{number},fd={end.fileno()}"]
        device = f"{model},netdev=net{number},mac={mac(number)},romfile=,addr={4 + number}"
        argv += ["-device", device]
        words.append(f"net{number}:{other.fileno()}:wall{number}")
    near = [theirs.fileno(), for_wires.fileno(), *(end.fileno() for end, _ in cables)]
    far = [of_wires.fileno(), *(other.fileno() for _, other in cables)]
    wires = [*inside(wall), sys.executable, str(WIRES), str(of_wires.fileno()), *words]
    with (
        subprocess.Popen([*inside(tester), *argv], pass_fds=near) as process,
        subprocess.Popen(wires, pass_fds=far) as carrying,
    ):
        for end in (theirs, of_wires, for_wires, *(one for pair in cables for one in pair)):
            end.close()
        monitor = Monitor(ours)
        try:
            monitor.begin()
            yield process, monitor
        finally:
            process.kill()
            carrying.kill()
            monitor.close()


if __name__ == "__main__":
    os.environ.pop("SSH_CONNECTION", None)
    with standing(Path(sys.argv[1])) as rack:
        print(f"tester {rack.tester}", flush=True)
        print(rack.lab(), rack.there("ip -br link; ethtool -i eth0").stdout, flush=True)
        sys.stdin.read()

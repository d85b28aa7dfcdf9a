"""Programs that scenarios run on a machine: a listener to frames, a sender of datagrams."""

from __future__ import annotations

from collections.abc import Sequence

from harness import Machine, Net, s

UNUSED = 0x88B5  # an Ethernet type for experiments (IEEE 802): no stack takes such frames
EVERYONE = "ff:ff:ff:ff:ff:ff"
STARTED = 0.5  # seconds within which a listener has started, of which it counts nothing
SPACING = 1 * s  # between two frames
FRAMES = 3  # of which the first may come before the listener has started
LISTENER = """
import socket, sys, time
device, kind, count = sys.argv[1], int(sys.argv[2]), 0
begin = time.monotonic() + float(sys.argv[3])
tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(kind))
if device: tap.bind((device, kind))
tap.settimeout(1.5)
try:
    while tap.recv(2000): count += time.monotonic() > begin
except TimeoutError:
    print(count)
"""
TALKER = """
import socket, sys
for address in sys.argv[1:]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    socket.socket(family, socket.SOCK_DGRAM).sendto(b"", (address, 9))
"""


def frame(to: str, sender: str = "02:0c:00:00:00:09") -> bytes:
    """Return a frame of an unused type to a MAC."""
    return bytes.fromhex((to + sender).replace(":", "")) + UNUSED.to_bytes(2) + bytes(46)


def copies(net: Net, interface: str) -> float:
    """Return how many copies of each of FRAMES frames, SPACING apart, a listener of the DUT gets.

    It is bound to an interface, "" for all. As a handler of their type it is behind the bond's
    handler of received frames (bond_handle_frame), which no tap of all frames is.
    """
    words = [interface, str(UNUSED), str(STARTED)]
    return int(_python(net, None, LISTENER, *words)) / (FRAMES - 1)


def talk(net: Net, clients: Sequence[str], machine: Machine | None = None) -> None:
    """Let a machine, by default the DUT, send a datagram to each address, and so ask for MACs."""
    _python(net, machine, TALKER, *clients)


def _python(net: Net, machine: Machine | None, program: str, *arguments: str) -> str:
    runner = net.dut if machine is None else machine
    done = runner.run(["python3", "-I", "-S", "-c", program, *arguments])
    assert done.returncode == 0, done.stderr
    return done.stdout

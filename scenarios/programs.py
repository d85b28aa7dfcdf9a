"""Programs in Python that scenarios run on a machine: listeners, senders, connections."""

from __future__ import annotations

from collections.abc import Sequence

from harness import Dut, Machine, Net, NotTestable, Span, ms, s

PYTHON = ("python3", "-I", "-S", "-c")
UNUSED = 0x88B5  # an Ethernet type for experiments (IEEE 802): no stack takes such frames
EVERYONE = "ff:ff:ff:ff:ff:ff"
SPACING = 1 * s  # between two frames
FRAMES = 4  # of which some may come before the listener has started
SILENCE = 1500 * ms  # after which a listener ends: longer than SPACING
LEEWAY = 200 * ms  # between the first frame and the request to start a listener
# Listens until nothing comes for some seconds; prints how many copies of each frame came. Those
# that came within half a second are copies, by the kernel's time stamps (SO_TIMESTAMPNS).
LISTENER = """
import socket, struct, sys
device, kind, silence = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) / 1e9
counts, last = [], 0
tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(kind))
tap.setsockopt(socket.SOL_SOCKET, 35, 1)
if device: tap.bind((device, kind))
tap.settimeout(silence)
try:
    while stamp := tap.recvmsg(2000, 64)[1]:
        seconds, rest = struct.unpack("=qq", stamp[0][2])
        at = seconds + rest / 1e9
        if at - last > 0.5: counts.append(0)
        counts[-1] += 1
        last = at
except TimeoutError:
    print(*counts)
"""
TALKER = """
import socket, sys
for address in sys.argv[1:]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    socket.socket(family, socket.SOCK_DGRAM).sendto(b"", (address, 9))
"""
# Binds to the group of link events, makes a slave active, counts the events of a failover and
# the requests to announce (IFLA_EVENT of RTM_NEWLINK, linux/if_link.h) within 2 s.
EVENTS = """
import socket, struct, subprocess
GROUP, NEWLINK, EVENT, FAILOVER, NOTIFY = 1, 16, 44, 3, 4
seen = []
def attributes(data):
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        yield kind, data[4:length]
        data = data[(max(length, 4) + 3) & ~3:]
with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as one:
    one.bind((0, GROUP))
    one.settimeout(2)
    subprocess.run("ip link set bond0 type bond active_slave eth1".split(), check=True)
    try:
        while data := one.recv(65536):
            while len(data) >= 16:
                length, kind = struct.unpack_from("=IH", data)
                if kind == NEWLINK:
                    for number, value in attributes(data[32:length]):
                        if number == EVENT: seen += struct.unpack("=I", value)
                data = data[(length + 3) & ~3:]
    except TimeoutError: pass
print(seen.count(FAILOVER), seen.count(NOTIFY))
"""
DATAGRAM_SENDER = """
import socket, sys
with socket.socket(type=socket.SOCK_DGRAM) as one:
    for _ in range(int(sys.argv[2])): one.sendto(b"", (sys.argv[1], 9))
"""
RAW_SENDER = """
import socket, sys
tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
tap.bind((sys.argv[1], 0))
for _ in range(int(sys.argv[2])): tap.send(bytes.fromhex(sys.argv[3]))
"""
CONNECTOR = """
import socket, sys
to, stream = (sys.argv[1], 9), sys.argv[2] == "tcp"
for _ in range(int(sys.argv[3])):
    with socket.socket(type=socket.SOCK_STREAM if stream else socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("", 5000))
        if stream: one.connect_ex(to)
        else: one.sendto(b"", to)
"""
# A host without a listener refuses the connection: its answer has come back.
CONNECT = """
import socket, sys
with socket.socket() as one:
    one.settimeout(3)
    try: one.connect((sys.argv[1], 9))
    except ConnectionRefusedError: print("answered")
    except OSError: pass
"""


def frame(to: str, sender: str = "02:0c:00:00:00:09") -> bytes:
    """Return a frame of an unused type to a MAC."""
    return bytes.fromhex((to + sender).replace(":", "")) + UNUSED.to_bytes(2) + bytes(46)


def who_has(address: str, asker: str, mac: str = "02:0c:00:00:00:09") -> bytes:
    """Return a machine's ARP request, by its address and MAC, for another address (RFC 826)."""
    asked, asking = (bytes(map(int, one.split("."))) for one in (address, asker))
    sender = bytes.fromhex(mac.replace(":", "")) + asking
    request = bytes.fromhex("0001080006040001") + sender + bytes(6) + asked
    return frame(EVERYONE, mac)[:12] + bytes.fromhex("0806") + request + bytes(18)


def copies(net: Net, interface: str, machine: Machine | None = None) -> float:
    """Return how many copies of each of FRAMES frames, SPACING apart, a listener gets.

    It is a program of the DUT, or of another machine, bound to an interface ("" for all) and to
    the type of the frames. So it is behind the bond's handler of received frames
    (bond_handle_frame), which no tap of all types is. The first frame that it gets does not count
    if there are more: it may have started between two copies. It is to be called once the first
    frame is sent. Raises NotTestable where it heard nothing, but started so late that the last
    frame may have been sent before.
    """
    words = [interface, str(UNUSED), str(SILENCE.ns)]
    done = (machine or net.dut).run([*PYTHON, LISTENER, *words])
    assert done.returncode == 0, done.stderr
    counts = [int(one) for one in done.stdout.split()]
    started = done.lasted - SILENCE
    if not counts and started > (FRAMES - 1) * SPACING - LEEWAY:
        raise NotTestable(
            f"a listener started {started} after the first frame, and no frame waited",
            hint="use an idle or quicker machine",
        )
    counted = counts[1:] or counts
    return sum(counted) / len(counted) if counted else 0


def talk(net: Net, clients: Sequence[str], machine: Machine | None = None) -> None:
    """Let a machine, by default the DUT, send a datagram to each address, and so ask for MACs."""
    python(machine or net.dut, TALKER, *clients)


def send_raw(net: Net, interface: str, count: int) -> None:
    """Let the DUT send frames of the unused type by an interface, and nothing before them."""
    python(net.dut, RAW_SENDER, interface, str(count), frame(EVERYONE).hex())


def send_datagrams(net: Net, to: str, count: int) -> None:
    """Let the DUT send UDP datagrams to an address by one socket."""
    python(net.dut, DATAGRAM_SENDER, to, str(count))


def connect_again(net: Net, to: Machine, kind: str, times: int) -> None:
    """Let the DUT send to a machine from one port, by `tcp` or `udp`, each time by a new socket.

    A connection is refused at once, so each socket sends one packet of one 5-tuple.
    """
    python(net.dut, CONNECTOR, to.address, kind, str(times))


def failover_events(net: Net) -> tuple[int, int]:
    """Make eth1 active; return how many events of a failover and of announcements were sent."""
    failovers, announcements = python(net.dut, EVENTS).split()
    return int(failovers), int(announcements)


def answers(machine: Dut | Machine, address: str) -> bool:
    """Return whether an address answers a request of a machine to connect, within 3 s."""
    return python(machine, CONNECT, address, within=60 * s) == "answered\n"


def python(machine: Dut | Machine, program: str, *arguments: str, within: Span = 10 * s) -> str:
    """Run a program that has to succeed; return what it wrote."""
    done = machine.run([*PYTHON, program, *arguments], within=within)
    assert done.returncode == 0, done.stderr
    return done.stdout

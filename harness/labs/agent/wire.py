"""Parts of the agent's program besides its loop: clocks, sockets and frames.

It is sent with the program, so it imports only the standard library (see program).
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import os
import signal
import socket
import struct
import subprocess
import tempfile
import time

SO_RCVBUFFORCE = 33
SOL_NETLINK, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 270, 10, 11
SOL_RAW, ICMP_FILTER, EVERY_TYPE = 255, 1, 0xFFFFFFFF
ETH_P_ALL = 3
ROOM = 1 << 21  # bytes a socket may hold
NLMSG_ERROR, NLMSG_DONE = 2, 3
BUFFER = 1 << 20
CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_REC, MS_PRIVATE, MNT_DETACH = 0x4000, 1 << 18, 2
SECOND = 1000000000
TIGHT = 20000  # ns between two readings of a clock around one of the other: accurate enough
PRECISE = hasattr(time, "time_ns")  # since Python 3.7


def now() -> int:
    """Return this host's monotonic time in ns."""
    return int(time.monotonic_ns() if PRECISE else time.monotonic() * SECOND)


def wall() -> int:
    """Return this host's wall-clock time in ns."""
    return time.time_ns() if PRECISE else int(time.time() * SECOND)


def text_of(data: bytes) -> str:
    """Return bytes as base64 text."""
    return base64.b64encode(data).decode()


def numbered(template: bytes, seq: int) -> bytes:
    """Return an ICMP echo request (RFC 792) with a number in its header and in its body."""
    frame = bytearray(template)
    struct.pack_into("!H", frame, 2, 0)
    struct.pack_into("!H", frame, 6, seq & 0xFFFF)
    struct.pack_into("!I", frame, 18, seq)
    struct.pack_into("!H", frame, 2, checksum(bytes(frame)))
    return bytes(frame)


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071) of an even number of bytes."""
    total: int = sum(struct.unpack("!%dH" % (len(data) // 2), data))  # noqa: UP031  (Python 3.6)
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def enlarge_buffer(sock: socket.socket) -> None:
    """Set a receive buffer larger than net.core.rmem_max, if permitted."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, ROOM)
    except PermissionError:  # root in a user namespace only
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)


def sender_socket(device: str) -> socket.socket:
    """Return a socket that sends whole frames out of a device, or ICMP messages without one.

    It receives nothing: neither frames (protocol 0) nor ICMP (each type is filtered).
    """
    if device:
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        sock.bind((device, 0))
    else:
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        sock.setsockopt(SOL_RAW, ICMP_FILTER, struct.pack("=I", EVERY_TYPE))
    sock.setblocking(False)
    return sock


def control_socket() -> socket.socket:
    """Return a socket for rtnetlink requests."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    for option in (NETLINK_EXT_ACK, NETLINK_CAP_ACK):
        sock.setsockopt(SOL_NETLINK, option, 1)
    sock.settimeout(10)
    sock.bind((0, 0))
    return sock


def transact(control: socket.socket, data: bytes, acks: int) -> list[bytes]:
    """Send netlink requests and return the replies, up to the number of acknowledgements."""
    received = []
    control.send(data)
    while acks > 0:
        received.append(control.recv(BUFFER))
        at = 0
        while at + 16 <= len(received[-1]):
            length, kind = struct.unpack_from("=IH", received[-1], at)
            acks -= kind in (NLMSG_ERROR, NLMSG_DONE)
            at += max(16, (length + 3) & ~3)
    return received


class RunQueue:
    """How long this process was ready to run and did not (ns), by /proc/self/schedstat.

    Its second number is the time on the run queue (scheduler/sched-stats.rst); a kernel without
    CONFIG_SCHED_INFO has no such file, and then the time is unknown.
    """

    def __init__(self) -> None:
        try:
            self.file = os.open("/proc/self/schedstat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self.file = -1

    def waited(self) -> int:
        """Return the time so far, 0 where the kernel does not count it."""
        return int(os.pread(self.file, 100, 0).split()[1]) if self.file >= 0 else 0


class ChildProcess:
    """A started program; raises OSError if starting it fails."""

    def __init__(self, argv: list[str]) -> None:
        self.out, self.err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self.process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=self.out,
                stderr=self.err,
                start_new_session=True,
            )
        except OSError:
            self.out.close()
            self.err.close()
            raise

    def ended(self) -> tuple[int, str, str] | None:
        """Return its exit status, output and error output, None while it runs."""
        if self.process.poll() is None:
            return None
        self.out.seek(0)
        self.err.seek(0)
        out, err = (file.read().decode(errors="replace") for file in (self.out, self.err))
        return self.process.returncode, out, err

    def close(self) -> None:
        """Kill it and its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.out.close()
        self.err.close()


def fresh_namespace() -> None:
    """Enter a new network namespace without IPv6, and mount its sysfs at /sys.

    IPv6 autoconfiguration sends multicast frames, which an ARP monitor without validation counts
    as received traffic.
    """
    libc = ctypes.CDLL(None, use_errno=True)

    def checked(result: int) -> None:
        if result:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    checked(libc.unshare(CLONE_NEWNET | CLONE_NEWNS))
    checked(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
    libc.umount2(b"/sys", MNT_DETACH)  # that of the namespace before
    checked(libc.mount(b"sysfs", b"/sys", b"sysfs", 0, None))
    try:
        with open("/proc/sys/net/ipv6/conf/default/disable_ipv6", "w") as file:  # noqa: PTH123
            file.write("1")
    except OSError:  # a kernel without IPv6
        return


def wall_to_monotonic() -> int:
    """Return what must be added to a wall-clock stamp, by the tightest of some readings."""
    readings = []
    for _ in range(3):
        before, stamp, after = now(), wall(), now()
        readings.append((after - before, (before + after) // 2 - stamp))
        if after - before < TIGHT:
            break
    return min(readings)[1]

"""The network side of an adapter: a TAP device, whose other end is this process."""

from __future__ import annotations

import fcntl
import os
import stat
import struct
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from harness.errors import LabError

NODE, NUMBER = Path("/dev/net/tun"), (10, 200)
TUNSETIFF, TUNSETIFINDEX, TUNSETCARRIER = 0x400454CA, 0x400454DA, 0x400454E2
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
BUFFER = 2048


class TapDevice:
    """A TAP in the network namespace in which it is created, until `close`."""

    def __init__(self, name: str, index: int) -> None:
        """Make the device with a name and a number; raises LabError."""
        self._fd = _open()
        try:
            fcntl.ioctl(self._fd, TUNSETIFINDEX, struct.pack("I", index))
            flags = IFF_TAP | IFF_NO_PI
            fcntl.ioctl(self._fd, TUNSETIFF, struct.pack("16sH", name.encode(), flags))
        except OSError as error:
            os.close(self._fd)
            raise LabError(f"TAP {name} could not be made: {error.strerror}") from error

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._fd

    def close(self) -> None:
        """Close the device; it is removed when no process has it open."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def carrier(self, *, on: bool) -> None:
        """Set whether the switch has a link partner at the other end of the cable."""
        with suppress(OSError):  # the port may be down, or the kernel older than 5.0
            fcntl.ioctl(self._fd, TUNSETCARRIER, struct.pack("i", on))

    def frames(self) -> Iterator[bytes]:
        """Yield the frames that the switch has sent through this port since the last call."""
        with suppress(BlockingIOError, OSError):  # EIO: the port is being removed
            while True:
                yield os.read(self._fd, BUFFER)

    def send(self, frame: bytes) -> None:
        """Send a frame into the switch, which drops it if the port is down."""
        with suppress(OSError):
            os.write(self._fd, frame)


def _open() -> int:
    """Open the kernel's TUN driver, by a new device node if the machine has none."""
    flags = os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC
    with suppress(OSError):
        return os.open(NODE, flags)
    with tempfile.TemporaryDirectory() as place:
        node = Path(place, "tun")
        try:
            os.mknod(node, stat.S_IFCHR | 0o600, os.makedev(*NUMBER))
            return os.open(node, flags)
        except OSError as error:
            raise LabError(
                f"TAP devices cannot be made here: {error.strerror}",
                hint="the kernel needs CONFIG_TUN, or its module tun",
            ) from error

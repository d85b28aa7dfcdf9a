"""What `mii-tool` asks of a driver: an ioctl older than ethtool, which many drivers refuse."""

from __future__ import annotations

import errno
import fcntl
import socket
import struct

from harness.labs.netns.namespace import Namespace

SIOCGMIIPHY = 0x8947
IFREQ = struct.Struct("16s24x")


def refusal(namespace: Namespace, interface: str) -> str:
    """Return the errno's name with which a driver refuses SIOCGMIIPHY, "" where it answers."""
    with namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        try:
            fcntl.ioctl(handle, SIOCGMIIPHY, IFREQ.pack(interface.encode()))
        except OSError as error:
            return errno.errorcode.get(error.errno or 0, str(error))
    return ""

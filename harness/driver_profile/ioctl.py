"""Driver queries by ioctl: MII registers and ethtool (linux/ethtool.h, linux/mii.h)."""

from __future__ import annotations

import array
import fcntl
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from harness.driver_profile.facts import Identity, LinkQuery, Speed, errno_name
from harness.labs.netns.namespace import Namespace

SIOCETHTOOL, SIOCGMIIPHY, SIOCGMIIREG = 0x8946, 0x8947, 0x8948
GDRVINFO, GLINK, GLINKSETTINGS = 0x03, 0x0A, 0x4C
MII_BMSR, BMSR_LSTATUS = 1, 0x0004
DRVINFO = struct.Struct("=I32s32s32s32s32s12s5I")
SETTINGS = struct.Struct("=IIBBBBBBBbBBBB28s")
SPEED_UNKNOWN, DUPLEX = 0xFFFFFFFF, {0: "half", 1: "full"}
LATCHED = 2  # BMSR latches a lost link until it has been read once
MASKS = 3  # bit masks of link modes that follow the settings


class DriverQuery:
    """Queries the driver of one interface, by a socket in the interface's namespace."""

    def __init__(self, namespace: Namespace, name: str) -> None:
        self._sock = namespace.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._name = name.encode()

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def identity(self) -> Identity:
        """Return the driver's name and versions; fields are "" where it reports none."""
        try:
            answer = self._ethtool(struct.pack("=I", GDRVINFO).ljust(DRVINFO.size, b"\0"))
        except OSError:
            return Identity()
        _, *texts = DRVINFO.unpack(answer)[:5]
        driver, version, firmware, bus = (_text(text) for text in texts)
        return Identity(driver, version, firmware, bus)

    def ethtool_link(self) -> LinkQuery:
        """Read the link state by ETHTOOL_GLINK."""
        try:
            answer = self._ethtool(struct.pack("=II", GLINK, 0))
        except OSError as error:
            return LinkQuery(refused=_name(error))
        return LinkQuery(link=bool(struct.unpack("=II", answer)[1]))

    def mii(self) -> LinkQuery:
        """Read the link state from MII registers, as mii-tool does: SIOCGMIIPHY, then BMSR."""
        try:
            phy, *_ = self._mii(SIOCGMIIPHY, 0, 0)
            for _ in range(LATCHED):
                *_, value = self._mii(SIOCGMIIREG, phy, MII_BMSR)
        except OSError as error:
            return LinkQuery(refused=_name(error))
        return LinkQuery(link=bool(value & BMSR_LSTATUS))

    def speed(self) -> Speed:
        """Read speed and duplex by ETHTOOL_GLINKSETTINGS, as the bonding driver does."""
        try:
            words = -SETTINGS.unpack(self._settings(0)[: SETTINGS.size])[9]
            found = SETTINGS.unpack(self._settings(words)[: SETTINGS.size])
        except OSError as error:
            return Speed(refused=_name(error))
        mbps = None if found[1] in (0, SPEED_UNKNOWN) else found[1]
        return Speed(mbps, DUPLEX.get(found[2]), bool(found[5]))

    def _settings(self, words: int) -> bytes:
        """Return the settings; for 0 words the kernel only returns the length of its bit masks."""
        head = struct.pack("=I", GLINKSETTINGS).ljust(15, b"\0") + struct.pack("=b", words)
        return self._ethtool(head.ljust(SETTINGS.size + MASKS * 4 * abs(words), b"\0"))

    def _ethtool(self, request: bytes) -> bytes:
        buffer = array.array("B", request)
        address, _ = buffer.buffer_info()
        ifreq = struct.pack("=16sQ16x", self._name, address)
        fcntl.ioctl(self._sock, SIOCETHTOOL, ifreq)
        return buffer.tobytes()

    def _mii(self, number: int, phy: int, register: int) -> tuple[int, int, int]:
        """Return the PHY's address, its register's number and content."""
        ifreq = struct.pack("=16sHHHH16x", self._name, phy, register, 0, 0)
        answer = fcntl.ioctl(self._sock, number, ifreq)
        _, found, asked, _, value = struct.unpack_from("=16sHHHH", answer)
        return found, asked, value


@contextmanager
def open_query(namespace: Namespace, name: str) -> Iterator[DriverQuery]:
    """Yield a query of an interface's driver."""
    query = DriverQuery(namespace, name)
    try:
        yield query
    finally:
        query.close()


def combined(answers: dict[bool, LinkQuery]) -> LinkQuery | None:
    """Combine the answers that were given with link (True) and without (False)."""
    if True not in answers:
        return None
    up = answers[True]
    if up.refused or False not in answers:
        return up
    down = answers[False]
    return replace(up, followed=up.link is True and down.link is False)


def _text(data: bytes) -> str:
    text = data.partition(b"\0")[0].decode(errors="replace")
    return "" if text in ("N/A", "n/a") else text


def _name(error: OSError) -> str:
    return errno_name(error.errno or 0)

"""The RTL8150 as its driver sees it: registers, PHY, receive filter, frames in and out.

Register numbers and bits are those that the drivers of Linux (drivers/net/usb/rtl8150.c) and
FreeBSD (rue(4)) use. This module uses no kernel, no clock and no bus.
"""

from __future__ import annotations

import struct
import zlib
from collections import deque

MAC_BYTES = 6
BROADCAST = b"\xff" * MAC_BYTES
SHORTEST, LONGEST = 60, 1536  # bytes of a frame without its checksum
TRAILER = 4  # bytes behind a received frame; the driver drops them unread
HELD = 32  # received frames that wait for the host; more are lost and counted

# Registers, by the address that a vendor request carries in wValue.
IDR, MAR, CR, RCR, MSR = 0x120, 0x126, 0x12E, 0x130, 0x137
PHYADD, PHYDAT, PHYCNT = 0x138, 0x139, 0x13B
BMCR, BMSR, ANAR, ANLP, AER, CSCR = 0x140, 0x142, 0x144, 0x146, 0x148, 0x14C
EEPROM, EEPROM_BYTES = 0x1200, 128
EEPROM_MAC = EEPROM + 2
FIRST, LAST = 0x120, 0x150

CR_WRITE_EEPROM, CR_RESET, CR_RECEIVE, CR_SEND = 0x20, 0x10, 0x08, 0x04
RCR_HASHED, RCR_BROADCAST, RCR_OWN, RCR_MULTICAST, RCR_PROMISCUOUS = 0x10, 0x08, 0x04, 0x02, 0x01
MSR_DUPLEX, MSR_FAST, MSR_LINK = 0x10, 0x08, 0x04
CSCR_LINK = 0x08
PHY_GO, PHY_WRITE, PHY_REGISTER = 0x40, 0x20, 0x1F

# The registers of the PHY (IEEE 802.3 clause 22) that the chip maps, by number.
MII_AT = {0: BMCR, 1: BMSR, 4: ANAR, 5: ANLP, 6: AER}
BMCR_NEGOTIATES = 0x1000
BMSR_ABLE, BMSR_NEGOTIATED, BMSR_LINK = 0x7809, 0x0020, 0x0004
ALL_SPEEDS = 0x01E1  # 10 and 100 Mbit/s, half and full duplex
HALF_DUPLEX = 0x00A1  # 10 and 100 Mbit/s, half duplex only
ACKNOWLEDGED = 0x4000  # by the link partner

TSR_LOST_CARRIER = 0x08
COUNTER_MAX = 255


class Chip:
    """One adapter; `mac` (six bytes) is what its EEPROM holds."""

    def __init__(self, mac: bytes) -> None:
        self.eeprom = bytearray(EEPROM_BYTES)
        self.eeprom[2 : 2 + MAC_BYTES] = mac
        self.link, self.half_duplex = True, False
        self._status = self._sent = self._overrun = 0
        self.power_on()

    def power_on(self) -> None:
        """Start as after being plugged in: registers at their defaults, the EEPROM loaded."""
        self._registers = bytearray(LAST - FIRST)
        self._inbox: deque[bytes] = deque()
        self._put(IDR, bytes(self.eeprom[2 : 2 + MAC_BYTES]))
        self._reset()

    def _reset(self) -> None:
        """Do a software reset: it keeps the MAC, which the driver sets before it resets."""
        keep = self._get(IDR, MAC_BYTES)
        self._registers[:] = bytes(LAST - FIRST)
        self._inbox.clear()
        self._put(IDR, keep)
        self._put_word(BMCR, BMCR_NEGOTIATES)
        self._put_word(ANAR, ALL_SPEEDS)
        self._show_link()

    @property
    def mac(self) -> bytes:
        """The address that the receive filter accepts."""
        return self._get(IDR, MAC_BYTES)

    def set_link(self, *, up: bool) -> None:
        """Set whether the PHY has a link partner at the other end of the network cable."""
        self.link = up
        self._show_link()

    def set_duplex(self, *, half: bool) -> None:
        """Set whether the link partner is able of half duplex only."""
        self.half_duplex = half
        self._show_link()

    def _show_link(self) -> None:
        up, duplex = self.link, 0 if self.half_duplex else MSR_DUPLEX
        partner = ACKNOWLEDGED | (HALF_DUPLEX if self.half_duplex else ALL_SPEEDS)
        self._put(MSR, bytes([MSR_LINK | MSR_FAST | duplex if up else 0]))
        self._put_word(CSCR, CSCR_LINK if up else 0)
        self._put_word(BMSR, BMSR_ABLE | (BMSR_LINK | BMSR_NEGOTIATED if up else 0))
        self._put_word(ANLP, partner if up else 0)

    # Registers, as vendor requests read and write them.

    def read(self, address: int, length: int) -> bytes:
        """Return registers, or bytes of the EEPROM; what does not exist reads as 0."""
        if EEPROM <= address < EEPROM + EEPROM_BYTES:
            found = bytes(self.eeprom[address - EEPROM :][:length])
        elif FIRST <= address < LAST:
            found = self._get(address, length)
        else:
            found = b""
        return found.ljust(length, b"\0")

    def write(self, address: int, data: bytes) -> None:
        """Write registers, or the EEPROM where that is enabled, with all side effects."""
        if EEPROM <= address < EEPROM + EEPROM_BYTES:
            if self._get(CR, 1)[0] & CR_WRITE_EEPROM:
                at = address - EEPROM
                self.eeprom[at : at + len(data)] = data[: EEPROM_BYTES - at]
            return
        if not FIRST <= address < LAST:
            return
        self._put(address, data[: LAST - address])
        touched = range(address, address + len(data))
        if CR in touched and self._get(CR, 1)[0] & CR_RESET:
            self._reset()
        if PHYCNT in touched:
            self._phy()
        if touched.start < CSCR + 2 and touched.stop > MSR:
            self._show_link()  # only the PHY writes those

    def _phy(self) -> None:
        """Execute the PHY access of PHYCNT; it completes at once."""
        command = self._get(PHYCNT, 1)[0]
        if not command & PHY_GO:
            return
        place = MII_AT.get(command & PHY_REGISTER)
        if command & PHY_WRITE:
            if place in (BMCR, ANAR):
                self._put(place, self._get(PHYDAT, 2))
        else:
            self._put(PHYDAT, self._get(place, 2) if place else b"\0\0")
        self._put(PHYCNT, bytes([command & ~PHY_GO]))

    # Frames.

    def send(self, data: bytes) -> bytes | None:
        """Return the frame that goes onto the wire for a bulk transfer out, None for none."""
        if not self._get(CR, 1)[0] & CR_SEND:
            return None
        if not self.link:
            self._status |= TSR_LOST_CARRIER
            return None
        self._sent += 1
        return data.ljust(SHORTEST, b"\0")

    def receive(self, frame: bytes) -> bool:
        """Receive a frame from the wire; return whether it is queued for the host."""
        if not (self.link and self._get(CR, 1)[0] & CR_RECEIVE and self._wanted(frame)):
            return False
        if len(self._inbox) >= HELD:
            self._overrun += 1
            return False
        self._inbox.append(frame[:LONGEST].ljust(SHORTEST, b"\0"))
        return True

    def _wanted(self, frame: bytes) -> bool:
        """Return whether the receive filter accepts a frame."""
        rules, to = self._get(RCR, 1)[0], frame[:MAC_BYTES]
        if len(to) < MAC_BYTES:
            return False
        if rules & RCR_PROMISCUOUS:
            return True
        if to == BROADCAST:
            return bool(rules & RCR_BROADCAST)
        if to[0] & 1:
            hashed = rules & RCR_HASHED and self._in_table(to)
            return bool(rules & RCR_MULTICAST or hashed)
        return bool(rules & RCR_OWN) and to == self.mac

    def _in_table(self, mac: bytes) -> bool:
        """Return whether the multicast table has the bit of an address (Ethernet CRC, 6 bits)."""
        crc = zlib.crc32(mac) ^ 0xFFFFFFFF
        bit = int(f"{crc:032b}"[::-1][:6], 2)
        return bool(self._get(MAR, 8)[bit >> 3] >> (bit & 7) & 1)

    def deliver(self) -> bytes | None:
        """Return what the next bulk transfer in carries, None while there is nothing."""
        if not self._inbox:
            return None
        frame = self._inbox.popleft()
        return frame + struct.pack("<I", len(frame) + TRAILER)

    def interrupt(self, *, lie: bool = False) -> bytes:
        """Return an interrupt packet and reset the counters; `lie` inverts its link bit.

        TSR RSR MSR WAKSR TXOK RXLOST CRCERR COL, one byte each.
        """
        media = self._get(MSR, 1)[0] ^ (MSR_LINK if lie else 0)
        sent, lost = min(self._sent, COUNTER_MAX), min(self._overrun, COUNTER_MAX)
        packet = bytes([self._status, 0, media, 0, sent, lost, 0, 0])
        self._status = self._sent = self._overrun = 0
        return packet

    def _get(self, address: int, length: int) -> bytes:
        return bytes(self._registers[address - FIRST :][:length])

    def _put(self, address: int, data: bytes) -> None:
        self._registers[address - FIRST : address - FIRST + len(data)] = data

    def _put_word(self, address: int, value: int) -> None:
        self._put(address, struct.pack("<H", value))

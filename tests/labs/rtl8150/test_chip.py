"""The chip without a kernel: registers, PHY, receive filter, frames, interrupt packets."""

from __future__ import annotations

import struct

import pytest

from harness.labs.rtl8150 import chip as c
from harness.labs.rtl8150 import descriptors
from harness.labs.rtl8150.chip import Chip

MAC = bytes.fromhex("001060dd995c")
OTHER = bytes.fromhex("001060db0424")
GROUP = bytes.fromhex("01005e000001")
DRIVERS = 0x9E  # what the driver writes to RCR when it opens the interface
ANSWERS, ALONE = 0x9C, 0x9F


@pytest.fixture
def chip() -> Chip:
    """A chip that its driver has opened."""
    made = Chip(MAC)
    made.write(c.CR, bytes([c.CR_RESET]))
    made.write(c.RCR, bytes([DRIVERS]))
    made.write(c.CR, bytes([c.CR_SEND | c.CR_RECEIVE]))
    return made


def frame(to: bytes, length: int = 80) -> bytes:
    return (to + OTHER + b"\x08\x00").ljust(length, b"x")


def mii(chip: Chip, number: int, value: int | None = None) -> int:
    """Read or write a PHY register as the driver does: PHYADD, PHYDAT, PHYCNT."""
    chip.write(c.PHYADD, struct.pack("<BH", 0, value or 0))
    command = number | c.PHY_GO | (c.PHY_WRITE if value is not None else 0)
    chip.write(c.PHYCNT, bytes([command]))
    assert not chip.read(c.PHYCNT, 1)[0] & c.PHY_GO
    return int.from_bytes(chip.read(c.PHYDAT, 2), "little")


def test_the_mac_comes_from_the_eeprom_and_outlives_a_reset(chip: Chip) -> None:
    assert chip.read(c.IDR, 6) == chip.read(c.EEPROM_MAC, 6) == MAC
    chip.write(c.IDR, OTHER)
    chip.write(c.CR, bytes([c.CR_RESET]))
    assert chip.mac == OTHER
    chip.power_on()
    assert chip.mac == MAC


def test_a_reset_is_done_at_once_and_leaves_defaults(chip: Chip) -> None:
    chip.receive(frame(MAC))
    chip.write(c.CR, bytes([c.CR_RESET]))
    assert chip.read(c.CR, 1) == chip.read(c.RCR, 1) == b"\0"
    assert chip.deliver() is None


def test_the_eeprom_is_written_only_when_that_is_enabled(chip: Chip) -> None:
    chip.write(c.EEPROM_MAC, OTHER)
    assert chip.read(c.EEPROM_MAC, 6) == MAC
    chip.write(c.CR, bytes([c.CR_WRITE_EEPROM]))
    chip.write(c.EEPROM_MAC, OTHER)
    chip.power_on()
    assert chip.mac == OTHER


def test_the_link_shows_in_every_register_that_tells_of_it(chip: Chip) -> None:
    for up in (False, True):
        chip.set_link(up=up)
        assert bool(chip.read(c.MSR, 1)[0] & c.MSR_LINK) == up
        assert bool(chip.read(c.CSCR, 2)[0] & c.CSCR_LINK) == up
        assert bool(mii(chip, 1) & c.BMSR_LINK) == up
        assert bool(chip.interrupt()[2] & c.MSR_LINK) == up
        assert (mii(chip, 5) != 0) == up


@pytest.mark.parametrize(("half", "able"), [(False, 0x41E1), (True, 0x40A1)])
def test_a_partner_of_half_duplex_shows_in_what_it_advertises(
    chip: Chip, able: int, *, half: bool
) -> None:
    chip.set_duplex(half=half)
    assert int.from_bytes(chip.read(c.ANLP, 2), "little") == able
    assert bool(chip.read(c.MSR, 1)[0] & c.MSR_DUPLEX) != half


def test_the_host_cannot_write_what_is_the_phys(chip: Chip) -> None:
    chip.set_link(up=False)
    chip.write(c.MSR, b"\xff")
    chip.write(c.CSCR, b"\xff\xff")
    assert chip.read(c.MSR, 1) == b"\0"
    assert chip.read(c.CSCR, 2) == b"\0\0"


def test_phy_registers_are_read_and_written(chip: Chip) -> None:
    assert mii(chip, 0) == c.BMCR_NEGOTIATES
    mii(chip, 4, 0x0061)
    assert mii(chip, 4) == 0x0061
    before = mii(chip, 1)
    mii(chip, 1, 0xFFFF)
    assert mii(chip, 1) == before
    assert mii(chip, 17) == 0


@pytest.mark.parametrize(
    ("rules", "to", "taken"),
    [
        (DRIVERS, MAC, True),
        (DRIVERS, OTHER, False),
        (DRIVERS, c.BROADCAST, True),
        (DRIVERS, GROUP, True),
        (ANSWERS, GROUP, False),
        (ANSWERS, c.BROADCAST, True),
        (ALONE, OTHER, True),
        (0x00, MAC, False),
        (0x00, c.BROADCAST, False),
        (c.RCR_PROMISCUOUS, GROUP, True),
    ],
)
def test_the_receive_filter(chip: Chip, rules: int, to: bytes, *, taken: bool) -> None:
    chip.write(c.RCR, bytes([rules]))
    assert chip.receive(frame(to)) == taken
    assert (chip.deliver() is not None) == taken


def test_the_filter_follows_the_address_it_is_given(chip: Chip) -> None:
    chip.write(c.IDR, OTHER)
    assert chip.receive(frame(OTHER))
    assert not chip.receive(frame(MAC))


def test_the_multicast_table_lets_in_what_has_its_bit(chip: Chip) -> None:
    chip.write(c.RCR, bytes([c.RCR_HASHED]))
    assert not chip.receive(frame(GROUP))
    bits = []
    for bit in range(64):
        chip.write(c.MAR, (1 << bit).to_bytes(8, "little"))
        bits += [bit] if chip.receive(frame(GROUP)) else []
    assert bits == [31]  # 01:00:5e:00:00:01 by the upper 6 bits of the Ethernet CRC


def test_nothing_is_sent_or_received_without_link_or_leave(chip: Chip) -> None:
    assert chip.send(frame(OTHER)) == frame(OTHER)
    chip.set_link(up=False)
    assert chip.send(frame(OTHER)) is None
    assert not chip.receive(frame(MAC))
    assert chip.interrupt()[0] == c.TSR_LOST_CARRIER
    chip.set_link(up=True)
    chip.write(c.CR, b"\0")
    assert chip.send(frame(OTHER)) is None
    assert not chip.receive(frame(MAC))


def test_frames_are_filled_up_and_carry_four_bytes_more_inwards(chip: Chip) -> None:
    assert len(chip.send(frame(OTHER, 20)) or b"") == c.SHORTEST
    chip.receive(frame(MAC, 20))
    data = chip.deliver()
    assert data is not None
    assert len(data) == c.SHORTEST + c.TRAILER
    assert data.startswith(frame(MAC, 20))


def test_frames_that_are_not_fetched_are_lost_and_counted(chip: Chip) -> None:
    taken = [chip.receive(frame(MAC)) for _ in range(c.HELD + 3)]
    assert taken == [True] * c.HELD + [False] * 3
    assert chip.interrupt()[5] == 3
    assert chip.interrupt()[5] == 0


def test_an_interrupt_packet_counts_and_may_lie(chip: Chip) -> None:
    chip.send(frame(OTHER))
    chip.send(frame(OTHER))
    assert list(chip.interrupt()) == [0, 0, 0x1C, 0, 2, 0, 0, 0]
    assert chip.interrupt(lie=True)[2] == 0x18
    chip.set_link(up=False)
    assert chip.interrupt(lie=True)[2] & c.MSR_LINK


def test_descriptors_are_as_long_as_they_say() -> None:
    device = descriptors.descriptor(1 << 8)
    configuration = descriptors.descriptor(2 << 8)
    assert device is not None
    assert configuration is not None
    assert len(device) == device[0] == 18
    assert struct.unpack_from("<HH", device, 8) == (0x0BDA, 0x8150)
    assert len(configuration) == struct.unpack_from("<H", configuration, 2)[0] == 39
    endpoints = [configuration[at + 2] for at in (18, 25, 32)]
    assert endpoints == [0x81, 0x02, 0x83]
    assert configuration[-1] == descriptors.INTERRUPT_MS
    assert descriptors.descriptor(3 << 8 | 1) == b"\x10\x03" + "Realtek".encode("utf-16le")
    assert descriptors.descriptor(3 << 8 | 9) is None
    assert descriptors.descriptor(6 << 8) is None

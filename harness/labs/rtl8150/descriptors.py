"""The adapter's descriptors on the bus (USB 2.0, chapter 9): a full-speed vendor device."""

from __future__ import annotations

import struct

VENDOR, PRODUCT = 0x0BDA, 0x8150
BULK_IN, BULK_OUT, INTERRUPT_IN = 0x81, 0x02, 0x83
BULK_BYTES, INTERRUPT_BYTES = 64, 8
INTERRUPT_MS = 100  # how often the host shall poll the interrupt pipe
STRINGS = ("Realtek", "USB 10/100 LAN")

DEVICE_TYPE, CONFIGURATION_TYPE, STRING_TYPE, INTERFACE_TYPE, ENDPOINT_TYPE = 1, 2, 3, 4, 5
BULK, INTERRUPT = 2, 3
VENDOR_SPECIFIC, US_ENGLISH, BUS_POWERED = 0xFF, 0x0409, 0x80
MILLIAMPERES = 120


def descriptor(value: int) -> bytes | None:
    """Return what GET_DESCRIPTOR answers for a wValue, None for what the device does not have."""
    kind, number = value >> 8, value & 0xFF
    if kind == DEVICE_TYPE:
        return _device()
    if kind == CONFIGURATION_TYPE:
        return _configuration()
    if kind == STRING_TYPE:
        return _string(number)
    return None


def _device() -> bytes:
    names = (1, 2, 0)  # manufacturer, product, no serial number
    head = struct.pack("<BBHBBBB", 18, DEVICE_TYPE, 0x0110, VENDOR_SPECIFIC, 0, 0xFF, 8)
    return head + struct.pack("<HHH4B", VENDOR, PRODUCT, 0x0100, *names, 1)


def _configuration() -> bytes:
    inside = struct.pack("<9B", 9, INTERFACE_TYPE, 0, 0, 3, VENDOR_SPECIFIC, 0, 0, 0)
    inside += _endpoint(BULK_IN, BULK, BULK_BYTES, 0)
    inside += _endpoint(BULK_OUT, BULK, BULK_BYTES, 0)
    inside += _endpoint(INTERRUPT_IN, INTERRUPT, INTERRUPT_BYTES, INTERRUPT_MS)
    total, power = 9 + len(inside), MILLIAMPERES // 2
    head = struct.pack("<BBHBBBBB", 9, CONFIGURATION_TYPE, total, 1, 1, 0, BUS_POWERED, power)
    return head + inside


def _endpoint(address: int, kind: int, most: int, interval: int) -> bytes:
    return struct.pack("<BBBBHB", 7, ENDPOINT_TYPE, address, kind, most, interval)


def _string(number: int) -> bytes | None:
    if number == 0:
        return struct.pack("<BBH", 4, STRING_TYPE, US_ENGLISH)
    if number > len(STRINGS):
        return None
    text = STRINGS[number - 1].encode("utf-16le")
    return struct.pack("<BB", 2 + len(text), STRING_TYPE) + text

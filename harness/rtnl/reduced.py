"""Notifications reduced to what is read of them, before they are decoded.

Most differ in statistics or ages alone, and pyroute2 takes a millisecond of a guest for the 60
attributes of a link: without these, equal ones are decoded once.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator

HEADER = struct.Struct("=IHHII")
ATTRIBUTE = struct.Struct("=HH")
KIND = 0x3FFF  # the type of an attribute without its flags


def attributes(data: bytes, at: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield the type, without flags, and the payload of each netlink attribute from `at` on."""
    while at + ATTRIBUTE.size <= len(data):
        length, kind = ATTRIBUTE.unpack_from(data, at)
        if length < ATTRIBUTE.size:
            return
        yield kind & KIND, data[at + ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3


def reduced(kind: int, family_header: bytes, message: bytes, kept: Collection[int]) -> bytes:
    """Return a message of a type with the attributes of the `kept` types alone.

    `family_header` is what it has between netlink's header and its attributes, as it is wanted.
    """
    parts = [family_header]
    for number, payload in attributes(message, HEADER.size + len(family_header)):
        if number in kept:
            head = ATTRIBUTE.pack(ATTRIBUTE.size + len(payload), number)
            parts += (head, payload, bytes(-len(payload) % 4))
    body = b"".join(parts)
    return HEADER.pack(HEADER.size + len(body), kind, 0, 0, 0) + body

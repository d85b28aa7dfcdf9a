"""The kernel in an image comes out as it went in, however it is packed."""

from __future__ import annotations

import gzip
import lzma
import struct
from collections.abc import Callable

import pytest

from harness.errors import KernelUnavailable
from harness.kernels.dut.unpack import PAYLOAD, SETUP_SECTORS, unpack

ELF = b"\x7fELF" + bytes(1000)


def image(payload: bytes) -> bytes:
    """Return what the boot protocol says an image is: one setup sector, 16 bytes, the payload."""
    head = bytearray(1024)
    head[SETUP_SECTORS] = 1
    struct.pack_into("<II", head, PAYLOAD, 16, len(payload))
    return bytes(head) + bytes(16) + payload + bytes(64)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_packed_kernel_is_unpacked(pack: Callable[[bytes], bytes]) -> None:
    assert unpack(image(pack(ELF))) == ELF


def test_an_unknown_packing_is_named() -> None:
    with pytest.raises(KernelUnavailable, match="begins with 2a2a2a2a"):
        unpack(image(b"****"))

"""Read the ELF header of an executable, and change its dynamic linker.

A kernel from a newer distribution needs a newer libc than this machine's. User-Mode Linux does not
boot through that libc's linker (`ld.so kernel`): its memory layout depends on the program break,
and it executes /proc/self/exe again. So PT_INTERP of the executable is changed instead; the new
path is appended to the file.
"""

from __future__ import annotations

import struct
from pathlib import Path

from harness.errors import UsageError

MAGIC_64_LITTLE = b"\x7fELF\x02\x01"
PT_INTERP = 3
ELF_HEADER, PROGRAM_HEADER = 64, 56
OFFSET, IN_FILE, IN_MEMORY = 8, 32, 40  # of an Elf64_Phdr's fields, see elf(5)


def machine(path: Path) -> int:
    """Return e_machine of an executable, 0 for any other file."""
    with path.open("rb") as file:
        head = file.read(20)
    is_elf = head[:4] == MAGIC_64_LITTLE[:4] and len(head) == 20
    return int(struct.unpack_from("<H", head, 18)[0]) if is_elf else 0


def interpreter(path: Path) -> str:
    """Return the path of an executable's dynamic linker, "" for none."""
    data = path.read_bytes()
    at = _header(data)
    if at is None:
        return ""
    offset, size = (struct.unpack_from("<Q", data, at + field)[0] for field in (OFFSET, IN_FILE))
    return data[offset : offset + size].rstrip(b"\0").decode()


def set_interpreter(path: Path, linker: Path) -> None:
    """Set the dynamic linker of an executable; raises UsageError if it has none."""
    data = bytearray(path.read_bytes())
    at = _header(data)
    if at is None:
        raise UsageError(
            f"{path} is not a dynamically linked 64-bit executable",
            hint="give a kernel that was built for this machine",
        )
    text = bytes(linker) + b"\0"
    for field, value in ((OFFSET, len(data)), (IN_FILE, len(text)), (IN_MEMORY, len(text))):
        struct.pack_into("<Q", data, at + field, value)
    path.write_bytes(data + text)


def _header(data: bytes | bytearray) -> int | None:
    """Return the offset of the PT_INTERP program header, None for none."""
    if data[:6] != MAGIC_64_LITTLE or len(data) < ELF_HEADER:
        return None
    (start,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for at in range(start, start + size * count, size or 1):
        if at + PROGRAM_HEADER <= len(data) and struct.unpack_from("<I", data, at)[0] == PT_INTERP:
            return at
    return None

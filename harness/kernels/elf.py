"""What an executable says of itself, and a dynamic linker of its own for one that needs it.

A kernel from a newer distribution needs a newer libc than this machine's. Started through that
libc's linker (`ld.so kernel`) User-Mode Linux does not boot: it lays its memory out after the
program's break and starts itself again as /proc/self/exe. So the path of the linker is changed
where the executable names it: the new path goes to the end of the file.
"""

from __future__ import annotations

import struct
from pathlib import Path

from harness.errors import UsageError

MAGIC_64_LITTLE = b"\x7fELF\x02\x01"
PT_INTERP = 3
OFFSET, IN_FILE, IN_MEMORY = 8, 32, 40  # of an Elf64_Phdr's fields, see elf(5)


def machine(path: Path) -> int:
    """Return the number of the processor that an executable is for, 0 where it is none."""
    with path.open("rb") as file:
        head = file.read(20)
    is_elf = head[:4] == MAGIC_64_LITTLE[:4] and len(head) == 20
    return int(struct.unpack_from("<H", head, 18)[0]) if is_elf else 0


def interpreter(path: Path) -> str:
    """Return the dynamic linker that an executable names, "" for none."""
    data = path.read_bytes()
    at = _header(data)
    if at is None:
        return ""
    offset, size = (struct.unpack_from("<Q", data, at + field)[0] for field in (OFFSET, IN_FILE))
    return data[offset : offset + size].rstrip(b"\0").decode()


def set_interpreter(path: Path, linker: Path) -> None:
    """Have an executable use another dynamic linker; raises UsageError where it uses none."""
    data = bytearray(path.read_bytes())
    at = _header(data)
    if at is None:
        raise UsageError(
            f"{path} is no dynamically linked 64-bit executable",
            hint="give a kernel that was built for this machine",
        )
    text = bytes(linker) + b"\0"
    for field, value in ((OFFSET, len(data)), (IN_FILE, len(text)), (IN_MEMORY, len(text))):
        struct.pack_into("<Q", data, at + field, value)
    path.write_bytes(data + text)


def _header(data: bytes | bytearray) -> int | None:
    """Return where the program header of the linker's name lies."""
    if data[:6] != MAGIC_64_LITTLE:
        return None
    (start,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for at in range(start, start + size * count, size):
        if struct.unpack_from("<I", data, at)[0] == PT_INTERP:
            return at
    return None

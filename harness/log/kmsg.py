"""The kernel log through /dev/kmsg (Documentation/ABI/testing/dev-kmsg in Linux's source)."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import tempfile
from pathlib import Path

DEVICE = "/dev/kmsg"
NUMBER = os.makedev(1, 11)  # of the device, where /dev lacks it
RECORD = 8192  # bytes; no record is longer
LOST = b";(lines of the kernel log were overwritten before they could be read)"


class Kmsg:
    """The kernel log from now on, or from its beginning (`whole`).

    Where it may not be read it is empty, and `refusal` says why.
    """

    def __init__(self, *, whole: bool = False) -> None:
        self._fd = -1
        self.refusal = ""
        try:
            self._fd = _open()
            if not whole:
                os.lseek(self._fd, 0, os.SEEK_END)
        except OSError as error:
            self.refusal = error.strerror or str(error)
            self.close()

    def fileno(self) -> int:
        """Return the file descriptor, -1 for none."""
        return self._fd

    def read(self) -> list[str]:
        """Return the lines since the last call, without waiting for any."""
        return [line for record in self.records() for line in decode(record)]

    def records(self) -> list[bytes]:
        """Return the records since the last call as they are, without waiting for any."""
        records: list[bytes] = []
        while self._fd >= 0:
            try:
                records.append(os.read(self._fd, RECORD))
            except BlockingIOError:
                break
            except BrokenPipeError:
                records.append(LOST)
            except OSError as error:
                self.refusal = error.strerror or str(error)
                self.close()
        return records

    def close(self) -> None:
        """Close the log."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def decode(record: bytes) -> list[str]:
    """Return the lines of text in a record: `level,number,time,flags;text`, escaped as \\xNN."""
    text = record.decode(errors="replace").partition(";")[2].partition("\n")[0]
    raw = re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), text)
    return raw.encode("latin-1", "replace").decode(errors="replace").split("\n")


def stamped(record: bytes) -> list[str]:
    """Return the lines of a record, each with its time in seconds, as dmesg prints them."""
    fields = record.partition(b";")[0].split(b",")
    micros = int(fields[2]) if len(fields) > 2 and fields[2].isdigit() else None
    head = "" if micros is None else f"[{micros / 1_000_000:12.6f}] "
    return [head + line for line in decode(record)]


def refusal() -> str:
    """Return why this process may not read the kernel log, "" where it may."""
    log = Kmsg()
    log.close()
    return log.refusal


def _open() -> int:
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        return os.open(DEVICE, flags)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENXIO) or os.geteuid():
            raise
    return _open_own(flags)


def _open_own(flags: int) -> int:
    """Open the log by a device file of our own: a small guest's /dev may not have one."""
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as after:
        made = Path(place) / "kmsg"
        os.mknod(made, stat.S_IFCHR | 0o600, NUMBER)
        after.callback(made.unlink)
        return os.open(made, flags)

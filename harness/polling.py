"""Wait for file descriptors with ns resolution by ppoll(2); Python's select and poll round up.

With virtual time a microsecond is four readings of the clock, and rounding makes what comes next
depend on how often it was read before.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Sequence
from typing import Protocol

POLLIN = 1
SECOND = 1_000_000_000


class Readable(Protocol):
    """Something with a file descriptor to wait on."""

    def fileno(self) -> int:
        """Return the file descriptor."""


class _Pollfd(ctypes.Structure):
    _fields_ = (("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short))


class Timespec(ctypes.Structure):
    """struct timespec: seconds, and ns below 1 s."""

    _fields_ = (("sec", ctypes.c_long), ("nsec", ctypes.c_long))


_libc = ctypes.CDLL(None, use_errno=True)


class Poll:
    """Waits for any of some sources to be readable."""

    def __init__(self, sources: Sequence[Readable]) -> None:
        self._sources = sources
        self._fds = (_Pollfd * len(sources))(*(_Pollfd(s.fileno(), POLLIN, 0) for s in sources))
        self._limit = Timespec()

    def wait(self, span: int) -> list[Readable]:
        """Return the readable sources, waiting at most `span` ns for one; [] for none."""
        self._limit.sec, self._limit.nsec = divmod(max(0, span), SECOND)
        count = len(self._sources)
        ready = _libc.ppoll(self._fds, count, ctypes.byref(self._limit), None, 0)
        if ready < 0 and ctypes.get_errno() != errno.EINTR:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "ppoll")
        if ready <= 0:
            return []
        return [one for one, fd in zip(self._sources, self._fds, strict=True) if fd.revents]

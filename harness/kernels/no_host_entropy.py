"""Start a command that gets no random numbers from the machine: `steady.py COMMAND...`.

A User-Mode Linux kernel asks its host for them by getrandom(2), and would be another kernel each
time: hashes, timers of neighbours and packet numbers hang on them. A seccomp filter answers that
the call does not exist, so the kernel has only its own clock to draw from, which virtual time
makes the same in every run. The filter lasts for the command and all it starts; within a guest it
changes nothing, for there the guest's own kernel answers.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
GETRANDOM = {"x86_64": 318, "aarch64": 278}

LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06  # struct sock_filter: code, jt, jf, k
libc = ctypes.CDLL(None, use_errno=True)


def program(number: int) -> bytes:
    """Return the filter that refuses the system call of this number."""
    steps = (
        (LOAD, 0, 0, 0),  # A = number of the call (struct seccomp_data)
        (EQUAL, 0, 1, number),
        (RETURN, 0, 0, ERRNO | errno.ENOSYS),
        (RETURN, 0, 0, ALLOW),
    )
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def refuse(number: int) -> None:
    """Refuse a system call from now on; where the machine forbids that, chance stays."""
    data = program(number)
    buffer = ctypes.create_string_buffer(data, len(data))
    filters = struct.pack("HxxxxxxP", len(data) // 8, ctypes.addressof(buffer))
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filters)


if __name__ == "__main__":
    if os.uname().machine in GETRANDOM:
        refuse(GETRANDOM[os.uname().machine])
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606  (no shell: the words come as a list)

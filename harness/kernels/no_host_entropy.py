"""Run a command without getrandom(2): `no_host_entropy.py COMMAND...`.

A User-Mode Linux kernel seeds its random number generator from the host by getrandom(2); hashes,
neighbour timers and packet numbers would differ in each run. A seccomp filter makes the call fail
with ENOSYS, so the clock is the only source of entropy, which virtual time makes the same in every
run. The filter applies to the command and its children; processes in the guest are not affected,
as the guest's kernel serves their system calls.
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
    """Return the filter that refuses a system call with ENOSYS."""
    steps = (
        (LOAD, 0, 0, 0),  # A = number of the call (struct seccomp_data)
        (EQUAL, 0, 1, number),
        (RETURN, 0, 0, ERRNO | errno.ENOSYS),
        (RETURN, 0, 0, ALLOW),
    )
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def refuse(number: int) -> None:
    """Install the filter for a system call; without seccomp it has no effect."""
    data = program(number)
    buffer = ctypes.create_string_buffer(data, len(data))
    filters = struct.pack("HxxxxxxP", len(data) // 8, ctypes.addressof(buffer))
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filters)


if __name__ == "__main__":
    if os.uname().machine in GETRANDOM:
        refuse(GETRANDOM[os.uname().machine])
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606  (no shell)

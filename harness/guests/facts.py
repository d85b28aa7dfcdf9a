"""Facts about the kernel of a run, as measured in it."""

from __future__ import annotations

import functools
import os
import select
import textwrap
import time
from dataclasses import dataclass, replace

from harness.guests.job import Job
from harness.log import kmsg
from harness.loop import running_hz
from harness.units import MS, in_ms

SLEEPS = 200


@dataclass(frozen=True, slots=True)
class Facts:
    """The kernel that scenarios run in; `jitter` is the lateness of timers in ns, p99.

    `unread` is why the kernel's log cannot be read, "" if it can. `nic` is the model of the
    DUT's NICs where they are a machine's. `offset` is what is added to the DUT's times (ns) where
    it has a clock of its own, and `error` by how much that may be wrong. `pace` is the shortest
    probe interval (ns) that it keeps up with, 0 where that is a jiffy. `spec` is the `--kernel`
    that chooses this kernel, "" if that is not known; `lab` names lab and kernel for readers.
    """

    lab: str
    kernel: str
    hz: int
    clock: str
    bonding: str
    jitter: int
    user: str
    unread: str = ""
    nic: str = ""
    offset: int | None = None
    error: int = 0
    pace: int = 0
    spec: str = ""

    @property
    def tolerance(self) -> int:
        """The uncertainty of a time in ns: the jitter and one jiffy."""
        return self.jitter + 1_000_000_000 // self.hz

    def block(self, width: int = 100) -> str:
        """Return the header of a run, in lines of at most `width` characters."""
        kernel = f"{self.kernel}, HZ={self.hz}, bonding {self.bonding}"
        clock = f"{self.clock}, jitter {in_ms(self.jitter)} (p99 of {SLEEPS} sleeps)"
        tolerance = f"{in_ms(self.tolerance)} = jitter + 1 jiffy"
        rows = [
            (("lab", self.lab), ("kernel", kernel)),
            (("clock", clock), ("tolerance", tolerance)),
        ]
        lines = [line for row in rows for line in _row(row, width)]
        if self.nic:
            lines += _wrapped("NICs", self.nic, width)
        if self.offset is not None:
            ahead = round(self.offset / MS, 1) + 0.0  # without a sign where it is none
            apart = f"{ahead:+.1f} ms to the DUT's clock, error {in_ms(self.error)}"
            lines += _wrapped("offset", apart, width)
        if self.unread:
            lines += _wrapped("log", f"kernel log not readable: {self.unread}", width)
        return "\n".join(lines)


Entry = tuple[str, str]


def _row(entries: tuple[Entry, Entry], width: int) -> list[str]:
    """Return two entries of the header on one line, or on several if that is too long."""
    (name, value), (other, its) = entries
    line = f"{name:<10}{value}      {other}  {its}"
    if len(line) <= width:
        return [line]
    return [part for entry in entries for part in _wrapped(*entry, width)]


def _wrapped(name: str, value: str, width: int) -> list[str]:
    return textwrap.wrap(f"{name:<10}{value}", width, subsequent_indent=" " * 10)


def measure(job: Job | None = None) -> Facts:
    """Return the facts about the kernel that this process runs on; takes 0.3 s once.

    `job` is that of the guest that the process works in, None outside of any.
    """
    if job is None:
        return _measured()
    lab = f"{job.lab} in {job.kernel}" if job.kernel else job.lab
    return replace(_measured(), lab=lab, clock=job.clock, spec=job.spec)


@functools.cache
def _measured() -> Facts:
    release = os.uname().release
    return Facts(
        lab="netns",
        kernel=release,
        hz=running_hz(),
        clock="real",
        bonding=_bonding_version() or release,
        jitter=_jitter(),
        user="root" if os.geteuid() == 0 else f"user {os.geteuid()}",
        unread=kmsg.refusal(),
    )


def _bonding_version() -> str:
    """Return the driver's version, "" since 5.12, where it is the kernel's."""
    try:
        with open("/sys/module/bonding/version", encoding="ascii") as file:  # noqa: PTH123
            return file.read().strip()
    except OSError:
        return ""


def _jitter() -> int:
    """Return the 99th percentile of the lateness of short sleeps, in ns."""
    late = []
    for number in range(SLEEPS):
        wanted = 200_000 + number % 10 * 100_000
        begin = time.monotonic_ns()
        select.select([], [], [], wanted / 1e9)
        late.append(time.monotonic_ns() - begin - wanted)
    return max(0, sorted(late)[SLEEPS * 99 // 100 - 1])

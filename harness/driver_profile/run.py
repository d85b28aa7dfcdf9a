"""Profile interfaces on the kernel that runs, or an emulated one in a guest of another kernel."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from harness.driver_profile import facts
from harness.driver_profile.facts import Profile
from harness.driver_profile.farend import FarEnd
from harness.driver_profile.lease import Wish, held
from harness.driver_profile.measure import Surroundings, profile
from harness.errors import GuestDied, LabError
from harness.guests.facts import measure
from harness.guests.guests import Guest, Guests
from harness.guests.job import Job, environment, interpreter_path
from harness.kernels import Kernel

WORK = "harness.driver_profile.guest_main:main"
SILENCE = 120.0  # seconds without a word after which a guest is given up
Say = Callable[[str], None]


def surroundings(clock: str = "real") -> Surroundings:
    """Return what there is to know of the kernel that we run on; takes 0.3 s."""
    found = measure(clock=clock)
    return Surroundings(found.kernel, clock, found.hz, found.jitter)


def here(
    wish: Wish, around: Surroundings, repeat: int, say: Say, far: FarEnd | None = None
) -> Profile:
    """Profile an interface of this machine; raises HarnessError."""
    with held(wish, say, far) as nic:
        return profile(nic, around, repeat)


def in_guest(kernel: Kernel, nic: str, repeat: int, say: Say) -> Profile:
    """Boot a kernel and profile an emulated NIC in it; raises LabError."""
    found: list[dict[str, Any]] = []
    last = time.monotonic()
    with Guests(kernel) as guests:
        guest = guests.boot("profile", _job(kernel, {"nic": nic, "repeat": repeat}))
        while guest.name in guests.running:
            guests.ended(0.05)
            for line in guest.lines():
                last = time.monotonic()
                _hear(line, found, say)
            if time.monotonic() - last > SILENCE:
                guests.kill(guest, f"it said nothing for {SILENCE:g} s")
        if not found:
            raise _died(guest)
    return facts.restore(found[-1])


def _hear(line: dict[str, Any], found: list[dict[str, Any]], say: Say) -> None:
    if "say" in line:
        say(line["say"])
    elif "error" in line:
        raise LabError(line["error"], hint=line["hint"])
    elif "profile" in line:
        found.append(line["profile"])


def _died(guest: Guest) -> GuestDied:
    words = "\n".join(f"  {line}" for line in guest.tail(12))
    return GuestDied(
        f"the guest did not finish: {guest.ending()}; its last words:\n{words}",
        hint="harness kernels check SPEC tells whether the kernel works at all",
    )


def _job(kernel: Kernel, options: dict[str, Any]) -> Job:
    return Job(
        rootdir="/",
        files=(),
        ids=(),
        results="",
        options=options,
        path=interpreter_path(),
        environment=environment() | {"PATH": os.environ.get("PATH", os.defpath)},
        executable=sys.executable,
        modules=kernel.modules,
        kernel=kernel.name,
        clock=kernel.clock,
        writeback=kernel.writeback,
        work=WORK,
    )

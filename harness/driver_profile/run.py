"""Profile interfaces on the running kernel, or an emulated one in a guest with another kernel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.driver_profile import facts
from harness.driver_profile.facts import Profile
from harness.driver_profile.farend import FarEnd
from harness.driver_profile.lease import ProfileRequest, leased
from harness.driver_profile.measure import Environment, profile
from harness.errors import LabError
from harness.guests.errand import errand, job_for
from harness.guests.facts import measure
from harness.kernels import Kernel, Say

WORK = "harness.driver_profile.guest_main:main"
SILENCE = 120.0  # seconds without a line after which the guest is killed


def environment(clock: str = "real") -> Environment:
    """Measure the running kernel: release, HZ, jitter; takes 0.3 s."""
    found = measure()
    return Environment(found.kernel, clock, found.hz, found.jitter)


def here(
    request: ProfileRequest, around: Environment, repeat: int, say: Say, far: FarEnd | None = None
) -> Profile:
    """Profile an interface of this machine; raises HarnessError."""
    with leased(request, say, far) as nic:
        return profile(nic, around, repeat)


def in_guest(
    kernel: Kernel, nic: str, repeat: int, say: Say, dut: Mapping[str, str] | None = None
) -> Profile:
    """Boot a kernel and profile an emulated NIC in it; raises LabError.

    With the image of a `dut`, the kernel is the tester's, and the NIC is in that DUT.
    """
    found: list[dict[str, Any]] = []
    job = job_for(kernel, WORK, options={"nic": nic, "repeat": repeat}, dut=dut or {})
    with errand(kernel, "profile", job) as profiling:
        for line in profiling.lines(silence=SILENCE):
            _hear(line, found, say)
        if not found:
            raise profiling.death()
    return facts.restore(found[-1])


def _hear(line: dict[str, Any], found: list[dict[str, Any]], say: Say) -> None:
    if "say" in line:
        say(line["say"])
    elif "error" in line:
        raise LabError(line["error"], hint=line["hint"])
    elif "profile" in line:
        found.append(line["profile"])

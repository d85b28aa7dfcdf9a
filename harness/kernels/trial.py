"""Boot a User-Mode Linux kernel once on this machine before it is used.

A trial takes a second or two. A success is remembered for this machine until its next boot, and so
is the one failure with a known cause: see xstate.c.
"""

from __future__ import annotations

import errno
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from harness.errors import KernelUnavailable
from harness.guests import console, firstboot
from harness.guests.errand import errand, job_for
from harness.guests.guests import Guest
from harness.kernels import Kernel, Say, cache, preload, processor
from harness.kernels.uml import UmlKernel

MEMORY = "trials.json"
KEPT = 100  # remembered trials, of all machines that share the cache
LIMIT = 60.0  # seconds; a machine may be busy with other work
TOO_OLD = "User-Mode Linux before 6.16 cannot set the registers of this processor"
WRAPPER = "a wrapper of ptrace(2)"
WITHOUT = "it has no bonding driver"


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """The result of a trial: `trouble` is "" if the kernel can be used.

    `short_state` means that the wrapper of ptrace(2) may help; `lines` are the console lines that
    show the cause.
    """

    trouble: str = ""
    short_state: bool = False
    lines: tuple[str, ...] = field(default=())


def fit(kernel: Kernel, say: Say) -> Kernel:
    """Return a kernel, with the wrapper of ptrace(2) if it boots only with that.

    Raises KernelUnavailable if it does not boot. Only User-Mode Linux is tested.
    """
    if not isinstance(kernel, UmlKernel):
        return kernel
    plain = outcome(kernel, say)
    if not plain.trouble:
        return kernel
    if not plain.short_state:
        raise _unfit(kernel, plain)
    try:
        wrapped = replace(kernel, preload=str(preload.library()))
    except KernelUnavailable as error:
        raise _too_old(kernel, error) from error
    cured = outcome(wrapped, say)
    if cured.trouble:
        raise _unfit(wrapped, cured)
    say(f"{kernel.name}: {TOO_OLD} ({processor.described()}): it runs with {WRAPPER}")
    return wrapped


def outcome(kernel: UmlKernel, say: Say) -> TrialOutcome:
    """Return the result of a trial of a kernel, which may be a remembered one."""
    known = cache.recall(MEMORY)
    key = _key(kernel)
    try:
        data = known[key]
        return TrialOutcome(data["trouble"], data["short_state"], tuple(data["lines"]))
    except (KeyError, TypeError):
        pass
    through = f" with {WRAPPER}" if kernel.preload else ""
    say(f"testing whether {kernel.name} boots here{through}")
    found = boot(kernel)
    if not found.trouble or found.short_state:
        known = cache.recall(MEMORY)
        kept = list(known.items())[-KEPT + 1 :]
        cache.note(MEMORY, dict(kept) | {key: asdict(found)})
    return found


def forget(kernel: Kernel) -> None:
    """Forget a kernel's trial: it did not boot although the trial succeeded."""
    if isinstance(kernel, UmlKernel):
        known = cache.recall(MEMORY)
        if known.pop(_key(kernel), None) is not None:
            cache.note(MEMORY, known)


def _key(kernel: UmlKernel) -> str:
    try:
        state = kernel.path.stat()
    except OSError:
        return ""
    file = f"{kernel.path} {state.st_size} {state.st_mtime_ns}"
    words = (kernel.memory >> 20, *kernel.arguments, Path(kernel.preload).name)
    return f"{processor.identity()} | {file} {kernel.libraries} {' '.join(map(str, words))}"


def boot(kernel: Kernel, limit: float = LIMIT) -> TrialOutcome:
    """Boot a kernel, create a bond and power off; raises LabError without a supervisor."""
    job = job_for(kernel, firstboot.WORK, environment={"PATH": os.environ.get("PATH", os.defpath)})
    with errand(kernel, "trial", job) as trial:
        # This line is the result; do not wait for the power off.
        line = next(trial.lines(limit=limit, poll=0.02), None)
        return _judged(trial.guest, line["bonding"] if line else None)


def _judged(guest: Guest, code: int | None) -> TrialOutcome:
    if code is None:
        tail = guest.tail(200)
        return TrialOutcome(
            guest.ending(), console.refuses_short_state(tail), tuple(console.cause_lines(tail)[:3])
        )
    if code == errno.EOPNOTSUPP:
        return TrialOutcome(WITHOUT)
    return TrialOutcome(
        f"creating a bond failed with {errno.errorcode.get(code, code)}" if code else ""
    )


def _unfit(kernel: UmlKernel, found: TrialOutcome) -> KernelUnavailable:
    lines = "".join(f"\n  {line}" for line in found.lines)
    through = f" with {WRAPPER}" if kernel.preload else ""
    what = "cannot be used" if found.trouble == WITHOUT else f"does not boot here{through}"
    return KernelUnavailable(
        f"{kernel.name} {what}: {found.trouble}{lines}",
        hint="`harness kernels check SPEC` shows its console, `harness doctor` what boots here",
    )


def _too_old(kernel: UmlKernel, why: KernelUnavailable) -> KernelUnavailable:
    return KernelUnavailable(
        f"{kernel.name} does not boot here: {TOO_OLD} ({processor.described()}), and {WRAPPER} "
        f"cannot be built: {why.message}",
        hint=f"{why.hint}; or use a kernel that boots without it: uml@7.2, virtual@7.2, stock@6.1",
    )

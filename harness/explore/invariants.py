"""What holds for every recording without a model.

A bond that nothing disturbs passes traffic, the kernel reports nothing, and its sources agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from harness.bonding.texts import Proc
from harness.errors import Inconclusive
from harness.explore.finding import NEVER_HEALTHY
from harness.explore.networks import BOND
from harness.history import History
from harness.judge.measure import link_states
from harness.log import kernlog
from harness.loop import now
from harness.model import Refusal
from harness.record.bond import Bond
from harness.record.net import Run
from harness.topology import DUT


def kernel_reports(lines: Iterable[str], at: int) -> Iterator[Refusal]:
    """Yield what the kernel reported in its log: warnings, lockdep, use after free."""
    for report in kernlog.reports(list(lines)):
        if report.kind not in kernlog.HARMLESS:
            seen = report.fingerprint
            yield Refusal("kernel-report", "none", at, DUT, seen, "expected no report")


def never_healthy(history: History, error: Inconclusive) -> Refusal | None:
    """Return that a new bond passed no traffic in time, None for a recording that had begun.

    All cables are in and the target answers, so one healthy slave is enough.
    """
    if history.mark("disturb") is not None:
        return None
    return Refusal(NEVER_HEALTHY, "none", now(), BOND, error.message, "expected traffic both ways")


def disagreements(bond: Bond, run: Run) -> Iterator[Refusal]:
    """Yield where /proc, sysfs and netlink show different states after the recording."""
    at = run.history.events[-1].at
    shown, proc = bond.now.netlink, bond.now.proc
    for name, value in bond.now.sysfs.items():
        if name in shown and shown[name] != value:
            seen = f"netlink shows {name} {shown[name]}, sysfs {value}"
            yield Refusal("sources-agree", "none", at, bond.name, seen, "expected the same")
    active = str(shown.get("active_slave", ""))
    # Modes without an active slave have no such line.
    in_proc = proc.lines.get("Currently Active Slave", active)
    if in_proc not in (active or "None", active):
        seen = f"netlink shows the active slave {active}, /proc {in_proc}"
        yield Refusal("sources-agree", "none", at, bond.name, seen, "expected the same")
    yield from _slaves_in_proc(run.history, proc, bond, at)


def _slaves_in_proc(history: History, proc: Proc, bond: Bond, at: int) -> Iterator[Refusal]:
    last: dict[str, Any] = {event.where: event["link"] for event in history.part("slave")}
    for slave, link in last.items():
        status = proc.slaves.get(slave, {}).get("MII Status")
        wanted = {"up": "up", "down": "down", "fail": "going down", "back": "going back"}
        if link is not None and status != wanted[link]:
            seen = f"netlink shows {slave} {link}, /proc {status}"
            yield Refusal("sources-agree", "none", at, bond.name, seen, "expected the same")


def failure_counts(bond: Bond, history: History) -> Iterator[Refusal]:
    """Yield counts of failures in /proc that are not those of a recording (PROC-5)."""
    at, proc = history.events[-1].at, bond.now.proc
    moved = {e.where for e in history.part("fault") if e["action"] in ("release", "enslave")}
    for slave in bond.plan.slaves:
        counted = proc.slaves.get(slave, {}).get("Link Failure Count", "")
        seen = link_states(history, slave).count("down")
        if slave not in moved and counted != str(seen):
            allowed = f"{slave} failed {seen} times"
            yield Refusal("failure-count", "PROC-5", at, slave, f"/proc counts {counted}", allowed)

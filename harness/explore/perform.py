"""In a guest: perform a schedule on a bond, and check the recording by model and invariants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from harness.bonding.texts import Proc
from harness.errors import HarnessError, KernelRefused
from harness.explore.networks import EVERY_MS, NETWORKS, REST_MS
from harness.explore.schedule import FaultSchedule, FaultStep
from harness.history import History
from harness.judge.measure import link_states
from harness.log import kernlog
from harness.model import Refusal, judge
from harness.record.bond import Bond
from harness.record.net import Net, Run, Stage
from harness.topology import DUT
from harness.units import ms


@dataclass(frozen=True, slots=True)
class Performed:
    """A schedule that was performed: its recording, and all refusals."""

    history: History
    refusals: tuple[Refusal, ...]

    @property
    def known(self) -> set[int]:
        """The numbers of the known differences of this kernel that it shows."""
        release = self.history.about.kernel.release
        return {refusal.known_on(release) for refusal in self.refusals} - {0}

    @property
    def findings(self) -> list[Refusal]:
        """The refusals that are not known differences of this kernel."""
        release = self.history.about.kernel.release
        return [refusal for refusal in self.refusals if not refusal.known_on(release)]


def perform(schedule: FaultSchedule, stage: Stage) -> Performed:
    """Build the network, do all steps, wait, and judge; raises HarnessError."""
    with NETWORKS[schedule.network](stage) as net:
        bond = net.dut.bond(**schedule.options)
        with net.watch(every=EVERY_MS * ms) as run:
            for step in schedule.whole:
                _do(net, bond, step)
            net.after(REST_MS * ms)
        disagreeing = list(_disagreements(bond, run))
    verdict = judge(run.history)
    return Performed(run.history, (*verdict.refusals, *disagreeing, *_kernel_reports(run.history)))


def _do(net: Net, bond: Bond, step: FaultStep) -> None:
    """Do one step; one that the kernel refuses is left out."""
    net.after(step.after * ms)
    try:
        if step.action == "set":
            setting: Any = {step.where: step.setting}  # by a name that is data
            net.dut.set(**setting)
        elif step.action == "prio":
            net.dut.set_slave(getattr(net, step.where), prio=int(step.value))
        elif step.action == "set_mac":
            net.dut.set_mac(bond, step.value)
        elif step.action == "lose" and step.value:
            getattr(net, step.where).lose(direction=step.value)
        elif step.action in ("enslave", "release"):
            getattr(net.dut, step.action)(bond, getattr(net, step.where))
        else:
            getattr(getattr(net, step.where), step.action)()
    except KernelRefused:
        return


def _kernel_reports(history: History) -> Iterator[Refusal]:
    """Yield what the kernel reported in its log: warnings, lockdep, use after free."""
    lines = [str(event["text"]) for event in history.part("log")]
    for report in kernlog.reports(lines):
        if report.kind not in kernlog.HARMLESS:
            end = history.events[-1].at
            yield Refusal(
                "kernel-report", "none", end, DUT, report.fingerprint, "expected no report"
            )


def _disagreements(bond: Bond, run: Run) -> Iterator[Refusal]:
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
    yield from _failures(run.history, proc, bond, at)


def _slaves_in_proc(history: History, proc: Proc, bond: Bond, at: int) -> Iterator[Refusal]:
    last: dict[str, Any] = {event.where: event["link"] for event in history.part("slave")}
    for slave, link in last.items():
        status = proc.slaves.get(slave, {}).get("MII Status")
        wanted = {"up": "up", "down": "down", "fail": "going down", "back": "going back"}
        if link is not None and status != wanted[link]:
            seen = f"netlink shows {slave} {link}, /proc {status}"
            yield Refusal("sources-agree", "none", at, bond.name, seen, "expected the same")


def _failures(history: History, proc: Proc, bond: Bond, at: int) -> Iterator[Refusal]:
    """Yield counts of failures in /proc that are not those of the recording (PROC-5)."""
    moved = {e.where for e in history.part("fault") if e["action"] in ("release", "enslave")}
    for slave in bond.plan.slaves:
        counted = proc.slaves.get(slave, {}).get("Link Failure Count", "")
        seen = link_states(history, slave).count("down")
        if slave not in moved and counted != str(seen):
            allowed = f"{slave} failed {seen} times"
            yield Refusal("failure-count", "PROC-5", at, slave, f"/proc counts {counted}", allowed)


def rule_of(schedule: FaultSchedule, stage: Stage) -> set[str]:
    """Return the rules that refuse a schedule; none if it cannot be performed."""
    try:
        return {refusal.rule for refusal in perform(schedule, stage).findings}
    except HarnessError:
        return set()


def named(stage: Stage, schedule: FaultSchedule) -> Stage:
    """Return a stage whose random losses are those of a schedule, wherever it is performed."""
    return replace(stage, seed_text=schedule.key)

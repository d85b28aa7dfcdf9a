"""In a guest: perform a schedule on a bond, and check the recording by model and invariants."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from harness.errors import HarnessError, Inconclusive, KernelRefused
from harness.explore import allocations, steps
from harness.explore.invariants import (
    disagreements,
    failure_counts,
    kernel_reports,
    never_healthy,
)
from harness.explore.networks import EVERY_MS, NETWORKS, REST_MS
from harness.explore.schedule import FaultSchedule
from harness.history import History
from harness.judge.run import Run
from harness.model import Refusal, judge
from harness.record.net import Stage
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
    return Performed(*(allocations.perform if schedule.fails else _recorded)(schedule, stage))


def _recorded(schedule: FaultSchedule, stage: Stage) -> tuple[History, tuple[Refusal, ...]]:
    begun = list[Run]()
    keeping = replace(stage, keep=lambda run, _path, _states: begun.append(run))
    with NETWORKS[schedule.network](keeping) as net:
        bond = net.dut.bond(**schedule.options)
        try:
            with net.watch(every=EVERY_MS * ms) as run:
                for step in schedule.whole:
                    net.after(step.after * ms)
                    with suppress(KernelRefused):  # it is left out
                        steps.do(net, bond, step)
                net.after(REST_MS * ms)
        except Inconclusive as error:
            history = begun[-1].recording if begun else None
            if history is None or not (dark := never_healthy(history, error)):
                raise
            return history, (dark,)
        disagreeing = [*disagreements(bond, run), *failure_counts(bond, run.history)]
    verdict, last = judge(run.history), run.history.events[-1].at
    lines = [str(event["text"]) for event in run.history.part("log")]
    return run.history, (*verdict.refusals, *disagreeing, *kernel_reports(lines, last))


def rule_of(schedule: FaultSchedule, stage: Stage) -> set[str]:
    """Return the rules that refuse a schedule; none if it cannot be performed."""
    try:
        return {refusal.rule for refusal in perform(schedule, stage).findings}
    except HarnessError:
        return set()


def named(stage: Stage, schedule: FaultSchedule) -> Stage:
    """Return a stage whose random losses are those of a schedule, wherever it is performed."""
    return replace(stage, seed_text=schedule.key)

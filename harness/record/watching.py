"""One recording: an undisturbed baseline, the disturbance, and the horizon after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.errors import HarnessError, Inconclusive, ScenarioError
from harness.lab import Network
from harness.loop import Loop, align, now
from harness.promises import unanswered, unheard, without_partner
from harness.record import durations
from harness.record.bond import Bond
from harness.record.journal import Schedule, Standing
from harness.record.recorder import Recorder
from harness.units import MS, Span, in_ms

BASELINE_PROBES, HEALTHY_PROBES = 20, 10
START = 1500 * MS  # ports that begin to forward, the first ARP request and its repetition
LAST_ANSWERS = 5  # probe intervals for the last answers to come in
# The kernel may batch the news of a bond's carrier for a second (linkwatch), and wait another one
# before it asks again for an address (neigh.default.retrans_time_ms).
RESOLVED = 2500 * MS
HEAL = "heal it first, or record the bond as it is: watch(healthy=False)"


@dataclass(frozen=True, slots=True)
class Watching:
    """A recording that is being made, of some bonds, with so many ns between two probes."""

    network: Network
    loop: Loop
    recorder: Recorder
    bonds: Mapping[str, Bond]
    interval: int
    virtual: bool

    def wait_for_health(self, standing: Standing) -> None:
        """Wait until the path is healthy and stays so; raises what is wrong with it.

        Healthy is a bond that has passed a whole judgement of its monitor, not one of which the
        monitor has not said anything yet.
        """
        begun, bonds = now(), self.bonds.values()
        limit = durations.longest_settle(bonds) + START + HEALTHY_PROBES * self.interval
        if not self._passes_judgement(begun + limit + durations.longest_judgement(bonds)):
            raise self._unwell(now() - begun, standing)
        while now() < begun + limit and not self.network.ready():
            self.loop.pump(now() + 10 * MS)
        self._start_probing()
        self.loop.pump(now() + limit, self.recorder.healthy)
        if not self.recorder.healthy():
            raise self._unwell(now() - begun, standing)
        self.loop.latest = 0  # what came late while nobody listened does not count
        self.recorder.mark("baseline")
        self.loop.pump(now() + BASELINE_PROBES * self.interval)
        if not self.recorder.in_order():
            raise self._unwell(now() - begun, standing)
        self._demand_targets()

    def begin_as_it_is(self) -> None:
        """Probe at once, whatever state the bonds are in."""
        self._start_probing()
        self.recorder.mark("baseline")

    def wait_for_horizon(self, schedule: Schedule, disturbed: int) -> None:
        """Go on until nothing can follow from what was done any more, then stop probing.

        A bond that was without carrier and has it again has forgotten its neighbours' addresses.
        """
        self.recorder.mark("settle")
        span = durations.longest_horizon(self.bonds.values())
        end = max(schedule.after(Span(0), disturbed), now()) + span
        while now() < end:
            self.loop.pump(end)
            end = max(end, schedule.expected + span)
        patience = RESOLVED if self.recorder.came_back(disturbed) else 500 * MS
        self.loop.pump(now() + max(50 * self.interval, patience), self.recorder.steady)
        self.recorder.mark("end")
        self.recorder.stop_probing()
        self.loop.pump(now() + LAST_ANSWERS * self.interval)

    def _start_probing(self) -> None:
        if self.virtual:
            align(10 * MS)
        self.recorder.start_probing()

    def _demand_targets(self) -> None:
        """Raise for a monitor target that nobody has, which a bond may survive unnoticed."""
        heard = self.recorder.heard()
        for bond in self.bonds.values():
            if wrong := unheard(self.network.topology, bond.plan, bond.options, heard):
                raise wrong

    def _passes_judgement(self, until: int) -> bool:
        """Tell whether the bonds were left as they are for one whole judgement."""
        takes, recorder = durations.longest_judgement(self.bonds.values()), self.recorder
        while now() < until:
            self.loop.pump(until, recorder.in_order)
            before = recorder.judgements
            self.loop.pump(min(until, now() + takes), lambda: not recorder.in_order())
            if recorder.in_order() and recorder.judgements == before:
                return True
        return False

    def _unwell(self, took: int, standing: Standing) -> HarnessError:
        """Return the error for a path that is not healthy: whose fault that is, and why."""
        topology = self.network.topology
        why = "; ".join(self.recorder.unwell()) or "probes are not answered both ways"
        said = f"the path was not healthy within {in_ms(took)} before the fault: {why}"
        if done := standing.said(now()):
            return ScenarioError(f"{said}; {done}", hint=HEAL)
        for bond in self.bonds.values():
            for reason in (
                unanswered(topology, bond.plan, bond.options),
                without_partner(topology, bond.plan, bond.options),
            ):
                if reason:
                    return type(reason)(f"{reason.message} ({why})", hint=reason.hint)
        return Inconclusive(
            said,
            hint="nothing was disturbed yet: look at the bond's options and the topology, or "
            "record the bond as it is: watch(healthy=False)",
        )

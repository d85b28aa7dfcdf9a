"""The phases of a recording: undisturbed baseline, disturbance, and the horizon after it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from harness.errors import HarnessError, Inconclusive, NotTestable, ScenarioError
from harness.history import Event
from harness.judge.fitness import ALONE, STALL, WITHOUT_PARTNER
from harness.judge.lateness import add_up
from harness.lab import Network
from harness.loop import SECOND, Loop, now
from harness.record import durations, first_slave
from harness.record.bond import Bond
from harness.record.journal import OpenFaults, Schedule
from harness.record.recorder import Recorder
from harness.testability import unanswered_targets, unheard_targets
from harness.units import MS, Span, in_ms
from harness.virtual_time import align

BASELINE_PROBES, HEALTHY_PROBES = 20, 10
STARTUP = 1500 * MS  # ports that begin to forward, the first ARP request and its repetition
# On a busy machine ports, address resolution and the kernel's first rounds are late. Nothing was
# disturbed yet, so waiting longer hides nothing.
PATIENCE = 10 * SECOND
LAST_REPLIES = 5  # probe intervals in which the last replies arrive
# linkwatch may delay a bond's carrier event by a second, and the kernel repeats an ARP request
# after another second (neigh.default.retrans_time_ms).
RESOLUTION = 2500 * MS
HEAL = "repair it first, or record the bond as it is: watch(healthy=False)"


@dataclass(frozen=True, slots=True)
class Watching:
    """A recording in progress; `interval` is the probe interval in ns.

    `jitter` is that of the DUT's timers in ns, None in virtual time; `added` are the addresses
    that machines have besides those of the topology.
    """

    network: Network
    loop: Loop
    recorder: Recorder
    bonds: Mapping[str, Bond]
    interval: int
    jitter: int | None
    added: Collection[str] = ()

    @property
    def virtual(self) -> bool:
        """Whether time is virtual: then nothing is late."""
        return self.jitter is None

    def wait_until_healthy(self, open_faults: OpenFaults, *, new: bool) -> None:
        """Wait until the path is healthy and stable; raises the error that explains it if not.

        A bond is healthy when its slaves have stayed up for one whole judgement of the monitor:
        the time within which the monitor would have declared each of them down. `new` bonds begin
        with their first slave.
        """
        begun, bonds = now(), self.bonds.values()
        limit = durations.longest_settle(bonds) + STARTUP + HEALTHY_PROBES * self.interval
        limit += self._patience(open_faults)
        if not self._passes_judgement(begun + limit + durations.longest_judgement(bonds)):
            raise self._unhealthy(now() - begun, open_faults)
        if new:
            self._begin_with_first_slaves(limit)
        while now() < begun + limit and not self.network.ready():
            self.loop.pump(now() + 10 * MS)
        self._start_probing()
        until = now() + limit
        while not self._has_baseline(until):
            if self.virtual or not now() < until:
                raise self._unhealthy(now() - begun, open_faults)
        self._check_targets()

    def _begin_with_first_slaves(self, limit: int) -> None:
        """Let each bond begin with its first slave; raises Inconclusive if one does not."""
        if not (wrong := self._wrongly_active()):
            return
        for bond in wrong:
            first_slave.activate(
                self.network, bond.plan, first_slave.intended(bond.plan, bond.options)
            )
        bonds = self.bonds.values()
        self.loop.pump(now() + durations.longest_settle(bonds))  # until it is announced
        passed = self._passes_judgement(now() + limit + durations.longest_judgement(bonds))
        for bond in self._wrongly_active():
            raise self._known_reason() or Inconclusive(
                f"{bond.name} uses {self.recorder.active_slave(bond.name)}, and it did not stay "
                f"with {first_slave.intended(bond.plan, bond.options)} before the fault",
                hint="name the slave to begin with: primary=...",
            )
        if not passed:
            raise self._unhealthy(limit, OpenFaults())

    def _wrongly_active(self) -> list[Bond]:
        """Return the bonds whose active slave is not the one to begin with.

        Where drivers report their carrier at once the kernel alone decides, and may be wrong.
        """
        return [
            bond
            for bond in self.bonds.values()
            if bond.lag.ns
            and self.recorder.active_slave(bond.name)
            not in (None, first_slave.intended(bond.plan, bond.options))
        ]

    def _has_baseline(self, until: int) -> bool:
        """Record a baseline once the path is healthy; return whether the bonds stayed up in it.

        In real time it must have lost nothing either, else it is begun again. A round of each ARP
        monitor lies in it: the first probe resolves the target's address, and the answer to that
        counts to the monitor like one to its own probe.
        """
        self.loop.pump(until, self.recorder.healthy)
        if not self.recorder.healthy():
            return False
        self.loop.latest = 0  # delays before the baseline do not count
        self.recorder.mark("baseline")
        begun = now()
        answered = durations.longest_arp_round(self.bonds.values()) + LAST_REPLIES * self.interval
        self.loop.pump(begun + max(BASELINE_PROBES * self.interval, answered))
        clean = self.virtual or now() > until or self.recorder.answered_since(begun)
        return clean and self.recorder.bonds_up()

    def _patience(self, open_faults: OpenFaults) -> int:
        """Return for how many ns more to wait for a path without a known obstacle."""
        known = self.virtual or open_faults.text(now()) or self._known_reason()
        return 0 if known else PATIENCE

    def begin_unchecked(self) -> None:
        """Start probing at once, in whatever state the bonds are."""
        self._start_probing()
        self.recorder.mark("baseline")

    def wait_for_phase(self, share: float) -> None:
        """Wait for a share of the monitors' longest interval: the fault comes at that phase."""
        if share:
            self.loop.pump(
                now() + round(share * durations.longest_inspection(self.bonds.values()))
            )

    def wait_for_horizon(
        self, schedule: Schedule, faults: Iterable[Event], disturbed: int
    ) -> None:
        """Record until no consequence of the disturbance can follow, then stop probing.

        An end of the path that was down asks for its neighbours anew: an ARP request that is lost
        while a port does not forward yet is repeated a second later.
        """
        self.recorder.mark("settle")
        span = durations.longest_horizon(self.bonds.values())
        end = max(schedule.after(Span(0), disturbed), now()) + span
        while now() < end:
            self.loop.pump(end)
            end = max(end, schedule.expected + span)
        if self.jitter is not None:
            self._extend_by_lateness(disturbed, end, span, self.jitter)
        patience = (
            RESOLUTION if self.recorder.neighbours_forgotten(faults, disturbed) else 500 * MS
        )
        self.loop.pump(now() + max(50 * self.interval, patience), self.recorder.steady)
        self.recorder.mark("end")
        self.recorder.stop_probing()
        self.loop.pump(now() + LAST_REPLIES * self.interval)

    def _extend_by_lateness(self, disturbed: int, end: int, span: int, jitter: int) -> None:
        """Record longer by what its monitors may be late, as the judge's tolerances have it.

        Raises Inconclusive if a host stalls repeatedly.
        """
        inspections = span // (durations.shortest_inspection(self.bonds.values()) or span)
        while now() < end + (late := self._late(disturbed, inspections, jitter)):
            self.loop.pump(end + late)

    def _late(self, since: int, inspections: int, jitter: int) -> int:
        """Return by how many ns a monitor may be late by now; raises Inconclusive for stalls."""
        late = 0
        for stream in self.recorder.streams.values():
            pauses = stream.pauses(since, self.interval)
            stalled = sum(pause for pause in pauses if pause > STALL)
            if stalled > PATIENCE:
                raise Inconclusive(
                    f"probes of {stream.machine} were late by {in_ms(stalled)} in all after the "
                    "disturbance",
                    hint=ALONE,
                )
            late = max(late, stalled, add_up(pauses, inspections, self.interval, jitter))
        return late

    def _start_probing(self) -> None:
        if self.virtual:
            align(10 * MS)
        self.recorder.start_probing()

    def _check_targets(self) -> None:
        """Raise if no machine has an ARP target: a bond with several targets may not notice."""
        topology, replied, added = self.network.topology, self.recorder.replied_for(), self.added
        for bond in self.bonds.values():
            if wrong := unheard_targets(topology, bond.plan, bond.options, replied, added):
                raise wrong

    def _passes_judgement(self, until: int) -> bool:
        """Return whether no bond changed during one whole judgement, before a time in ns."""
        takes, recorder = durations.longest_judgement(self.bonds.values()), self.recorder
        while now() < until:
            self.loop.pump(until, recorder.bonds_up)
            before = recorder.monitor_actions
            self.loop.pump(min(until, now() + takes), lambda: not recorder.bonds_up())
            if recorder.bonds_up() and recorder.monitor_actions == before:
                return True
        return False

    def _unhealthy(self, took: int, open_faults: OpenFaults) -> HarnessError:
        """Return the error for a path that is not healthy; its class says whose fault it is."""
        why = "; ".join(self.recorder.problems()) or "probes are not answered both ways"
        what = f"the path was not healthy within {in_ms(took)} before the fault: {why}"
        if done := open_faults.text(now()):
            return ScenarioError(f"{what}; {done}", hint=HEAL)
        if reason := self._known_reason():
            return type(reason)(f"{reason.message} ({why})", hint=reason.hint)
        return Inconclusive(
            what,
            hint="nothing was disturbed yet: look at the bond's options and the topology, or "
            "record the bond as it is: watch(healthy=False)",
        )

    def _known_reason(self) -> HarnessError | None:
        """Return why a path cannot be healthy by its bonds' options and their switches."""
        for bond in self.bonds.values():
            topology = self.network.topology
            if reason := unanswered_targets(topology, bond.plan, bond.options, self.added):
                return reason
            if lacks := self.network.lacks(bond.plan, bond.options):
                return NotTestable(lacks, hint=WITHOUT_PARTNER)
        return None

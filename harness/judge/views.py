"""Views of one recording: the part that all share, and the figures of one slave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from harness.errors import ScenarioError
from harness.history import History
from harness.judge import (
    distribution,
    fitness,
    frames_seen,
    lacp,
    measure,
    neighbours_seen,
    observations,
)
from harness.judge.figure import Limit, Truth, noting
from harness.judge.frames_seen import SeenFrame, TimedFrame
from harness.judge.lacp import SeenLacpdu
from harness.judge.neighbours_seen import SeenNeighbour
from harness.judge.reads import Read, keeping_reads
from harness.suggest import suggesting
from harness.units import Measured


@dataclass(slots=True)
class Record:
    """What all views of a run share: the history once recorded, whether it was vetted and read."""

    history: History | None = None
    vetted: bool = False
    used: bool = False
    limits: list[Limit] = field(default_factory=list)
    asked: dict[str, Measured] = field(default_factory=dict)
    reads: dict[str, Read] = field(default_factory=dict)

    def read(self) -> History:
        """Return the history; raises ScenarioError while it is still being recorded."""
        if self.history is None:
            raise ScenarioError(
                "the run is still being recorded", hint="read the run after the with block"
            )
        if not self.vetted:
            fitness.demand_evidence(self.history)
            self.vetted = True
        self.used = True
        observations.note(observations.ObservationKind.FACT)
        return self.history


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A view of the record: what a run and one of its slaves have in common."""

    _record: Record = field(default_factory=Record, repr=False)

    @property
    def history(self) -> History:
        """The frozen recording; raises ScenarioError before the end, Inconclusive if unfit.

        Raises NotTestable if a driver did not report a fault that was shorter than its lag.
        """
        return self._record.read()

    @property
    def recording(self) -> History | None:
        """The recording however unfit to judge, None before the end: for reports only."""
        return self._record.history

    @property
    def used(self) -> bool:
        """Whether anything that was recorded has been read."""
        return self._record.used

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The bounds that figures of this run were compared with, in order."""
        return tuple(self._record.limits)

    @property
    def asked(self) -> dict[str, Measured]:
        """The figures that were read of this run, by name; of several alike the longest."""
        return dict(self._record.asked)

    @property
    def reads(self) -> dict[str, Read]:
        """The states and counts that a scenario read of this run, by their text."""
        return self._record.reads

    @property
    def subject(self) -> tuple[str | None, str | None]:
        """The names of the bond and of the slave that this is a view of, None where not said."""
        return None, None

    @property
    def _traffic(self) -> History:
        """The recording, where its traffic can be judged; raises NotTestable where it cannot."""
        history = self.history
        fitness.demand_partner(history)
        return history

    def caused(self, measured: Measured) -> Measured:
        """Return a figure that follows from a fault; ScenarioError where nothing was disturbed."""
        measure.demand_disturbed(self.history, measured)
        return self.own(measured)

    def own(self, measured: Measured) -> Measured:
        """Return a figure that notes its run and the bounds it is compared with."""
        known = self._record.asked.setdefault(measured.what, measured)
        if measured.ns > known.ns:
            self._record.asked[measured.what] = measured
        return noting(measured, self, self._record.limits)


@keeping_reads
@dataclass(frozen=True, slots=True, eq=False)
class Slave(View):
    """The figures of one slave, whichever was active."""

    name: str = ""

    if not TYPE_CHECKING:
        __getattr__ = suggesting("run.slave(...)")

    def __repr__(self) -> str:
        return f"run.slave({self.name!r})"

    @property
    def subject(self) -> tuple[str | None, str | None]:
        """Its name, as of a slave."""
        return None, self.name

    @property
    def detection(self) -> Measured:
        """From the fault that hit its path to its being declared down."""
        return self.caused(self._detection())

    @property
    def detected(self) -> Truth:
        """Whether it was declared down after the fault."""
        return found(self.own(self._detection()), f"{self.name} declared down")

    def _detection(self) -> Measured:
        start = measure.fault_at(self.history, [self.name])
        measure.demand_up(self.history, [self.name], start)
        seen = measure.detection(self.history, [self.name], start)
        return replace(seen, what=f"detection on {self.name}")

    @property
    def failures(self) -> int:
        """How often it was declared down."""
        return measure.failures(self.history, self.name)

    @property
    def link_states(self) -> list[str]:
        """Its link states in order: up, fail, down, back."""
        return measure.link_states(self.history, self.name)

    @property
    def recovery(self) -> Measured:
        """From the last repair of its path to its being declared up again."""
        return self.caused(measure.recovery(self.history, self.name))

    @property
    def link_state(self) -> str | None:
        """Its link state at the end."""
        return next(reversed(self.link_states), None)

    @property
    def mac_addresses(self) -> list[str]:
        """Its addresses in order."""
        return measure.mac_addresses(self.history, self.name)

    @property
    def arp_probes(self) -> list[SeenFrame]:
        """The ARP probes of the bond's monitor that left through it."""
        bond = measure.bond_of(self.history, self.name)
        return [
            frame
            for frame in frames_seen.arp_probes(self.history, bond)
            if frame.port == self.name
        ]

    @property
    def arp_probe_gaps(self) -> list[Measured]:
        """The times between its ARP probes."""
        found = frames_seen.spacing(
            self.history, f"gap of ARP probes on {self.name}", self.arp_probes
        )
        return [self.own(gap) for gap in found]

    @property
    def ns_probes(self) -> list[SeenNeighbour]:
        """The neighbour solicitations of the bond's monitor that left through it."""
        return neighbours_seen.probes(self.history, self.name)

    @property
    def ns_probe_gaps(self) -> list[Measured]:
        """The times between its neighbour solicitations."""
        what = f"gap of neighbour solicitations on {self.name}"
        found = frames_seen.spacing(self.history, what, self.ns_probes)
        return [self.own(gap) for gap in found]

    @property
    def usages(self) -> list[str]:
        """The driver's states in order: `active` (in use) or `backup`.

        In 802.3ad a slave is in use while its port is distributing in the active aggregator.
        """
        return lacp.usages(self.history, self.name)

    @property
    def leaving(self) -> Measured:
        """From the fault that hit its path to its no longer being in use (802.3ad)."""
        return self.caused(lacp.leaving(self.history, self.name))

    @property
    def joining(self) -> Measured:
        """From the last repair of its path, or without any the fault, to its being in use."""
        return self.caused(lacp.joining(self.history, self.name))

    @property
    def actor_state(self) -> frozenset[str]:
        """The bits of its port's LACP state at the end that are 1 (IEEE 802.1AX, 6.4.2.3)."""
        return lacp.state_of(self.history, self.name, "actor")

    @property
    def partner_state(self) -> frozenset[str]:
        """The bits of its partner's LACP state at the end, as the DUT knows them."""
        return lacp.state_of(self.history, self.name, "partner")

    @property
    def lacpdus(self) -> list[SeenLacpdu]:
        """The LACPDUs that it sent since the disturbance."""
        return self._lacpdus(sent=True)

    @property
    def partner_lacpdus(self) -> list[SeenLacpdu]:
        """The LACPDUs that it received since the disturbance."""
        return self._lacpdus(sent=False)

    @property
    def lacpdu_gaps(self) -> list[Measured]:
        """The times between the LACPDUs that it sent."""
        return self._gaps(f"gap of LACPDUs of {self.name}", self.lacpdus)

    @property
    def partner_lacpdu_gaps(self) -> list[Measured]:
        """The times between the LACPDUs that it received."""
        return self._gaps(f"gap of LACPDUs to {self.name}", self.partner_lacpdus)

    def gaps_of(self, kind: Literal["learning", "igmp", "mld"]) -> list[Measured]:
        """The times between its learning packets, or between messages of IGMP or MLD it sent."""
        sent = distribution.sent(self.history, measure.bond_of(self.history, self.name), kind)
        mine = [frame for frame in sent if frame.port == self.name and not frame.tagged]
        return self._gaps(f"gap of {kind} frames of {self.name}", mine)

    def telling(self, **fields: object) -> Measured:
        """From the fault to the first LACPDU with these fields of its port: `telling(key=335)`."""
        return self.caused(lacp.telling(self.history, self.name, self.lacpdus, fields))

    def _lacpdus(self, *, sent: bool) -> list[SeenLacpdu]:
        bond = measure.bond_of(self.history, self.name)
        return lacp.of_slave(lacp.lacpdus(self.history, bond), self.name, sent=sent)

    def _gaps(self, what: str, frames: Sequence[TimedFrame]) -> list[Measured]:
        return [self.own(gap) for gap in frames_seen.spacing(self.history, what, frames)]


def found(measured: Measured, what: str) -> Truth:
    """Return whether a time was measured, and its text."""
    text = f"{what} after {measured}" if measured.happened else f"{what} {measured}"
    return Truth(measured.happened, text)

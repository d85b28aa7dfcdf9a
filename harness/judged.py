"""The frozen `Run` that scenarios read: every figure of a recording, by the name it is spoken of.

A run is empty until `watch()` ends and freezes it. A recording that can prove nothing (an unclean
baseline, frames lost by the recorder, a machine that stood still) is Inconclusive at first sight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from harness import measure, traffic
from harness.errors import ScenarioError
from harness.figure import Finding, Limit, noting
from harness.history import History
from harness.measure import Frame, Move
from harness.units import Measured


class Named(Protocol):
    """Anything with a name, such as a bond of a topology."""

    @property
    def name(self) -> str:
        """The name by which the history knows it."""


@dataclass(slots=True)
class _Record:
    """What all views of a run share: its history, once there is one, and was it vetted."""

    history: History | None = None
    vetted: bool = False
    limits: list[Limit] = field(default_factory=list)

    def read(self) -> History:
        """Return the history; raises ScenarioError while it is still being recorded."""
        if self.history is None:
            raise ScenarioError(
                "the run is still being recorded", hint="read the run after the with block"
            )
        if not self.vetted:
            traffic.demand_judgeable(self.history)
            self.vetted = True
        return self.history


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A look at the record: what a run and one of its slaves have in common."""

    _record: _Record = field(default_factory=_Record, repr=False)

    @property
    def history(self) -> History:
        """The frozen recording; raises ScenarioError before the end, Inconclusive if unfit."""
        return self._record.read()

    @property
    def recording(self) -> History | None:
        """The recording however unfit to judge, None before the end: for reports only."""
        return self._record.history

    @property
    def limits(self) -> tuple[Limit, ...]:
        """What the figures of this run were held against, in order."""
        return tuple(self._record.limits)

    def _own(self, measured: Measured) -> Measured:
        return noting(measured, self, self._record.limits)


@dataclass(frozen=True, slots=True, eq=False)
class Slave(_View):
    """What happened to one slave, whichever was active."""

    name: str = ""

    def __repr__(self) -> str:
        return f"run.slave({self.name!r})"

    @property
    def detection(self) -> Measured:
        """From the fault that hit its path to its being declared down."""
        start = measure.fault_at(self.history, [self.name])
        found = measure.detection(self.history, [self.name], start)
        return self._own(replace(found, what=f"detection on {self.name}"))

    @property
    def detected(self) -> Finding:
        """Whether it was declared down after the fault."""
        return _found(self.detection, f"{self.name} declared down")

    @property
    def failures(self) -> int:
        """How often it was declared down."""
        return measure.failures(self.history, self.name)

    @property
    def link_states(self) -> list[str]:
        """Bonding's judgements one after the other: up, fail, down, back."""
        return measure.link_states(self.history, self.name)

    @property
    def link_state(self) -> str | None:
        """Bonding's judgement at the end."""
        return next(reversed(self.link_states), None)

    @property
    def mac_addresses(self) -> list[str]:
        """The addresses it had one after the other."""
        return measure.mac_addresses(self.history, self.name)

    @property
    def arp_probes(self) -> list[Frame]:
        """The ARP probes of the bond's monitor that left through it."""
        bond = measure.bond_of(self.history, self.name)
        return [
            frame for frame in measure.arp_probes(self.history, bond) if frame.port == self.name
        ]

    @property
    def arp_probe_gaps(self) -> list[Measured]:
        """The times between its ARP probes."""
        found = measure.spacing(self.history, f"gap of ARP probes on {self.name}", self.arp_probes)
        return [self._own(gap) for gap in found]


@dataclass(frozen=True, slots=True, eq=False)
class Run(_View):
    """A recording as scenarios read it; `run[bond]` where a machine has several bonds.

    Figures of traffic (outage, lost ...) are of the whole path, whichever bond is asked.
    """

    _bond: str | None = None

    def __repr__(self) -> str:
        return "run" if self._bond is None else f"run[{self._bond!r}]"

    @classmethod
    def of(cls, history: History, *, vetted: bool = False) -> Run:
        """Return the run of a finished recording; `vetted` lets even an unfit one be read."""
        return cls(_Record(history, vetted))

    def freeze(self, history: History) -> None:
        """Give the run its history, once: `watch()` calls this when its block has ended."""
        if self._record.history is not None:
            raise ScenarioError(
                "the run is frozen already", hint="watch() makes a new run each time"
            )
        self._record.history = history

    def __getitem__(self, bond: str | Named) -> Run:
        name = bond if isinstance(bond, str) else bond.name
        known = measure.bonds(self.history)
        if name not in known:
            raise ScenarioError(
                f'the run has no bond "{name}"', hint=f"it has: {', '.join(known)}"
            )
        return Run(self._record, name)

    def slave(self, name: str) -> Slave:
        """Return what happened to one slave; ScenarioError where no bond has it."""
        measure.bond_of(self.history, name)
        return Slave(self._record, name)

    @property
    def bond(self) -> str:
        """The name of the bond in question; ScenarioError where there are several."""
        if self._bond is not None:
            return self._bond
        known = list(measure.bonds(self.history))
        if len(known) != 1:
            have = ", ".join(known) or "none"
            raise ScenarioError(
                f"the run has {len(known)} bonds ({have}), which one is meant?",
                hint="say run[bond] first, as in run[lan].detection",
            )
        return known[0]

    @property
    def detection(self) -> Measured:
        """From the fault to the slave that it concerns being declared down."""
        slaves = measure.concerned(self.history, self.bond)
        start = measure.fault_at(self.history, measure.slaves_of(self.history, self.bond))
        return self._own(measure.detection(self.history, slaves, start))

    @property
    def detected(self) -> Finding:
        """Whether the slave that the fault concerns was declared down."""
        slaves = " or ".join(measure.concerned(self.history, self.bond))
        return _found(self.detection, f"{slaves} declared down")

    @property
    def switchover(self) -> Measured:
        """From detection to the next active slave."""
        return self._own(measure.switchover(self.history, self.bond))

    @property
    def reversion(self) -> Measured:
        """From the repair to traffic being back on the slave it belongs on."""
        return self._own(measure.reversion(self.history, self.bond))

    @property
    def outage(self) -> Measured:
        """From the last good probe before to the first good one after, the worse direction."""
        return self._own(traffic.outage(self.history))

    @property
    def outage_out(self) -> Measured:
        """The outage of frames from the DUT."""
        return self._own(traffic.outage(self.history, "out"))

    @property
    def outage_in(self) -> Measured:
        """The outage of frames to the DUT."""
        return self._own(traffic.outage(self.history, "in"))

    @property
    def recovered(self) -> Finding:
        """Whether both directions worked steadily at the end."""
        holds = traffic.recovered(self.history)
        return Finding(holds, f"traffic {'both ways again' if holds else 'dark'} at the end")

    @property
    def active_slaves(self) -> list[str | None]:
        """The active slaves one after the other, None while there was none."""
        return measure.active_slaves(self.history, self.bond)

    @property
    def active_slave(self) -> str | None:
        """The active slave at the end."""
        return next(reversed(self.active_slaves), None)

    @property
    def mac_addresses(self) -> list[str]:
        """The addresses the bond had one after the other."""
        return measure.mac_addresses(self.history, self.bond)

    @property
    def link_states(self) -> Mapping[str, str | None]:
        """Bonding's judgement of each slave at the end; `run.slave(name)` has the way there."""
        slaves = measure.slaves_of(self.history, self.bond)
        return {name: self.slave(name).link_state for name in slaves}

    @property
    def failures(self) -> Mapping[str, int]:
        """How often each slave was declared down."""
        slaves = measure.slaves_of(self.history, self.bond)
        return {name: measure.failures(self.history, name) for name in slaves}

    @property
    def garps(self) -> list[Frame]:
        """The gratuitous ARPs that left the bond's slaves since the fault."""
        return measure.garps(self.history, self.bond)

    @property
    def garps_heard(self) -> list[Frame]:
        """The gratuitous ARPs for the bond that reached the target since the fault."""
        return measure.garps_heard(self.history, self.bond)

    @property
    def announcement(self) -> Measured:
        """From the switchover to the first gratuitous ARP."""
        return self._own(measure.announcement(self.history, self.bond))

    @property
    def garp_gaps(self) -> list[Measured]:
        """The times between one gratuitous ARP and the next."""
        found = measure.spacing(self.history, "gap of gratuitous ARPs", self.garps)
        return [self._own(gap) for gap in found]

    def garps_between(self, first: int, last: int) -> Measured:
        """The time from one gratuitous ARP to a later one, counted from 0 as in `garps`."""
        count = len(self.garps)
        if last >= count:
            raise ScenarioError(
                f"there is no gratuitous ARP number {last}: {count} were sent",
                hint="assert len(run.garps) first",
            )
        ends = [self.garps[first], self.garps[last]]
        what = f"time from gratuitous ARP {first} to {last}"
        return self._own(measure.spacing(self.history, what, ends)[0])

    @property
    def fdb_moves(self) -> list[Move]:
        """When a switch found an address behind another port than before."""
        return measure.fdb_moves(self.history)

    def moves_of(self, mac: str) -> list[Move]:
        """When a switch found one address behind another port than before."""
        return [move for move in self.fdb_moves if move.mac == mac]

    @property
    def lost(self) -> int:
        """Probes of both streams that were not answered."""
        return self.lost_requests + self.lost_replies

    @property
    def lost_requests(self) -> int:
        """Probes of both streams that never reached the far end."""
        return traffic.lost_requests(self.history)

    @property
    def lost_replies(self) -> int:
        """Probes of both streams that arrived, but whose answer did not."""
        return traffic.lost_replies(self.history)

    @property
    def duplicates(self) -> int:
        """Extra copies of requests and replies that were delivered."""
        return traffic.duplicates(self.history)

    @property
    def reordered(self) -> int:
        """Requests and replies that arrived after one sent later."""
        return traffic.reordered(self.history)


def _found(measured: Measured, what: str) -> Finding:
    said = f"{what} after {measured}" if measured.happened else f"{what} {measured}"
    return Finding(measured.happened, said)

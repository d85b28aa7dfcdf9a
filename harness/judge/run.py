"""The frozen `Run` that scenarios read: every figure of a recording, by its name.

A run is empty until `watch()` ends and freezes it. A recording that cannot be judged (an unclean
baseline, frames lost by the recorder, a host that was late) raises Inconclusive at first use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from harness.bonding.log import BondLogLine
from harness.errors import ScenarioError
from harness.history import History
from harness.judge import (
    distribution,
    failover,
    fitness,
    frames_seen,
    kernel_log_rows,
    lacp,
    measure,
    neighbours_seen,
)
from harness.judge.distribution import SentFrame, Turn
from harness.judge.figure import Truth
from harness.judge.frames_seen import SeenFrame
from harness.judge.lacp import Aggregator, SeenLacpdu
from harness.judge.neighbours_seen import SeenNeighbour
from harness.judge.reads import keeping_reads
from harness.judge.trafficview import TrafficView
from harness.judge.views import Record, Slave, found
from harness.suggest import meant, suggesting
from harness.topology import NamedPart
from harness.units import Measured

PARTNER = re.compile("802.3ad|lacp|partner|aggregator|churn", re.IGNORECASE)


@keeping_reads
@dataclass(frozen=True, slots=True, eq=False)
class Run(TrafficView):
    """A recording as scenarios read it; `run[bond]` where a machine has several bonds.

    Without a name the first bond is meant. Figures of traffic (outage, lost ...) are of the whole
    path, whichever bond is asked.
    """

    _bond: str | None = None

    if not TYPE_CHECKING:
        __getattr__ = suggesting("a run")

    def __repr__(self) -> str:
        return "run" if self._bond is None else f"run[{self._bond!r}]"

    @property
    def subject(self) -> tuple[str | None, str | None]:
        """The bond that was asked for by name."""
        return self._bond, None

    @classmethod
    def of(cls, history: History, *, vetted: bool = False) -> Run:
        """Return the run of a finished recording; `vetted` lets even an unfit one be read."""
        return cls(Record(history, vetted))

    def freeze(self, history: History) -> None:
        """Give the run its history, once: `watch()` calls this when its block has ended."""
        if self._record.history is not None:
            raise ScenarioError(
                "the run is frozen already", hint="watch() makes a new run each time"
            )
        self._record.history = history

    def __getitem__(self, bond: str | NamedPart) -> Run:
        name = bond if isinstance(bond, str) else bond.name
        known = measure.bonds(self.history)
        if name not in known:
            raise ScenarioError(f'the run has no bond "{name}"', hint=meant(name, known))
        return Run(self._record, name)

    def slave(self, name: str) -> Slave:
        """Return what happened to one slave; ScenarioError where no bond has it."""
        measure.bond_of(self.history, name)
        return Slave(self._record, name)

    @property
    def bond(self) -> str:
        """The name of the bond in question: the first by default; ScenarioError without any."""
        if self._bond is not None:
            return self._bond
        known = measure.bonds(self.history)
        if not known:
            raise ScenarioError("the run has no bond", hint="make one: net.dut.bond()")
        return next(iter(known))

    @property
    def detection(self) -> Measured:
        """From the fault to the slave that it concerns being declared down.

        The monitor's part of a failover: bond_miimon_inspect, bond_ab_arp_inspect (bond_main.c).
        """
        return self.caused(self._named(self._detection()))

    @property
    def detected(self) -> Truth:
        """Whether the slave that the fault concerns was declared down."""
        slaves = " or ".join(measure.concerned(self.history, self.bond))
        return found(self.own(self._named(self._detection())), f"{slaves} declared down")

    def _detection(self) -> Measured:
        slaves = measure.concerned(self.history, self.bond)
        start = measure.fault_at(self.history, measure.slaves_of(self.history, self.bond))
        measure.demand_up(self.history, slaves, start)
        return measure.detection(self.history, slaves, start)

    @property
    def switchover(self) -> Measured:
        """From detection to the next active slave: bond_select_active_slave (bond_main.c)."""
        return self.caused(self._named(failover.switchover(self.history, self.bond)))

    @property
    def first_reply(self) -> Measured:
        """From the switchover to the first probe that was answered through the new slave.

        Detection, switchover and first reply add up to the outage, within one probe interval.
        """
        return self.caused(self._named(failover.first_reply(self._traffic, self.bond)))

    @property
    def reversion(self) -> Measured:
        """From the repair to traffic being back on the primary, else on the original slave."""
        return self.caused(self._named(measure.reversion(self.history, self.bond)))

    @property
    def active_slaves(self) -> list[str | None]:
        """The active slaves in order, None while there was none."""
        return measure.active_slaves(self.history, self.bond)

    @property
    def active_slave(self) -> str | None:
        """The active slave at the end."""
        return next(reversed(self.active_slaves), None)

    @property
    def mac_addresses(self) -> list[str]:
        """The addresses of the bond in order."""
        return measure.mac_addresses(self.history, self.bond)

    @property
    def link_states(self) -> Mapping[str, str | None]:
        """Bonding's judgement of each slave at the end; `run.slave(name)` has all of them."""
        slaves = measure.slaves_of(self.history, self.bond)
        return {name: self.slave(name).link_state for name in slaves}

    @property
    def failures(self) -> Mapping[str, int]:
        """How often each slave was declared down."""
        slaves = measure.slaves_of(self.history, self.bond)
        return {name: measure.failures(self.history, name) for name in slaves}

    @property
    def log(self) -> list[BondLogLine]:
        """The driver's log lines on the bond since the disturbance, in order."""
        return kernel_log_rows.bond_lines(self.history, self.bond)

    @property
    def garps(self) -> list[SeenFrame]:
        """The gratuitous ARPs that left the bond's slaves since the fault."""
        return frames_seen.garps(self.history, self.bond)

    def garps_for(self, address: str) -> list[SeenFrame]:
        """The gratuitous ARPs for an address, such as a service's, from whichever machine."""
        return frames_seen.garps_for(self.history, address)

    def answers(self, address: str, *, heard: bool = False) -> list[SeenFrame]:
        """The ARP replies for an address: which MAC was sent to whom, through which cable.

        With `heard` those that reached an end of the path besides the DUT.
        """
        return frames_seen.answers(self.history, address, heard=heard)

    @property
    def garps_heard(self) -> list[SeenFrame]:
        """The gratuitous ARPs for the bond that reached the ends of the path since the fault."""
        return frames_seen.garps_heard(self.history, self.bond)

    @property
    def announcement(self) -> Measured:
        """From the switchover to the first gratuitous ARP."""
        return self.caused(self._named(frames_seen.announcement(self.history, self.bond)))

    @property
    def garp_gaps(self) -> list[Measured]:
        """The times between one gratuitous ARP and the next."""
        found = frames_seen.spacing(self.history, "gap of gratuitous ARPs", self.garps)
        return [self.own(gap) for gap in found]

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
        return self.own(frames_seen.spacing(self.history, what, ends)[0])

    @property
    def unsolicited_nas(self) -> list[SeenNeighbour]:
        """The unsolicited neighbour advertisements that left the bond's slaves since the fault."""
        return neighbours_seen.announcements(self.history, self.bond)

    @property
    def lacpdus(self) -> list[SeenLacpdu]:
        """The LACPDUs at the bond's slaves since the disturbance, in both directions."""
        return lacp.lacpdus(self.history, self.bond)

    @property
    def aggregators(self) -> list[Aggregator]:
        """The active aggregator at the disturbance, and each change of it (802.3ad)."""
        return lacp.aggregators(self.history, self.bond)

    @property
    def aggregator(self) -> Aggregator | None:
        """The active aggregator at the end; None outside of 802.3ad."""
        return next(reversed(self.aggregators), None)

    @property
    def partners(self) -> list[str]:
        """The systems (MACs) of the active aggregators' partners, in order."""
        return lacp.partners(self.history, self.bond)

    @property
    def aggregated(self) -> list[list[str]]:
        """The slaves of each aggregator at the end."""
        return lacp.together(self.history, self.bond)

    @property
    def carriers(self) -> list[bool]:
        """The states of the bond's carrier in order."""
        changes = measure.sequence(self.history, "carrier", f"dut/{self.bond}", "up")
        return [change.value for change in changes]

    @property
    def carrier_loss(self) -> Measured:
        """From the fault to the bond without carrier (bond_set_carrier)."""
        return self.caused(self._named(lacp.carrier_change(self.history, self.bond, up=False)))

    @property
    def carrier_return(self) -> Measured:
        """From the last repair, without any the fault or stimulus, to the bond's carrier."""
        return self.caused(self._named(lacp.carrier_change(self.history, self.bond, up=True)))

    @property
    def carried_by(self) -> list[tuple[str, ...]]:
        """The slaves by which each frame of `send_flows` left, in the order of sending."""
        return distribution.carried_by(self.history, self.bond)

    @property
    def shares(self) -> dict[str, int]:
        """How many frames of `send_flows` left by each slave."""
        return distribution.shares(self.history, self.bond)

    @property
    def turns(self) -> list[Turn]:
        """How many frames of `send_flows` left by the same slave in a row, in order."""
        return distribution.turns(self.history, self.bond)

    def sent_of(self, kind: Literal["learning", "igmp", "mld"]) -> list[SentFrame]:
        """The learning packets, or messages of IGMP or MLD, that left since the disturbance."""
        return distribution.sent(self.history, self.bond, kind)

    def _named(self, measured: Measured) -> Measured:
        """Return a figure with the bond's name in its own; the first bond's have none."""
        return replace(measured, what=measured.what + measure.suffix(self.history, self.bond))

    def kernel_said(self, text: str) -> Truth:
        """Return whether the kernel logged a line with this text since the fault.

        Raises NotTestable for texts about a partner where there is none.
        """
        if PARTNER.search(text):
            fitness.demand_partner(self.history)
        start = measure.fault_at(self.history)
        lines = [str(event["text"]) for event in self.history.select("log") if event.at >= start]
        found = [line for line in lines if text in line]
        return Truth(bool(found), f"kernel log: {' / '.join(found or lines) or 'nothing'}")

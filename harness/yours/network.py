"""The network of a user's bond (`pytest scenarios/field --bond-config FILE`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from harness.bonding.horizon import horizon, settle
from harness.config.model import ConfigError
from harness.config.place import Place
from harness.errors import HarnessError, NotPromised, NotTestable
from harness.record.bond import Bond
from harness.record.cable import Cable
from harness.record.journal import FaultContext
from harness.record.machine import Machine
from harness.record.net import Net, Stage
from harness.record.switches import Switch
from harness.units import MS, Span, in_ms, ms
from harness.yours.plan import LATE_MS, YourPlan

PROBES = 4000  # maximum number in each direction
LONGEST = 45_000 * MS  # maximum length of a recording in real time


class YourBond(Net):
    """A user's bond at two switches; its slaves have the user's names.

    dut  slave 1 ---- sw1 --- neighbour
                       |
                      isl
                       |
         slave 2 ---- sw2 --- target, target2 ...
    """

    sw1: Switch
    sw2: Switch
    target: Machine
    target2: Machine
    neighbour: Machine

    def __init__(self, stage: Stage, plan: YourPlan) -> None:
        """Build it; raises NotTestable if this lab cannot test such a bond."""
        self.yours = plan
        self.plan = plan.topology()
        self.cables: dict[str, Cable] = {}
        if plan.why_not:
            raise NotTestable(f"{plan.name}: {plan.why_not}", hint="test another bond")
        super().__init__(_paced(stage, plan))

    def _parts(self, context: FaultContext) -> Iterator[tuple[object, str]]:
        self.cables = {link.name: Cable(link.name, context) for link in self.plan.links}
        yield from super()._parts(context)

    @property
    def active(self) -> Cable:
        """The cable of the slave that becomes active first."""
        return self.cables[self.yours.first]

    @property
    def slaves(self) -> list[Cable]:
        """The cables of all slaves."""
        return [self.cables[name] for name in self.yours.slaves]

    @property
    def uplink(self) -> Cable:
        """The cable between the switches, on the path of the active slave to the targets."""
        ends = {(link.a, link.b): link.name for link in self.plan.links}
        return self.cables[ends["sw1", "sw2"]]

    @property
    def late(self) -> Span:
        """How long a port that forwards late does not forward."""
        return LATE_MS * ms

    @property
    def long(self) -> Span:
        """A time after which the monitor has reacted to a fault."""
        options = self.yours.bond
        return Span(horizon(options, len(self.yours.slaves), int(self._stage.facts["hz"])))

    @property
    def often(self) -> Span:
        """The interval of a neighbour's frames, short enough for each round of the monitor."""
        interval: Span = self.yours.bond.arp_interval
        return interval / 2

    @property
    def resolution(self) -> Span:
        """The interval at which the kernel repeats ARP requests (neigh.default.retrans_time_ms).

        A bond without an active slave loses carrier, and the kernel then flushes its neighbours.
        """
        return 1000 * ms

    def failover(self, bond: Bond) -> Span:
        """The longest outage when the active slave fails and a backup works.

        That is the monitor's detection time. On a coarse timer wheel, the one additional round of
        backups (ARPMISS-2) may be too short: as they only receive the active slave's ARP probes,
        all slaves are then declared down together, and tried one after the other.
        """
        if bond.options["arp_interval"] and not bond.times.backups_outlive():
            return self.long
        return bond.detection.latest

    def service_again(self, bond: Bond) -> Span:
        """The longest time until the bond passes traffic after all its slaves work again."""
        if bond.options["arp_interval"]:
            return bond.times.service_again(len(self.yours.slaves)).latest
        return bond.times.carrier_back(alone=True).latest

    def bond(self) -> Bond:
        """Create the bond; an error names the line in the user's files."""
        try:
            return self.dut.bond()
        except (NotPromised, NotTestable) as error:
            where = self.yours.where(error.message)
            raise type(error)(f"{where}: {error.message}", hint=error.hint) from None
        except HarnessError as error:
            place = Place(self.yours.where(error.message))
            raise ConfigError(error.message, place, hint=error.hint) from None


def _paced(stage: Stage, plan: YourPlan) -> Stage:
    """Return the stage with a probe interval for the bond's speed; raises NotTestable."""
    hz = int(stage.facts["hz"])
    slaves = len(plan.slaves)
    watched = settle(plan.bond, slaves, hz) + 3 * horizon(plan.bond, slaves, hz)
    if stage.facts.get("clock") != "virtual" and watched > LONGEST:
        raise NotTestable(
            f"{plan.name} reacts so slowly that one recording takes {in_ms(watched)} of real time",
            hint="choose a kernel with virtual time: --kernel virtual",
        )
    facts: dict[str, Any] = {"interval": max(stage.probe_interval, watched // PROBES)}
    return replace(stage, **facts)

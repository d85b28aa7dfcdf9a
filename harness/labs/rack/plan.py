"""What a run will do with the NICs of a lab file, and what forbids it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness.errors import UsageError
from harness.lab import Clock
from harness.labs.description.model import LabFile, LabNic
from harness.labs.netns.interfaces import Interface
from harness.labs.rack.safety import MISSING, in_the_way
from harness.units import in_ms


@dataclass(frozen=True, slots=True)
class End:
    """What is known of one end of a cable besides its interface: driver, who manages it.

    `undo` are commands that return it to the services of its machine.
    """

    driver: str = ""
    manager: str = ""
    undo: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One machine: its interfaces by name, the one that SSH uses, the ends of cables by name."""

    interfaces: Mapping[str, Interface]
    session: str = ""
    ends: Mapping[str, End] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found: both machines, the DUT's kernel and clock, whether it has bonding."""

    tester: Side
    dut: Side
    kernel: str
    clock: Clock
    bonding: bool = True


@dataclass(frozen=True, slots=True)
class RackPlan:
    """The NICs to be used, and what forbids it (`refusals`)."""

    lab: LabFile
    found: Survey

    @property
    def refusals(self) -> list[str]:
        """The reasons against it, as text."""
        return list(self._refusals())

    def demand_safe(self) -> None:
        """Raise UsageError if there is any reason against it."""
        why = self.refusals
        if why:
            raise UsageError(
                "\n  ".join([f"{self.lab.path}: NICs are not touched, as", *why]),
                hint=f"`harness doctor --lab {self.lab.path}` says what to do",
            )

    def lines(self) -> list[str]:
        """Return the plan as it is shown before anything is done."""
        lab, found = self.lab, self.found
        clock = f"clock {in_ms(found.clock.offset)} to the tester's, +- {in_ms(found.clock.error)}"
        shown = [f"lab {lab.path}: DUT {lab.dut}, {found.kernel}, {clock}"]
        shown.append(f"  DUT {lab.management:<15} is not touched: SSH uses it")
        for nic in lab.nics:
            near = found.dut.ends.get(nic.name, End()).driver
            far = found.tester.ends.get(nic.far_end, End()).driver
            ends = f"DUT {nic.name} ({near or 'driver unknown'})"
            shown.append(f"  {ends} - {nic.far_end} ({far or 'driver unknown'}) of the tester")
        shown.append(
            "  These NICs leave the networks of both machines until the run ends. Then their "
            "names, MACs, MTUs,"
        )
        shown.append(
            "  masters, addresses and routes are restored, by the DUT itself when it receives "
            f"nothing for {lab.silence:g} s."
        )
        return shown + [f"  {line}" for line in self._managed()]

    @property
    def drivers(self) -> str:
        """The drivers under test."""
        ends = (self.found.dut.ends.get(nic.name, End()).driver for nic in self.lab.nics)
        return ", ".join(dict.fromkeys(filter(None, ends))) or "drivers unknown"

    def _managed(self) -> Iterator[str]:
        for where, side, names in (
            ("DUT", self.found.dut, [nic.name for nic in self.lab.nics]),
            ("tester", self.found.tester, [nic.far_end for nic in self.lab.nics]),
        ):
            for name in names:
                end = side.ends.get(name, End())
                if end.manager:
                    yield f"{where} {name}: {end.manager} manages it, and will do so again"

    def _refusals(self) -> Iterator[str]:
        lab, dut, tester = self.lab, self.found.dut, self.found.tester
        if not self.found.bonding:
            yield "the DUT has no bonding driver"
        if lab.management not in dut.interfaces:
            yield f"the DUT has no management interface {lab.management}"
        elif dut.session and dut.session not in dut.interfaces[lab.management].addresses:
            yield f"SSH does not use {lab.management}, the management interface"
        for nic in lab.nics:
            yield from self._end("DUT", dut, nic.name, nic)
            yield from self._end("tester", tester, nic.far_end, nic)
            driver = dut.ends.get(nic.name, End()).driver
            if nic.driver and nic.name in dut.interfaces and nic.driver != driver:
                yield f"DUT {nic.name} has the driver {driver or 'unknown'}, not {nic.driver}"

    def _end(self, where: str, side: Side, name: str, nic: LabNic) -> Iterator[str]:
        why = in_the_way(side.interfaces, name, nic, side.session)
        if why == MISSING:
            known = ", ".join(sorted(side.interfaces))
            yield f"{where} {name} is not there (has: {known})"
        elif why:
            yield f"{where} {name} {why}"

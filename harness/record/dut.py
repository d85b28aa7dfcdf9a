"""The DUT and its bonds, as scenarios use them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack

from harness import testability
from harness.bonding import BondOptions, BondSettings
from harness.bonding.lacp_times import LacpKernel
from harness.bonding.windows import Window, spans
from harness.bonding.wire import ignored
from harness.claims import Release
from harness.errors import HarnessError, KernelRefused, ScenarioError
from harness.loop import now, running_hz
from harness.record import bond_maker
from harness.record.addresses import AddressedInterface
from harness.record.attempts import Attempts
from harness.record.bond import Bond
from harness.record.command_runner import CommandRunner, Done
from harness.record.dut_requests import DutRequests
from harness.record.journal import Role
from harness.record.readings import Readings
from harness.record.sending import RecordedSender
from harness.suggest import suggesting
from harness.topology import DUT, BondPlan, NamedPart, carrier_lag
from harness.units import Span, s


class Dut(DutRequests):
    """The machine whose kernel is tested."""

    if not TYPE_CHECKING:
        __getattr__ = suggesting("the dut")

    @property
    def attempt(self) -> Attempts:
        """Requests that the kernel may refuse: each returns its answer instead of raising."""
        return Attempts(self)

    def bond(self, name: str | None = None, **options: Unpack[BondSettings]) -> Bond:
        """Create a bond with the topology's default options and the given ones.

        Without a name it is the topology's first bond.
        Raises ScenarioError for invalid options, NotPromised for options that the kernel is known
        to lack, KernelRefused for others that it refuses, LabError for others that it silently
        ignores, NotTestable if the bond's monitor cannot work in this lab.
        """
        plan = self._plan(name)
        if plan.name in self.bonds:
            raise ScenarioError(f"{plan.name} exists already", hint="create each bond once")
        try:
            self.bonds[plan.name] = made = self._make(plan, options)
        except HarnessError:
            self._context.journal.note_read()
            raise
        return made

    def _make(self, plan: BondPlan, options: BondSettings) -> Bond:
        wanted = self._options(plan, options)
        network = self._context.network
        testability.demand_testable(wanted, self._release, network.untimed(plan))
        try:
            bond_maker.make_bond(network, plan, wanted)
        except KernelRefused as refused:
            raise testability.not_promised(wanted, self._release) or refused from None
        seen = bond_maker.read_back(network, plan)
        left_out = ignored(wanted, seen)
        if left_out:
            bond_maker.drop_bond(network, plan)
            raise testability.ignored_error(wanted, left_out, self._release)
        lag = carrier_lag(self._context.network.topology, plan)
        now = Readings(network, plan, self._context.journal.note_read)
        kernel, tester = Release.parse(self._release), Release.parse(os.uname().release)
        partner = LacpKernel(running_hz(), tester.series)
        return Bond(plan, [wanted], seen, self._hz, lag, now, kernel.series, partner)

    def window(self, **options: Unpack[BondSettings]) -> Window:
        """Return the detection window of a bond with these options."""
        plan = self._plan(None)
        lag = carrier_lag(self._context.network.topology, plan)
        return spans(self._options(plan, options), self._hz, lag).detection

    def run(
        self, command: str | Sequence[str], *, within: Span = 10 * s, role: Role = "command"
    ) -> Done:
        """Run a command as on any machine; bond options that it changes are recorded."""
        try:
            return super().run(command, within=within, role=role)
        finally:
            for bond in self.bonds.values():
                if became := self._reread(bond):
                    text = " ".join(f"{name}={setting}" for name, setting in became.items())
                    self._context.journal.note(
                        now(), bond.name, "set", "stimulus", became=became, options=text
                    )

    def _sender(self, by: NamedPart | None = None) -> RecordedSender:
        links = [link.name for link in self._context.topology.links_of(DUT)]
        name = by.name if by is not None else self._bond(None).name
        has = [*links, *self.bonds, *(vlan.name for vlan in self._context.topology.vlans)]
        if name not in has:
            raise self._context.topology.missing("interface of the dut", name, has)
        return RecordedSender(self._context, DUT, name)

    def _runner(self) -> CommandRunner:
        return CommandRunner(self._context, DUT)

    def _holder(self, by: NamedPart | None = None) -> AddressedInterface:
        bond = by.name if by is not None else self._bond(None).name
        bridge = self._context.topology.bridge_over(self._plan(bond).name)
        name = bridge.name if bridge else bond
        return AddressedInterface(self._context, DUT, name, name)

    @staticmethod
    def _options(plan: BondPlan, given: BondSettings) -> BondOptions:
        """Return the plan's options updated by the given ones; None removes an option.

        Enabling one monitor removes the other one from the topology's defaults.
        """
        base = dict(plan.options)
        if "arp_interval" in given:
            base.pop("miimon", None)
        if "miimon" in given:
            for option in [name for name in base if name.startswith("arp_")]:
                del base[option]
        wanted: dict[str, object] = {**base, **given}
        return BondOptions.of(
            **{name: value for name, value in wanted.items() if value is not None}
        )

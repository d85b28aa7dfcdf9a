"""The DUT and its bonds, as scenarios speak of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Unpack

from harness import promises
from harness.bonding import BondOptions, BondSettings
from harness.bonding.windows import Window, spans
from harness.bonding.wire import ignored
from harness.errors import HarnessError, KernelRefused, ScenarioError
from harness.labs.netns import bonds, netlink, sysfs
from harness.record.addresses import Interface
from harness.record.bond import Bond
from harness.record.faults import Cable, Role, Site
from harness.record.host import Host
from harness.record.loop import now
from harness.record.sending import Sender
from harness.record.shell import Done, Shell
from harness.suggest import suggesting
from harness.topology import DUT, VETH, BondPlan, Named, carrier_lag
from harness.units import MS, Span, s


class Dut(Host):
    """The machine whose kernel is on trial."""

    if not TYPE_CHECKING:
        __getattr__ = suggesting("the dut")

    def __init__(self, site: Site, hz: int) -> None:
        self._site = site
        self._hz = hz
        self._release = os.uname().release
        self.bonds: dict[str, Bond] = {}

    def bond(self, name: str | None = None, **options: Unpack[BondSettings]) -> Bond:
        """Make a bond with the topology's default options and what differs from them.

        Without a name the first of the topology's is meant.
        Raises ScenarioError for options that cannot be, NotPromised for those that the kernel is
        known to lack, KernelRefused for others it does not take, LabError for others it silently
        ignores, NotTestable where its monitor cannot work in this lab.
        """
        plan = self._plan(name)
        if plan.name in self.bonds:
            raise ScenarioError(
                f"{plan.name} is there already", hint="a scenario makes each bond once"
            )
        try:
            self.bonds[plan.name] = made = self._make(plan, options)
        except HarnessError:
            self._site.journal.saw()
            raise
        return made

    def _make(self, plan: BondPlan, options: BondSettings) -> Bond:
        wanted = self._options(plan, options)
        built = self._site.wiring.built
        if VETH in {self._site.topology.link(slave).nic for slave in plan.slaves}:
            promises.demand_testable(wanted, self._release)
        try:
            bonds.make_bond(built, plan, wanted)
        except KernelRefused as refused:
            raise promises.lacking(wanted, self._release) or refused from None
        seen = bonds.read_back(built, plan)
        left_out = ignored(wanted, seen)
        if left_out:
            bonds.drop_bond(built, plan)
            raise promises.left_out(wanted, left_out, self._release)
        lag = carrier_lag(self._site.topology, plan)
        return Bond(plan, [wanted], seen, self._hz, lag, self._site.journal.saw)

    def window(self, **options: Unpack[BondSettings]) -> Window:
        """Return the window of detection that a bond with other options would have."""
        plan = self._plan(None)
        lag = carrier_lag(self._site.topology, plan)
        return spans(self._options(plan, options), self._hz, lag).detection

    def set(self, bond: Bond | None = None, **options: Unpack[BondSettings]) -> None:
        """Change options of a bond that is up, the first if not said; it stands in the history."""
        bond = self._bond(bond)
        changes = BondOptions.unchecked(**options)

        def do() -> None:
            bonds.set_options(self._site.wiring.built, bond.plan, changes)

        self._change(bond, "set", do, options=changes.text())

    def set_mac(self, bond: Bond, mac: str) -> None:
        """Give a bond another MAC by hand; written into the history as a stimulus."""
        built = self._site.wiring.built
        change = netlink.set_link(f"MAC of {bond.name}", built.bond_index(bond.name), address=mac)
        self._site.did(bond.name, "set_mac", "stimulus", lambda: built.send(DUT, change), mac=mac)

    def set_locktime(self, bond: Bond, span: Span) -> None:
        """Set how old the DUT's ARP entries must be before a reply may replace their MAC.

        That is neigh.<bond>.locktime, kept in hundredths of a second (arp(7)); written into the
        history as a stimulus. An entry's age counts from its last change.
        """
        namespace = self._site.wiring.built.namespaces[DUT]
        path = f"/proc/sys/net/ipv4/neigh/{bond.name}/locktime"
        text = str(span.ns // (10 * MS))
        do = partial(namespace.write, path, text)
        self._site.did(bond.name, "set_locktime", "stimulus", do, ms=span.ns // MS)

    def enslave(self, bond: Bond, link: Cable) -> None:
        """Give a bond an interface that is down, as hotplug scripts do; raises KernelRefused."""
        self._master(bond, link, "enslave", self._site.wiring.built.bond_index(bond.name))

    def release(self, bond: Bond, link: Cable) -> None:
        """Take an interface from a bond; raises KernelRefused."""
        self._master(bond, link, "release", 0)

    def _master(self, bond: Bond, link: Cable, action: str, index: int) -> None:
        built = self._site.wiring.built
        change = netlink.set_link(f"slave {link.name}", built.ends[DUT, link.name], master=index)
        role: Role = "repair" if index else "fault"
        where = self._site
        where.did(link.name, action, role, lambda: built.send(DUT, change), bond=bond.name)

    def write(self, bond: Bond, option: str, text: str) -> None:
        """Write to a bond's file in sysfs, as scripts do; raises KernelRefused."""
        space = self._site.wiring.built.namespaces[DUT]

        def do() -> None:
            sysfs.write(space, f"class/net/{bond.name}/bonding/{option}", text)

        self._change(bond, "write", do, option=option, text=text)

    def run(
        self, command: str | Sequence[str], *, within: Span = 10 * s, role: Role = "command"
    ) -> Done:
        """Run a command as on any machine; options of bonds that it changes are in force then."""
        try:
            return super().run(command, within=within, role=role)
        finally:
            for bond in self.bonds.values():
                if became := self._reread(bond):
                    text = " ".join(f"{name}={setting}" for name, setting in became.items())
                    self._site.journal.note(
                        now(), bond.name, "set", "stimulus", became=became, options=text
                    )

    def _change(self, bond: Bond, action: str, do: Callable[[], None], **what: object) -> None:
        """Do what changes a bond's options, and write down which ones the kernel then has."""
        became: dict[str, object] = {}
        try:
            self._site.did(bond.name, action, "stimulus", do, became=became, **what)
        finally:  # it may have taken some of them
            became |= self._reread(bond)

    def _reread(self, bond: Bond) -> dict[str, object]:
        """Return the options that have changed; none of a bond that is gone."""
        seen = bonds.read_back(self._site.wiring.built, bond.plan)
        return bond.reread(seen) if seen else {}

    def _sender(self, by: Named | None = None) -> Sender:
        links = [link.name for link in self._site.topology.links_of(DUT)]
        name = by.name if by is not None else self._bond(None).name
        if name not in (*links, *self.bonds):
            raise self._site.topology.missing("interface of the dut", name, [*links, *self.bonds])
        return Sender(self._site, DUT, name)

    def _shell(self) -> Shell:
        return Shell(self._site, DUT)

    def _holder(self, by: Named | None = None) -> Interface:
        bond = by.name if by is not None else self._bond(None).name
        bridge = self._site.topology.bridge_over(self._plan(bond).name)
        name = bridge.name if bridge else bond
        return Interface(self._site, DUT, name, name)

    def _bond(self, bond: Bond | None) -> Bond:
        """Return a bond, or the first that was made; raises ScenarioError where none is yet."""
        made = bond or next(iter(self.bonds.values()), None)
        if made is None:
            raise ScenarioError("no bond was made yet", hint="make it first: net.dut.bond()")
        return made

    def _plan(self, name: str | None) -> BondPlan:
        topology = self._site.topology
        return topology.bond(name) if name else topology.bonds[0]

    @staticmethod
    def _options(plan: BondPlan, given: BondSettings) -> BondOptions:
        """Return the plan's options with the given ones in place; None leaves an option out.

        Asking for one monitor ousts the other that is the topology's default.
        """
        base = dict(plan.options)
        if "arp_interval" in given:
            base.pop("miimon", None)
        if "miimon" in given:
            for option in [name for name in base if name.startswith("arp_")]:
                del base[option]
        wanted: dict[str, object] = {**base, **given}
        return BondOptions.of(**{name: one for name, one in wanted.items() if one is not None})

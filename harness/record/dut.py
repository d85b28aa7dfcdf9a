"""The DUT and its bonds, as scenarios speak of them."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Unpack

from harness import promises
from harness.bonding import BondOptions, BondSettings
from harness.bonding.windows import Window, spans
from harness.bonding.wire import ignored
from harness.drivers import VETH
from harness.errors import HarnessError, KernelRefused, LabError, ScenarioError
from harness.loop import now
from harness.record import bond_maker
from harness.record.addresses import Interface
from harness.record.bond import Bond
from harness.record.cable import Cable
from harness.record.host import Host
from harness.record.journal import Role, Site
from harness.record.sending import Sender
from harness.record.shell import Done, Shell
from harness.rtnl import messages
from harness.suggest import suggesting
from harness.topology import DUT, BondPlan, Named, carrier_lag
from harness.units import MS, Span, s, timed


class Dut(Host):
    """The machine whose kernel is on trial."""

    if not TYPE_CHECKING:
        __getattr__ = suggesting("the dut")

    def __init__(self, site: Site, hz: int, release: str) -> None:
        self._site = site
        self._hz = hz
        self._release = release
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
        network = self._site.network
        if VETH in {self._site.topology.link(slave).nic for slave in plan.slaves}:
            promises.demand_testable(wanted, self._release)
        try:
            bond_maker.make_bond(network, plan, wanted)
        except KernelRefused as refused:
            raise promises.lacking(wanted, self._release) or refused from None
        seen = bond_maker.read_back(network, plan)
        left_out = ignored(wanted, seen)
        if left_out:
            bond_maker.drop_bond(network, plan)
            raise promises.left_out(wanted, left_out, self._release)
        lag = carrier_lag(self._site.network.topology, plan)
        return Bond(plan, [wanted], seen, self._hz, lag, self._site.journal.saw)

    def window(self, **options: Unpack[BondSettings]) -> Window:
        """Return the window of detection that a bond with other options would have."""
        plan = self._plan(None)
        lag = carrier_lag(self._site.network.topology, plan)
        return spans(self._options(plan, options), self._hz, lag).detection

    def set(self, bond: Bond | None = None, **options: Unpack[BondSettings]) -> None:
        """Change options of a bond that is up, the first if not said; it stands in the history."""
        bond = self._bond(bond)
        changes = BondOptions.unchecked(**options)

        def do() -> None:
            bond_maker.set_options(self._site.network, bond.plan, changes)

        self._change(bond, "set", do, options=changes.text())

    def set_mac(self, bond: Bond, mac: str) -> None:
        """Give a bond another MAC by hand; written into the history as a stimulus."""
        index = self._site.network.number(DUT, bond.name)
        change = messages.set_link(f"MAC of {bond.name}", index, address=mac)
        self._site.did(bond.name, "set_mac", "stimulus", lambda: self._request(change), mac=mac)

    @timed
    def set_locktime(self, bond: Bond, span: Span) -> None:
        """Set how old the DUT's ARP entries must be before a reply may replace their MAC.

        That is neigh.<bond>.locktime, kept in hundredths of a second (arp(7)); written into the
        history as a stimulus. An entry's age counts from its last change.
        """
        path = f"/proc/sys/net/ipv4/neigh/{bond.name}/locktime"
        text = str(span.ns // (10 * MS))
        self._site.did(
            bond.name, "set_locktime", "stimulus", lambda: self._put(path, text), ms=span.ns // MS
        )

    def enslave(self, bond: Bond, link: Cable) -> None:
        """Give a bond an interface that is down, as hotplug scripts do; raises KernelRefused."""
        self._master(bond, link, "enslave", self._site.network.number(DUT, bond.name))

    def release(self, bond: Bond, link: Cable) -> None:
        """Take an interface from a bond; raises KernelRefused."""
        self._master(bond, link, "release", 0)

    def _master(self, bond: Bond, link: Cable, action: str, index: int) -> None:
        number = self._site.network.number(DUT, link.name)
        change = messages.set_link(f"slave {link.name}", number, master=index)
        role: Role = "repair" if index else "fault"
        self._site.did(link.name, action, role, lambda: self._request(change), bond=bond.name)

    def write(self, bond: Bond, option: str, text: str) -> None:
        """Write to a bond's file in sysfs, as scripts do; raises KernelRefused."""
        path = f"/sys/class/net/{bond.name}/bonding/{option}"
        self._change(bond, "write", lambda: self._put(path, f"{text}\n"), option=option, text=text)

    def _request(self, *requests: messages.Request) -> None:
        self._site.network.host(DUT).send(*requests)

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
        seen = bond_maker.read_back(self._site.network, bond.plan)
        return bond.reread(seen) if seen else {}

    def _put(self, path: str, text: str) -> None:
        """Write to one of the kernel's files; raises KernelRefused, LabError where it lacks it."""
        try:
            self._site.network.host(DUT).shell.write(path, text)
        except OSError as error:
            if error.errno == errno.ENOENT:
                raise LabError(
                    f"{path} cannot be written: {error.strerror}",
                    hint="the kernel has no such setting",
                ) from error
            raise KernelRefused(f'"{text.strip()}" for {path}', error.errno or 0) from error

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

"""The DUT and its bonds, as scenarios speak of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Unpack

from harness import promises
from harness.bonding import OPTIONS, BondOptions, BondSettings, Setting
from harness.bonding.windows import BondTimes, Window, spans
from harness.bonding.wire import ignored
from harness.errors import HarnessError, KernelRefused, ScenarioError
from harness.labs.netns import bonds, netlink, sysfs
from harness.record.addresses import Interface
from harness.record.faults import Cable, Role, Site
from harness.record.host import Host
from harness.record.sending import Sender
from harness.record.shell import Shell
from harness.suggest import suggesting
from harness.topology import DUT, VETH, BondPlan, Named, carrier_lag
from harness.units import MS, Span


@dataclass(slots=True, eq=False)
class Bond:
    """A bond that is up; `bond.miimon` and its like are spans, `bond["mode"]` a setting.

    `bond[...]` is what the kernel read back when the bond was made, or after the last change of
    its options; the times follow such a change too. `in_force` are the options of this recording
    one after the other, `options` the last of them.
    """

    plan: BondPlan
    in_force: list[BondOptions]
    seen: Mapping[str, Setting]
    hz: int
    lag: Span
    saw: Callable[[], None]

    if not TYPE_CHECKING:
        __getattr__ = suggesting("a bond")

    @property
    def name(self) -> str:
        """The bond's name."""
        return self.plan.name

    @property
    def options(self) -> BondOptions:
        """The options in force."""
        return self.in_force[-1]

    @property
    def times(self) -> BondTimes:
        """All times that follow from the options."""
        return spans(self.options, self.hz, self.lag)

    @property
    def detection(self) -> Window:
        """From the fault to the active slave being declared down, by the monitor in force."""
        return self.times.detection

    @property
    def address(self) -> str:
        """The bond's own IPv4 address, none where it is the port of a bridge."""
        return self.plan.address

    @property
    def miimon(self) -> Span:
        """One inspection of the MII monitor."""
        return self.times.miimon

    @property
    def first_inspection(self) -> Span:
        """From switching a monitor on to its first inspection."""
        return self.times.first_inspection

    @property
    def arp_interval(self) -> Span:
        """One round of the ARP monitor."""
        return self.times.arp_interval

    @property
    def updelay(self) -> Span:
        """The time for which a recovered slave is not yet used."""
        return self.times.updelay

    @property
    def downdelay(self) -> Span:
        """The time for which a failed slave is still used."""
        return self.times.downdelay

    @property
    def peer_notif_delay(self) -> Span:
        """The time between two rounds of peer notifications."""
        return self.times.peer_notif_delay

    def __getitem__(self, option: str) -> Setting:
        self.saw()
        return self.seen[option]

    def begin(self) -> None:
        """Begin a recording: the options of before it are over."""
        del self.in_force[:-1]

    def reread(self, seen: Mapping[str, Setting]) -> dict[str, object]:
        """Take in what the kernel reads back now; return the options that have changed, as JSON.

        Setting one option may change others: a monitor ousts the other. Which slave is active is
        a state, not an option.
        """
        gone = {name: OPTIONS[name].default for name in self.seen.keys() - seen.keys()}
        changed = {
            name: setting
            for name, setting in {**gone, **seen}.items()
            if name != "active_slave" and setting != self.seen.get(name)
        }
        self.seen = seen
        if changed:
            self.in_force.append(BondOptions.unchecked(**{**self.options.asked, **changed}))
        return {name: plain(setting) for name, setting in changed.items()}


def plain(setting: Setting) -> object:
    """Return a setting as JSON has it, so that a history equals what comes back from its file."""
    return list(setting) if isinstance(setting, tuple) else setting


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

    def _change(self, bond: Bond, action: str, do: Callable[[], None], **what: object) -> None:
        """Do what changes a bond's options, and write down which ones the kernel then has."""
        became: dict[str, object] = {}
        try:
            self._site.did(bond.name, action, "stimulus", do, became=became, **what)
        finally:  # it may have taken some of them
            became |= bond.reread(bonds.read_back(self._site.wiring.built, bond.plan))

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

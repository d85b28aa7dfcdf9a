"""The DUT and its bonds, as scenarios speak of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness import promises
from harness.bonding import BondOptions, Setting
from harness.bonding.windows import BondTimes, Window, spans
from harness.bonding.wire import ignored
from harness.errors import KernelRefused, ScenarioError
from harness.labs.netns import bonds, netlink, sysfs
from harness.record.faults import Cable, Role, Site
from harness.topology import DUT, VETH, BondPlan, carrier_lag
from harness.units import Span


@dataclass(frozen=True, slots=True)
class Bond:
    """A bond that is up; `bond.miimon` and its like are spans, `bond["mode"]` a setting.

    `bond[...]` is what the kernel read back right after the bond was made.
    """

    plan: BondPlan
    options: BondOptions
    seen: Mapping[str, Setting]
    hz: int
    lag: Span

    @property
    def name(self) -> str:
        """The bond's name."""
        return self.plan.name

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
        """The bond's IPv4 address."""
        return self.plan.address

    @property
    def miimon(self) -> Span:
        """One inspection of the MII monitor."""
        return self.times.miimon

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
        return self.seen[option]


class Dut:
    """The machine whose kernel is on trial."""

    def __init__(self, site: Site, hz: int) -> None:
        self._site = site
        self._hz = hz
        self._release = os.uname().release
        self.bonds: dict[str, Bond] = {}

    def bond(self, name: str | None = None, **options: Any) -> Bond:
        """Make a bond with the topology's default options and what differs from them.

        Raises ScenarioError for options that cannot be, NotPromised for those that the kernel is
        known to lack, KernelRefused for others it does not take, LabError for others it silently
        ignores, NotTestable where its monitor cannot work in this lab.
        """
        plan = self._plan(name)
        if plan.name in self.bonds:
            raise ScenarioError(
                f"{plan.name} is there already", hint="a scenario makes each bond once"
            )
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
        made = Bond(plan, wanted, seen, self._hz, carrier_lag(self._site.topology, plan))
        self.bonds[plan.name] = made
        return made

    def window(self, **options: Any) -> Window:
        """Return the window of detection that a bond with other options would have."""
        plan = self._plan(None)
        lag = carrier_lag(self._site.topology, plan)
        return spans(self._options(plan, options), self._hz, lag).detection

    def set(self, bond: Bond, **options: Any) -> None:
        """Change options of a bond that is up; written into the history as a stimulus."""
        changes = BondOptions.unchecked(**options)

        def do() -> None:
            bonds.set_options(self._site.wiring.built, bond.plan, changes)

        self._site.did(bond.name, "set", "stimulus", do, options=changes.text())

    def set_mac(self, bond: Bond, mac: str) -> None:
        """Give a bond another MAC by hand; written into the history as a stimulus."""
        built = self._site.wiring.built
        change = netlink.set_link(f"MAC of {bond.name}", built.bond_index(bond.name), address=mac)
        self._site.did(bond.name, "set_mac", "stimulus", lambda: built.send(DUT, change), mac=mac)

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

        self._site.did(bond.name, "write", "stimulus", do, option=option, text=text)

    def _plan(self, name: str | None) -> BondPlan:
        plans = self._site.topology.bonds
        if name is None and len(plans) != 1:
            has = ", ".join(plan.name for plan in plans)
            raise ScenarioError(f"which bond is meant: {has}?", hint="give its name first")
        return plans[0] if name is None else self._site.topology.bond(name)

    @staticmethod
    def _options(plan: BondPlan, given: dict[str, Any]) -> BondOptions:
        """Return the plan's options with the given ones in place; None leaves an option out.

        Asking for one monitor ousts the other that is the topology's default.
        """
        base = dict(plan.options)
        if "arp_interval" in given:
            base.pop("miimon", None)
        if "miimon" in given:
            for option in [name for name in base if name.startswith("arp_")]:
                del base[option]
        wanted = {**base, **given}
        return BondOptions.of(**{name: one for name, one in wanted.items() if one is not None})

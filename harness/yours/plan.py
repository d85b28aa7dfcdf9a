"""A user's bond as a network of the lab, and which faults apply to it.

    dut  slave 1 ---- sw1 --- neighbour
         slave 3 -----/|
                      isl
                       |
         slave 2 ---- sw2 --- target, target2 ...
         slave 4 -----/

The slave that becomes active first is at sw1, not at the targets' switch, so that every fault on
the path to them affects it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from harness.bonding import BondOptions
from harness.bonding.options import PRIMARY_MODES
from harness.config.model import BondConfig, ConfigError
from harness.config.place import Place
from harness.errors import UsageError
from harness.topology import (
    DUT,
    BondPlan,
    BridgePlan,
    LinkPlan,
    MachinePlan,
    SwitchPlan,
    Topology,
    VlanPlan,
)
from harness.yours.networks import DutAddress, Networks, networks, unused

LATE_MS = 1000  # how long a port that forwards late does not forward
CHANNEL = frozenset({"balance-rr", "balance-xor", "802.3ad"})
# Values of arp_validate for which frames of neighbours do not keep the active slave up.
VALIDATES_ACTIVE = frozenset({"active", "all", "filter_active"})


@dataclass(frozen=True, slots=True)
class YourPlan:
    """A user's bond as plain values, which are passed to guests.

    `places` are file and line of each option; `homes` are the addresses, the first one in the
    network of the first target; `remarks` name the addresses that the lab has added.
    """

    name: str
    options: str
    slaves: tuple[str, ...]
    homes: tuple[DutAddress, ...]
    targets: tuple[str, ...]
    places: Mapping[str, str]
    remarks: tuple[str, ...] = ()
    why_not: str = ""

    @classmethod
    def of(cls, bond: BondConfig) -> YourPlan:
        """Return the plan of a parsed bond; raises ConfigError if it cannot exist."""
        options = bond.options()
        slaves = bond.slave_names or ("eth0", "eth1")
        primary = options["primary"]
        if primary and primary not in slaves:
            if bond.slaves and not bond.matches:
                what = f"primary={primary} is not a slave (has: {', '.join(slaves)})"
                raise ConfigError(what, bond.where("primary"), hint="name one of the slaves")
            slaves = (str(primary), *(name for name in slaves if name != primary))
        if bond.name in slaves:
            raise ConfigError(f"{bond.name} is a slave of itself", bond.place, hint="rename one")
        # active_slave is the state of a running bond, and cannot be set before it exists.
        options = options.replace(active_slave=None)
        asked = options["arp_ip_target"]
        found = networks(bond, asked if isinstance(asked, tuple) else ())
        places = {name: str(bond.where(name)) for name in options.asked} | {"": str(bond.place)}
        text = options.text()
        why = _why_not(options, slaves) or found.why_not
        where = (found.homes, found.targets, places, found.remarks)
        return cls(bond.name, text, slaves, *where, why)

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> YourPlan:
        """Return a plan from plain JSON values."""
        lists = {name: tuple(data[name]) for name in ("slaves", "targets", "remarks")}
        homes = tuple(DutAddress(**one) for one in data["homes"])
        return cls(**{**data, **lists, "homes": homes})

    def plain(self) -> dict[str, Any]:
        """Return the plan as plain JSON values."""
        return asdict(self)

    @property
    def address(self) -> str:
        """The bond's address in the network of the first target."""
        return self.homes[0].ip

    @property
    def prefix(self) -> int:
        """The prefix of that address."""
        return self.homes[0].network.prefixlen

    @property
    def bond(self) -> BondOptions:
        """The options."""
        return BondOptions.parse(self.options)

    @property
    def first(self) -> str:
        """The slave that becomes active first: the primary, else the first to be enslaved."""
        return str(self.bond["primary"] or self.slaves[0])

    def where(self, error: str) -> str:
        """Return the place of the option that an error names, else that of the bond."""
        named = [name for name in self.places if name and f"{name}=" in error]
        return self.places[named[0] if len(named) == 1 else ""]

    def traits(self) -> frozenset[str]:
        """Return the traits of the bond that faults require (scenarios/field)."""
        options = self.bond
        found = {options.mode}
        found.add("monitored" if options["miimon"] or options["arp_interval"] else "unmonitored")
        found.add("sees the path" if options["arp_interval"] else "blind to the path")
        if options["arp_interval"]:
            validates = options["arp_validate"] in VALIDATES_ACTIVE
            found.add("validates" if validates else "takes any ARP")
            filters = options["arp_validate"] not in ("none", "backup")
            found.add("counts ARP only" if filters else "counts any frame")
            found.add(_targets(options))
        if options["primary"] and options["primary_reselect"] == "always":
            found.add(_return(options))
        if options.mode in PRIMARY_MODES:
            found.add("one active slave")
        return frozenset(found)

    def topology(self) -> Topology:
        """Return the network."""
        others = [name for name in self.slaves if name != self.first]
        switch = {self.first: "sw1"}
        switch |= {name: ("sw2", "sw1")[nth % 2] for nth, name in enumerate(others)}
        taken = {*self.slaves, self.name}
        machines = [MachinePlan(DUT), MachinePlan("neighbour", self._free(), prefix=self.prefix)]
        links = [LinkPlan(name, DUT, switch[name]) for name in self.slaves]
        links.append(LinkPlan(free("isl", taken), "sw1", "sw2"))
        links.append(LinkPlan(free("neighbour", taken), "sw1", "neighbour"))
        around = Networks(self.homes, self.targets)
        for nth, address in enumerate(self.targets, 1):
            name, home = "target" if nth == 1 else f"target{nth}", around.home_of(address)
            prefix = home.network.prefixlen
            machines.append(MachinePlan(name, address, vlan=home.vlan, prefix=prefix))
            links.append(LinkPlan(free(name, taken), "sw2", name))
        return Topology(
            name=f"your {self.name}",
            machines=tuple(machines),
            switches=(SwitchPlan("sw1"), SwitchPlan("sw2")),
            links=tuple(links),
            **self._above(),
        )

    def _above(self) -> dict[str, Any]:
        """Return the bond of the topology with its addresses and upper devices."""
        own = [home for home in self.homes if not home.vlan]
        bridged = [home.device for home in own if home.kind == "bridge"]
        address = own[0].ip if own else ""
        more = tuple(home.address for home in own[1:])
        options = dict(self.bond.asked)
        plan = BondPlan(self.name, self.slaves, "" if bridged else address, options, more)
        numbers = {home.vlan: home.device for home in self.homes if home.vlan}
        return {
            "bonds": (plan,),
            "bridges": tuple(BridgePlan(name, self.name, address) for name in bridged[:1]),
            "vlans": tuple(
                VlanPlan(device, number, self.name, self._on(number))
                for number, device in numbers.items()
            ),
            "prefix": own[0].network.prefixlen if own else self.prefix,
        }

    def _on(self, vlan: int) -> tuple[str, ...]:
        return tuple(home.address for home in self.homes if home.vlan == vlan)

    def _free(self) -> str:
        """Return an unused address."""
        return unused(self.homes[0].network, {*(home.ip for home in self.homes), *self.targets})


def _targets(options: BondOptions) -> str:
    """Return the trait for the loss of an ARP target."""
    targets = options["arp_ip_target"]
    if isinstance(targets, tuple) and len(targets) < 2:
        return "has one target"
    return "needs all targets" if options["arp_all_targets"] == "all" else "needs one target"


def _return(options: BondOptions) -> str:
    """Return the trait for a primary whose port forwards late: when it is active again.

    With the ARP monitor it waits in any case. An outage as long as a failover's is not counted.
    """
    updelay, miimon, downdelay = (
        int(str(options.effective()[name])) for name in ("updelay", "miimon", "downdelay")
    )
    if options["arp_interval"] or updelay >= LATE_MS:
        return "returns in time"
    dark = LATE_MS - updelay - miimon
    return "returns too early" if miimon and dark > 2 * (miimon + downdelay) else "returns"


def free(name: str, taken: Iterable[str]) -> str:
    """Return a name for a cable that is not in use."""
    while name in taken:
        name = f"{name}_"[-15:]
    return name


def _why_not(options: BondOptions, slaves: tuple[str, ...]) -> str:
    """Return why the lab cannot test such a bond, "" if it can."""
    if len(slaves) < 2:
        return "it has one slave only"
    if options.mode in CHANNEL:
        return f"mode {options.mode} needs link aggregation, which the lab's switches do not have"
    if options.mode == "broadcast":
        return (
            "mode broadcast is for separate networks (HA-4), but the lab's switches are connected"
        )
    unvalidated = options["arp_interval"] and options["arp_validate"] == "none"
    if options["arp_all_targets"] == "all" and unvalidated and options.mode == "active-backup":
        return "arp_all_targets=all without arp_validate declares every slave down (ARPALL-3)"
    if options["arp_interval"] and (options["ns_ip6_target"] or not options["arp_ip_target"]):
        asks = "IPv6 targets" if options["arp_ip_target"] else "no IPv4 target"
        return f"its ARP monitor has {asks}, but the lab's targets have IPv4 addresses only"
    return ""


def plans(bonds: Iterable[BondConfig]) -> list[YourPlan]:
    """Return the plans of bonds; raises ConfigError if the driver would refuse one."""
    made = [YourPlan.of(bond) for bond in bonds]
    if not made:
        raise UsageError("these files define no bond", hint="give the configuration of a bond")
    return made


__all__ = ["LATE_MS", "Place", "YourPlan", "free", "plans"]

"""The options that each tool supports: which it applies, which it drops, and when.

`options` are the options of a format. What happens to another option is in `on_unknown`: it is
silently dropped, or the file is refused. Each tool has its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from harness.bonding import OPTIONS, Setting
from harness.config.option_names import NETPLAN, NETWORKD, NETWORKD_ROLES, PROC

ALL = frozenset(OPTIONS)
# Only netlink sets these: nothing that writes to sysfs can.
BY_NETLINK = frozenset(name for name, option in OPTIONS.items() if not option.sysfs)
INITSCRIPTS = "initscripts"  # who makes a bond of ifcfg that NetworkManager leaves alone
SYSFS = ALL - BY_NETLINK
ALL_IP = frozenset({"addresses", "DHCP", "gateway", "MTU", "uppers"})
STATE = frozenset({"active_slave"})  # what runs shows it, but it is no configuration


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolLimit:
    """The words or numbers of an option that a tool accepts; the kernel accepts more.

    Beyond a `soft` limit the tool warns, but sets the value.
    """

    words: frozenset[str] = frozenset()
    low: int = 0
    high: int = 0
    soft: bool = False

    def allows(self, value: Setting) -> bool:
        """Return whether the tool accepts a value."""
        if self.words:
            return value in self.words
        return isinstance(value, int) and self.low <= value <= self.high

    def __str__(self) -> str:
        return ", ".join(sorted(self.words)) if self.words else f"{self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class Tool:
    """The tool that applies a format: `on_unknown` says what happens to an unknown option.

    `lacked_by` are options that releases in use lack, with the latest release known to lack them.
    `carries` are the parts of IP that it has, `matches` how it selects slaves without their names.
    """

    format: str
    name: str
    options: frozenset[str]
    on_unknown: str
    source: str
    slaves: bool = True
    carries: frozenset[str] = ALL_IP
    matches: frozenset[str] = frozenset()
    slave_options: frozenset[str] = frozenset()
    limits: Mapping[str, ToolLimit] = field(default_factory=dict)
    lacked_by: Mapping[str, str] = field(default_factory=dict)

    def lacks(self, option: str) -> bool:
        """Return whether the format lacks an option."""
        return option not in self.options


MODULE = _names(
    """
    mode miimon updelay downdelay use_carrier primary primary_reselect lacp_rate ad_select
    min_links xmit_hash_policy arp_interval arp_ip_target arp_validate arp_all_targets
    fail_over_mac all_slaves_active resend_igmp packets_per_slave lp_interval num_grat_arp
    """
)
IFENSLAVE = _names(
    """
    mode miimon updelay downdelay use_carrier num_grat_arp arp_ip_target arp_interval arp_validate
    ad_select xmit_hash_policy tlb_dynamic_lb packets_per_slave lacp_rate active_slave
    fail_over_mac primary primary_reselect
    """
)
IFUPDOWN2 = _names(
    """
    mode miimon updelay downdelay use_carrier num_grat_arp xmit_hash_policy lacp_rate min_links
    ad_actor_sys_prio ad_actor_system primary primary_reselect
    """
)
NM = ALL - {"coupled_control", "broadcast_neighbor", "lacp_strict"}
NMSTATE = NM - {"active_slave", "peer_notif_delay"}

VALIDATIONS = ToolLimit(words=_names("none active backup all"))
HASHES = ToolLimit(words=_names("layer2 layer3+4 layer2+3 encap2+3 encap3+4"))
SELECTIONS = ToolLimit(words=_names("stable bandwidth count"))
LACKED_BY_NM = MappingProxyType(
    dict.fromkeys(
        ("ns_ip6_target", "lacp_active", "arp_missed_max", "prio"), "NetworkManager 1.42"
    )
)
LACKED_BY_NETWORKD = MappingProxyType(
    dict.fromkeys(("peer_notif_delay", "arp_missed_max"), "systemd 252")
)
PORT = frozenset({"prio", "queue_id"})
PROC_TOO = frozenset({"mode", "primary", "primary_reselect", "fail_over_mac"})
UNSET = "is not set: sysfs has no file for it"

_TOOLS = (
    Tool(
        "bonding-opts", "ifup", SYSFS, UNSET,
        "bonding.rst 3.3; the scripts write each option to sysfs",
        slaves=False, carries=frozenset(),
    ),
    Tool(
        "ifcfg", "ifup", SYSFS, UNSET,
        "bonding.rst 3.3; the scripts write each option to sysfs",
    ),
    Tool(
        "modprobe", "the bonding module", MODULE,
        "is ignored by the module, which says so in the kernel log only",
        "the module_param lines of bond_main.c",
        slaves=False, carries=frozenset(),
    ),
    Tool(
        "interfaces", "ifenslave", IFENSLAVE, "is silently dropped",
        "ifenslave 2.13: README.Debian, if-pre-up.d/ifenslave",
        slave_options=frozenset({"queue_id"}),
    ),
    Tool(
        "ifupdown2", "ifupdown2", IFUPDOWN2, "is dropped with only a warning",
        "ifupdown2 3.0: addons/bond.py, _modinfo",
        limits=MappingProxyType({
            "xmit_hash_policy": HASHES,
            "miimon": ToolLimit(high=255, soft=True),
            "min_links": ToolLimit(high=255, soft=True),
            "updelay": ToolLimit(high=65535, soft=True),
            "downdelay": ToolLimit(high=65535, soft=True),
        }),
    ),
    Tool("suse", "wicked", SYSFS, UNSET, "ifcfg-bonding(5)",
         carries=ALL_IP - {"gateway"}),
    Tool(
        "nm", "NetworkManager", NM, "is silently dropped",
        "nm-settings(5), bond.options",
        slave_options=PORT, limits=MappingProxyType({"ad_select": SELECTIONS}),
        matches=frozenset({"mac"}), lacked_by=LACKED_BY_NM,
    ),
    Tool(
        "nmcli", "nmcli", NM, "is refused by nmcli", "nm-settings(5), bond.options",
        limits=MappingProxyType({"ad_select": SELECTIONS}), lacked_by=LACKED_BY_NM,
    ),
    Tool(
        "networkd", "systemd-networkd", frozenset({*NETWORKD.values(), *NETWORKD_ROLES.values()}),
        "is ignored with only a warning in the journal", "systemd.netdev(5), [Bond]",
        limits=MappingProxyType({
            "arp_validate": VALIDATIONS, "ad_select": SELECTIONS, "xmit_hash_policy": HASHES,
        }),
        matches=frozenset({"name", "mac"}), lacked_by=LACKED_BY_NETWORKD,
    ),
    Tool(
        "netplan", "netplan", frozenset(NETPLAN.values()), "is refused with the whole file",
        "netplan's YAML reference: bonds, parameters",
        matches=frozenset({"name", "mac"}),
        limits=MappingProxyType({
            "arp_validate": VALIDATIONS,
            "xmit_hash_policy": HASHES,
            "ad_select": SELECTIONS,
            "num_grat_arp": ToolLimit(low=1, high=255),
        }),
    ),
    Tool(
        "nmstate", "nmstate", NMSTATE, "is refused with the whole state",
        "nmstate 2.2: BondOptions",
        slave_options=PORT, limits=MappingProxyType({"ad_select": SELECTIONS}),
    ),
    Tool("ip-json", "ip", ALL - STATE, "is not shown by ip", "iplink_bond.c of iproute2",
         slave_options=PORT, carries=frozenset({"addresses"})),
    Tool(
        "proc", "the kernel", frozenset(PROC.values()) | PROC_TOO,
        "is not shown in /proc/net/bonding", "bond_procfs.c; PROC-9",
        carries=frozenset(), slave_options=frozenset({"queue_id"}),
    ),
    Tool(
        "sysfs", "the kernel", SYSFS - STATE, "is not shown in sysfs", "bond_sysfs.c",
        carries=frozenset(), slave_options=frozenset({"queue_id"}),
    ),
)  # fmt: skip
TOOLS: Mapping[str, Tool] = MappingProxyType({tool.format: tool for tool in _TOOLS})
FORMATS = tuple(TOOLS)
RUNNING = frozenset({"ip-json", "proc", "sysfs"})
BY_NM = frozenset({"nm", "nmcli"})
BY_NETWORKD = frozenset({"networkd", "netplan"})

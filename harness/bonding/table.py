"""All options of the bonding driver, in the order in which bond_changelink applies them.

The order matters: the mode precedes the options that depend on it, miimon the delays that are
stored as its multiples, and arp_interval precedes arp_validate.
"""

from __future__ import annotations

from types import MappingProxyType

from harness.bonding.options import (
    ARP_MODES,
    INT_MAX,
    LACP,
    MODES,
    PRIMARY_MODES,
    TLB_MODES,
    Need,
    Option,
    Value,
)

DOWN: frozenset[Need] = frozenset({"down"})
EMPTY: frozenset[Need] = frozenset({"empty"})
HASHING = frozenset({"balance-xor", "802.3ad", "balance-tlb"})
IGMP_MODES = frozenset({"balance-rr", "active-backup", "balance-tlb", "balance-alb"})
BACKUP = frozenset({"active-backup"})
STABLE = ((6, 1), (6, 12))
TIME = (("off", 0), ("maxval", INT_MAX))
COUNT = (("off", 0), ("maxval", 255))
LIMITS_16 = (("minval", 1), ("maxval", 65535))


def _words(*words: str) -> tuple[Value, ...]:
    return tuple(Value(word, number) for number, word in enumerate(words))


SWITCH = _words("off", "on")
HASHES = (
    *_words("layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4"),
    Value("vlan+srcmac", 5, since=(5, 12)),
)
SELECTIONS = (
    *_words("stable", "bandwidth", "count"),
    Value("actor_port_prio", 3, since=(6, 18)),
)
CARRIER = (Value("off", 0, until=(7, 2)), Value("on", 1))
VALIDATIONS = _words("none", "active", "backup", "all", "filter", "filter_active", "filter_backup")

# fmt: off
_MONITORS = (
    Option(name="mode", number=1, attribute="IFLA_BOND_MODE", wire="u8",
           values=_words(*MODES), default="balance-rr", needs=DOWN | EMPTY),
    Option(name="active_slave", number=2, attribute="IFLA_BOND_ACTIVE_SLAVE", wire="index",
           default="", modes=PRIMARY_MODES),
    Option(name="miimon", number=3, attribute="IFLA_BOND_MIIMON", wire="u32", unit="ms",
           high=INT_MAX, aliases=TIME, default=0, excludes=("arp_interval", "arp_validate")),
    Option(name="updelay", number=4, attribute="IFLA_BOND_UPDELAY", wire="u32", unit="ms",
           high=INT_MAX, aliases=TIME, default=0, requires="miimon"),
    Option(name="downdelay", number=5, attribute="IFLA_BOND_DOWNDELAY", wire="u32", unit="ms",
           high=INT_MAX, aliases=TIME, default=0, requires="miimon"),
    Option(name="peer_notif_delay", number=28, attribute="IFLA_BOND_PEER_NOTIF_DELAY",
           wire="u32", unit="ms", high=300_000, aliases=(("off", 0), ("maxval", 300_000)),
           fallback=False, default=0, requires="miimon", acts=BACKUP),
    Option(name="use_carrier", number=6, attribute="IFLA_BOND_USE_CARRIER", wire="u8",
           values=CARRIER, default="on"),
    Option(name="arp_interval", number=7, attribute="IFLA_BOND_ARP_INTERVAL", wire="u32",
           unit="ms", high=INT_MAX, aliases=TIME, default=0, modes=ARP_MODES,
           excludes=("miimon",)),
    Option(name="arp_ip_target", number=8, attribute="IFLA_BOND_ARP_IP_TARGET", wire="ip4",
           default=(), acts=ARP_MODES),
    Option(name="ns_ip6_target", number=31, attribute="IFLA_BOND_NS_IP6_TARGET", wire="ip6",
           default=(), acts=ARP_MODES, since=(5, 18), sysfs=False),
    Option(name="arp_validate", number=9, attribute="IFLA_BOND_ARP_VALIDATE", wire="u32",
           values=VALIDATIONS, default="none", modes=ARP_MODES, excludes=("miimon",)),
    Option(name="arp_all_targets", number=10, attribute="IFLA_BOND_ARP_ALL_TARGETS", wire="u32",
           values=_words("any", "all"), default="any", acts=BACKUP),
)
_FAILOVER = (
    Option(name="primary", number=11, attribute="IFLA_BOND_PRIMARY", wire="index", default="",
           modes=PRIMARY_MODES),
    Option(name="primary_reselect", number=12, attribute="IFLA_BOND_PRIMARY_RESELECT", wire="u8",
           values=_words("always", "better", "failure"), default="always", acts=PRIMARY_MODES),
    Option(name="fail_over_mac", number=13, attribute="IFLA_BOND_FAIL_OVER_MAC", wire="u8",
           values=_words("none", "active", "follow"), default="none", acts=BACKUP, needs=EMPTY),
    Option(name="xmit_hash_policy", number=14, attribute="IFLA_BOND_XMIT_HASH_POLICY", wire="u8",
           values=HASHES, default="layer2", acts=HASHING | TLB_MODES),
    Option(name="resend_igmp", number=15, attribute="IFLA_BOND_RESEND_IGMP", wire="u32",
           high=255, aliases=COUNT, default=1, acts=IGMP_MODES),
    Option(name="num_grat_arp", number=16, attribute="IFLA_BOND_NUM_PEER_NOTIF", wire="u8",
           high=255, aliases=COUNT, default=1, acts=BACKUP | LACP),
    Option(name="all_slaves_active", number=17, attribute="IFLA_BOND_ALL_SLAVES_ACTIVE",
           wire="u8", values=SWITCH, default="off", acts=PRIMARY_MODES | LACP),
    Option(name="min_links", number=18, attribute="IFLA_BOND_MIN_LINKS", wire="u32",
           high=INT_MAX, aliases=TIME, default=0, acts=LACP),
    Option(name="lp_interval", number=19, attribute="IFLA_BOND_LP_INTERVAL", wire="u32",
           unit="s", low=1, high=INT_MAX, aliases=(("minval", 1), ("maxval", INT_MAX)),
           default=1, acts=TLB_MODES),
    Option(name="packets_per_slave", number=20, attribute="IFLA_BOND_PACKETS_PER_SLAVE",
           wire="u32", high=65535, aliases=(("maxval", 65535),), default=1,
           modes=frozenset({"balance-rr"})),
)
_LACP = (
    Option(name="lacp_active", number=29, attribute="IFLA_BOND_AD_LACP_ACTIVE", wire="u8",
           values=SWITCH, default="on", modes=LACP, needs=DOWN, since=(5, 15)),
    Option(name="lacp_rate", number=21, attribute="IFLA_BOND_AD_LACP_RATE", wire="u8",
           values=_words("slow", "fast"), fallback=False, default="slow", modes=LACP,
           needs=DOWN),
    Option(name="ad_select", number=22, attribute="IFLA_BOND_AD_SELECT", wire="u8",
           values=SELECTIONS, default="stable", acts=LACP, needs=DOWN),
    Option(name="ad_actor_sys_prio", number=24, attribute="IFLA_BOND_AD_ACTOR_SYS_PRIO",
           wire="u16", low=1, high=65535, aliases=LIMITS_16, default=65535, modes=LACP),
    Option(name="ad_user_port_key", number=25, attribute="IFLA_BOND_AD_USER_PORT_KEY",
           wire="u16", high=1023, aliases=(("minval", 0), ("maxval", 1023)), default=0,
           modes=LACP, needs=DOWN),
    Option(name="ad_actor_system", number=26, attribute="IFLA_BOND_AD_ACTOR_SYSTEM", wire="mac",
           fallback=False, default="00:00:00:00:00:00", modes=LACP),
    Option(name="tlb_dynamic_lb", number=27, attribute="IFLA_BOND_TLB_DYNAMIC_LB", wire="u8",
           values=SWITCH, default="on", modes=TLB_MODES, needs=DOWN),
    Option(name="arp_missed_max", number=30, attribute="IFLA_BOND_MISSED_MAX", wire="u8", low=1,
           high=255, aliases=(("minval", 1), ("maxval", 255)), default=2, modes=ARP_MODES,
           since=(5, 17)),
    Option(name="coupled_control", number=32, attribute="IFLA_BOND_COUPLED_CONTROL", wire="u8",
           values=SWITCH, default="on", modes=LACP, needs=DOWN, since=(6, 9), backports=STABLE,
           sysfs=False),
    Option(name="broadcast_neighbor", number=33, attribute="IFLA_BOND_BROADCAST_NEIGH",
           wire="u8", values=SWITCH, default="off", modes=LACP, since=(6, 17), sysfs=False),
    # 7.2 has it and 6.12 has not; the releases between were not read.
    Option(name="lacp_strict", number=34, attribute="IFLA_BOND_LACP_STRICT", wire="u8",
           values=SWITCH, default="off", modes=LACP, since=(7, 2), sysfs=False),
)
_SLAVE = (
    Option(name="queue_id", number=5, attribute="IFLA_BOND_SLAVE_QUEUE_ID", wire="u16",
           high=65535, fallback=False, default=0, slave=True,
           acts=frozenset({"balance-rr", "active-backup"})),
    Option(name="prio", number=9, attribute="IFLA_BOND_SLAVE_PRIO", wire="s32", low=-INT_MAX - 1,
           high=INT_MAX, fallback=False, default=0, modes=PRIMARY_MODES, since=(6, 0),
           sysfs=False, slave=True),
    # The documentation says 1 to 65535; the kernel accepts 0 as well (APRIO-2).
    Option(name="actor_port_prio", number=10, attribute="IFLA_BOND_SLAVE_ACTOR_PORT_PRIO",
           wire="u16", high=65535, fallback=False, default=255, modes=LACP, since=(6, 18),
           backports=STABLE, sysfs=False, slave=True),
)
# fmt: on

OPTIONS = MappingProxyType({option.name: option for option in _MONITORS + _FAILOVER + _LACP})
SLAVE_OPTIONS = MappingProxyType({option.name: option for option in _SLAVE})

# One number with two names: the driver has a single counter for both address families.
SYNONYMS = MappingProxyType({"num_unsol_na": "num_grat_arp"})

# Parameters of the module that are given with the options in /etc/sysconfig and modprobe.d.
MODULE_ONLY = frozenset({"max_bonds", "tx_queues", "debug"})

# Options whose values are times in ms.
IN_MS = frozenset(name for name, option in OPTIONS.items() if option.unit == "ms")

"""The names of the kernel's options in formats that do not use the kernel's names.

Sources: systemd.netdev(5) and src/network/netdev/bond.c; netplan's YAML reference; ip-link(8) and
ip/iplink_bond.c; drivers/net/bonding/bond_procfs.c; bond.py of ifupdown2 3.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

NETWORKD = MappingProxyType(
    {
        "Mode": "mode",
        "TransmitHashPolicy": "xmit_hash_policy",
        "LACPTransmitRate": "lacp_rate",
        "MIIMonitorSec": "miimon",
        "PeerNotifyDelaySec": "peer_notif_delay",
        "UpDelaySec": "updelay",
        "DownDelaySec": "downdelay",
        "LearnPacketIntervalSec": "lp_interval",
        "AdSelect": "ad_select",
        "AdActorSystemPriority": "ad_actor_sys_prio",
        "AdUserPortKey": "ad_user_port_key",
        "AdActorSystem": "ad_actor_system",
        "FailOverMACPolicy": "fail_over_mac",
        "ARPValidate": "arp_validate",
        "ARPIntervalSec": "arp_interval",
        "ARPIPTargets": "arp_ip_target",
        "ARPAllTargets": "arp_all_targets",
        "PrimaryReselectPolicy": "primary_reselect",
        "ResendIGMP": "resend_igmp",
        "PacketsPerSlave": "packets_per_slave",
        "GratuitousARP": "num_grat_arp",
        "AllSlavesActive": "all_slaves_active",
        "DynamicTransmitLoadBalancing": "tlb_dynamic_lb",
        "MinLinks": "min_links",
        "ARPMissedMax": "arp_missed_max",
    }
)
# Settings of a slave's [Network] section that name it as the bond's; no option of [Bond].
NETWORKD_ROLES = MappingProxyType({"PrimarySlave": "primary", "ActiveSlave": "active_slave"})
NETWORKD_BOOLEANS = frozenset({"all_slaves_active", "tlb_dynamic_lb"})  # written as yes and no
NETPLAN = MappingProxyType(
    {
        "mode": "mode",
        "lacp-rate": "lacp_rate",
        "mii-monitor-interval": "miimon",
        "min-links": "min_links",
        "transmit-hash-policy": "xmit_hash_policy",
        "ad-select": "ad_select",
        "all-slaves-active": "all_slaves_active",
        "arp-interval": "arp_interval",
        "arp-ip-targets": "arp_ip_target",
        "arp-validate": "arp_validate",
        "arp-all-targets": "arp_all_targets",
        "up-delay": "updelay",
        "down-delay": "downdelay",
        "fail-over-mac-policy": "fail_over_mac",
        "gratuitous-arp": "num_grat_arp",
        "packets-per-slave": "packets_per_slave",
        "primary-reselect-policy": "primary_reselect",
        "resend-igmp": "resend_igmp",
        "learn-packet-interval": "lp_interval",
        "primary": "primary",
    }
)
# Later spellings, and a misspelling that netplan accepts because its documentation had it.
NETPLAN_ALIASES = MappingProxyType(
    {
        "all-members-active": "all_slaves_active",
        "packets-per-member": "packets_per_slave",
        "gratuitious-arp": "num_grat_arp",
    }
)
IP_JSON = MappingProxyType(
    {
        "num_grat_arp": "num_peer_notif",
        "peer_notif_delay": "peer_notify_delay",
        "lacp_rate": "ad_lacp_rate",
        "lacp_active": "ad_lacp_active",
    }
)
PROC_MODES = MappingProxyType(
    {
        "balance-rr": "load balancing (round-robin)",
        "active-backup": "fault-tolerance (active-backup)",
        "balance-xor": "load balancing (xor)",
        "broadcast": "fault-tolerance (broadcast)",
        "802.3ad": "IEEE 802.3ad Dynamic link aggregation",
        "balance-tlb": "transmit load balancing",
        "balance-alb": "adaptive load balancing",
    }
)
PROC = MappingProxyType(
    {
        "MII Polling Interval (ms)": "miimon",
        "Up Delay (ms)": "updelay",
        "Down Delay (ms)": "downdelay",
        "Peer Notification Delay (ms)": "peer_notif_delay",
        "ARP Polling Interval (ms)": "arp_interval",
        "ARP Missed Max": "arp_missed_max",
        "ARP IP target/s (n.n.n.n form)": "arp_ip_target",
        "NS IPv6 target/s (xx::xx form)": "ns_ip6_target",
        "Transmit Hash Policy": "xmit_hash_policy",
        "LACP active": "lacp_active",
        "LACP rate": "lacp_rate",
        "Min links": "min_links",
        "Aggregator selection policy (ad_select)": "ad_select",
        "System priority": "ad_actor_sys_prio",
    }
)
IFUPDOWN2_OLD = MappingProxyType(
    {"ad_sys_priority": "ad_actor_sys_prio", "ad_sys_mac_addr": "ad_actor_system"}
)


def inverted(table: Mapping[str, str]) -> Mapping[str, str]:
    """Return the inverse of a table."""
    return MappingProxyType({ours: theirs for theirs, ours in table.items()})

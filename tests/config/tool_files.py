"""What people write in each format: what its tool takes, and what it refuses or ignores."""

from __future__ import annotations

NETPLAN = """\
network:
  ethernets: {eth0: {}, eth1: {}}
  bonds: {bond0: {interfaces: [eth0, eth1], parameters: {%s}}}
"""
BONDS = "network: {ethernets: {left: {}, right: {}}, bonds: {renderer: networkd, uplink: {%s}}}\n"
BY_NM = """\
network:
  renderer: NetworkManager
  ethernets: {left: {}}
  bonds: {uplink: {interfaces: [left], parameters: {%s}}}
"""
NETDEV = "[NetDev]\nName=bond0\nKind=bond\n[Bond]\n%s\n"
KEYFILE = """\
[connection]
id=bond0
type=bond
interface-name=bond0

[bond]
%s

[ipv4]
method=manual
address1=192.0.2.1/24
"""
IFACE = "auto bond0\niface bond0 inet manual\n    bond-slaves eth0 eth1\n    %s\n"
READ = [
    ("netplan", "60.yaml", NETPLAN, [
        "mode: active-backup, mii-monitor-interval: 100",
        "mode: 1", "mode: 802.3ad, lacp-rate: fast", "mode: 802.3ad, lacp-rate: 1",
        "mode: 802.3ad, lacp-rate: 0", "mode: balance-xor, transmit-hash-policy: layer3+4",
        "mode: balance-xor, transmit-hash-policy: 1", "mode: active-backup, primary: eth0",
        "mode: active-backup, fail-over-mac-policy: active",
        "mode: active-backup, fail-over-mac-policy: 1",
        "mode: active-backup, primary-reselect-policy: better",
        "mode: active-backup, primary-reselect-policy: 2", "mode: active-backup, arp-validate: 3",
        "mode: active-backup, arp-validate: filter", "mode: balance-rr, packets-per-slave: 4",
        "mode: active-backup, all-slaves-active: true", "mode: 802.3ad, ad-select: bandwidth",
        "mode: 802.3ad, ad-select: 1", "mode: active-backup, updelay: 200",
        "mode: active-backup, arp-missed-max: 3", "mode: active-backup, gratuitious-arp: 2",
        "mode: active-backup, arp-all-targets: all", "mode: active-backup, arp-all-targets: 1",
    ]),
    ("netplan", "60.yaml", BONDS, [
        "interfaces: [left], parameter: {mode: 802.3ad}", "interfaces: [left], mode: 802.3ad",
        "interfaces: [left, right], parameters: {mode: 802.3ad}", "interfaces: [left, middle]",
        "interfaces: [left], adresses: [192.0.2.1/24]", "slaves: [left]", "dhcp4: true, mtu: 9000",
        "interfaces: [left], wakeonlan: true", "interfaces: [right], optional: true",
        "interfaces: [left], activation-mode: manual", "interfaces: [left], set-name: uplink",
    ]),
    ("netplan", "65.yaml", BY_NM, [
        "mode: 802.3ad, lacp-rate: 1", "mode: 4", "mode: active-backup, fail-over-mac-policy: 2",
        "mode: active-backup, arp-validate: filter, arp-interval: 9, arp-ip-targets: [192.0.2.9]",
        "mode: balance-xor, transmit-hash-policy: vlan+srcmac", "mode: 802.3ad, ad-select: count",
    ]),
    ("netplan", "70.yaml", "network: {bonds: {uplink: {}}, %s}\n", [
        "ethernets: {left: {}}", "ehternets: {left: {}}", "vlans: {v5: {id: 5, link: uplink}}",
        "bond: {b: {}}", "renderer: networkd", "bridges: {br0: {interfaces: [uplink]}}",
    ]),
    ("networkd", "a.netdev", NETDEV, [
        "Mode=active-backup\nMIIMonitorSec=100ms", "Mode=1", "Mode=802.3ad\nLACPTransmitRate=fast",
        "Mode=802.3ad\nLACPTransmitRate=1", "Mode=balance-xor\nTransmitHashPolicy=1",
        "Mode=balance-xor\nTransmitHashPolicy=layer2+3",
        "Mode=balance-xor\nTransmitHashPolicy=vlan+srcmac", "Mode=802.3ad\nAdSelect=2",
        "Mode=active-backup\nFailOverMACPolicy=follow", "Mode=active-backup\nFailOverMACPolicy=2",
        "Mode=active-backup\nARPValidate=3", "Mode=active-backup\nARPValidate=filter",
        "Mode=active-backup\nPrimaryReselectPolicy=1", "Mode=active-backup\nGratuitiousARP=2",
        "Mode=active-backup\nMIIMonitor=100", "Mode=active-backup\nAllSlavesActive=1",
        "Mode=active-backup\nARPAllTargets=1", "Mode=active-backup\nMIIMonitorSec=0.1",
        "Mode=active-backup\nARPIntervalSec=1\nARPIPTargets=192.0.2.1 192.0.2.2",
        "Mode=active-backup\nARPIntervalSec=1\nARPIPTargets=192.0.2.1,192.0.2.2",
        "Mode=active-backup\nMIIMonitorSec=soon", "Mode=802.3ad\n[Bonds]\nMinLinks=2",
        "Mode=802.3ad\nAdUserPortKey=1024", "Mode=active-backup\nARPMissedMax=0",
    ]),
    ("nm", "bond0.nmconnection", KEYFILE, [
        "mode=active-backup\nmiimon=100", "mode=1\nmiimon=100",
        "mode=balance-tlb\ntlb_dynamic_lb=off", "mode=balance-tlb\ntlb_dynamic_lb=0",
        "mode=active-backup\nall_slaves_active=on", "mode=active-backup\nall_slaves_active=1",
        "mode=802.3ad\nlacp_rate=1", "mode=802.3ad\nlacp_rate=fast", "mode=802.3ad\nad_select=1",
        "mode=802.3ad\nxmit_hash_policy=vlan+srcmac", "mode=active-backup\nfail_over_mac=2",
        "mode=active-backup\nmii-mon=100", "mode=active-backup\nmiimon=100\npeer_notif_delay=150",
        "mode=active-backup\nmiimon=100\npeer_notif_delay=200",
        "mode=active-backup\narp_interval=100", "mode=active-backup\narp_ip_target=192.0.2.1",
        "mode=active-backup\narp_interval=100\narp_ip_target=192.0.2.1",
        "mode=balance-tlb\narp_interval=100\narp_ip_target=192.0.2.1",
        "mode=active-backup\nnum_grat_arp=1\nnum_unsol_na=2",
        "mode=balance-rr\nprimary=eth0", "mode=active-backup\nlacp_rate=fast",
        "mode=802.3ad\n[bonds]\nmiimon=50",
    ]),
    ("interfaces", "interfaces", IFACE, [
        "bond-mode 1\n    bond-miimon 100", "bond-mode 802.3ad\n    bond-min-links 2",
        "bond_mode active-backup\n    bond_miimon 100", "bond-mode 1\n    bond-resend-igmp 3",
        "bond-mode 4\n    bond-lacp-rate 1", "bond-mode 1\n    bond-arp-all-targets all",
        "bond-mode 5\n    bond-tlb-dynamic-lb 0", "bond-mode 1\n    bond-num-grat-arp 2",
    ]),
]  # fmt: skip

"""Files in each dialect with room for further lines, and lines that its tool knows.

Most lines say what no bond has in our normal form. Those of `SILENT` say what is so without them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.dialect_texts import (
    CLOUD_INIT,
    IFCFG,
    INTERFACES,
    IP_LINK,
    MODPROBE,
    NETPLAN,
    NETWORKD,
    NM,
    NMCLI,
    NMSTATE,
    SUSE,
    TALOS,
    UCI,
    VYOS,
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """Files with rooms, which are comments, and the lines for each room."""

    format: str
    names: Sequence[str]
    text: str
    lines: Mapping[str, Sequence[str]]

    @property
    def all(self) -> list[tuple[str, str]]:
        """All rooms with each of their lines."""
        return [(room, line) for room, lines in self.lines.items() for line in lines]

    def files(self, chosen: Sequence[tuple[str, str]]) -> dict[str, str]:
        """Return the files with some lines in their rooms; the other rooms stay empty."""
        made = []
        for line in self.text.splitlines():
            room, indent = line.strip().lstrip("#"), line[: len(line) - len(line.lstrip())]
            if not line.strip().startswith("#"):
                made.append(line)
            else:
                made += [f"{indent}{text}" for where, text in chosen if where == room]
        texts = "\n".join([*made, ""]).split("----\n")
        return dict(zip(self.names, texts, strict=True))


HOOKS = (
    "pre-up ip route add 198.51.100.0/24 via 192.0.2.9",
    "post-up ethtool -K $IFACE tso off",
    "up echo 300 > /sys/class/net/bond0/bonding/updelay; sysctl -w net.ipv4.ip_forward=1",
    "pre-down ip route flush dev bond0",
    "post-down rmmod bonding",
)
DIALECTS = (
    Dialect("netplan", ("60.yaml",), NETPLAN, {
        "port": ("wakeonlan: true", "mtu: 9100", "dhcp4: true", "macaddress: '02:00:00:00:00:03'",
                 "addresses: [203.0.113.1/24]", "emit-lldp: true"),
        "bond": ("dhcp4: true", "dhcp6: true", "ipv6-mtu: 1300", "ipv6-privacy: true", "mtu: 1437",
                 "link-local: [ipv4]", "ignore-carrier: true", "critical: true", "optional: true",
                 "dhcp-identifier: mac", "dhcp4-overrides: {use-dns: false, route-metric: 77}",
                 "dhcp6-overrides: {use-domains: true}", "accept-ra: false",
                 "ipv6-address-generation: eui64", "activation-mode: manual",
                 "nameservers: {addresses: [192.0.2.53], search: [a.example]}",
                 "macaddress: '02:00:00:00:00:07'", "optional-addresses: [dhcp4]",
                 "routes: [{to: 198.51.100.0/24, via: 192.0.2.9, metric: 5}]",
                 "routing-policy: [{from: 192.0.2.1, table: 77}]"),
        "parameters": ("mii-monitor-interval: 140", "primary: eth1", "gratuitous-arp: 3"),
        "bridge": ("dhcp4: true", "mtu: 1436", "macaddress: '02:00:00:00:00:08'", "optional: true",
                   "nameservers: {addresses: [192.0.2.54]}", "addresses: [198.51.100.7/24]"),
        "bridged": ("stp: true", "forward-delay: 12", "ageing-time: 250", "priority: 77",
                    "max-age: 12", "hello-time: 3", "port-priority: {bond0: 14}"),
        "vlan": ("mtu: 1434", "accept-ra: true", "addresses: [198.51.100.9/24]",
                 "routes: [{to: default, via: 198.51.100.254, on-link: true}]"),
    }),
    Dialect("networkd", ("a.netdev", "b.netdev", "c.network", "d.network"), NETWORKD, {
        "netdev": ("MTUBytes=1437", "MACAddress=02:00:00:00:00:07", "Description=uplink"),
        "bond": ("MIIMonitorSec=140ms", "GratuitousARP=3", "ARPIntervalSec=200ms"),
        "bridge": ("STP=yes", "ForwardDelaySec=12", "VLANFiltering=yes", "AgeingTimeSec=250",
                   "MulticastSnooping=no"),
        "link": ("MTUBytes=1438", "MACAddress=02:00:00:00:00:08", "RequiredForOnline=no",
                 "ActivationPolicy=manual"),
        "network": ("DHCP=ipv4", "DHCP=ipv6", "Gateway=192.0.2.254", "DNS=192.0.2.53",
                    "Domains=a.example", "IPv6AcceptRA=no", "LinkLocalAddressing=no", "LLDP=yes",
                    "Address=198.51.100.7/24", "IPForward=yes", "NTP=192.0.2.53",
                    "ConfigureWithoutCarrier=yes", "IPMasquerade=both", "VRF=blue", "MACVLAN=m0"),
        "dhcp": ("RouteMetric=77", "UseDNS=no", "SendHostname=no"),
        "route": ("Gateway=192.0.2.9", "Metric=7", "Table=77", "GatewayOnLink=yes"),
        "port": ("PrimarySlave=yes", "LLDP=yes", "DHCP=ipv4", "Address=203.0.113.1/24"),
    }),
    Dialect("nm", ("b.nmconnection", "p.nmconnection"), NM, {
        "connection": ("autoconnect=false", "zone=trusted", "autoconnect-priority=7", "metered=1",
                       "lldp=1", "mdns=2", "autoconnect-slaves=1"),
        "bond": ("miimon=140", "num_grat_arp=3"),
        "ethernet": ("mtu=1437", "cloned-mac-address=02:00:00:00:00:07"),
        "ipv4": ("gateway=192.0.2.254", "dns=192.0.2.53;", "dns-search=a.example;",
                 "route1=198.51.100.0/24,192.0.2.9,5", "never-default=true", "may-fail=false",
                 "route-metric=77", "dhcp-hostname=x", "ignore-auto-dns=true",
                 "routing-rule1=priority 7 from 192.0.2.1/32 table 77"),
        "ipv6": ("gateway=2001:db8::fe", "dns=2001:db8::53;", "addr-gen-mode=0", "ip6-privacy=2",
                 "route1=2001:db8:1::/64"),
        "port": ("mtu=9100", "cloned-mac-address=02:00:00:00:00:03",
                 "mac-address=02:00:00:00:00:04", "wake-on-lan=8"),
    }),
    Dialect("interfaces", ("interfaces",), INTERFACES, {
        "bond": ("gateway 192.0.2.254", "mtu 1437", "dns-nameservers 192.0.2.53",
                 "dns-search a.example", "hwaddress ether 02:00:00:00:00:07", "metric 77",
                 "bond-miimon 140", "bond-num-grat-arp 3", "broadcast 192.0.2.200",
                 "pointopoint 192.0.2.9", "scope link", *HOOKS),
        "bridge": ("bridge_stp on", "bridge_fd 12", "bridge_maxwait 7", "bridge_ageing 250",
                   "bridge_hw 02:00:00:00:00:08", "bridge_vlan_aware yes", "mtu 1438"),
        "port": ("mtu 9100", "ethernet-wol g", "pre-up ethtool -s eth0 speed 100",
                 "post-up tc qdisc add dev eth0 root fq"),
    }),
    Dialect("ifcfg", ("ifcfg-bond0", "ifcfg-eth0"), IFCFG, {
        "bond": ("GATEWAY=192.0.2.254", "MTU=1437", "DNS1=192.0.2.53", "DOMAIN=a.example",
                 "ONBOOT=no", "BOOTPROTO=dhcp", "PEERDNS=no", "NM_CONTROLLED=no", "HOTPLUG=no",
                 "MACADDR=02:00:00:00:00:07", "IPV6INIT=no", "IPV6ADDR=2001:db8::1/64",
                 "IPV6_AUTOCONF=yes", "IPADDR1=198.51.100.7", "BONDING_SLAVE0=eth1", "METRIC=77",
                 "ETHTOOL_OPTS='-K bond0 tso off'", "ZONE=trusted", "BRIDGE=br0", "ARPCHECK=no",
                 "DEFROUTE=no", "IPV6_DEFAULTGW=2001:db8::fe"),
        "port": ("HWADDR=02:00:00:00:00:03", "MTU=9100", "ETHTOOL_OPTS='speed 100'",
                 "BOOTPROTO=dhcp", "IPADDR=203.0.113.1"),
    }),
    Dialect("suse", ("ifcfg-bond0",), SUSE, {
        "bond": ("MTU='1437'", "STARTMODE='manual'", "BOOTPROTO='dhcp4'",
                 "IPADDR_1='198.51.100.7/24'",
                 "LLADDR='02:00:00:00:00:07'", "POST_UP_SCRIPT='x'", "ZONE='trusted'",
                 "BRIDGE_STP='on'", "ETHTOOL_OPTIONS='-K bond0 tso off'", "BONDING_SLAVE1='eth1'"),
    }),
    Dialect("nmstate", ("state.yaml",), NMSTATE, {
        "bond": ("mtu: 1437", "mac-address: 02:00:00:00:00:07", "copy-mac-from: eth0",
                 "accept-all-mac-addresses: true", "lldp: {enabled: true}", "controller: vrf0",
                 "ipv6: {enabled: true, autoconf: true}", "profile-name: uplink"),
        "aggregation": ("options: {miimon: 140}",),
        "ipv4": ("auto-dns: false", "auto-routes: false", "auto-route-metric: 77",
                 "dhcp-client-id: ll", "dhcp: true"),
        "bridge": ("stp: {enabled: true}", "mac-ageing-time: 250", "vlan-default-pvid: 7"),
        "port": ("mtu: 9100", "ethernet: {speed: 1000}", "mac-address: 02:00:00:00:00:03",
                 "ipv4: {enabled: true, address: [{ip: 203.0.113.1, prefix-length: 24}]}"),
        "route": ("metric: 7", "table-id: 77"),
    }),
    Dialect("cloud-init", ("50-net.yaml",), CLOUD_INIT, {
        "port": ("mac_address: '02:00:00:00:00:03'", "mtu: 9100", "subnets: [{type: dhcp}]"),
        "bond": ("mtu: 1437", "mac_address: '02:00:00:00:00:07'", "accept-ra: false",
                 "keep_configuration: true"),
        "params": ("bond-miimon: 140", "bond-num-grat-arp: 3"),
        "subnet": ("gateway: 192.0.2.254", "dns_nameservers: [192.0.2.53]", "control: manual",
                   "dns_search: [a.example]",
                   "routes: [{destination: 198.51.100.0/24, gateway: 192.0.2.9}]"),
        "bridge": ("bridge_stp: 'off'", "bridge_fd: 12"),
    }),
    Dialect("ip-link", ("up.sh",), IP_LINK, {
        "command": ("ip link set bond0 mtu 1437", "ip link set bond0 address 02:00:00:00:00:07",
                    "ip addr add 198.51.100.7/24 dev bond0 label bond0:1",
                    "ip route add default via 192.0.2.254 metric 77",
                    "ip route add 198.51.100.0/24 via 192.0.2.9", "ip link set eth0 mtu 9100",
                    "ip link set eth1 master bond0 txqueuelen 77", "ip rule add from 192.0.2.1",
                    "ip link add br0 type bridge stp_state 1", "ethtool -K bond0 tso off",
                    "ip link add v7 link bond0 type vlan id 7 gvrp on",
                    "ip -6 route add default dev x", "dhclient -6 bond0",
                    "echo 140 > /sys/class/net/bond0/bonding/miimon; sysctl -w net.core.x=1",
                    "echo 7 > /sys/class/net/bond0/tx_queue_len", "dhclient bond0",
                    "echo nameserver 192.0.2.53 > /etc/resolv.conf"),
    }),
    Dialect("nmcli", ("up.nmcli",), NMCLI, {
        "command": tuple(f"nmcli con mod bond0 {setting}" for setting in (
            "ipv4.gateway 192.0.2.254", "ipv4.dns 192.0.2.53", "ipv4.routes '198.51.100.0/24'",
            "802-3-ethernet.mtu 1437", "802-3-ethernet.cloned-mac-address 02:00:00:00:00:07",
            "connection.autoconnect no", "ipv4.method shared", "+bond.options mode=4",
            "+bond.options miimon=140", "connection.zone trusted", "ipv6.method ignore",
        )),
    }),
    Dialect("modprobe", ("bonding.conf",), MODPROBE, {
        "line": ("options bonding miimon=140", "options igb max_vfs=7", "alias bond1 bonding",
                 "install igb /sbin/modprobe --ignore-install igb", "softdep bonding pre: igb",
                 "options bonding num_grat_arp=3; touch /tmp/x", "blacklist ixgbe"),
    }),
    Dialect("uci", ("network",), UCI, {
        "bond": ("option ipaddr '192.0.2.1'", "option netmask '255.255.0.0'", "option mtu '1437'",
                 "option dns '192.0.2.53'", "option gateway '192.0.2.254'", "list up_hook 'x'",
                 "option xmit_hash_policy 'layer3+4'"),
    }),
    Dialect("vyos", ("config",), VYOS, {
        "line": tuple(f"set {setting}" for setting in (
            *(f"interfaces bonding bond0 {own}" for own in (
                "address 192.0.2.1/24", "mtu 1437", "description 'x'", "disable", "vrf red",
                "vif 7 address 198.51.100.7/24", "vif 7 address dhcp", "vif 7 description 'y'",
                "mac 02:00:00:00:00:07", "ipv6 address autoconf", "min-links 2",
            )),
            "protocols static route 198.51.100.0/24 next-hop 192.0.2.9",
            "system name-server 192.0.2.53",
        )),
    }),
    Dialect("talos", ("machine.yaml",), TALOS, {
        "bond": ("mtu: 1437", "dhcp: true", "dhcpOptions: {routeMetric: 77}", "ignore: true",
                 "addresses: [192.0.2.1/24]", "vip: {ip: 192.0.2.7}",
                 "routes: [{network: 0.0.0.0/0, gateway: 192.0.2.254, metric: 7}]",
                 "vlans: [{vlanId: 7, addresses: [198.51.100.7/24], mtu: 1436, vip: {ip: x}}]"),
        "options": ("miimon: 140", "numPeerNotif: 3"),
    }),
)  # fmt: skip
# What is so without these lines: nothing is lost with them, and they are told by nobody.
SILENT = {
    "netplan": [("bond", "dhcp4: false"), ("bond", "dhcp6: no")],
    "nm": [("connection", "autoconnect=true"), ("ethernet", "mtu=0"), ("ipv4", "dns=")],
    "interfaces": [("bond", "netmask 255.255.255.0"), ("bond", "broadcast 192.0.2.255"),
                   ("bond", "network 192.0.2.0"), ("port", "pre-up ip link set eth0 up"),
                   ("port", "bond-master bond0")],
    "ifcfg": [("bond", "ONBOOT=yes"), ("bond", "BOOTPROTO=none"), ("bond", "TYPE=Bond"),
              ("bond", "BONDING_MASTER=yes"), ("bond", "NETMASK=255.255.255.0"),
              ("bond", "USERCTL=no"), ("port", "ONBOOT=yes"), ("port", "BOOTPROTO=none"),
              ("bond", "IPV6INIT=yes"), ("bond", "NAME=uplink")],
    "suse": [("bond", "STARTMODE='auto'"), ("bond", "BOOTPROTO='static'")],
    "nmstate": [("ipv4", "dhcp: false"), ("bond", "ipv6: {enabled: false}")],
    "networkd": [("network", "DHCP=no"), ("port", "ActiveSlave=no")],
    "ip-link": [("command", "ip link set bond0 up"), ("command", "echo done")],
    "nmcli": [("command", "nmcli con up bond0"),
              ("command", "nmcli con mod bond0 connection.autoconnect yes")],
}  # fmt: skip

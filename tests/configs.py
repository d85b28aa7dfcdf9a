"""Configurations as people have them, one in each format; those of the seeds among them."""

from __future__ import annotations

DEBIAN = """\
# seed 000, the second attempt
auto lo
iface lo inet loopback

allow-hotplug bond0
auto bond0
iface bond0 inet static
address 192.168.0.3
netmask 255.255.255.0
gateway 192.168.0.1
slaves eth1 eth2
bond_mode active-backup
bond_miimon 0
bond_primary eth1
bond_arp_interval 5000
bond_arp_ip_target 192.168.0.1
#bond_updelay 10000
"""
BY_HAND = """\
auto bond0
iface bond0 inet static
    address 192.168.0.3
    netmask 255.255.255.0
    pre-up ifconfig bond0 up
    pre-up ifenslave bond0 eth1 eth2
    pre-down ifenslave -d bond0 eth1 eth2
"""
UBUNTU = """\
auto eth0
iface eth0 inet manual
    bond-master bond0

auto eth1
iface eth1 inet manual
    bond-master bond0

auto bond0
iface bond0 inet manual
    bond-slaves none
    bond-miimon 100
    bond-mode 1

auto br0
iface br0 inet static
    bridge_ports bond0
    address 192.168.1.100
"""
CUMULUS = """\
auto bond0
iface bond0
    bond-slaves glob swp1-3
    bond-mode 1
    bond-use-carrier yes
    bond-ad-sys-priority 7
"""
RED_HAT = {
    "ifcfg-bond0": "DEVICE=bond0\nIPADDR=192.168.11.101\nNETMASK=255.255.255.0\n"
    'BONDING_OPTS="mode=1 primary=eth0 miimon=100 updelay=5000"\n',
    "ifcfg-eth0": "# a card\nDEVICE=eth0\nMASTER=bond0\nSLAVE=yes\n",
    "ifcfg-eth1": 'DEVICE="eth1"\nMASTER=bond0 \nSLAVE=yes \n',
    "ifcfg-eth2": "DEVICE=eth2\nBOOTPROTO=none\n",
}
SUSE = """\
STARTMODE='auto'
IPADDR='192.0.2.1/24'
BONDING_MASTER='yes'
BONDING_MODULE_OPTS='mode=active-backup miimon=100'
BONDING_SLAVE0='eth0'
BONDING_SLAVE_1='eth1'
"""
KEYFILES = {
    "bond0.nmconnection": "[connection]\nid=one\nuuid=a-b\ntype=bond\ninterface-name=bond0\n\n"
    "[bond]\narp_interval=100\narp_ip_target=192.0.2.2,192.0.2.3\nmode=active-backup\n\n"
    "[ipv4]\naddress1=192.0.2.1/24,192.0.2.254\nmethod=manual\n",
    "eth0.nmconnection": "[connection]\nid=p\ntype=ethernet\ninterface-name=eth0\nmaster=a-b\n"
    "slave-type=bond\n\n[bond-port]\nprio=9\n",
}
UNITS = {
    "a.netdev": "[NetDev]\nName=bond0\nKind=bond\n\n[Bond]\nMode=active-backup\n"
    "MIIMonitorSec=0.1\nUpDelaySec=1s 500ms\nDownDelaySec=200ms\nLearnPacketIntervalSec=2min\n",
    "b.network": "[Match]\nName=eth0 eth1\n\n[Network]\nBond=bond0\nPrimarySlave=yes\n",
    "c.network": "[Match]\nName=bond0\n\n[Network]\nAddress=192.0.2.1/24\n",
}
NETPLAN = """\
network:
  version: 2
  ethernets:
    left: {match: {macaddress: 'aa:bb:cc:dd:ee:ff'}, set-name: eth0}
    eth1: {}
  bonds:
    bond0:
      interfaces: [left, eth1]
      addresses:
        - 192.0.2.1/24
      parameters:
        mode: active-backup
        mii-monitor-interval: 100
        up-delay: 1s
        learn-packet-interval: 3
        arp-ip-targets: [192.0.2.2, 192.0.2.3]
        all-members-active: yes
        primary: eth1
"""
NMSTATE = """\
interfaces:
- name: bond0
  type: bond
  ipv4: {enabled: true, address: [{ip: 192.0.2.1, prefix-length: 24}]}
  link-aggregation:
    mode: balance-tlb
    options: {miimon: '140', all_slaves_active: delivered, tlb_dynamic_lb: false}
    port: [eth0, eth1]
    ports-config: [{name: eth1, priority: 5}]
- name: eth0
  type: ethernet
"""
PROC = """\
Ethernet Channel Bonding Driver: v3.4.0 (October 7, 2008)

Bonding Mode: fault-tolerance (active-backup) (fail_over_mac active)
Primary Slave: eth0 (primary_reselect always)
Currently Active Slave: eth1
MII Status: up
MII Polling Interval (ms): 100
Up Delay (ms): 5000
Down Delay (ms): 0

Slave Interface: eth0
MII Status: up
Link Failure Count: 0
Permanent HW addr: 00:10:60:dd:99:5c
Slave queue ID: 0

Slave Interface: eth1
MII Status: up
"""
IP = """\
[{"ifindex":7,"ifname":"bond0","linkinfo":{"info_kind":"bond","info_data":{
  "mode":"active-backup","active_slave":"eth0","miimon":100,"updelay":200,
  "peer_notify_delay":0,"use_carrier":1,"arp_validate":null,"arp_ip_target":[],
  "num_peer_notif":3,"ad_lacp_rate":"slow","ad_actor_system":"00:00:00:00:00:00"}}},
 {"ifname":"eth0","master":"bond0","linkinfo":{"info_slave_kind":"bond",
  "info_slave_data":{"state":"ACTIVE","queue_id":0,"prio":2}}}]
"""

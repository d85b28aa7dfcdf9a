"""A small configuration in each dialect; a comment of one word is room for further lines."""

NETPLAN = """\
network:
  version: 2
  ethernets:
    eth0:
      optional: true
      #port
    eth1: {}
  bonds:
    bond0:
      interfaces: [eth0, eth1]
      addresses: [192.0.2.1/24]
      #bond
      parameters:
        mode: active-backup
        #parameters
  bridges:
    br0:
      interfaces: [bond0]
      #bridge
      parameters:
        path-cost: {bond0: 7}
        #bridged
  vlans:
    v7:
      id: 7
      link: br0
      #vlan
"""
NETWORKD = """\
[NetDev]
Name=bond0
Kind=bond
#netdev
[Bond]
Mode=active-backup
#bond
----
[NetDev]
Name=br0
Kind=bridge
[Bridge]
#bridge
----
[Match]
Name=bond0
[Link]
#link
[Network]
Bridge=br0
Address=192.0.2.1/24
#network
[DHCPv4]
#dhcp
[Route]
Destination=198.51.100.0/24
#route
----
[Match]
Name=eth0 eth1
[Network]
Bond=bond0
#port
"""
NM = """\
[connection]
id=uplink
uuid=0a1b2c3d-0000-4000-8000-000000000001
type=bond
interface-name=bond0
#connection

[bond]
mode=active-backup
#bond

[ethernet]
#ethernet

[ipv4]
method=manual
address1=192.0.2.1/24
#ipv4

[ipv6]
method=manual
address1=2001:db8::1/64
#ipv6
----
[connection]
id=port
uuid=0a1b2c3d-0000-4000-8000-000000000002
type=ethernet
interface-name=eth0
master=uplink
slave-type=bond

[ethernet]
#port
"""
INTERFACES = """\
auto bond0
iface bond0 inet static
    address 192.0.2.1/24
    bond-slaves eth0 eth1
    bond-mode active-backup
    #bond

auto br0
iface br0 inet manual
    bridge_ports bond0
    #bridge

iface eth0 inet manual
    #port
"""
IFCFG = """\
DEVICE=bond0
BONDING_OPTS="mode=active-backup"
IPADDR=192.0.2.1
PREFIX=24
#bond
----
DEVICE=eth0
MASTER=bond0
SLAVE=yes
#port
"""
SUSE = """\
BONDING_MASTER='yes'
BONDING_MODULE_OPTS='mode=active-backup'
BONDING_SLAVE0='eth0'
IPADDR='192.0.2.1/24'
#bond
"""
NMSTATE = """\
interfaces:
- name: bond0
  type: bond
  state: up
  #bond
  link-aggregation:
    mode: active-backup
    port: [eth0, eth1]
    #aggregation
  ipv4:
    enabled: true
    address: [{ip: 192.0.2.1, prefix-length: 24}]
    #ipv4
- name: br0
  type: linux-bridge
  state: up
  bridge:
    port: [{name: bond0}]
    options:
      group-forward-mask: 3
      #bridge
- name: eth0
  type: ethernet
  state: up
  #port
routes:
  config:
  - destination: 198.51.100.0/24
    next-hop-address: 192.0.2.254
    next-hop-interface: bond0
    #route
"""
CLOUD_INIT = """\
version: 1
config:
- type: physical
  name: eth0
  #port
- type: bond
  name: bond0
  bond_interfaces: [eth0, eth1]
  params:
    bond-mode: active-backup
    #params
  #bond
  subnets:
  - type: static
    address: 192.0.2.1/24
    #subnet
- type: bridge
  name: br0
  bridge_interfaces: [bond0]
  params:
    bridge_ageing: 250
    #bridge
"""
IP_LINK = """\
ip link add bond0 type bond mode active-backup
ip link set eth0 master bond0
ip addr add 192.0.2.1/24 dev bond0
#command
"""
NMCLI = """\
nmcli con add type bond con-name bond0 ifname bond0 ipv4.method manual ipv4.addresses 192.0.2.1/24
nmcli con add type ethernet con-name eth0 ifname eth0 master bond0
#command
"""
MODPROBE = """\
alias bond0 bonding
options bonding mode=active-backup
#line
"""
UCI = """\
config interface 'bond0'
	option proto 'bonding'
	option slaves 'eth0 eth1'
	option bonding_policy 'active-backup'
	#bond
"""
VYOS = """\
set interfaces bonding bond0 mode 'active-backup'
set interfaces bonding bond0 member interface eth0
#line
"""
TALOS = """\
machine:
  network:
    interfaces:
    - interface: bond0
      #bond
      bond:
        interfaces: [eth0, eth1]
        mode: active-backup
        #options
"""

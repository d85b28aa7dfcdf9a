"""The networks that scenarios stand on: a picture, a description, and names for what is in it.

Links are written from the DUT's side outwards, so `out` on any of them leads away from the DUT.
"""

from __future__ import annotations

from harness.record.faults import Cable, MachineNoun, SwitchNoun
from harness.record.net import Net
from harness.record.usb import UsbNic
from harness.topology import BondPlan, Link, Machine, Switch, Topology

DUT, TARGET, NEIGHBOUR = "192.0.2.1", "192.0.2.254", "192.0.2.7"
BLADE_TARGET = "192.168.50.222"
MII = {"mode": "active-backup", "miimon": 100}
ARP = {"mode": "active-backup", "arp_interval": 100, "arp_ip_target": BLADE_TARGET}


class OneSwitch(Net):
    """Two slaves at one switch.

    dut  eth0 ---+
                 +--- sw --- target  192.0.2.254
         eth1 ---+        \\- neighbour  192.0.2.7
    """

    eth0: Cable
    eth1: Cable
    sw: SwitchNoun
    target: MachineNoun
    neighbour: MachineNoun

    plan = Topology(
        name="one_switch",
        machines=(Machine("dut"), Machine("target", TARGET), Machine("neighbour", NEIGHBOUR)),
        switches=(Switch("sw"),),
        links=(
            Link("eth0", "dut", "sw"),
            Link("eth1", "dut", "sw"),
            Link("target", "sw", "target"),
            Link("neighbour", "sw", "neighbour"),
        ),
        bonds=(BondPlan("bond0", ("eth0", "eth1"), DUT, MII),),
    )


class TwoSwitches(Net):
    """Two slaves at two switches with an inter-switch link; the target is at the second.

    dut  eth0 --- sw1
                   |
                  isl
                   |
         eth1 --- sw2 --- target  192.0.2.254
    """

    eth0: Cable
    eth1: Cable
    isl: Cable
    sw1: SwitchNoun
    sw2: SwitchNoun
    target: MachineNoun

    plan = Topology(
        name="two_switches",
        machines=(Machine("dut"), Machine("target", TARGET)),
        switches=(Switch("sw1"), Switch("sw2")),
        links=(
            Link("eth0", "dut", "sw1"),
            Link("eth1", "dut", "sw2"),
            Link("isl", "sw1", "sw2"),
            Link("target", "sw2", "target"),
        ),
        bonds=(BondPlan("bond0", ("eth0", "eth1"), DUT, MII),),
    )


class BladeChassis(Net):
    """A blade behind two internal switches, each with a neighbour blade (bonding.rst 14.1).

    dut         eth0 --- sw1 --- uplink1 ---+
    neighbour  ----------+                  |
                                           sw3 --- target  192.168.50.222
    neighbour2 ----------+                  |
    dut         eth1 --- sw2 --- uplink2 ---+
    """

    eth0: Cable
    eth1: Cable
    uplink1: Cable
    uplink2: Cable
    sw1: SwitchNoun
    sw2: SwitchNoun
    sw3: SwitchNoun
    target: MachineNoun
    neighbour: MachineNoun
    neighbour2: MachineNoun

    plan = Topology(
        name="blade_chassis",
        machines=(
            Machine("dut"),
            Machine("target", BLADE_TARGET),
            Machine("neighbour", "192.168.50.112"),
            Machine("neighbour2", "192.168.50.113"),
        ),
        switches=(Switch("sw1"), Switch("sw2"), Switch("sw3")),
        links=(
            Link("eth0", "dut", "sw1"),
            Link("eth1", "dut", "sw2"),
            Link("uplink1", "sw1", "sw3"),
            Link("uplink2", "sw2", "sw3"),
            Link("target", "sw3", "target"),
            Link("neighbour", "sw1", "neighbour"),
            Link("neighbour2", "sw2", "neighbour2"),
        ),
        bonds=(BondPlan("bond0", ("eth0", "eth1"), "192.168.50.111", ARP),),
    )


class FilteringSwitch(Net):
    """A switch whose ports deliver unicast only for the MAC of their own NIC (seed 003).

    dut  eth0 ---+
                 +=== sw === target  192.0.2.254      === a port that filters
         eth1 ---+
    """

    eth0: Cable
    eth1: Cable
    sw: SwitchNoun
    target: MachineNoun

    plan = Topology(
        name="filtering_switch",
        machines=(Machine("dut"), Machine("target", TARGET)),
        switches=(Switch("sw", filters_macs=True),),
        links=(
            Link("eth0", "dut", "sw"),
            Link("eth1", "dut", "sw"),
            Link("target", "sw", "target"),
        ),
        bonds=(BondPlan("bond0", ("eth0", "eth1"), DUT, MII),),
    )


class UsbNics(Net):
    """Two USB adapters with the rtl8150 chip as slaves of one bond (seed 000).

    dut  eth1 --- rtl8150  00:10:60:dd:99:5c ---+
                                                +--- sw --- target  192.168.0.1
         eth2 --- rtl8150  00:10:60:db:04:24 ---+
    """

    eth1: UsbNic
    eth2: UsbNic
    sw: SwitchNoun
    target: MachineNoun

    plan = Topology(
        name="usb_nics",
        machines=(Machine("dut"), Machine("target", "192.168.0.1")),
        switches=(Switch("sw"),),
        links=(
            Link("eth1", "dut", "sw", nic="rtl8150", mac="00:10:60:dd:99:5c"),
            Link("eth2", "dut", "sw", nic="rtl8150", mac="00:10:60:db:04:24"),
            Link("target", "sw", "target"),
        ),
        bonds=(BondPlan("bond0", ("eth1", "eth2"), "192.168.0.3", MII),),
    )

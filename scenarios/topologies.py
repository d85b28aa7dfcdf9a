"""The networks that scenarios stand on: a picture, a description, and names for what is in it.

Links are written from the DUT's side outwards, so `out` on any of them leads away from the DUT.
"""

from __future__ import annotations

from harness import (
    BondPlan,
    Cable,
    LinkPlan,
    Machine,
    MachinePlan,
    Net,
    Switch,
    SwitchPlan,
    Topology,
    UsbNic,
)

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
    sw: Switch
    target: Machine
    neighbour: Machine

    plan = Topology(
        name="one_switch",
        machines=(
            MachinePlan("dut"),
            MachinePlan("target", TARGET),
            MachinePlan("neighbour", NEIGHBOUR),
        ),
        switches=(SwitchPlan("sw"),),
        links=(
            LinkPlan("eth0", "dut", "sw"),
            LinkPlan("eth1", "dut", "sw"),
            LinkPlan("target", "sw", "target"),
            LinkPlan("neighbour", "sw", "neighbour"),
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
    sw1: Switch
    sw2: Switch
    target: Machine

    plan = Topology(
        name="two_switches",
        machines=(MachinePlan("dut"), MachinePlan("target", TARGET)),
        switches=(SwitchPlan("sw1"), SwitchPlan("sw2")),
        links=(
            LinkPlan("eth0", "dut", "sw1"),
            LinkPlan("eth1", "dut", "sw2"),
            LinkPlan("isl", "sw1", "sw2"),
            LinkPlan("target", "sw2", "target"),
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
    sw1: Switch
    sw2: Switch
    sw3: Switch
    target: Machine
    neighbour: Machine
    neighbour2: Machine

    plan = Topology(
        name="blade_chassis",
        machines=(
            MachinePlan("dut"),
            MachinePlan("target", BLADE_TARGET),
            MachinePlan("neighbour", "192.168.50.112"),
            MachinePlan("neighbour2", "192.168.50.113"),
        ),
        switches=(SwitchPlan("sw1"), SwitchPlan("sw2"), SwitchPlan("sw3")),
        links=(
            LinkPlan("eth0", "dut", "sw1"),
            LinkPlan("eth1", "dut", "sw2"),
            LinkPlan("uplink1", "sw1", "sw3"),
            LinkPlan("uplink2", "sw2", "sw3"),
            LinkPlan("target", "sw3", "target"),
            LinkPlan("neighbour", "sw1", "neighbour"),
            LinkPlan("neighbour2", "sw2", "neighbour2"),
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
    sw: Switch
    target: Machine

    plan = Topology(
        name="filtering_switch",
        machines=(MachinePlan("dut"), MachinePlan("target", TARGET)),
        switches=(SwitchPlan("sw", filters_macs=True),),
        links=(
            LinkPlan("eth0", "dut", "sw"),
            LinkPlan("eth1", "dut", "sw"),
            LinkPlan("target", "sw", "target"),
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
    sw: Switch
    target: Machine

    plan = Topology(
        name="usb_nics",
        machines=(MachinePlan("dut"), MachinePlan("target", "192.168.0.1")),
        switches=(SwitchPlan("sw"),),
        links=(
            LinkPlan("eth1", "dut", "sw", nic="rtl8150", mac="00:10:60:dd:99:5c"),
            LinkPlan("eth2", "dut", "sw", nic="rtl8150", mac="00:10:60:db:04:24"),
            LinkPlan("target", "sw", "target"),
        ),
        bonds=(BondPlan("bond0", ("eth1", "eth2"), "192.168.0.3", MII),),
    )

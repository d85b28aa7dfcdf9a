"""Topologies whose switches join ports in channels, and speak LACP on them."""

from __future__ import annotations

from harness import (
    BondPlan,
    Cable,
    ChannelPlan,
    LinkPlan,
    Machine,
    MachinePlan,
    Net,
    Speaker,
    Switch,
    SwitchPlan,
    Topology,
    UsbNic,
    VlanPlan,
)
from scenarios.topologies import DUT, TARGET

LACP = {"mode": "802.3ad", "miimon": 100, "lacp_rate": "fast"}
XOR = {"mode": "balance-xor", "miimon": 100}
SYSTEM = "02:00:00:ad:00:01"  # of both switches of an MLAG
# Keys of ports of full duplex: AD_LINK_SPEED_* << 1 | 1 (bond_3ad.c); a veth has 10 Gb/s.
KEY_10_GIGABIT, KEY_100_MEGABIT = 15, 7
MLAG = {"ad_actor_system": SYSTEM, "lacp_rate": "fast"}


def _pair(name: str, lacp: Speaker, *beside: str) -> Topology:
    """Return two slaves at one channel, who speaks LACP there, and the slaves of a second bond."""
    second = (BondPlan("bond1", beside, options=LACP),) if beside else ()
    return Topology(
        name=name,
        machines=(MachinePlan("dut"), MachinePlan("target", TARGET)),
        switches=(SwitchPlan("sw", channels=(ChannelPlan("po1", ("eth0", "eth1"), lacp),)),),
        links=(
            LinkPlan("eth0", "dut", "sw"),
            LinkPlan("eth1", "dut", "sw"),
            *(LinkPlan(name, "dut", "sw") for name in beside),
            LinkPlan("target", "sw", "target"),
        ),
        bonds=(BondPlan("bond0", ("eth0", "eth1"), DUT, LACP), *second),
    )


def _partners(name: str, *slaves: str) -> Topology:
    """Return two switches that are two systems, with some of their four links as slaves."""
    return Topology(
        name=name,
        machines=(MachinePlan("dut"), MachinePlan("target", TARGET)),
        switches=(
            SwitchPlan("sw1", channels=(ChannelPlan("po1", ("eth0", "eth1"), "harness"),)),
            SwitchPlan("sw2", channels=(ChannelPlan("po2", ("eth2", "eth3"), "harness"),)),
        ),
        links=(
            LinkPlan("eth0", "dut", "sw1"),
            LinkPlan("eth1", "dut", "sw1"),
            LinkPlan("eth2", "dut", "sw2"),
            LinkPlan("eth3", "dut", "sw2"),
            LinkPlan("isl", "sw1", "sw2"),
            LinkPlan("target", "sw1", "target"),
        ),
        bonds=(BondPlan("bond0", slaves, DUT, LACP),),
    )


def _static(name: str, **options: object) -> Topology:
    """Return three slaves at a channel by configuration; `options` are those of the switch."""
    channel = ChannelPlan("po1", ("eth0", "eth1", "eth2"), options=options)
    return Topology(
        name=name,
        machines=(MachinePlan("dut"), MachinePlan("target", TARGET)),
        switches=(SwitchPlan("sw", channels=(channel,)),),
        links=(
            LinkPlan("eth0", "dut", "sw"),
            LinkPlan("eth1", "dut", "sw"),
            LinkPlan("eth2", "dut", "sw"),
            LinkPlan("target", "sw", "target"),
        ),
        bonds=(BondPlan("bond0", ("eth0", "eth1", "eth2"), DUT, XOR),),
        vlans=(
            VlanPlan("vlan10", 10, "bond0", ("203.0.113.1/24",)),
            VlanPlan("vlan11", 11, "bond0", ("203.0.114.1/24",)),
        ),
    )


class StaticChannel(Net):
    """Three slaves at a switch that joins their ports in a channel by its configuration.

    dut  eth0 ===+
         eth1 ===+=== sw --- target  192.0.2.254      === a static channel
         eth2 ===+
    """

    eth0: Cable
    eth1: Cable
    eth2: Cable
    sw: Switch
    target: Machine

    plan = _static("static_channel")


class RoundRobinChannel(StaticChannel):
    """The same with a switch that sends by the channel's ports in turn.

    dut  eth0 ===+
         eth1 ===+=== sw --- target  192.0.2.254      === a static channel, balance-rr
         eth2 ===+
    """

    plan = _static("round_robin_channel", mode="balance-rr")


class BroadcastChannel(StaticChannel):
    """The same with a switch that sends a copy by each of the channel's ports.

    dut  eth0 ===+
         eth1 ===+=== sw --- target  192.0.2.254      === a static channel, broadcast
         eth2 ===+
    """

    plan = _static("broadcast_channel", mode="broadcast")


class LacpPair(Net):
    """Two slaves at a switch that joins their ports in one channel and speaks LACP.

    dut  eth0 ===+
                 +=== sw --- target  192.0.2.254      === a channel, LACP by the switch's kernel
         eth1 ===+
    """

    eth0: Cable
    eth1: Cable
    sw: Switch
    target: Machine

    plan = _pair("lacp_pair", "kernel")


class LacpPairAndBond(LacpPair):
    """The same with a second bond, whose slave is at a port of no channel.

    dut  bond0  eth0 ===+
                eth1 ===+=== sw --- target  192.0.2.254      === a channel, LACP by the switch
         bond1  eth2 ---+
    """

    plan = _pair("lacp_pair_and_bond", "kernel", "eth2")


class ScriptedPartner(Net):
    """Two slaves at a switch whose side of LACP the scenario speaks: `sw.speak_lacp(...)`.

    dut  eth0 ===+
                 +=== sw --- target  192.0.2.254      === a channel, LACP by the harness
         eth1 ===+
    """

    eth0: Cable
    eth1: Cable
    sw: Switch
    target: Machine

    plan = _pair("scripted_partner", "harness")


class TwoPartners(Net):
    """Four slaves at two switches that are two systems to LACP; the target is at the first.

    dut  eth0 ===+
         eth1 ===+=== sw1 --- target  192.0.2.254     === a channel, LACP by the harness
                       |
         eth2 ===+    isl
         eth3 ===+=== sw2
    """

    eth0: Cable
    eth1: Cable
    eth2: Cable
    eth3: Cable
    isl: Cable
    sw1: Switch
    sw2: Switch
    target: Machine

    plan = _partners("two_partners", "eth0", "eth1", "eth2", "eth3")


class SparePorts(TwoPartners):
    """One slave at each of two switches that are two systems, and a spare interface at each.

    dut  eth0 ===+
    spare eth1 ==+=== sw1 --- target  192.0.2.254     === a channel, LACP by the harness
                       |
         eth2 ===+    isl
    spare eth3 ==+=== sw2
    """

    plan = _partners("spare_ports", "eth0", "eth2")


class MlagPair(Net):
    """Two switches that are one system to LACP (MLAG); the target is at the second.

    dut  eth0 === sw1 --- isl --- sw2 --- target  192.0.2.254      === a channel of one system
         eth1 =================== sw2
    """

    eth0: Cable
    eth1: Cable
    isl: Cable
    sw1: Switch
    sw2: Switch
    target: Machine

    plan = Topology(
        name="mlag_pair",
        machines=(MachinePlan("dut"), MachinePlan("target", TARGET)),
        switches=(
            SwitchPlan("sw1", channels=(ChannelPlan("po1", ("eth0",), "kernel", MLAG),)),
            SwitchPlan("sw2", channels=(ChannelPlan("po2", ("eth1",), "kernel", MLAG),)),
        ),
        links=(
            LinkPlan("eth0", "dut", "sw1"),
            LinkPlan("eth1", "dut", "sw2"),
            LinkPlan("isl", "sw1", "sw2"),
            LinkPlan("target", "sw2", "target"),
        ),
        bonds=(BondPlan("bond0", ("eth0", "eth1"), DUT, LACP),),
    )


class MixedSpeeds(Net):
    """One slave of 10 Gb/s and two of 100 Mb/s at a switch whose LACP the scenario speaks.

    dut  eth0 ==============+
         eth1 --- rtl8150 ==+=== sw --- target  192.0.2.254      === a channel, LACP by the harness
         eth2 --- rtl8150 ==+
    """

    eth0: Cable
    eth1: UsbNic
    eth2: UsbNic
    sw: Switch
    target: Machine

    plan = Topology(
        name="mixed_speeds",
        machines=(MachinePlan("dut"), MachinePlan("target", TARGET)),
        switches=(
            SwitchPlan("sw", channels=(ChannelPlan("po1", ("eth0", "eth1", "eth2"), "harness"),)),
        ),
        links=(
            LinkPlan("eth0", "dut", "sw"),
            LinkPlan("eth1", "dut", "sw", nic="rtl8150"),
            LinkPlan("eth2", "dut", "sw", nic="rtl8150"),
            LinkPlan("target", "sw", "target"),
        ),
        bonds=(BondPlan("bond0", ("eth0", "eth1", "eth2"), DUT, LACP),),
    )

"""balance-xor: the hash goes over the usable slaves, and follows changes of slaves and policy."""

import pytest

from harness import Flow, VlanPlan, claim, control, many_flows, s, slave_by_hash
from scenarios.channels import StaticChannel
from scenarios.flows import by_hash
from scenarios.interfaces import cable
from scenarios.topologies import TARGET, OneSwitch

SLAVES = ("eth0", "eth1", "eth2")
MANY = list(many_flows(300))
# Flows of different machines behind the DUT, so that the source MAC decides.
MACHINES = [Flow(src_mac=f"02:00:00:00:07:{number:02x}") for number in range(60)]
VLANS = StaticChannel.plan.vlans


@claim("XMIT-3", "MODE-XOR-2")
def test_flows_are_hashed_over_the_slaves_that_are_left(static_channel: StaticChannel) -> None:
    """After a cut the modulus is two, in the order of the slaves."""
    static_channel.dut.bond()
    with static_channel.watch() as run:
        static_channel.eth1.cut()
        static_channel.after(1 * s)
        static_channel.dut.send_flows(MANY)
    assert run.carried_by == by_hash("layer2", MANY, ("eth0", "eth2"))
    assert run.recovered


@claim("XMIT-3", "MODE-XOR-2")
@control("test_flows_are_hashed_over_the_slaves_that_are_left")
def test_a_slave_that_returns_is_hashed_again(static_channel: StaticChannel) -> None:
    """After the repair the modulus is three, and all flows are where they were."""
    static_channel.dut.bond()
    with static_channel.watch(healthy=False) as run:
        static_channel.eth1.flap(down=1 * s)
        static_channel.after(1 * s)
        static_channel.dut.send_flows(MANY)
    assert run.carried_by == by_hash("layer2", MANY, SLAVES)


@claim("XMIT-3", "MODE-XOR-1")
@control("test_a_slave_that_returns_is_hashed_again")
def test_a_released_slave_is_not_hashed(static_channel: StaticChannel) -> None:
    """A slave that is released is out of the hash at once."""
    bond = static_channel.dut.bond()
    with static_channel.watch() as run:
        static_channel.dut.release(bond, static_channel.eth1)
        static_channel.dut.send_flows(MANY)
    assert run.carried_by == by_hash("layer2", MANY, ("eth0", "eth2"))


@claim("ARPINT-2", "MODE-XOR-2")
@control("test_a_slave_that_returns_is_hashed_again")
@pytest.mark.parametrize("fails", [True, False])
def test_the_arp_monitor_takes_a_slave_out_of_the_hash(
    one_switch: OneSwitch, *, fails: bool
) -> None:
    """All flows leave by the slave that still hears something; without a fault both are used."""
    bond = one_switch.dut.bond(mode="balance-xor", arp_interval=100, arp_ip_target=TARGET)
    with one_switch.watch(healthy=False) as run:
        one_switch.after(10 * bond.arp_interval)
        if fails:
            one_switch.eth1.lose()
        one_switch.after(10 * bond.arp_interval)
        one_switch.dut.send_flows(MANY)
    left = ["eth0"] if fails else ["eth0", "eth1"]
    assert run.carried_by == by_hash("layer2", MANY, left)


@claim("XMIT-1")
@pytest.mark.parametrize("xmit_hash_policy", ["layer2+3", "layer3+4", "vlan+srcmac"])
def test_the_policy_can_be_changed_on_a_running_bond(
    static_channel: StaticChannel, xmit_hash_policy: str
) -> None:
    """The frames after the change take the slaves of the new policy."""
    static_channel.dut.bond(xmit_hash_policy="layer2")
    with static_channel.watch() as run:
        static_channel.dut.set(xmit_hash_policy=xmit_hash_policy)
        static_channel.dut.send_flows(MANY)
    assert run.carried_by == by_hash(xmit_hash_policy, MANY, SLAVES)


@claim("XMIT-1")
@control("test_the_policy_can_be_changed_on_a_running_bond")
def test_an_unchanged_policy_stays(static_channel: StaticChannel) -> None:
    """Without the change they take the slaves of the policy before."""
    static_channel.dut.bond(xmit_hash_policy="layer2")
    with static_channel.watch() as run:
        static_channel.dut.send_flows(MANY)
    assert run.carried_by == by_hash("layer2", MANY, SLAVES)


@claim("XMIT-VSM-1")
@pytest.mark.parametrize("vlan", VLANS, ids=lambda vlan: vlan.name)
def test_vlan_and_source_mac_choose_the_slave(
    static_channel: StaticChannel, vlan: VlanPlan
) -> None:
    """VLAN ID XOR both halves of the source MAC, modulo the number of slaves."""
    static_channel.dut.bond(xmit_hash_policy="vlan+srcmac")
    with static_channel.watch() as run:
        static_channel.dut.send_flows(MACHINES, by=vlan)
    assert run.carried_by == by_hash("vlan+srcmac", MACHINES, SLAVES, vlan=vlan.number)
    assert all(run.shares.values())


@claim("XMIT-VSM-1")
@control("test_vlan_and_source_mac_choose_the_slave")
def test_without_the_policy_the_vlan_is_not_hashed(static_channel: StaticChannel) -> None:
    """By layer2 the same frames of two VLANs take the same slaves."""
    static_channel.dut.bond(xmit_hash_policy="layer2")
    first, second = VLANS
    with static_channel.watch() as run:
        static_channel.dut.send_flows(MACHINES, by=first)
        static_channel.after(1 * s)
        static_channel.dut.send_flows(MACHINES, by=second)
    count = len(MACHINES)
    assert run.carried_by[:count] == run.carried_by[count:]


@claim("XMIT-VSM-2")
def test_a_vlan_moves_from_its_failed_slave(static_channel: StaticChannel) -> None:
    """A machine's frames in a VLAN leave by another slave when theirs has failed."""
    static_channel.dut.bond(xmit_hash_policy="vlan+srcmac")
    vlan, flows = VLANS[0], MACHINES[:1] * 10
    usual = slave_by_hash("vlan+srcmac", flows[0], SLAVES, vlan.number)
    rest = [slave for slave in SLAVES if slave != usual]
    with static_channel.watch() as run:
        cable(static_channel, usual).cut()
        static_channel.after(1 * s)
        static_channel.dut.send_flows(flows, by=vlan)
    assert run.carried_by == by_hash("vlan+srcmac", flows, rest, vlan=vlan.number)


@claim("XMIT-VSM-3")
@control("test_a_vlan_moves_from_its_failed_slave")
def test_a_tag_in_the_frame_itself_is_not_hashed(static_channel: StaticChannel) -> None:
    """Frames with a tag of their own, sent by the bond, count as VLAN ID 0."""
    static_channel.dut.bond(xmit_hash_policy="vlan+srcmac")
    tagged = [Flow(src_mac=flow.src_mac, vlan=number) for flow in MACHINES for number in (10, 11)]
    with static_channel.watch() as run:
        static_channel.dut.send_flows(tagged)
    assert run.carried_by == by_hash("vlan+srcmac", tagged, SLAVES)

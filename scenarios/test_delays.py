"""downdelay and updelay: how long a bond waits before it acts on its MII monitor."""

import pytest

from harness import claim, contradicted, control, ms
from scenarios.channels import StaticChannel
from scenarios.topologies import OneSwitch
from scenarios.variants import SpareSlave, ThreeSlaves

BLIP = 300 * ms


@claim("DOWNDELAY-1", "DELAY-7")
@pytest.mark.parametrize("downdelay", [200, 500])
def test_a_failed_slave_is_left_after_downdelay(one_switch: OneSwitch, downdelay: int) -> None:
    """The failover comes downdelay after the inspection that saw the carrier gone."""
    bond = one_switch.dut.bond(downdelay=downdelay)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
    assert bond.downdelay <= run.detection <= bond.downdelay + bond.miimon
    assert run.active_slaves == ["eth0", "eth1"]


@claim("DOWNDELAY-5", "DOWNDELAY-9")
def test_a_blip_shorter_than_downdelay_changes_nothing(one_switch: OneSwitch) -> None:
    """A carrier that returns in time causes no failover and is no failure."""
    one_switch.dut.bond(downdelay=500)
    with one_switch.watch() as run:
        one_switch.eth0.flap(down=BLIP)
    assert run.active_slaves == ["eth0"]
    assert run.failures == {"eth0": 0, "eth1": 0}


@claim("DOWNDELAY-1")
@contradicted(
    "DOWNDELAY-1",
    kernels=">=6.1",
    evidence="bond_set_carrier counts slaves whose link is BOND_LINK_UP; one that waits for "
    "downdelay is BOND_LINK_FAIL, and the carrier goes at the first inspection (difference 67)",
)
def test_a_blip_of_the_last_link_leaves_the_carrier(one_switch: OneSwitch) -> None:
    """The bond keeps its carrier as long as it keeps its active slave."""
    one_switch.dut.bond(downdelay=500)
    with one_switch.watch() as run:
        one_switch.eth1.cut()
        one_switch.after(1000 * ms)
        one_switch.eth0.flap(down=BLIP)
    assert run.active_slaves == ["eth0"]
    assert run.carriers == [True]


@claim("DOWNDELAY-5")
@control("test_a_blip_of_the_last_link_leaves_the_carrier")
def test_a_blip_of_one_of_two_links_leaves_the_carrier(one_switch: OneSwitch) -> None:
    """With another link that is up the carrier stays."""
    one_switch.dut.bond(downdelay=500)
    with one_switch.watch() as run:
        one_switch.eth0.flap(down=BLIP)
    assert run.active_slaves == ["eth0"]
    assert run.carriers == [True]


@claim("DOWNDELAY-3", "MIIMON-1")
@control("test_a_blip_shorter_than_downdelay_changes_nothing")
@control("test_a_failed_slave_is_left_after_downdelay")
def test_without_downdelay_the_same_blip_is_a_failure(one_switch: OneSwitch) -> None:
    """By default the slave is left at the first inspection."""
    bond = one_switch.dut.bond()
    later = one_switch.dut.window(downdelay=200)
    with one_switch.watch() as run:
        one_switch.eth0.flap(down=BLIP)
    assert bond["downdelay"] == 0
    assert run.detection < later.earliest
    assert run.active_slaves == ["eth0", "eth1"]
    assert run.failures == {"eth0": 1, "eth1": 0}


@claim("DOWNDELAY-2", "UPDELAY-2")
@pytest.mark.parametrize(("asked", "kept"), [(200, 200), (250, 200), (99, 0)])
def test_delays_are_rounded_down_to_miimon(one_switch: OneSwitch, asked: int, kept: int) -> None:
    """A delay that is no multiple of miimon counts as the next lower one."""
    bond = one_switch.dut.bond()
    one_switch.dut.attempt.set(bond, downdelay=asked, updelay=asked)
    shown = bond.now.netlink
    assert (shown["downdelay"], shown["updelay"]) == (kept, kept)


@claim("UPDELAY-1", "PRIMARY-1", "PRESEL-1")
@pytest.mark.parametrize("updelay", [200, 500])
def test_a_recovered_slave_waits_for_updelay(one_switch: OneSwitch, updelay: int) -> None:
    """The primary is used again updelay after the inspection that saw its carrier back."""
    bond = one_switch.dut.bond(primary="eth0", updelay=updelay)
    with one_switch.watch() as run:
        one_switch.eth0.flap(down=BLIP)
    assert bond.updelay <= run.reversion <= bond.updelay + bond.miimon
    assert run.active_slaves == ["eth0", "eth1", "eth0"]


@claim("UPDELAY-3", "MIIMON-3")
@control("test_a_recovered_slave_waits_for_updelay")
@control("test_a_link_that_bounces_starts_to_wait_again")
def test_without_updelay_it_does_not_wait(one_switch: OneSwitch) -> None:
    """By default the primary is used again at the first inspection."""
    bond = one_switch.dut.bond(primary="eth0")
    with one_switch.watch() as run:
        one_switch.eth0.flap(down=BLIP)
    assert bond["updelay"] == 0
    assert run.reversion < 200 * ms
    assert run.reversion <= bond.miimon


@claim("UPDELAY-4", "DELAY-2")
def test_a_link_that_bounces_starts_to_wait_again(one_switch: OneSwitch) -> None:
    """Down in the middle of updelay and up again: the whole delay runs from the last repair."""
    bond = one_switch.dut.bond(primary="eth0", updelay=500)
    with one_switch.watch() as run:
        one_switch.eth0.flap(down=BLIP, times=2, up=250 * ms)
    assert bond.updelay <= run.reversion <= bond.updelay + bond.miimon
    assert run.active_slaves == ["eth0", "eth1", "eth0"]


@claim("DELAY-3")
def test_updelay_is_ignored_when_nothing_else_is_up(one_switch: OneSwitch) -> None:
    """With no slave left, the first to recover is used at once."""
    bond = one_switch.dut.bond(updelay=1000)
    with one_switch.watch() as run:
        one_switch.eth1.cut()
        one_switch.eth0.flap(down=BLIP)
    assert run.active_slaves == ["eth0", None, "eth0"]
    assert run.slave("eth0").recovery <= bond.miimon


@claim("DELAY-3", "UPDELAY-1")
@control("test_updelay_is_ignored_when_nothing_else_is_up")
@control("test_a_waiting_slave_is_used_when_the_last_one_fails")
def test_updelay_is_waited_for_when_another_slave_is_up(one_switch: OneSwitch) -> None:
    """The same repair has to wait where the other slave works."""
    bond = one_switch.dut.bond(primary="eth0", updelay=1000)
    with one_switch.watch() as run:
        one_switch.eth0.flap(down=BLIP)
    assert run.slave("eth0").recovery > bond.miimon
    assert run.active_slaves == ["eth0", "eth1", "eth0"]


@claim("DELAY-5")
def test_a_waiting_slave_is_used_when_the_last_one_fails(one_switch: OneSwitch) -> None:
    """A slave in its updelay becomes active at once when no other slave is up."""
    bond = one_switch.dut.bond(updelay=2000)
    with one_switch.watch() as run:
        one_switch.eth1.flap(down=BLIP)
        one_switch.after(BLIP)
        one_switch.eth0.cut()
    assert run.active_slaves == ["eth0", "eth1"]
    assert run.slave("eth0").detection <= bond.miimon
    assert run.outage <= bond.miimon


@claim("DELAY-5")
@control("test_a_waiting_slave_is_used_when_the_last_one_fails")
@pytest.mark.parametrize(("first", "second"), [("eth1", "eth2"), ("eth2", "eth1")])
def test_of_two_waiting_slaves_the_first_to_return_is_used(
    three_slaves: ThreeSlaves, first: str, second: str
) -> None:
    """The one that has waited longest is used, whatever the order of the slaves."""
    bond = three_slaves.dut.bond(updelay=2000)
    links = {"eth1": three_slaves.eth1, "eth2": three_slaves.eth2}
    with three_slaves.watch() as run:
        links[first].flap(down=BLIP)
        links[second].flap(down=BLIP)
        three_slaves.after(BLIP)
        three_slaves.eth0.cut()
    assert run.active_slaves == ["eth0", first]
    assert run.slave("eth0").detection <= bond.miimon


@claim("UPDELAY-6", "DELAY-1", "DELAY-2")
def test_updelay_covers_a_port_that_forwards_late(one_switch: OneSwitch) -> None:
    """A port that shows carrier 600 ms before it forwards does no harm to a bond that waits."""
    bond = one_switch.dut.bond(primary="eth0", updelay=800)
    with one_switch.watch() as run:
        one_switch.eth0.cut()
        one_switch.after(BLIP)
        one_switch.eth0.heal_late(600 * ms)
    assert run.active_slaves == ["eth0", "eth1", "eth0"]
    assert run.outage <= bond.miimon


@claim("UPDELAY-6", "DELAY-1")
@control("test_updelay_covers_a_port_that_forwards_late")
def test_without_updelay_a_late_port_costs_traffic(one_switch: OneSwitch) -> None:
    """The bond returns to the primary at once and loses all until the port forwards."""
    bond = one_switch.dut.bond(primary="eth0")
    with one_switch.watch() as run:
        one_switch.eth0.cut()
        one_switch.after(BLIP)
        one_switch.eth0.heal_late(600 * ms)
    assert run.active_slaves == ["eth0", "eth1", "eth0"]
    assert 600 * ms - bond.miimon <= run.outage <= 600 * ms


@claim("DOWNDELAY-1", "DOWNDELAY-3")
def test_each_gap_longer_than_downdelay_is_a_failover(one_switch: OneSwitch) -> None:
    """A cable that flickers four times costs four outages, each until the other slave is used."""
    bond = one_switch.dut.bond(primary="eth0", downdelay=200)
    with one_switch.watch() as run:
        one_switch.eth0.flap(down=400 * ms, up=600 * ms, times=4)
    assert run.failures["eth0"] == 4
    assert len(run.outages) == 4
    assert 4 * bond.downdelay <= run.dark <= 4 * (bond.downdelay + bond.miimon)


@claim("DOWNDELAY-5")
@control("test_each_gap_longer_than_downdelay_is_a_failover")
def test_a_longer_downdelay_sits_each_gap_out(one_switch: OneSwitch) -> None:
    """Without a failover it is dark for as long as the cable is out, four times."""
    one_switch.dut.bond(primary="eth0", downdelay=1000)
    with one_switch.watch() as run:
        one_switch.eth0.flap(down=400 * ms, up=600 * ms, times=4)
    assert run.active_slaves == ["eth0"]
    assert len(run.outages) == 4
    assert 4 * 400 * ms <= run.dark <= 4 * 400 * ms


@claim("UPDELAY-5")
@pytest.mark.parametrize(
    ("updelay", "words"), [(500, ("going back", "going back", "up")), (0, ("up", "up", "up"))]
)
def test_a_new_slave_waits_for_updelay_too(
    spare_slave: SpareSlave, updelay: int, words: tuple[str, ...]
) -> None:
    """A slave that is enslaved while another one is active is up after updelay."""
    bond = spare_slave.dut.bond(updelay=updelay)
    with spare_slave.watch() as run:
        spare_slave.dut.enslave(bond, spare_slave.eth2)
        seen = [bond.now.slave(spare_slave.eth2)["mii_status"]]
        for pause in (300 * ms, 500 * ms):
            spare_slave.after(pause)
            seen.append(bond.now.slave(spare_slave.eth2)["mii_status"])
    assert tuple(seen) == words
    assert run.active_slaves == ["eth0"]


@claim("DELAY-3")
def test_balance_xor_ignores_updelay_too(static_channel: StaticChannel) -> None:
    """With no slave left, the first to recover is used at once."""
    bond = static_channel.dut.bond(mode="balance-xor", updelay=1000)
    with static_channel.watch() as run:
        static_channel.eth1.cut()
        static_channel.eth2.cut()
        static_channel.eth0.flap(down=BLIP)
    assert run.slave("eth0").recovery <= bond.miimon


IT_IS_WAITED_FOR = (
    "it is waited for, 1110 ms on 7.2: bond_miimon_inspect asks usable_slaves, which these modes "
    "do not keep"
)
ALWAYS_IGNORED = contradicted(
    "DELAY-4",
    kernels=">=6.1,<6.12",
    evidence="in broadcast updelay is ignored although another slave is up: 100 ms on 6.1.176",
)


@claim("DELAY-4")
@pytest.mark.parametrize(
    "mode",
    [
        pytest.param(mode, marks=contradicted("DELAY-4", kernels=since, evidence=IT_IS_WAITED_FOR))
        for mode, since in (("balance-rr", ">=6.1"), ("broadcast", ">=6.12"))
    ],
)
def test_modes_that_hash_nothing_ignore_updelay_too(
    static_channel: StaticChannel, mode: str
) -> None:
    """With no slave left, the first to recover is used at once."""
    bond = static_channel.dut.bond(mode=mode, updelay=1000)
    with static_channel.watch() as run:
        static_channel.eth1.cut()
        static_channel.eth2.cut()
        static_channel.eth0.flap(down=BLIP)
    assert run.slave("eth0").recovery <= bond.miimon


@pytest.mark.parametrize(
    "mode", ["balance-xor", "balance-rr", pytest.param("broadcast", marks=ALWAYS_IGNORED)]
)
@claim("DELAY-3", "DELAY-4")
@control("test_balance_xor_ignores_updelay_too")
@control("test_modes_that_hash_nothing_ignore_updelay_too")
def test_they_wait_for_it_when_another_slave_is_up(
    static_channel: StaticChannel, mode: str
) -> None:
    """The same repair has to wait where a slave works."""
    bond = static_channel.dut.bond(mode=mode, updelay=1000)
    with static_channel.watch() as run:
        static_channel.eth1.cut()
        static_channel.eth0.flap(down=BLIP)
    assert bond.updelay <= run.slave("eth0").recovery <= bond.updelay + bond.miimon

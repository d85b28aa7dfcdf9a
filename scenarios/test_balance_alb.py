"""balance-alb: clients are told the MACs of different slaves, and others when one has failed."""

import pytest

from harness import Run, claim, control, ms, s
from scenarios.field.servers import GUEST, BridgeHost
from scenarios.interfaces import cable, command, know_for_good, mac_address, promiscuous
from scenarios.programs import talk
from scenarios.topologies import DUT
from scenarios.variants import DualStack, SpareSlave, ThreeSlaves

CLIENTS = [f"192.0.2.{number}" for number in range(20, 26)]
MOVING = "192.0.2.60"  # an address of the bond that moves to another host
SECOND = 1 * s  # between two probes
OFTEN = 50 * ms  # the bond asks for the target as soon as it can send


def macs_told(run: Run) -> dict[str, str]:
    """Return the MAC that each client was told last, by its address."""
    return {answer.to: answer.mac for answer in run.answers(DUT)}


def spread(net: ThreeSlaves) -> dict[str, str]:
    """Let clients ask for a bond in balance-alb; return which MAC each of them was told."""
    net.dut.bond(mode="balance-alb")
    know_for_good(net, net.target)
    with net.watch(every=SECOND) as run:
        net.target.ask_as(CLIENTS, DUT)
        net.after(5 * s)
    return macs_told(run)


@claim("MODE-ALB-1")
@pytest.mark.parametrize(("mode", "macs"), [("balance-alb", 3), ("balance-tlb", 1)])
def test_clients_are_told_the_macs_of_different_slaves(
    three_slaves: ThreeSlaves, mode: str, macs: int
) -> None:
    """ARP replies name the slaves in turn; in balance-tlb they name the bond's MAC."""
    three_slaves.dut.bond(mode=mode)
    with three_slaves.watch(every=SECOND) as run:
        three_slaves.target.ask_as(CLIENTS, DUT)
    answers = run.answers(DUT)
    for told in (answers[::-1], answers):  # the first answer to each client, and the last
        word = {answer.to: answer.mac for answer in told}
        assert set(word) >= set(CLIENTS)
        assert len({word[client] for client in CLIENTS}) == macs


@claim("MODE-ALB-8")
def test_clients_of_a_failed_slave_are_told_another_mac(three_slaves: ThreeSlaves) -> None:
    """After a cut the last word to each client is the MAC of a slave that is up."""
    three_slaves.dut.bond(mode="balance-alb")
    with three_slaves.watch(every=SECOND) as run:
        three_slaves.target.ask_as(CLIENTS, DUT)
        three_slaves.after(1 * s)
        three_slaves.eth1.cut()
        three_slaves.after(5 * s)
    told = macs_told(run)
    assert {told[client] for client in CLIENTS} == {three_slaves.eth0.mac, three_slaves.eth2.mac}


@claim("MODE-ALB-4")
@control("test_clients_of_a_failed_slave_are_told_another_mac")
def test_clients_are_spread_again_when_a_slave_returns(three_slaves: ThreeSlaves) -> None:
    """After the repair the last words to the clients name all three slaves."""
    three_slaves.dut.bond(mode="balance-alb")
    with three_slaves.watch(every=SECOND) as run:
        three_slaves.target.ask_as(CLIENTS, DUT)
        three_slaves.after(1 * s)
        three_slaves.eth1.flap(down=5 * s)
        three_slaves.after(5 * s)
    told = macs_told(run)
    assert len({told[client] for client in CLIENTS}) == 3


def told_after_an_outage(net: ThreeSlaves, *healed: str) -> dict[str, str]:
    """Cut all slaves of a bond that clients have asked for, and heal some.

    Return which MAC each of the clients was told last.
    """
    net.dut.bond(mode="balance-alb")
    with net.watch(every=OFTEN) as run:
        net.target.ask_as(CLIENTS, DUT)
        net.after(1 * s)
        for link in (net.eth0, net.eth1, net.eth2):
            link.cut()
        net.after(2 * s)
        for slave in healed:
            cable(net, slave).heal()
        net.after(5 * s)
    return macs_told(run)


@claim("MODE-ALB-4")
def test_clients_that_had_no_slave_are_spread_again(three_slaves: ThreeSlaves) -> None:
    """After an outage of all slaves the last words to the clients name all three."""
    # Until the next tick of 100 ms they have none (rlb_clear_slave). If the bond sends an ARP
    # request before it, the driver's log has "found a client with no channel" for each of them.
    told = told_after_an_outage(three_slaves, "eth0", "eth1", "eth2")
    assert len({told[client] for client in CLIENTS}) == 3


@claim("MODE-ALB-8")
@control("test_clients_that_had_no_slave_are_spread_again")
def test_clients_are_not_told_the_mac_of_a_slave_that_is_down(three_slaves: ThreeSlaves) -> None:
    """If one slave comes back the last words to the clients name only that one."""
    told = told_after_an_outage(three_slaves, "eth1")
    assert len({told[client] for client in CLIENTS}) == 1


@claim("MODE-ALB-8")
@pytest.mark.parametrize(("after", "expected"), [(2 * s, True), (15 * s, False)])
def test_the_active_slave_is_promiscuous_for_a_while(
    three_slaves: ThreeSlaves, after: object, *, expected: bool
) -> None:
    """After another slave failed it receives frames for that one's MAC for ten seconds."""
    three_slaves.dut.bond(mode="balance-alb")
    with three_slaves.watch(every=SECOND) as run:
        three_slaves.target.ask_as(CLIENTS, DUT)
        three_slaves.after(1 * s)
        three_slaves.eth1.cut()
        three_slaves.after(after)  # type: ignore[arg-type]
        receives_any = promiscuous(three_slaves.dut, "eth0") == ["eth0"]
    assert run.active_slaves == ["eth0"]
    assert receives_any == expected


@claim("MODE-ALB-7")
@pytest.mark.parametrize(("failing", "has_its_own"), [("eth0", False), ("eth1", True)])
def test_the_new_active_slave_takes_the_mac_of_the_bond(
    three_slaves: ThreeSlaves, failing: str, *, has_its_own: bool
) -> None:
    """If the active slave fails its MAC is swapped with that of the next one, else not."""
    three_slaves.dut.bond(mode="balance-alb")
    with three_slaves.watch(every=SECOND) as run:
        cable(three_slaves, failing).cut()
        three_slaves.after(1 * s)
        active = mac_address(three_slaves.dut, "eth1")
    assert run.slave(failing).detected
    assert (active == three_slaves.eth1.mac) == has_its_own


@claim("MODE-ALB-2")
@pytest.mark.parametrize(("mode", "macs"), [("balance-alb", 3), ("balance-tlb", 0)])
def test_clients_that_the_server_asks_are_balanced_too(
    three_slaves: ThreeSlaves, mode: str, macs: int
) -> None:
    """A client that has answered is told the MAC of its slave, without having asked."""
    three_slaves.dut.bond(mode=mode)
    for client in CLIENTS:
        three_slaves.target.add_address(client)
    with three_slaves.watch(every=SECOND) as run:
        talk(three_slaves, CLIENTS)
        three_slaves.after(5 * s)
    told = {answer.to: answer.mac for answer in run.answers(DUT) if answer.to in CLIENTS}
    assert len(set(told.values())) == macs


@claim("MODE-ALB-2")
@control("test_clients_that_the_server_asks_are_balanced_too")
def test_a_client_that_answers_again_is_told_no_more(three_slaves: ThreeSlaves) -> None:
    """Its answers confirm the MAC that the bond knows: no update follows them."""
    net = three_slaves
    net.dut.bond(mode="balance-alb")
    command(net.target, f"ip neighbour add {DUT} lladdr {net.eth0.mac} dev target nud permanent")
    with net.watch(every=SECOND):
        know_for_good(net, net.target)
        net.after(5 * s)
    with net.watch(every=SECOND) as run:
        net.target.arp_replies(DUT, mac=net.eth0.mac, every=500 * ms)
        net.after(5 * s)
    assert [answer for answer in run.answers(DUT) if answer.to == net.target.address] == []


@claim("MODE-ALB-3")
@pytest.mark.parametrize(("asks", "reminded"), [(True, 4), (False, 0)])
def test_clients_are_spread_again_after_the_server_has_asked(
    three_slaves: ThreeSlaves, reminded: int, *, asks: bool
) -> None:
    """Its request names the bond's MAC to all: those of other slaves are told theirs again."""
    net = three_slaves
    usual = spread(net)
    with net.watch(every=SECOND) as run:
        if asks:
            talk(net, ["192.0.2.99"])
        net.after(5 * s)
    told = {answer.to: answer.mac for answer in run.answers(DUT) if answer.to in CLIENTS}
    assert len(told) == reminded
    assert told.items() <= usual.items()
    assert net.eth0.mac not in told.values()


@claim("MODE-ALB-12")
@pytest.mark.parametrize(("network", "moves"), [("192.2.0", 1), ("192.2.9", 0)])
def test_two_clients_of_one_bucket_evict_each_other(
    three_slaves: ThreeSlaves, network: str, moves: int
) -> None:
    """The bucket is the XOR of the octets: the older client is told the active slave's MAC."""
    net = three_slaves
    usual = spread(net)
    older = next(client for client in CLIENTS if usual[client] != net.eth0.mac)
    with net.watch(every=SECOND) as run:
        net.target.ask_as([f"{network}.{older.rpartition('.')[2]}"], DUT)
        net.after(5 * s)
    moved = {answer.mac for answer in run.answers(DUT) if answer.to == older}
    assert len(moved) == moves
    assert moved <= {net.eth0.mac}


@claim("MODE-ALB-13")
@pytest.mark.parametrize(("announced", "told"), [(True, 0), (False, 2)])
def test_nobody_is_told_of_an_address_that_moved_to_another_host(
    three_slaves: ThreeSlaves, told: int, *, announced: bool
) -> None:
    """Its new host announces it, and when a slave fails clients are told nothing about it."""
    net = three_slaves
    net.dut.bond(mode="balance-alb")
    know_for_good(net, net.target)
    with net.dut.add_address(MOVING), net.watch(every=SECOND):
        net.target.ask_as(CLIENTS, MOVING)
        net.after(5 * s)
    with net.watch(every=SECOND) as run:
        if announced:
            net.target.garp(MOVING)
        net.after(1 * s)
        net.eth1.cut()
        net.after(5 * s)
    assert len({answer.to for answer in run.answers(MOVING)}) == told


@claim("MODE-ALB-1")
@control("test_clients_are_told_the_macs_of_different_slaves")
def test_replies_that_cross_a_bridge_keep_their_mac(bridge_host: BridgeHost) -> None:
    """A client that asks for a guest is told the MAC of the guest, not that of a slave."""
    net = bridge_host
    net.dut.bond(mode="balance-alb")
    with net.watch(every=SECOND, healthy=False):
        net.after(5 * s)
        command(net.client, "ip neighbour flush dev client")  # it has not asked: the guest has
        net.after(3 * s)
    assert net.guest.cable.mac in net.client.run(["ip", "neighbour", "show", GUEST]).stdout


@claim("FLAG-2")
@pytest.mark.parametrize(("mode", "macs"), [("balance-alb", 2), ("balance-rr", 1)])
def test_a_slave_with_the_mac_of_the_bond_gets_another(
    spare_slave: SpareSlave, mode: str, macs: int
) -> None:
    """A slave that left its MAC to the bond comes back: it gets the spare one, and both differ."""
    net = spare_slave
    bond = net.dut.bond(mode=mode)
    net.dut.release(bond, net.eth0)
    net.dut.enslave(bond, net.eth0)
    assert len({mac_address(net.dut, name) for name in ("eth0", "eth1")}) == macs


@claim("MODE-ALB-9")
@pytest.mark.parametrize(("address", "macs"), [(DUT, 2), ("2001:db8::1", 1)], ids=["ip", "ipv6"])
def test_only_clients_of_ipv4_are_told_different_macs(
    dual_stack: DualStack, address: str, macs: int
) -> None:
    """Two machines that have asked for both addresses know one MAC for that of IPv6."""
    net = dual_stack
    net.dut.bond(mode="balance-alb")
    net.dut.add_address("2001:db8::1")
    told = set()
    for number, machine in enumerate((net.target, net.neighbour)):
        machine.add_address(f"2001:db8::2{number}")
        with net.watch(every=SECOND):
            talk(net, [address], machine)
            net.after(2 * s)  # soon enough: the DUT's own question, 5 s later, says otherwise
            told.add(machine.run(["ip", "neighbour", "show", address]).stdout.split()[4])
    assert len(told) == macs
    assert net.eth0.mac in told


@claim("MODE-ALB-6")
@pytest.mark.parametrize(("updelay", "arrives"), [(0, False), (5000, True)])
def test_updelay_must_cover_the_time_until_the_switch_forwards(
    three_slaves: ThreeSlaves, updelay: int, *, arrives: bool
) -> None:
    """Clients of a slave that returns are told so by that slave: too soon, the switch drops it."""
    net = three_slaves
    net.dut.bond(mode="balance-alb", updelay=updelay)
    know_for_good(net, net.target)
    with net.watch(every=SECOND):
        net.target.ask_as(CLIENTS, DUT)
        net.after(1 * s)
        net.eth1.cut()
        net.after(3 * s)
    with net.watch(every=SECOND, healthy=False) as run:
        net.eth1.heal_late(forwarding_after=3 * s)
        net.after(10 * s)
    told = {answer.to for answer in run.answers(DUT) if answer.mac == net.eth1.mac}
    heard = {answer.to for answer in run.answers(DUT, heard=True) if answer.mac == net.eth1.mac}
    assert told & set(CLIENTS)
    assert (told & set(CLIENTS) <= heard) == arrives

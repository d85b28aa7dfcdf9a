"""Native XDP programs on a bond: in which modes, with which policy, and on which slaves."""

import pytest

from harness import MODES, Flow, claim, control, many_flows, slave_by_hash
from scenarios.flows import IGMP, in_turn
from scenarios.interfaces import command
from scenarios.programs import answers
from scenarios.topologies import OneSwitch
from scenarios.variants import EmptyBond, SpareSlave
from scenarios.xdp import (
    BACK,
    DROP,
    FAR_ENDS,
    FLOWS,
    GENERIC,
    NATIVE,
    PASS,
    SLAVES,
    attach,
    bond_within,
    leaving,
)

WITH_NATIVE = ("balance-rr", "active-backup", "balance-xor", "802.3ad")


@pytest.mark.parametrize(
    ("flags", "modes"),
    [
        pytest.param(NATIVE, WITH_NATIVE, marks=claim("XDP-1")),
        pytest.param(GENERIC, MODES, marks=claim("XDP-3")),
    ],
)
@claim("REJ-10")
def test_modes_that_choose_a_slave_by_themselves_have_native_xdp(
    empty_bond: EmptyBond, flags: int, modes: tuple[str, ...]
) -> None:
    """The others refuse it with ENOTSUP, and have generic XDP as all modes do."""
    dut, bond, errors = empty_bond.dut, empty_bond.dut.bond(), {}
    for mode in MODES:
        with dut.take_down(bond):
            dut.set(bond, mode=mode)
        errors[mode] = attach(dut, flags, keep=False)
    assert errors == {mode: "" if mode in modes else "ENOTSUP" for mode in MODES}


@claim("XDP-1")
@pytest.mark.parametrize(("action", "reached"), [(PASS, True), (DROP, False)])
def test_a_program_is_that_of_all_slaves(
    spare_slave: SpareSlave, action: int, *, reached: bool
) -> None:
    """It gets what the active slave receives, and what one receives that was enslaved later."""
    net = spare_slave
    dut, bond = net.dut, net.dut.bond()
    first = answers(dut, net.target.address)
    error = attach(dut, NATIVE, action)
    before = answers(dut, net.target.address)
    dut.enslave(bond, net.eth2)
    dut.set(bond, active_slave="eth2")
    assert (first, error, before) == (True, "", reached)
    assert answers(dut, net.target.address) == reached


@claim("XDP-2", "REJ-10")
@pytest.mark.parametrize("mode", ["balance-xor", "802.3ad"])
@pytest.mark.parametrize(
    ("policy", "refusal"), [("layer2", ""), ("layer3+4", ""), ("vlan+srcmac", "ENOTSUP")]
)
def test_vlan_and_source_mac_are_not_hashed_by_native_xdp(
    empty_bond: EmptyBond, mode: str, policy: str, refusal: str
) -> None:
    """With that policy a program is refused, and with a program that policy."""
    dut = empty_bond.dut
    bond = dut.bond(mode=mode)
    dut.set(bond, xmit_hash_policy=policy)
    first = attach(dut, NATIVE)
    dut.set(bond, xmit_hash_policy="layer2")
    if first:
        assert attach(dut, NATIVE) == ""
    later = dut.attempt.set(bond, xmit_hash_policy=policy).error
    assert (first, later) == (refusal, refusal)


@claim("XDP-4")
@pytest.mark.parametrize(("loaded", "refused"), [(False, False), (True, True)])
def test_a_slave_without_native_xdp_is_refused(
    one_switch: OneSwitch, *, loaded: bool, refused: bool
) -> None:
    """While the bond has a program, a slave has to be able to run it."""
    dut = one_switch.dut
    dut.bond()
    command(dut, "ip link add other type dummy")
    if loaded:
        assert attach(dut, NATIVE) == ""
    done = dut.run(["ip", "link", "set", "other", "master", "bond0"])
    assert (done.returncode != 0) == ("XDP" in done.stderr) == refused


@claim("XDP-4")
@control("test_modes_that_choose_a_slave_by_themselves_have_native_xdp")
@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("active-backup", ""),
        ("802.3ad", ""),
        ("broadcast", "ENOTSUP"),
        ("balance-alb", "ENOTSUP"),
    ],
)
def test_a_mode_without_native_xdp_is_refused(
    empty_bond: EmptyBond, mode: str, error: str
) -> None:
    """While the bond has a program, its mode can be changed to another that runs it only."""
    dut = empty_bond.dut
    bond = dut.bond()
    assert attach(dut, NATIVE) == ""
    with dut.take_down(bond):
        answer = dut.attempt.set(bond, mode=mode)
    assert answer.error == error


@claim("XDP-4")
def test_a_slave_with_its_own_program_is_refused(one_switch: OneSwitch) -> None:
    """By a bond that has one; with such a slave no program goes to any slave of the bond."""
    dut = one_switch.dut
    dut.bond()
    command(dut, "ip link add near type veth peer name far")
    assert attach(dut, NATIVE, to="near") == ""
    command(dut, "ip link set near master bond0")
    assert attach(dut, NATIVE, DROP) == "ENOTSUP"
    assert answers(dut, one_switch.target.address)
    command(dut, "ip link set near nomaster")
    assert attach(dut, NATIVE) == ""
    assert dut.run(["ip", "link", "set", "near", "master", "bond0"]).returncode != 0


@claim("XDP-1")
@control("test_a_slave_with_its_own_program_is_refused")
def test_slaves_have_the_program_while_they_are_slaves_and_it_is_there(
    empty_bond: EmptyBond,
) -> None:
    """A released slave has none, nor has any once the bond has none."""
    dut, few = empty_bond.dut, FLOWS[:4]
    bond_within(dut, BACK, "active-backup")
    command(dut, "ip link set bond0 type bond active_slave near0")
    assert leaving(dut, "far1", few) == ["near0"] * 4
    command(dut, "ip link set near1 nomaster")
    command(dut, "ip link set near1 up")
    assert leaving(dut, "far1", few) == ["-"] * 4
    assert leaving(dut, "far2", few) == ["near0"] * 4
    command(dut, "ip link set bond0 xdp off")
    assert leaving(dut, "far2", few) == ["-"] * 4


@claim("XDP-5", "XDP-1")
@pytest.mark.parametrize("received_by", SLAVES)
def test_what_a_program_sends_back_leaves_by_the_active_slave(
    empty_bond: EmptyBond, received_by: str
) -> None:
    """Whichever slave has received it."""
    bond_within(empty_bond.dut, BACK, "active-backup")
    command(empty_bond.dut, "ip link set bond0 type bond active_slave near1")
    assert leaving(empty_bond.dut, FAR_ENDS[SLAVES.index(received_by)]) == ["near1"] * len(FLOWS)


@claim("XDP-5")
def test_what_a_program_sends_back_leaves_by_the_slaves_in_turn(empty_bond: EmptyBond) -> None:
    """In balance-rr each frame leaves by the slave after that of the frame before."""
    bond_within(empty_bond.dut, BACK, "balance-rr")
    slaves = leaving(empty_bond.dut, "far1")
    assert slaves == in_turn(SLAVES, slaves[0], len(FLOWS))


@claim("XDP-5")
@pytest.mark.parametrize("policy", ["layer2", "layer2+3", "layer3+4"])
def test_what_a_program_sends_back_leaves_by_the_slave_of_the_hash(
    empty_bond: EmptyBond, policy: str
) -> None:
    """In balance-xor each flow takes the slave that the same frame of a program's would."""
    bond_within(empty_bond.dut, BACK, "balance-xor", policy)
    slaves = leaving(empty_bond.dut, "far1")
    assert slaves == [slave_by_hash(policy, flow, SLAVES) for flow in FLOWS]
    assert set(slaves) == set(SLAVES)


@claim("XDP-5")
def test_an_igmp_report_of_a_program_leaves_by_one_slave(empty_bond: EmptyBond) -> None:
    """In balance-rr all leave by the same slave, as those of the stack do."""
    bond_within(empty_bond.dut, BACK, "balance-rr")
    reports = list(many_flows(12, Flow(protocol=IGMP)))
    assert len(set(leaving(empty_bond.dut, "far1", reports)) - {"-"}) == 1


@claim("XDP-6")
@pytest.mark.parametrize(
    ("mode", "at_once"),
    [("active-backup", 1), ("balance-rr", 1), ("balance-xor", 1), ("balance-xor", 8)],
)
def test_what_is_redirected_to_the_bond_leaves_by_the_slave_of_the_mode(
    empty_bond: EmptyBond, mode: str, at_once: int
) -> None:
    """A program of another interface need not know the slaves."""
    dut = empty_bond.dut
    bond_within(dut, None, mode)
    command(dut, "ip link add outer type veth peer name inner")
    command(dut, "ip link set outer up")
    command(dut, "ip link set inner up")
    if mode == "active-backup":
        command(dut, "ip link set bond0 type bond active_slave near1")
    assert attach(dut, NATIVE, "bond0", to="inner") == ""
    if at_once > 1:  # a thread that processes frames gets several together
        dut.write_file("/sys/class/net/inner/threaded", "1")
    slaves = leaving(dut, "outer", at_once=at_once)
    expected = {
        "active-backup": ["near1"] * len(FLOWS),
        "balance-rr": in_turn(SLAVES, slaves[0], len(FLOWS)),
        "balance-xor": [slave_by_hash("layer2", flow, SLAVES) for flow in FLOWS],
    }
    assert slaves == expected[mode]


@claim("XDP-5")
@control("test_what_a_program_sends_back_leaves_by_the_active_slave")
@control("test_what_a_program_sends_back_leaves_by_the_slaves_in_turn")
@control("test_what_a_program_sends_back_leaves_by_the_slave_of_the_hash")
@control("test_what_is_redirected_to_the_bond_leaves_by_the_slave_of_the_mode")
@control("test_an_igmp_report_of_a_program_leaves_by_one_slave")
def test_what_a_program_drops_leaves_by_no_slave(empty_bond: EmptyBond) -> None:
    """The frames that came back were those of the program."""
    bond_within(empty_bond.dut, DROP, "balance-xor")
    assert leaving(empty_bond.dut, "far1", FLOWS[:6]) == ["-"] * 6

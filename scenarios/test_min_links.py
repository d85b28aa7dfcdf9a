"""min_links: how many links the active aggregator needs for the bond to have carrier."""

import pytest

from harness import claim, contradicted, control, s
from scenarios.channels import LacpPair, ScriptedPartner
from scenarios.topologies import OneSwitch

STATE = "/sys/class/net/bond0/operstate"


@claim("MINLINK-1", "MINLINK-2")
@pytest.mark.parametrize(("min_links", "carriers"), [(0, [True]), (1, [True]), (2, [True, False])])
def test_too_few_links_cost_the_bond_its_carrier(
    lacp_pair: LacpPair, min_links: int, carriers: list[bool]
) -> None:
    """One of two links fails: with min_links=2 the bond has no carrier any more."""
    lacp_pair.dut.bond(min_links=min_links)
    with lacp_pair.watch() as run:
        lacp_pair.eth0.cut()
    assert run.carriers == carriers


@claim("MINLINK-1")
@pytest.mark.parametrize("min_links", [1, 2])
def test_the_carrier_follows_the_links(lacp_pair: LacpPair, min_links: int) -> None:
    """It is lost at the inspection that leaves too few, and back at the one that finds enough."""
    bond = lacp_pair.dut.bond(min_links=min_links)
    with lacp_pair.watch() as run:
        first = lacp_pair.eth1.cut() if min_links == 1 else None
        lacp_pair.after(1 * s)
        lacp_pair.eth0.flap(down=2 * s)
        if first:
            first.end()
    assert run.carriers[:3] == [True, False, True]
    assert run.carriers[-1] is True
    assert run.carrier_return <= bond.miimon


@claim("MINLINK-1")
@contradicted(
    "MINLINK-1",
    kernels=">=6.1",
    evidence="carrier from the inspection that finds the link to the next run of the state "
    "machines (110 ms), then none for 1.1 s, until the port has joined anew (difference 62)",
)
@control("test_the_carrier_follows_the_links")
def test_the_carrier_returns_once(lacp_pair: LacpPair) -> None:
    """One of two links that are needed fails and returns: one loss, one return."""
    lacp_pair.dut.bond(min_links=2)
    with lacp_pair.watch() as run:
        lacp_pair.eth0.flap(down=2 * s)
    assert run.carriers == [True, False, True]


@claim("MINLINK-1")
def test_the_carrier_is_lost_within_an_inspection(lacp_pair: LacpPair) -> None:
    """As soon as the monitor has seen one link of two fail."""
    bond = lacp_pair.dut.bond(min_links=2)
    with lacp_pair.watch() as run:
        lacp_pair.eth0.cut()
    assert run.carrier_loss <= bond.miimon


@claim("MINLINK-2")
@control("test_the_carrier_is_lost_within_an_inspection")
@control("test_the_carrier_follows_the_links")
@pytest.mark.parametrize("min_links", [0, 1])
def test_0_and_1_leave_the_carrier_to_the_last_link(lacp_pair: LacpPair, min_links: int) -> None:
    """With both values the carrier goes with the second of two links, and not before."""
    bond = lacp_pair.dut.bond(min_links=min_links)
    with lacp_pair.watch() as run:
        lacp_pair.after(1 * s)
        lacp_pair.eth0.cut()
        lacp_pair.after(2 * s)
        lacp_pair.eth1.cut()
    assert run.carriers == [True, False]
    assert run.carrier_loss >= 2 * s
    assert run.carrier_loss <= 2 * s + bond.miimon


@claim("MINLINK-4")
@pytest.mark.parametrize(
    ("mode", "carriers"),
    [
        ("balance-rr", [True]),
        ("active-backup", [True]),
        ("balance-xor", [True]),
        ("broadcast", [True]),
        ("802.3ad", [False]),
        ("balance-tlb", [True]),
        ("balance-alb", [True]),
    ],
)
def test_other_modes_accept_it_without_effect(
    one_switch: OneSwitch, mode: str, carriers: list[bool]
) -> None:
    """Three links of two are asked for: only 802.3ad has no carrier."""
    bond = one_switch.dut.bond(mode=mode, min_links=3)
    with one_switch.watch(healthy=False) as run:
        one_switch.after(5 * s)
    assert bond["min_links"] == 3
    assert run.carriers[-1:] == carriers


@claim("MINLINK-5")
@pytest.mark.parametrize(("changed", "carriers"), [(1, [True, False, True]), (2, [True, False])])
def test_a_change_acts_at_once(lacp_pair: LacpPair, changed: int, carriers: list[bool]) -> None:
    """Fewer links asked for on the running bond: the carrier is back without any other event."""
    bond = lacp_pair.dut.bond(min_links=2)
    with lacp_pair.watch() as run:
        lacp_pair.eth0.cut()
        lacp_pair.after(1 * s)
        lacp_pair.dut.set(bond, min_links=changed)
    assert run.carriers == carriers


@claim("MINLINK-6")
@pytest.mark.parametrize(("min_links", "state"), [(1, "up\n"), (2, "down\n")])
def test_higher_layers_see_the_lost_carrier(
    lacp_pair: LacpPair, min_links: int, state: str
) -> None:
    """The operational state of the bond's interface is down, and its routes are dead."""
    lacp_pair.dut.bond(min_links=min_links)
    with lacp_pair.watch():
        lacp_pair.eth0.cut()
        lacp_pair.after(2 * s)
        seen = lacp_pair.dut.read_file(STATE)
    assert seen == state


@claim("MINLINK-7")
@pytest.mark.parametrize(("given", "value"), [(None, 0), (2, 2)])
def test_the_default_is_0(lacp_pair: LacpPair, given: int | None, value: int) -> None:
    """A bond that was not told otherwise asks for no link."""
    assert lacp_pair.dut.bond(min_links=given)["min_links"] == value


@claim("MINLINK-3")
@contradicted(
    "MINLINK-3",
    kernels=">=7.2",
    evidence="bond_3ad_set_carrier counts the negotiated ports only where min_links is set: "
    "lacp_strict has no effect with 0 (difference 12)",
)
def test_0_and_1_are_the_same_with_lacp_strict(scripted_partner: ScriptedPartner) -> None:
    """Without a partner a strict bond with min_links=0 has no carrier."""
    scripted_partner.dut.bond(lacp_strict=True, min_links=0)
    with scripted_partner.watch(healthy=False) as run:
        scripted_partner.after(5 * s)
    assert run.carriers[-1] is False


@claim("MINLINK-3")
@control("test_0_and_1_are_the_same_with_lacp_strict")
def test_1_asks_a_strict_bond_for_a_negotiated_port(scripted_partner: ScriptedPartner) -> None:
    """Without a partner a strict bond with min_links=1 has no carrier."""
    scripted_partner.dut.bond(lacp_strict=True, min_links=1)
    with scripted_partner.watch(healthy=False) as run:
        scripted_partner.after(5 * s)
    assert run.carriers[-1] is False

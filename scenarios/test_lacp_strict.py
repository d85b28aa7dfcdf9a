"""lacp_strict: whether a bond without a negotiated port may be used."""

import pytest

from harness import claim, contradicted, control, s
from scenarios.channels import ScriptedPartner
from scenarios.topologies import OneSwitch

LONG = 6 * s  # by then ports would have joined a partner


@claim("LSTRICT-1", "LSTRICT-2", "MODE-AD-4")
@pytest.mark.parametrize(("lacp_strict", "carrier"), [("off", True), ("on", False)])
def test_without_a_partner_one_port_is_used_unless_it_is_strict(
    one_switch: OneSwitch, lacp_strict: str, *, carrier: bool
) -> None:
    """At a switch without LACP one port works; a strict bond of min_links=1 has no carrier."""
    one_switch.dut.bond(mode="802.3ad", lacp_rate="fast", lacp_strict=lacp_strict, min_links=1)
    with one_switch.watch(healthy=False) as run:
        one_switch.after(LONG)
    assert run.carriers[-1] == carrier
    assert run.aggregated == [["eth0"], ["eth1"]]
    assert sorted(run.slave(name).usages[-1] for name in ("eth0", "eth1")) == ["active", "backup"]


@claim("LSTRICT-3")
@contradicted(
    "LSTRICT-3",
    kernels=">=7.2",
    evidence="bond_3ad_set_carrier looks at negotiated ports only where min_links is not 0 "
    "(difference 11)",
)
def test_a_strict_bond_without_a_partner_has_no_carrier(one_switch: OneSwitch) -> None:
    """With the default of min_links too."""
    one_switch.dut.bond(mode="802.3ad", lacp_rate="fast", lacp_strict=True)
    with one_switch.watch(healthy=False) as run:
        one_switch.after(LONG)
    assert run.carriers[-1] is False


@claim("LSTRICT-4")
@contradicted(
    "LSTRICT-4",
    kernels=">=7.2",
    evidence="the port of the best aggregator is enabled whether it negotiated or not: only the "
    "bond's carrier is withheld (difference 11)",
)
def test_a_strict_bond_uses_no_port_that_did_not_negotiate(one_switch: OneSwitch) -> None:
    """Without a partner no slave is active."""
    one_switch.dut.bond(mode="802.3ad", lacp_rate="fast", lacp_strict=True, min_links=1)
    with one_switch.watch(healthy=False) as run:
        one_switch.after(LONG)
    assert {run.slave(name).usages[-1] for name in ("eth0", "eth1")} == {"backup"}


@claim("LSTRICT-5")
@control("test_a_strict_bond_without_a_partner_has_no_carrier")
@control("test_a_strict_bond_uses_no_port_that_did_not_negotiate")
def test_a_partner_gives_a_strict_bond_its_carrier(scripted_partner: ScriptedPartner) -> None:
    """The partner begins to speak, and the bond has carrier when a port has joined it."""
    net = scripted_partner
    bond = net.dut.bond(lacp_strict=True, min_links=1)
    with net.watch(healthy=False) as run:
        net.after(LONG)
        net.sw.speak_lacp(net.eth0, net.eth1)
    assert run.carriers[-2:] == [False, True]
    assert run.carrier_return <= bond.lacp_join.latest
    assert {run.slave(name).usages[-1] for name in ("eth0", "eth1")} == {"active"}


@claim("LSTRICT-6", "LACP-RATE-4")
@pytest.mark.parametrize(("lacp_strict", "carriers"), [("on", [True, False]), ("off", [True])])
def test_a_partner_that_falls_silent_costs_a_strict_bond_its_carrier(
    scripted_partner: ScriptedPartner, lacp_strict: str, carriers: list[bool]
) -> None:
    """No LACPDU any more, with carrier at all ports: strict has none, else one port goes on."""
    net = scripted_partner
    bond = net.dut.bond(lacp_strict=lacp_strict, min_links=1)
    partner = net.sw.speak_lacp(net.eth0, net.eth1)
    with net.watch() as run:
        partner.silence()
    assert run.carriers == carriers
    leaving = [run.slave("eth0").leaving, run.slave("eth1").leaving]
    assert any(bond.lacp_timeout.earliest <= one <= bond.lacp_timeout.latest for one in leaving)


@claim("LSTRICT-6")
@control("test_a_partner_that_falls_silent_costs_a_strict_bond_its_carrier")
def test_the_carrier_of_a_strict_bond_is_lost_with_the_timeout(
    scripted_partner: ScriptedPartner,
) -> None:
    """Three seconds after the last LACPDU with lacp_rate=fast."""
    net = scripted_partner
    bond = net.dut.bond(lacp_strict=True, min_links=1)
    partner = net.sw.speak_lacp(net.eth0, net.eth1)
    with net.watch() as run:
        partner.silence()
    assert bond.lacp_timeout.earliest <= run.carrier_loss <= bond.lacp_timeout.latest


@claim("LSTRICT-2", "LSTRICT-7")
@pytest.mark.parametrize(("lacp_strict", "carriers"), [(True, [True, False]), (False, [True])])
def test_it_is_in_force_as_soon_as_it_is_set(
    one_switch: OneSwitch, carriers: list[bool], *, lacp_strict: bool
) -> None:
    """A bond without a partner loses its carrier when it becomes strict, without another event."""
    bond = one_switch.dut.bond(mode="802.3ad", lacp_rate="fast", min_links=1)
    with one_switch.watch(healthy=False) as run:
        one_switch.after(LONG)
        one_switch.dut.set(bond, lacp_strict=lacp_strict)
        one_switch.after(2 * s)
    assert run.carriers == carriers


@claim("LSTRICT-7")
@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("802.3ad", ""),
        ("balance-rr", "EACCES"),
        ("active-backup", "EACCES"),
        ("balance-xor", "EACCES"),
        ("broadcast", "EACCES"),
        ("balance-tlb", "EACCES"),
        ("balance-alb", "EACCES"),
    ],
)
def test_it_is_set_in_802_3ad_only_also_while_the_bond_is_up(
    one_switch: OneSwitch, mode: str, error: str
) -> None:
    """Other modes refuse it; sysfs has no file for it."""
    bond = one_switch.dut.bond(mode=mode)
    assert one_switch.dut.attempt.set(bond, lacp_strict=True).error == error
    assert bond.now.file("lacp_strict") is None

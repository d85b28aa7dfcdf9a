"""lacp_active: whether the bond speaks first."""

import pytest

from harness import Span, claim, contradicted, control, ms, s
from scenarios.channels import ScriptedPartner

SLOWLY = 100 * ms


@claim("LACPACT-1", "LACPACT-2")
@pytest.mark.parametrize(("lacp_active", "speaks"), [("on", True), ("off", False)])
def test_a_passive_bond_waits_to_be_spoken_to(
    scripted_partner: ScriptedPartner, lacp_active: str, *, speaks: bool
) -> None:
    """To a silent partner an active bond sends its LACPDUs for ever, a passive one none."""
    net = scripted_partner
    net.dut.bond(lacp_active=lacp_active)
    with net.watch("out", every=SLOWLY, healthy=False):
        net.after(10 * s)  # what both send when their links come up
    with net.watch("out", every=SLOWLY, healthy=False) as run:
        net.after(65 * s)
    assert bool(run.slave("eth0").lacpdus) == bool(run.slave("eth1").lacpdus) == speaks


@claim("LACPACT-1")
@pytest.mark.parametrize(
    ("fast", "asked", "lasts"), [(True, "fast", 5 * s), (False, "slow", 100 * s)]
)
@pytest.mark.parametrize("lacp_active", ["on", "off"])
def test_a_partner_that_speaks_is_answered_as_often_as_it_asks(
    scripted_partner: ScriptedPartner, lacp_active: str, asked: str, lasts: Span, *, fast: bool
) -> None:
    """Each second to one that asks for the short timeout, else each 30 s; passive or not."""
    net = scripted_partner
    bond = net.dut.bond(lacp_active=lacp_active)
    net.sw.speak_lacp(net.eth0, net.eth1, fast=fast)
    with net.watch(every=SLOWLY) as run:
        net.after(lasts)
    gaps = run.slave("eth0").lacpdu_gaps
    assert len(gaps) > 1
    assert all(gap == bond.lacp_interval(asked) for gap in gaps)


@claim("LACPACT-3")
@pytest.mark.parametrize(("lacp_active", "active"), [("on", True), ("off", False)])
def test_a_passive_bond_aggregates_with_an_active_partner(
    scripted_partner: ScriptedPartner, lacp_active: str, *, active: bool
) -> None:
    """Its ports stay in use for a minute; the activity bit is what tells the two apart."""
    net = scripted_partner
    net.dut.bond(lacp_active=lacp_active)
    net.sw.speak_lacp(net.eth0, net.eth1)
    with net.watch(every=SLOWLY) as run:
        net.after(60 * s)
    assert {"activity" in pdu.actor.state for pdu in run.lacpdus if pdu.sent} == {active}
    assert run.aggregated == [["eth0", "eth1"]]
    assert run.slave("eth0").usages == run.slave("eth1").usages == ["active"]


@claim("LACPACT-4")
@contradicted(
    "LACPACT-4",
    kernels=">=6.1",
    evidence="a passive port still runs the receive timer: it expires after 3 s, and each expiry "
    "sends LACPDUs that the other end answers (ad_rx_machine, difference 45)",
)
def test_two_passive_ends_are_silent(scripted_partner: ScriptedPartner) -> None:
    """Neither speaks unless spoken to, so nobody does."""
    net = scripted_partner
    net.dut.bond(lacp_active="off")
    net.sw.speak_lacp(net.eth0, net.eth1, active=False)
    with net.watch(every=SLOWLY, healthy=False) as run:
        net.after(10 * s)
        net.after(30 * s)
    assert len(run.slave("eth0").lacpdus) <= 2


@claim("LACPACT-4")
@control("test_two_passive_ends_are_silent")
def test_two_passive_ends_wake_each_other(scripted_partner: ScriptedPartner) -> None:
    """With the fast rate the own timeout brings LACPDUs again and again."""
    net = scripted_partner
    net.dut.bond(lacp_active="off")
    net.sw.speak_lacp(net.eth0, net.eth1, active=False)
    with net.watch(every=SLOWLY, healthy=False) as run:
        net.after(40 * s)
    assert len(run.slave("eth0").lacpdus) > 10
    assert any("expired" in pdu.actor.state for pdu in run.slave("eth0").lacpdus)


@claim("LACPACT-5")
@pytest.mark.parametrize(
    ("mode", "state", "error"),
    [("802.3ad", "up", "EBUSY"), ("802.3ad", "down", ""), ("balance-xor", "down", "EACCES")],
)
def test_it_is_set_on_a_bond_of_802_3ad_that_is_down(
    scripted_partner: ScriptedPartner, mode: str, state: str, error: str
) -> None:
    """It is refused on a bond that is up, and in other modes."""
    dut = scripted_partner.dut
    bond = dut.bond(mode=mode, lacp_rate=None)
    if state == "down":
        dut.take_down(bond)
    assert dut.attempt.set(bond, lacp_active="off").error == error

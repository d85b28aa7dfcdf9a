"""ad_user_port_key: the key by which ports aggregate, in LACPDUs and for new slaves."""

import pytest

from harness import claim, contradicted, control, s
from scenarios.channels import KEY_10_GIGABIT, ScriptedPartner

LASTS = 3 * s  # with a partner that asks for a LACPDU each second
FIVE = 5 * 64 + KEY_10_GIGABIT  # with the user's key 5


@claim("UPKEY-1", "UPKEY-2")
@pytest.mark.parametrize(
    ("ad_user_port_key", "sent"),
    [(None, KEY_10_GIGABIT), (5, FIVE), (1023, 1023 * 64 + KEY_10_GIGABIT)],
)
def test_the_key_is_the_users_above_speed_and_duplex(
    scripted_partner: ScriptedPartner, ad_user_port_key: int | None, sent: int
) -> None:
    """Upper ten bits: the given number; then five for the speed and one for full duplex."""
    net = scripted_partner
    net.dut.bond(ad_user_port_key=ad_user_port_key)
    net.sw.speak_lacp(net.eth0, net.eth1)
    with net.watch() as run:
        net.after(LASTS)
    assert {pdu.actor.key for pdu in run.slave("eth0").lacpdus} == {sent}
    assert [one.actor_key for one in run.aggregators] == [sent]


@claim("UPKEY-2", "UPKEY-4")
@pytest.mark.parametrize(
    ("text", "state", "error"),
    [("1023", "down", ""), ("1024", "down", "EINVAL"), ("5", "up", "EBUSY")],
)
def test_the_key_has_a_range_and_needs_a_bond_that_is_down(
    scripted_partner: ScriptedPartner, text: str, state: str, error: str
) -> None:
    """It is a number from 0 to 1023, and refused while the bond is up."""
    dut = scripted_partner.dut
    bond = dut.bond()
    if state == "down":
        dut.take_down(bond)
    assert dut.attempt.write(bond, "ad_user_port_key", text).error == error


@claim("UPKEY-3", "UPKEY-5")
@pytest.mark.parametrize(
    ("again", "keys", "together"),
    [
        (False, {KEY_10_GIGABIT}, [["eth0", "eth1"]]),
        (True, {KEY_10_GIGABIT, FIVE}, [["eth0"], ["eth1"]]),
    ],
)
def test_slaves_use_the_key_of_their_enslavement(
    scripted_partner: ScriptedPartner, keys: set[int], together: list[list[str]], *, again: bool
) -> None:
    """A new key is for slaves enslaved from then on; ports of two keys do not aggregate."""
    net = scripted_partner
    bond = net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1)
    with net.dut.take_down(bond):
        net.dut.set(bond, ad_user_port_key=5)
    if again:
        net.dut.release(bond, net.eth1)
        net.dut.enslave(bond, net.eth1)
    with net.watch() as run:
        net.after(LASTS)
    assert {pdu.actor.key for pdu in run.lacpdus if pdu.sent} == keys
    assert run.aggregated == together


@claim("UPKEY-3")
@contradicted(
    "UPKEY-3",
    kernels=">=6.1",
    evidence="bond_option_ad_user_port_key_set only stores it: a port takes its key when it is "
    "enslaved (bond_3ad_bind_slave, difference 24)",
)
@control("test_slaves_use_the_key_of_their_enslavement")
def test_a_new_key_is_that_of_every_slave(scripted_partner: ScriptedPartner) -> None:
    """Set on a bond with slaves, the key is in their LACPDUs."""
    net = scripted_partner
    bond = net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1)
    with net.dut.take_down(bond):
        net.dut.set(bond, ad_user_port_key=5)
    with net.watch() as run:
        net.after(LASTS)
    assert {pdu.actor.key for pdu in run.lacpdus if pdu.sent} == {FIVE}

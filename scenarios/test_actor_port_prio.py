"""actor_port_prio: a slave's priority in LACPDUs, and when it is refused or reset."""

import pytest

from harness import claim, contradicted, control, s
from scenarios.channels import ScriptedPartner

LASTS = 3 * s  # with a partner that asks for a LACPDU each second


@claim("APRIO-1")
@pytest.mark.parametrize(("actor_port_prio", "sent"), [(None, 255), (1, 1), (65535, 65535)])
def test_the_port_priority_is_sent(
    scripted_partner: ScriptedPartner, actor_port_prio: int | None, sent: int
) -> None:
    """LACPDUs of the slave bear its priority, those of the other slave 255."""
    net = scripted_partner
    net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1)
    if actor_port_prio is not None:
        net.dut.set_slave(net.eth0, actor_port_prio=actor_port_prio)
    with net.watch() as run:
        net.after(LASTS)
    assert {pdu.actor.port_priority for pdu in run.slave("eth0").lacpdus} == {sent}
    assert {pdu.actor.port_priority for pdu in run.slave("eth1").lacpdus} == {255}


@claim("APRIO-2")
@contradicted(
    "APRIO-2",
    kernels=">=6.1",
    evidence="bond_option_actor_port_prio_set has no range: 0 is accepted (difference 23)",
)
def test_a_port_priority_of_0_is_refused(scripted_partner: ScriptedPartner) -> None:
    """The documented range begins at 1."""
    net = scripted_partner
    bond = net.dut.bond()
    answer = net.dut.attempt.set_slave(bond, net.eth0, actor_port_prio=0)
    assert answer.error != ""
    assert bond.now.slave(net.eth0)["actor_port_prio"] == 255


@claim("APRIO-3")
@control("test_a_port_priority_of_0_is_refused")
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
def test_the_port_priority_is_set_by_netlink_in_802_3ad(
    scripted_partner: ScriptedPartner, mode: str, error: str
) -> None:
    """Other modes refuse it, and sysfs has no file for it."""
    net = scripted_partner
    bond = net.dut.bond(mode=mode, lacp_rate=None)
    assert net.dut.attempt.set_slave(bond, net.eth0, actor_port_prio=7).error == error
    assert bond.now.slave_file(net.eth0, "actor_port_prio") is None


@claim("APRIO-4")
@pytest.mark.parametrize(("again", "prio"), [(False, 10), (True, 255)])
def test_enslavement_resets_the_port_priority(
    scripted_partner: ScriptedPartner, prio: int, *, again: bool
) -> None:
    """A slave that was released and enslaved again has 255."""
    net = scripted_partner
    bond = net.dut.bond()
    net.dut.set_slave(net.eth1, actor_port_prio=10)
    if again:
        net.dut.release(bond, net.eth1)
        net.dut.enslave(bond, net.eth1)
    assert bond.now.slave(net.eth1)["actor_port_prio"] == prio

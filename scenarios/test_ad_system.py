"""What an 802.3ad bond sends about its system in LACPDUs: MAC and priority."""

import pytest

from harness import claim, contradicted, control, s
from scenarios.channels import KEY_10_GIGABIT, ScriptedPartner

LASTS = 3 * s  # with a partner that asks for a LACPDU each second
SYSTEM = "02:00:5e:10:20:30"


@claim("ADPRIO-1")
@pytest.mark.parametrize(
    ("ad_actor_sys_prio", "sent"), [(None, 65535), (1, 1), (4096, 4096), (65535, 65535)]
)
def test_the_system_priority_is_sent(
    scripted_partner: ScriptedPartner, ad_actor_sys_prio: int | None, sent: int
) -> None:
    """Each LACPDU has the given priority, or 65535."""
    net = scripted_partner
    net.dut.bond(ad_actor_sys_prio=ad_actor_sys_prio)
    net.sw.speak_lacp(net.eth0, net.eth1)
    with net.watch() as run:
        net.after(LASTS)
    assert {pdu.actor.system_priority for pdu in run.slave("eth0").lacpdus} == {sent}


@claim("ADPRIO-1")
@pytest.mark.parametrize(
    ("text", "error"), [("0", "EINVAL"), ("1", ""), ("65535", ""), ("65536", "EINVAL")]
)
def test_the_system_priority_has_a_range(
    scripted_partner: ScriptedPartner, text: str, error: str
) -> None:
    """It is a number from 1 to 65535."""
    dut = scripted_partner.dut
    assert dut.attempt.write(dut.bond(), "ad_actor_sys_prio", text).error == error


@claim("ADPRIO-2", "REJ-1")
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
@pytest.mark.parametrize(
    ("option", "text"),
    [("ad_actor_sys_prio", "7"), ("ad_actor_system", SYSTEM), ("ad_user_port_key", "5")],
)
def test_the_system_is_set_in_802_3ad_only(
    scripted_partner: ScriptedPartner, option: str, text: str, mode: str, error: str
) -> None:
    """Other modes refuse priority, system and key."""
    dut = scripted_partner.dut
    bond = dut.bond(mode=mode, lacp_rate=None)
    dut.take_down(bond)
    answer = dut.attempt.write(bond, option, text)
    assert answer.error == error
    assert (option in answer.became) == (not error)


@claim("ADPRIO-3", "ADSYS-1")
@pytest.mark.parametrize(
    ("option", "value", "field"),
    [
        ("ad_actor_sys_prio", 7, "system_priority"),
        ("ad_actor_system", SYSTEM, "system"),
    ],
)
def test_a_change_of_the_system_is_sent_at_once(
    scripted_partner: ScriptedPartner, option: str, value: object, field: str
) -> None:
    """A LACPDU has the new value within four ticks, though the partner asks for few."""
    net = scripted_partner
    bond = net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1, fast=False)
    with net.watch() as run:
        net.dut.set(bond, **{option: value})  # type: ignore[arg-type]
        net.after(LASTS)
    for name in ("eth0", "eth1"):
        assert run.slave(name).telling(**{field: value}) <= bond.lacp_tick(4)


@claim("ADPRIO-3")
@control("test_a_change_of_the_system_is_sent_at_once")
def test_nothing_is_sent_without_a_change(scripted_partner: ScriptedPartner) -> None:
    """To a partner that asks for few LACPDUs none is sent meanwhile."""
    net = scripted_partner
    net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1, fast=False)
    with net.watch() as run:
        net.after(LASTS)
    assert run.slave("eth0").lacpdus == []


@claim("ADSYS-1", "ADSYS-4", "ADSYS-6")
@pytest.mark.parametrize(
    ("ad_actor_system", "sent"),
    [
        (None, "02:00:00:00:00:00"),
        (SYSTEM, SYSTEM),
        ("00:11:22:33:44:55", "00:11:22:33:44:55"),
    ],
)
def test_the_system_is_the_given_mac_or_that_of_the_bond(
    scripted_partner: ScriptedPartner, ad_actor_system: str | None, sent: str
) -> None:
    """LACPDUs bear the given address, locally administered or not, else the bond's MAC."""
    net = scripted_partner
    net.dut.bond(ad_actor_system=ad_actor_system)
    net.sw.speak_lacp(net.eth0, net.eth1)
    with net.watch() as run:
        net.after(LASTS)
    assert net.eth0.mac == "02:00:00:00:00:00"
    assert {pdu.actor.system for pdu in run.lacpdus if pdu.sent} == {sent}


@claim("ADSYS-2", "ADSYS-3", "LSEC-2")
@pytest.mark.parametrize(
    ("text", "error"),
    [("01:00:5e:00:00:01", "EINVAL"), ("00:00:00:00:00:00", ""), (SYSTEM, "")],
)
def test_a_group_address_is_no_system(
    scripted_partner: ScriptedPartner, text: str, error: str
) -> None:
    """A multicast address is refused; zeroes and a unicast address are accepted."""
    dut = scripted_partner.dut
    assert dut.attempt.write(dut.bond(), "ad_actor_system", text).error == error


@claim("ADSYS-3")
def test_zeroes_mean_the_mac_of_the_bond(scripted_partner: ScriptedPartner) -> None:
    """Written after another address they bring the bond's MAC back into LACPDUs."""
    net = scripted_partner
    bond = net.dut.bond(ad_actor_system=SYSTEM)
    net.sw.speak_lacp(net.eth0, net.eth1, fast=False)
    with net.watch() as run:
        net.dut.write(bond, "ad_actor_system", "00:00:00:00:00:00")
        net.after(LASTS)
    assert run.slave("eth0").telling(system=net.eth0.mac) <= bond.lacp_tick(4)


@claim("ADSYS-5")
@control("test_zeroes_mean_the_mac_of_the_bond")
def test_a_new_mac_of_the_bond_is_no_new_system(scripted_partner: ScriptedPartner) -> None:
    """After a change of the bond's MAC the LACPDUs bear the old one."""
    net = scripted_partner
    bond = net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1)
    with net.watch() as run:
        net.dut.set_mac(bond, SYSTEM)
        net.after(LASTS)
    assert run.mac_addresses == [net.eth0.mac, SYSTEM]
    assert {pdu.actor.system for pdu in run.slave("eth0").lacpdus} == {net.eth0.mac}


@claim("LSEC-1")
@pytest.mark.parametrize(
    ("hardened", "sent"),
    [
        (False, ("02:00:00:00:00:00", 65535, KEY_10_GIGABIT)),
        (True, (SYSTEM, 4711, 64 + KEY_10_GIGABIT)),
    ],
)
def test_what_identifies_the_system_can_be_chosen(
    scripted_partner: ScriptedPartner, sent: tuple[str, int, int], *, hardened: bool
) -> None:
    """With own system, priority and key nothing in a LACPDU follows from the NICs' MACs."""
    net = scripted_partner
    if hardened:
        net.dut.bond(ad_actor_system=SYSTEM, ad_actor_sys_prio=4711, ad_user_port_key=1)
    net.sw.speak_lacp(net.eth0, net.eth1)
    with net.watch() as run:
        net.after(LASTS)
    told = [pdu.actor for pdu in run.slave("eth1").lacpdus]
    assert {(one.system, one.system_priority, one.key) for one in told} == {sent}


@claim("ADSYS-4", "ADSYS-5")
@contradicted(
    "ADSYS-5",
    kernels=">=6.1",
    evidence="the system is initialized at the first enslavement (bond_3ad_initialize); a later "
    "MAC of the bond is not taken over (difference 25)",
)
@control("test_a_new_mac_of_the_bond_is_no_new_system")
def test_an_unset_system_is_the_mac_that_the_bond_has(scripted_partner: ScriptedPartner) -> None:
    """After a change of the bond's MAC the LACPDUs bear the new one."""
    net = scripted_partner
    bond = net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1)
    with net.watch() as run:
        net.dut.set_mac(bond, SYSTEM)
        net.after(LASTS)
    assert {pdu.actor.system for pdu in run.slave("eth0").lacpdus} == {SYSTEM}

"""coupled_control: whether a port collects before it distributes."""

import pytest

from harness import claim, contradicted, control, s
from scenarios.channels import ScriptedPartner

BOTH = {"collecting", "distributing"}


@claim("COUPLED-1", "COUPLED-2")
@pytest.mark.parametrize(
    ("coupled_control", "bits", "usage"),
    [(None, BOTH, "active"), ("on", BOTH, "active"), ("off", {"collecting"}, "backup")],
)
def test_a_port_waits_for_a_partner_that_collects_unless_it_is_coupled(
    scripted_partner: ScriptedPartner, coupled_control: str | None, bits: set[str], usage: str
) -> None:
    """To a partner in sync that does not collect yet, an uncoupled port does not distribute."""
    net = scripted_partner
    net.dut.bond(coupled_control=coupled_control)
    net.sw.speak_lacp(net.eth0, net.eth1, collecting=False)
    with net.watch(healthy=False) as run:
        net.after(6 * s)
    assert run.slave("eth0").actor_state & BOTH == bits
    assert run.slave("eth1").actor_state & BOTH == bits
    assert {run.slave(name).usages[-1] for name in ("eth0", "eth1")} == {usage}


@claim("COUPLED-2")
@pytest.mark.parametrize(("collects", "usages"), [(True, ["active"]), (False, ["backup"])])
def test_an_uncoupled_port_distributes_when_the_partner_collects(
    scripted_partner: ScriptedPartner, usages: list[str], *, collects: bool
) -> None:
    """It is in use as soon as the partner's LACPDU says so, and not before."""
    net = scripted_partner
    net.dut.bond(coupled_control="off")
    partner = net.sw.speak_lacp(net.eth0, net.eth1, collecting=False)
    with net.watch(healthy=False) as run:
        net.after(6 * s)
        if collects:
            partner.change(collecting=True)
        net.after(2 * s)
    assert run.slave("eth0").usages[-1:] == run.slave("eth1").usages[-1:] == usages


@claim("COUPLED-6")
@pytest.mark.parametrize(
    ("coupled_control", "usages", "bits"),
    [("off", ["active", "backup"], {"collecting"}), ("on", ["active"], BOTH)],
)
def test_an_uncoupled_port_falls_back_when_the_partner_stops_collecting(
    scripted_partner: ScriptedPartner, coupled_control: str, usages: list[str], bits: set[str]
) -> None:
    """It goes on collecting, and is no longer in use; a coupled one goes on with both."""
    net = scripted_partner
    net.dut.bond(coupled_control=coupled_control)
    partner = net.sw.speak_lacp(net.eth0, net.eth1)
    with net.watch() as run:
        partner.change(collecting=False)
        net.after(2 * s)
    assert run.slave("eth0").usages == run.slave("eth1").usages == usages
    assert run.slave("eth0").actor_state & BOTH == bits


@claim("COUPLED-6")
@pytest.mark.parametrize(("coupled_control", "bits"), [("off", {"collecting"}), ("on", BOTH)])
def test_a_port_that_falls_back_goes_on_receiving(
    scripted_partner: ScriptedPartner, coupled_control: str, bits: set[str]
) -> None:
    """No frame to the DUT is lost when its ports no longer distribute."""
    net = scripted_partner
    net.dut.bond(coupled_control=coupled_control)
    partner = net.sw.speak_lacp(net.eth0, net.eth1)
    with net.watch("in") as run:
        partner.change(collecting=False)
        net.after(2 * s)
    assert run.slave("eth0").actor_state & BOTH == bits
    assert run.lost_requests == 0


@claim("COUPLED-3")
@contradicted(
    "COUPLED-3",
    kernels=">=6.1",
    evidence="ad_enable_collecting leaves the slave inactive, and bond_should_deliver_exact_match "
    "drops what comes in on such a slave (difference 13)",
)
def test_a_new_port_receives_as_soon_as_it_collects(scripted_partner: ScriptedPartner) -> None:
    """The links return to a partner that does not collect: frames to the DUT get through."""
    net = scripted_partner
    net.dut.bond(coupled_control="off")
    partner = net.sw.speak_lacp(net.eth0, net.eth1)
    with net.watch("in") as run:
        partner.change(collecting=False)
        with net.sw.power_off():
            net.after(1 * s)
    assert run.slave("eth0").actor_state & BOTH == {"collecting"}
    assert run.recovered


@claim("COUPLED-3")
@control("test_a_new_port_receives_as_soon_as_it_collects")
def test_a_new_port_receives_when_it_distributes(scripted_partner: ScriptedPartner) -> None:
    """The links return to a partner that collects: the same frames get through."""
    net = scripted_partner
    net.dut.bond(coupled_control="off")
    net.sw.speak_lacp(net.eth0, net.eth1)
    with net.watch("in") as run, net.sw.power_off():
        net.after(1 * s)
    assert run.slave("eth0").actor_state & BOTH == BOTH
    assert run.recovered


@claim("COUPLED-4", "COUPLED-5")
@pytest.mark.parametrize(
    ("mode", "state", "error"),
    [("802.3ad", "up", "EBUSY"), ("802.3ad", "down", ""), ("active-backup", "down", "EACCES")],
)
def test_it_is_set_by_netlink_on_a_bond_of_802_3ad_that_is_down(
    scripted_partner: ScriptedPartner, mode: str, state: str, error: str
) -> None:
    """It is refused on a bond that is up, and in other modes; sysfs has no file for it."""
    dut = scripted_partner.dut
    bond = dut.bond(mode=mode, lacp_rate=None)
    if state == "down":
        dut.take_down(bond)
    assert dut.attempt.set(bond, coupled_control="off").error == error
    assert bond.now.file("coupled_control") is None

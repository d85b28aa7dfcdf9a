"""Profiling real interfaces: what is found, which are rejected, and that all are restored."""

from __future__ import annotations

import os

import pytest
from click.testing import CliRunner

from harness.bonding import BondOptions
from harness.cli import main
from harness.driver_profile import facts, safety
from harness.driver_profile.conclusions import conclude
from harness.driver_profile.facts import Profile
from harness.driver_profile.lease import ProfileRequest
from harness.driver_profile.measure import Environment
from harness.driver_profile.restore_on_exit import BOND, CABLE, FAR
from harness.driver_profile.run import here
from harness.errors import KernelRefused, UsageError
from harness.guests import modules
from harness.labs.netns.control import Control
from harness.labs.netns.interfaces import interfaces, move, set_flags
from harness.labs.netns.namespace import Namespace
from harness.labs.netns.trial_bond import TrialBond, new_cable
from harness.rtnl import messages
from harness.rtnl.messages import IFF_PROMISC
from harness.units import MS
from tests.cables import LAST, MAC, NIC, OTHER, PORT, around, control, quiet, unchanged

pytestmark = pytest.mark.guest
__all__ = ["around", "control"]  # fixtures


def profiled(around: Environment, request: ProfileRequest, repeat: int = 1) -> Profile:
    return here(request, around, repeat, quiet)


def answers(profile: Profile) -> dict[str, str]:
    return {one.subject: one.answer for one in conclude(profile)}


def test_what_veth_can_do(control: Control, around: Environment) -> None:
    with unchanged(control):
        found = profiled(around, ProfileRequest(NIC), repeat=3)
    assert (found.interface, found.mac) == (NIC, MAC)
    assert (found.identity.driver, found.identity.kind) == ("veth", "veth")
    assert found.carrier is not None
    assert found.carrier.reported
    assert len(found.carrier.down_flag.ns) == 3
    assert found.mii is not None
    assert found.mii.refused == "EOPNOTSUPP"
    assert found.ethtool_link is not None
    assert found.ethtool_link.followed is True
    assert found.speed is not None
    assert (found.speed.mbps, found.speed.duplex) == (10000, "full")
    assert found.mac_up is not None
    assert found.mac_up.works
    assert found.missing == {}
    assert [one.what for one in found.trials if not one.works] == []
    assert [one.setting for one in found.survivals if not one.survives] == []
    told = answers(found)
    told.pop("miimon with use_carrier=0")  # depends on the kernel
    told.pop("ARP monitor")
    assert set(told.values()) == {"yes"}


def test_a_far_end_that_is_not_the_far_end_shows_no_fault(
    control: Control, around: Environment
) -> None:
    with unchanged(control):
        found = profiled(around, ProfileRequest(NIC, far=LAST))
    assert found.carrier is not None
    assert found.carrier.down_flag.came == ()
    assert found.ethtool_link is not None
    assert found.ethtool_link.followed is False
    assert found.mac_up is not None
    assert found.mac_up.hears is False
    told = answers(found)
    assert told["miimon (carrier)"] == told["ARP monitor"] == told["none"] == "no"


def test_a_far_end_in_another_namespace_is_named(control: Control, around: Environment) -> None:
    there = Namespace("there")
    control.send(move("far end", interfaces(control)[PORT].index, there))
    far = Control(there)
    far.send(messages.set_link("up", interfaces(far)[PORT].index, up=True))
    said: list[str] = []
    with unchanged(control), unchanged(far):
        found = here(ProfileRequest(NIC, far=f"/proc/self/fd/{there.fd}:{PORT}"), around, 1, quiet)
        blind = here(ProfileRequest(NIC), around, 1, said.append)
    assert found.carrier is not None
    assert found.carrier.reported
    assert blind.carrier is None
    assert "not measured" in blind.missing["carrier"]
    assert "another namespace" in said[0]
    far.close()
    there.close()


def test_a_namespace_that_is_not_there_is_reported(control: Control) -> None:
    done = CliRunner().invoke(main, ["driver-profile", NIC, "--far-end", "nosuch:eth0"])
    assert done.exit_code == 4
    assert "namespace nosuch could not be opened" in done.output


def test_measured_where_it_is(control: Control, around: Environment) -> None:
    with unchanged(control):
        found = profiled(around, ProfileRequest(NIC, in_place=True))
    assert answers(found)["balance-alb"] == "yes"
    assert found.carrier is not None
    assert found.carrier.reported


def test_two_interfaces_are_each_others_partners(control: Control) -> None:
    with unchanged(control):
        done = CliRunner().invoke(main, ["driver-profile", NIC, OTHER, "--repeat", "1", "--json"])
    assert done.exit_code == 0, done.output
    found = facts.load_all(done.stdout)
    assert [one.interface for one in found] == [NIC, OTHER]
    for one in found:
        told = answers(one)
        assert told["follow"] == told["balance-alb"] == told["promisc"] == "yes"
        assert one.carrier is not None
        assert one.carrier.reported


@pytest.mark.parametrize(
    ("names", "reason"),
    [((NIC, NIC), f"{NIC} is named twice"), ((NIC, PORT), f"{PORT} is the far end of {NIC}")],
)
def test_partners_are_two_and_not_ends_of_one_cable(
    control: Control, names: tuple[str, str], reason: str
) -> None:
    with unchanged(control):
        done = CliRunner().invoke(main, ["driver-profile", *names])
    assert done.exit_code == 4
    assert reason in done.output


def test_flags_that_a_user_had_set_are_set_again(control: Control, around: Environment) -> None:
    index = interfaces(control)[NIC].index
    control.send(set_flags("promisc", index, IFF_PROMISC, IFF_PROMISC))
    control.send(messages.set_link("down", index, up=False))
    with unchanged(control):
        profiled(around, ProfileRequest(NIC))
    after = interfaces(control)[NIC]
    assert after.flags & IFF_PROMISC
    assert not after.up


def test_an_operator_is_asked_to_unplug_and_to_plug(control: Control, around: Environment) -> None:
    told = []

    def say(text: str) -> None:
        if "cable out of" in text or "plug the cable" in text:
            told.append(text)
            up = "plug the cable" in text
            control.send(messages.set_link("hand", interfaces(control)[PORT].index, up=up))

    with unchanged(control):
        found = here(ProfileRequest(NIC, ask=5.0), around, 1, say)
    assert [text.partition(" now")[0] for text in told] == [
        f"pull the cable out of {NIC}",
        f"plug the cable in again at {NIC}",
    ]
    assert found.carrier is not None
    assert found.carrier.reported
    assert answers(found)["miimon (carrier)"] == "yes"


def test_an_operator_who_does_nothing_is_waited_for_so_long(
    control: Control, around: Environment
) -> None:
    found = here(ProfileRequest(NIC, ask=2.0), around, 1, quiet)
    assert found.carrier is not None
    assert found.carrier.watched == 2000 * MS
    assert found.carrier.down_flag.came == ()


def occupied(control: Control, how: str) -> None:
    """Have the interface used in some way."""
    index = interfaces(control)[NIC].index
    if how == "address":
        control.send(messages.new_address("a", index, "192.0.2.1", 24))
    elif how == "slave":
        bond = TrialBond(control, BOND, BondOptions.of(mode="active-backup"))
        bond.enslave(NIC)
    elif how == "vlan":
        modules.need("8021q")
        info = messages.kind_of("vlan", [("IFLA_VLAN_ID", 5)])
        control.send(messages.new_link("vlan", 0, f"{NIC}.5", info, link=index))


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("address", "has the address 192.0.2.1"),
        ("slave", f"is a slave or port of {BOND}"),
        ("vlan", f"carries {NIC}.5"),
    ],
)
def test_an_interface_in_use_is_rejected_and_left_alone(
    control: Control, how: str, reason: str
) -> None:
    occupied(control, how)
    with unchanged(control):
        done = CliRunner().invoke(main, ["driver-profile", NIC])
    assert done.exit_code == 4
    assert reason in done.output
    assert "hint: " in done.output


def route(control: Control, index: int) -> None:
    """Make a default route through an interface."""
    from pyroute2.netlink.rtnl.rtmsg import rtmsg  # noqa: PLC0415  (only here)

    message = rtmsg()
    message["family"], message["table"], message["type"], message["proto"] = 2, 254, 1, 4
    message["scope"] = 253
    message["attrs"] = [("RTA_OIF", index)]
    control.send(messages.request("route", 24, 0x400, message))


def test_the_default_route_is_never_cut_neither_here_nor_at_the_far_end(control: Control) -> None:
    with unchanged(control):
        route(control, interfaces(control)[LAST].index)
        for arguments in ([LAST], [NIC, "--far-end", LAST]):
            done = CliRunner().invoke(main, ["driver-profile", *arguments])
            assert done.exit_code == 4
            assert "has the default route" in done.output
        link = interfaces(control)[LAST].index
        control.send(messages.set_link("down", link, up=False))  # takes the route with it
        control.send(messages.set_link("up", link, up=True))


@pytest.mark.parametrize("name", ["lo", "nosuch0"])
def test_what_is_no_interface_to_profile_is_reported(control: Control, name: str) -> None:
    done = CliRunner().invoke(main, ["driver-profile", name])
    assert done.exit_code == 4
    assert name in done.output


def test_a_name_that_is_taken_is_reported(control: Control, around: Environment) -> None:
    new_cable(control, CABLE, FAR)
    with pytest.raises(UsageError, match=f"there is an interface {CABLE} already"):
        profiled(around, ProfileRequest(NIC))


def test_an_ordinary_user_sees_what_is_missing(control: Control) -> None:
    heard, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setresuid(65534, 65534, 65534)
        done = CliRunner().invoke(main, ["driver-profile", NIC])
        os.write(tell, f"{done.exit_code} {done.output}".encode())
        os._exit(0)
    os.waitpid(pid, 0)
    said = os.read(heard, 4096).decode()
    assert said.startswith("4 error: this process lacks CAP_NET_ADMIN")
    assert "hint: " in said
    assert safety.capabilities() >= {"CAP_NET_ADMIN"}


def test_dummy_reports_neither_speed_nor_link(control: Control, around: Environment) -> None:
    try:
        control.send(messages.new_link("dummy", 0, "void0", messages.kind_of("dummy")))
    except KernelRefused as refused:
        pytest.skip(refused.message)
    found = profiled(around, ProfileRequest("void0"))
    control.send(messages.delete_link("void0", interfaces(control)["void0"].index))
    assert found.speed is not None
    assert found.speed.refused == "EOPNOTSUPP"
    told = answers(found)
    assert told["802.3ad"] == told["balance-tlb"] == told["primary_reselect=better"] == "no"
    assert told["miimon (carrier)"] == "unknown"
    assert "--far-end" in found.missing["carrier"]

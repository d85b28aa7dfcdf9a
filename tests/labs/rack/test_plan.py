"""What a run is about to take of a rack, and what forbids it: told without touching anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.lab import Clock
from harness.labs.description.model import LabFile, LabNic
from harness.labs.description.read import read
from harness.labs.netns.interfaces import Interface
from harness.labs.rack.plan import End, RackPlan, Side, Survey
from harness.labs.ssh.address import SshAddress
from harness.units import MS

ROOT = Path(__file__).parents[3]
NIC = LabNic("enp3s0f0", "enp5s0f0", addresses=("10.0.0.5",))
LAB = LabFile(Path("labs/rack.toml"), "rack", SshAddress("192.0.2.20", "root"), "eno1", (NIC,))


def interface(name: str, **more: object) -> Interface:
    """Return an interface that nobody uses, but for what is said."""
    return Interface(2, name, "", "02:00:00:00:00:01", 1, **more)  # type: ignore[arg-type]


def survey(
    *,
    near: Interface | None = None,
    far: Interface | None = None,
    session: str = "192.0.2.20",
    ssh: str = "",
    driver: str = "igb",
    bonding: bool = True,
) -> Survey:
    """Return what was found in a rack in order, but for what is said."""
    near, far = near or interface("enp3s0f0"), far or interface("enp5s0f0")
    management = interface("eno1", addresses=("192.0.2.20",))
    dut = Side({"eno1": management, near.name: near}, session, {near.name: End(driver)})
    tester = Side({far.name: far}, ssh, {far.name: End("ax88179_178a", "NetworkManager")})
    return Survey(tester, dut, "Linux 6.1.0-37-amd64", Clock(-3 * MS, MS // 5), bonding)


def refusals(lab: LabFile = LAB, **found: object) -> list[str]:
    """Return why NICs are not touched."""
    return RackPlan(lab, survey(**found)).refusals  # type: ignore[arg-type]


def test_a_rack_in_order() -> None:
    plan = RackPlan(LAB, survey())
    plan.demand_safe()
    text = "\n".join(plan.lines())
    assert (
        "DUT root@192.0.2.20, Linux 6.1.0-37-amd64, clock -3.0 ms to the tester's, +- 0.2 ms"
        in text
    )
    assert "eno1            is not touched" in text
    assert "DUT enp3s0f0 (igb) - enp5s0f0 (ax88179_178a) of the tester" in text
    assert "by the DUT itself when it receives nothing for 15 s" in text
    assert "tester enp5s0f0: NetworkManager manages it, and will do so again" in text


IN_USE = [
    ({"default_route": True}, "has the default route: the machine would lose its network"),
    ({"addresses": ("203.0.113.9",)}, "has the address 203.0.113.9"),
    ({"master": "br0"}, "is a slave or port of br0"),
    ({"stacked": ("v7",)}, "carries v7"),
]


@pytest.mark.parametrize(("state", "why"), IN_USE)
def test_nics_in_use_are_not_touched_at_both_ends(state: dict[str, object], why: str) -> None:
    near, far = interface("enp3s0f0", **state), interface("enp5s0f0", **state)
    assert refusals(near=near) == [f"DUT enp3s0f0 {why}"]
    assert refusals(far=far) == [f"tester enp5s0f0 {why}"]


def test_addresses_that_the_file_names_may_go() -> None:
    assert refusals(near=interface("enp3s0f0", addresses=("10.0.0.5",))) == []


def test_a_master_that_the_file_names_may_go_and_no_other() -> None:
    lab = replace(LAB, nics=(replace(NIC, masters=("br0",)),))
    assert refusals(lab, near=interface("enp3s0f0", master="br0")) == []
    assert refusals(lab, near=interface("enp3s0f0", master="br1")) == [
        "DUT enp3s0f0 is a slave or port of br1"
    ]


def test_the_address_of_ssh_may_not_though_the_file_names_it() -> None:
    near = interface("enp3s0f0", addresses=("10.0.0.5",))
    why = refusals(near=near, session="10.0.0.5")
    assert "SSH does not use eno1, the management interface" in why
    assert "DUT enp3s0f0 carries the SSH session that this runs in" in why
    far = interface("enp5s0f0", addresses=("10.0.0.5",))
    assert refusals(far=far, ssh="10.0.0.5") == [
        "tester enp5s0f0 carries the SSH session that this runs in"
    ]


def test_what_is_not_there_is_reported_with_what_is() -> None:
    assert refusals(near=interface("eth7")) == [
        "DUT enp3s0f0 is not there (has: eno1, eth7)",
    ]
    assert refusals(replace(LAB, management="mgmt")) == [
        "the DUT has no management interface mgmt"
    ]


def test_a_driver_that_is_not_on_trial() -> None:
    lab = replace(LAB, nics=(replace(NIC, driver="rtl8150"),))
    assert refusals(lab) == ["DUT enp3s0f0 has the driver igb, not rtl8150"]


def test_a_dut_without_bonding() -> None:
    assert refusals(bonding=False) == ["the DUT has no bonding driver"]


def test_all_obstacles_are_reported_at_once() -> None:
    plan = RackPlan(LAB, survey(near=interface("enp3s0f0", default_route=True), bonding=False))
    with pytest.raises(UsageError) as refused:
        plan.demand_safe()
    assert refused.value.message == (
        "labs/rack.toml: NICs are not touched, as\n  the DUT has no bonding driver\n"
        "  DUT enp3s0f0 has the default route: the machine would lose its network"
    )
    assert "harness doctor --lab labs/rack.toml" in refused.value.hint


def test_the_example_is_a_lab_that_can_be_used() -> None:
    lab = read(ROOT / "labs" / "rack.example.toml")
    assert (lab.kind, lab.management, len(lab.nics)) == ("rack", "eno1", 4)
    assert {nic.driver for nic in lab.nics} == {"igb", "rtl8150"}

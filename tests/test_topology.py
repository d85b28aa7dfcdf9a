"""Descriptions of networks: what cannot be is refused in words, what is missing is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.labs.netns.usb import adapters
from harness.record.net import Net
from harness.topology import (
    BondPlan,
    BridgePlan,
    ChannelPlan,
    LinkPlan,
    MachinePlan,
    SwitchPlan,
    Topology,
    carrier_lag,
    mac_of,
)
from harness.units import MS, Span
from scenarios import topologies
from scenarios.field import servers

TARGET = MachinePlan("target", "192.0.2.254")
BOND = BondPlan("bond0", ("eth0", "eth1"), "192.0.2.1")
GOOD: Mapping[str, Any] = {
    "name": "lab",
    "machines": (MachinePlan("dut"), TARGET),
    "switches": (SwitchPlan("sw"),),
    "links": (
        LinkPlan("eth0", "dut", "sw"),
        LinkPlan("eth1", "dut", "sw"),
        LinkPlan("target", "sw", "target"),
    ),
    "bonds": (BOND,),
}
LAB = Topology(**GOOD)
SHIPPED = [
    net.plan
    for net in [*vars(topologies).values(), *vars(servers).values()]
    if isinstance(net, type) and issubclass(net, Net) and net is not Net
]


def also(field: str, *things: object) -> dict[str, Any]:
    """Return what stands in a field of the good description and some more."""
    return {field: (*GOOD[field], *things)}


def _channels(*channels: ChannelPlan) -> dict[str, Any]:
    return {"switches": (SwitchPlan("sw", channels=channels),)}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            also("switches", SwitchPlan("a-switch-too-long")),
            '"a-switch-too-long" has not between 1 and 15 characters',
        ),
        (also("links", LinkPlan("", "dut", "sw")), '"" has not between 1 and 15 characters'),
        (
            {"bonds": (BondPlan("bond-of-too-many", (), ""),)},
            '"bond-of-too-many" has not between 1 and 15 characters',
        ),
        (also("switches", SwitchPlan("target")), "the name target is used twice"),
        (also("links", LinkPlan("eth0", "dut", "sw")), "the name eth0 is used twice"),
        (also("bonds", BondPlan("bond0", (), "")), "the name bond0 is used twice"),
        ({"machines": (TARGET,)}, "it has no machine dut"),
        (
            also("links", LinkPlan("x", "up", "down")),
            'link "x" ends at down, up, which does not exist',
        ),
        (also("links", LinkPlan("x", "dut", "target")), 'link "x" has no switch at either end'),
        (also("links", LinkPlan("x", "sw", "sw")), 'link "x" has both ends at sw'),
        (also("machines", MachinePlan("lone", "192.0.2.9")), "lone has an address but no link"),
        (
            also("bonds", BondPlan("eth0", (), "")),
            "a bond and a link of dut are both called eth0",
        ),
        (
            {"bonds": (BondPlan("bond0", ("eth0", "target", "eth9"), ""),)},
            "bond0: no link of dut is called eth9, target",
        ),
        ({"bonds": (BondPlan("bond0", ("eth0", "eth0"), ""),)}, "bond0 has the slave eth0 twice"),
        (also("bonds", BondPlan("bond1", ("eth1",), "")), "eth1 is a slave of two bonds"),
        (_channels(ChannelPlan("po1", ())), "channel po1 has no port"),
        (_channels(ChannelPlan("po1", ("eth9",))), "sw has no port eth9 for a channel"),
        (
            _channels(ChannelPlan("po1", ("eth0",)), ChannelPlan("po2", ("eth0",))),
            "sw: eth0 is in a channel twice",
        ),
        (_channels(ChannelPlan("bond0", ("eth0",))), "the name bond0 of a channel is used twice"),
        (
            {
                "switches": (
                    SwitchPlan("sw", filters_macs=True, channels=(ChannelPlan("po1", ("eth0",)),)),
                )
            },
            "sw filters MACs and has channels",
        ),
    ],
)
def test_what_cannot_be_is_rejected_with_a_message(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Topology(**{**GOOD, **wrong})
    assert caught.value.message == f"topology lab is not possible: {said}"
    assert caught.value.hint == "correct the plan of lab"


GUEST = MachinePlan("guest", "192.0.2.5")
BRIDGE = BridgePlan("br0", "bond0", "192.0.2.1")
HOST: Mapping[str, Any] = {
    **GOOD,
    "machines": (*GOOD["machines"], GUEST),
    "links": (*GOOD["links"], LinkPlan("vnet0", "br0", "guest")),
    "bonds": (replace(BOND, address=""),),
    "bridges": (BRIDGE,),
}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"bonds": (BOND,)}, "bond0 has an address and is a port of br0"),
        (
            {"bridges": (BridgePlan("br0", "bond7"),)},
            "br0: no bond of dut is called bond7",
        ),
        (
            {"bridges": (BRIDGE, BridgePlan("br1", "bond0"))},
            "bond0 is a port of two bridges",
        ),
        ({"bridges": (BridgePlan("sw", "bond0"),)}, "the name sw is used twice"),
        (
            {"links": (*HOST["links"], LinkPlan("inner", "br0", "sw"))},
            'link "inner" is from a bridge, but not to a guest',
        ),
        (
            {"links": (*HOST["links"], LinkPlan("inner", "br0", "dut"))},
            'link "inner" is from a bridge, but not to a guest',
        ),
    ],
)
def test_a_bridge_that_cannot_be_is_rejected_with_a_message(
    wrong: dict[str, Any], said: str
) -> None:
    Topology(**HOST)
    with pytest.raises(ScenarioError) as caught:
        Topology(**{**HOST, **wrong})
    assert caught.value.message == f"topology lab is not possible: {said}"


def test_a_bond_is_reached_by_the_address_of_the_bridge_above_it() -> None:
    host = Topology(**HOST)
    assert (host.reach("dut"), host.reach("guest")) == ("192.0.2.1", "192.0.2.5")
    assert LAB.reach("dut") == "192.0.2.1"
    assert LAB.bridge_over("bond0") is None


@pytest.mark.parametrize("end", ["nobody", "lone"])
def test_a_path_ends_at_machines_that_can_be_reached(end: str) -> None:
    machines = (*GOOD["machines"], MachinePlan("lone"))
    with pytest.raises(ScenarioError, match=f'machine with an address "{end}" is not in'):
        Topology(**{**GOOD, "machines": machines, "path": ("target", end)})


def test_links_are_found_by_name_and_by_end() -> None:
    assert LAB.link("eth1") == LinkPlan("eth1", "dut", "sw")
    assert [link.name for link in LAB.links_of("dut")] == ["eth0", "eth1"]
    assert [link.name for link in LAB.links_of("sw")] == ["eth0", "eth1", "target"]
    assert LAB.links_of("nobody") == ()
    assert LAB.bond("bond0") is BOND


@pytest.mark.parametrize("driver", ["ixgbe", "rtl8150"])
def test_a_nic_that_exists_has_any_driver_and_is_no_emulated_adapter(driver: str) -> None:
    cable = replace(LAB.link("eth0"), nic=driver, lag=Span(3 * MS), exists=True)
    lab = replace(LAB, links=(cable, *LAB.links[1:]))
    assert carrier_lag(lab, BOND) == Span(3 * MS)
    assert adapters(lab) == []
    emulated = replace(cable, nic="rtl8150", exists=False)
    assert adapters(replace(lab, links=(emulated, *LAB.links[1:]))) == [emulated]


def test_a_missing_link_is_reported_what_exists_and_what_is_nearest() -> None:
    with pytest.raises(ScenarioError) as caught:
        LAB.link("eht0")
    assert str(caught.value) == (
        'link "eht0" is not in topology lab (has: eth0, eth1, target)\nhint: did you mean eth0?'
    )


def test_what_is_like_nothing_gets_no_guess() -> None:
    with pytest.raises(ScenarioError) as caught:
        LAB.bond("uplink")
    assert str(caught.value) == (
        'bond "uplink" is not in topology lab (has: bond0)\nhint: see the plan of lab'
    )


@pytest.mark.parametrize("plan", SHIPPED, ids=lambda plan: plan.name)
def test_every_interface_has_a_mac_of_its_own(plan: Topology) -> None:
    machines = {machine.name for machine in plan.machines}
    ends = [(end, link.name) for link in plan.links for end in (link.a, link.b) if end in machines]
    macs = [mac_of(plan, machine, link) for machine, link in ends]
    assert len(set(macs)) == len(macs) > 0
    assert macs == [mac_of(plan, machine, link) for machine, link in ends]
    for mac in macs:
        first, *others = bytes.fromhex(mac.replace(":", ""))
        if mac in {link.mac for link in plan.links}:
            assert first & 0b01 == 0, "unicast"
            continue
        assert first & 0b11 == 0b10, "unicast and locally administered"
        assert len(others) == 5


def test_macs_are_the_same_in_every_run() -> None:
    assert mac_of(LAB, "dut", "eth0") == "02:00:00:00:00:00"
    assert mac_of(LAB, "dut", "eth1") == "02:00:00:00:00:01"
    assert mac_of(LAB, "target", "target") == "02:00:00:00:01:02"


def test_the_four_networks_are_there() -> None:
    names = {plan.name for plan in SHIPPED}
    assert names >= {"one_switch", "two_switches", "blade_chassis", "filtering_switch"}

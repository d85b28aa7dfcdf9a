"""Make a bond in the DUT's namespace, and read back what the kernel made of its options."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pyroute2.netlink import nla
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

from harness.bonding import OPTIONS, BondOptions, Setting
from harness.bonding.wire import decode, packed
from harness.errors import KernelRefused
from harness.labs.netns import netlink
from harness.labs.netns.built import Built
from harness.labs.netns.netlink import Request
from harness.topology import DUT, BondPlan

ATTRIBUTE = {option.number: option.attribute for option in OPTIONS.values() if option.attribute}


class _BondData(nla):  # type: ignore[misc]
    """All of the driver's attributes as bytes: our schema knows more of them than pyroute2."""

    nla_map = tuple((number, name, "cdata") for number, name in ATTRIBUTE.items())


ifinfmsg.ifinfo.data_map["bond"] = _BondData


def make_bond(built: Built, plan: BondPlan, options: BondOptions) -> None:
    """Make a bond, enslave its slaves, give it its address and set it up, in one send.

    Raises KernelRefused that names the option which the kernel did not take; the bond is then
    gone again.
    """
    try:
        built.send(DUT, *_requests(built, plan, options))
    except KernelRefused as refused:
        drop_bond(built, plan)
        raise _culprit(built, plan, options) or refused from None


def drop_bond(built: Built, plan: BondPlan) -> None:
    """Remove a bond if it is there; its slaves become free."""
    with suppress(KernelRefused):
        built.send(DUT, netlink.delete_link(plan.name, built.bond_index(plan.name)))


def set_options(built: Built, plan: BondPlan, options: BondOptions) -> None:
    """Change options of a bond that is there; raises KernelRefused."""
    built.send(DUT, _change(built, plan, options))


def read_back(built: Built, plan: BondPlan) -> Mapping[str, Setting]:
    """Return the options that the kernel says are in effect."""
    index = built.bond_index(plan.name)
    for link in built.controls[DUT].links():
        if link["index"] == index:
            data = link.get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_DATA")
            names = {number: name for name, number in _slave_indexes(built).items()}
            return decode({name: _bytes(value) for name, value in data["attrs"]}, names)
    return {}


def _requests(built: Built, plan: BondPlan, options: BondOptions) -> list[Request]:
    index = built.bond_index(plan.name)
    info = netlink.kind_of("bond", _attributes(built, options))
    return [
        netlink.new_link(f"bond {plan.name} {options.text()}", index, plan.name, info),
        *(
            netlink.set_link(f"slave {slave}", built.ends[DUT, slave], master=index)
            for slave in plan.slaves
        ),
        *_place(built, plan, index),
        netlink.set_link(f"bond {plan.name} up", index, up=True),
    ]


def _place(built: Built, plan: BondPlan, index: int) -> list[Request]:
    """Return what gives a bond its address, or makes it the port of a bridge."""
    bridge = built.topology.bridge_over(plan.name)
    if bridge:
        master = built.bridge_index(bridge.name)
        return [netlink.set_link(f"{plan.name} in {bridge.name}", index, master=master)]
    if not plan.address:
        return []
    what = f"address of {plan.name}"
    return [netlink.new_address(what, index, plan.address, built.topology.prefix)]


def _change(built: Built, plan: BondPlan, options: BondOptions) -> Request:
    info = netlink.kind_of("bond", _attributes(built, options))
    what = f"option {options.text()} of {plan.name}"
    return netlink.set_link(what, built.bond_index(plan.name), linkinfo=info)


def _attributes(built: Built, options: BondOptions) -> list[tuple[str, Any]]:
    return [(ATTRIBUTE[n], data) for n, data in packed(options, _slave_indexes(built))]


def _slave_indexes(built: Built) -> dict[str, int]:
    return {link: index for (machine, link), index in built.ends.items() if machine == DUT}


def _culprit(built: Built, plan: BondPlan, options: BondOptions) -> KernelRefused | None:
    """Set the options one by one on a fresh bond; return the first refusal."""
    mode = BondOptions.unchecked(mode=options.mode)
    info = netlink.kind_of("bond", _attributes(built, mode))
    index = built.bond_index(plan.name)
    try:
        built.send(DUT, netlink.new_link(f"bond {plan.name} {mode}", index, plan.name, info))
        for name, value in options.given:
            if name != "mode":
                set_options(built, plan, BondOptions.unchecked(**{name: value}))
    except KernelRefused as refused:
        return refused
    finally:
        drop_bond(built, plan)
    return None


def _bytes(value: Any) -> Any:
    return value.getvalue() if hasattr(value, "getvalue") else value

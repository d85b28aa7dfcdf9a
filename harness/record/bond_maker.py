"""Make a bond on the DUT, and read back what its kernel made of the options."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from harness.bonding import BondOptions, Setting
from harness.errors import KernelRefused
from harness.lab import Network
from harness.rtnl import bonds, messages
from harness.rtnl.messages import Request
from harness.topology import DUT, BondPlan


def make_bond(network: Network, plan: BondPlan, options: BondOptions) -> None:
    """Make a bond, enslave its slaves, give it its address and set it up, in one send.

    Raises KernelRefused that names the option which the kernel did not take; the bond is then
    gone again.
    """
    try:
        network.host(DUT).send(*_requests(network, plan, options))
    except KernelRefused as refused:
        drop_bond(network, plan)
        raise _culprit(network, plan, options) or refused from None


def drop_bond(network: Network, plan: BondPlan) -> None:
    """Remove a bond if it is there; its slaves become free."""
    with suppress(KernelRefused):
        network.host(DUT).send(messages.delete_link(plan.name, network.number(DUT, plan.name)))


def set_options(network: Network, plan: BondPlan, options: BondOptions) -> None:
    """Change options of a bond that is there; raises KernelRefused."""
    index = network.number(DUT, plan.name)
    network.host(DUT).send(bonds.change(plan.name, index, options, _numbers(network)))


def read_back(network: Network, plan: BondPlan) -> Mapping[str, Setting]:
    """Return the options that the kernel says are in effect."""
    names = {number: name for name, number in _numbers(network).items()}
    links = network.host(DUT).dump(messages.all_links(), messages.RTM_NEWLINK)
    return bonds.options_of(links, network.number(DUT, plan.name), names)


def _requests(network: Network, plan: BondPlan, options: BondOptions) -> list[Request]:
    index = network.number(DUT, plan.name)
    return [
        bonds.new_bond(plan.name, index, options, _numbers(network)),
        *(
            messages.set_link(f"slave {slave}", network.number(DUT, slave), master=index)
            for slave in plan.slaves
        ),
        *_place(network, plan, index),
        messages.set_link(f"bond {plan.name} up", index, up=True),
        *_vlans(network, plan, index),
    ]


def _place(network: Network, plan: BondPlan, index: int) -> list[Request]:
    """Return what gives a bond its addresses, or makes it the port of a bridge that has them."""
    bridge, what = network.topology.bridge_over(plan.name), f"address of {plan.name}"
    requests = []
    if bridge:
        master = network.number(DUT, bridge.name)
        requests.append(messages.set_link(f"{plan.name} in {bridge.name}", index, master=master))
        index = master
    elif plan.address:
        prefix = network.topology.prefix
        requests.append(messages.new_address(what, index, plan.address, prefix))
    return requests + [_address(what, index, text) for text in plan.more]


def _vlans(network: Network, plan: BondPlan, index: int) -> list[Request]:
    """Return what makes the VLANs over a bond, each with its addresses."""
    requests: list[Request] = []
    for vlan in network.topology.vlans:
        if vlan.bond == plan.name:
            number, what = network.number(DUT, vlan.name), f"address of {vlan.name}"
            made = messages.new_vlan(f"VLAN {vlan.name}", number, vlan.name, index, vlan.number)
            requests += [*made, *(_address(what, number, text) for text in vlan.addresses)]
    return requests


def _address(what: str, index: int, text: str) -> Request:
    address, _, prefix = text.partition("/")
    return messages.new_address(what, index, address, int(prefix))


def _numbers(network: Network) -> dict[str, int]:
    """Return the device numbers of the DUT's interfaces by the names of their links."""
    return {link: network.number(DUT, link) for link in network.links(DUT)}


def _culprit(network: Network, plan: BondPlan, options: BondOptions) -> KernelRefused | None:
    """Set the options one by one on a fresh bond; return the first refusal."""
    mode = BondOptions.unchecked(mode=options.mode)
    index = network.number(DUT, plan.name)
    try:
        network.host(DUT).send(bonds.new_bond(plan.name, index, mode, {}))
        for name, value in options.given:
            if name != "mode":
                set_options(network, plan, BondOptions.unchecked(**{name: value}))
    except KernelRefused as refused:
        return refused
    finally:
        drop_bond(network, plan)
    return None

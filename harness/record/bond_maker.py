"""Create a bond on the DUT, and read back the options that its kernel applied."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from harness.bonding import BondOptions, Setting
from harness.errors import KernelRefused
from harness.lab import Network
from harness.rtnl import bonds, messages
from harness.rtnl.messages import Request
from harness.topology import DUT, BondPlan, links_at


def make_bond(network: Network, plan: BondPlan, options: BondOptions) -> None:
    """Create a bond, enslave its slaves, add its address and set it up, in one send.

    Raises KernelRefused that names the option which the kernel refused; the bond is then
    deleted.
    """
    try:
        network.host(DUT).send(*_requests(network, plan, options))
    except KernelRefused as refused:
        drop_bond(network, plan)
        raise _culprit(network, plan, options) or refused from None


def drop_bond(network: Network, plan: BondPlan) -> None:
    """Delete a bond if it exists; its slaves are released."""
    with suppress(KernelRefused):
        network.host(DUT).send(messages.delete_link(plan.name, network.ifindex(DUT, plan.name)))


def set_options(network: Network, plan: BondPlan, options: BondOptions) -> None:
    """Change options of an existing bond; raises KernelRefused."""
    index = network.ifindex(DUT, plan.name)
    network.host(DUT).send(bonds.change(plan.name, index, options, dut_numbers(network)))


def read_back(network: Network, plan: BondPlan) -> Mapping[str, Setting]:
    """Return the options that the kernel reports as in effect."""
    names = {number: name for name, number in dut_numbers(network).items()}
    links = messages.dump_links(network.host(DUT))
    return bonds.options_of(links, network.ifindex(DUT, plan.name), names)


def _requests(network: Network, plan: BondPlan, options: BondOptions) -> list[Request]:
    index = network.ifindex(DUT, plan.name)
    return [
        bonds.new_bond(plan.name, index, options, dut_numbers(network)),
        *(
            messages.set_link(f"slave {slave}", network.ifindex(DUT, slave), master=index)
            for slave in plan.slaves
        ),
        *_attachment(network, plan, index),
        messages.set_link(f"bond {plan.name} up", index, up=True),
        *_vlans(network, plan, index),
    ]


def _attachment(network: Network, plan: BondPlan, index: int) -> list[Request]:
    """Return the requests that add a bond's addresses, or make it a port of a bridge."""
    bridge, what = network.topology.bridge_over(plan.name), f"address of {plan.name}"
    requests = []
    if bridge:
        master = network.ifindex(DUT, bridge.name)
        requests.append(messages.set_link(f"{plan.name} in {bridge.name}", index, master=master))
        index = master
    elif plan.address:
        prefix = network.topology.prefix
        requests.append(messages.new_address(what, index, plan.address, prefix))
    return requests + [_address(what, index, text) for text in plan.more]


def _vlans(network: Network, plan: BondPlan, index: int) -> list[Request]:
    """Return the requests that create the VLANs over a bond, with their addresses."""
    requests: list[Request] = []
    for vlan in network.topology.vlans:
        if vlan.bond == plan.name:
            number, what = network.ifindex(DUT, vlan.name), f"address of {vlan.name}"
            made = messages.new_vlan(f"VLAN {vlan.name}", number, vlan.name, index, vlan.number)
            requests += [*made, *(_address(what, number, text) for text in vlan.addresses)]
    return requests


def _address(what: str, index: int, text: str) -> Request:
    address, _, prefix = text.partition("/")
    return messages.new_address(what, index, address, int(prefix))


def dut_numbers(network: Network) -> dict[str, int]:
    """Return the interface indexes of the DUT by link name."""
    return {link: network.ifindex(DUT, link) for link in links_at(network.topology, DUT)}


def _culprit(network: Network, plan: BondPlan, options: BondOptions) -> KernelRefused | None:
    """Set the options one by one on a new bond; return the first error."""
    mode = BondOptions.unchecked(mode=options.mode)
    index = network.ifindex(DUT, plan.name)
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

"""Requests that create and change bonds, and the options of a bond in a link message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pyroute2.netlink import nla
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

from harness.bonding import OPTIONS, BondOptions, Setting
from harness.bonding.wire import decode, packed
from harness.rtnl import messages
from harness.rtnl.messages import Request

ATTRIBUTE = {option.number: option.attribute for option in OPTIONS.values() if option.attribute}


class _BondData(nla):  # type: ignore[misc]
    """All of the driver's attributes as bytes: the option table has more than pyroute2."""

    nla_map = tuple((number, name, "cdata") for number, name in ATTRIBUTE.items())


ifinfmsg.ifinfo.data_map["bond"] = _BondData


def new_bond(name: str, index: int, options: BondOptions, slaves: Mapping[str, int]) -> Request:
    """Return the request that creates a bond; `slaves` maps names to interface indexes."""
    info = messages.kind_of("bond", _attributes(options, slaves))
    return messages.new_link(f"bond {name} {options.text()}", index, name, info)


def change(name: str, index: int, options: BondOptions, slaves: Mapping[str, int]) -> Request:
    """Return the request that changes a bond's options."""
    info = messages.kind_of("bond", _attributes(options, slaves))
    return messages.set_link(f"option {options.text()} of {name}", index, linkinfo=info)


def options_of(
    links: Iterable[bytes], index: int, names: Mapping[int, str]
) -> Mapping[str, Setting]:
    """Return the options in effect of the bond with an interface index, {} if there is none."""
    for link in map(messages.decode_link, links):
        if link["index"] == index:
            return decode(data_of(link), names)
    return {}


def data_of(link: Any) -> dict[str | int, bytes]:
    """Return the driver's attributes in a bond's link message."""
    data = link.get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_DATA")
    return {name: _bytes(value) for name, value in data["attrs"]}


def _attributes(options: BondOptions, slaves: Mapping[str, int]) -> list[tuple[str, Any]]:
    return [(ATTRIBUTE[number], data) for number, data in packed(options, slaves)]


def _bytes(value: Any) -> Any:
    return value.getvalue() if hasattr(value, "getvalue") else value

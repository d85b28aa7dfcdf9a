"""Requests that create and change bonds, and the options of a bond in a link message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pyroute2.netlink import nla
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.ifinfmsg.plugins.bond import bond as PyrouteBond  # noqa: N812

from harness.bonding import OPTIONS, BondOptions, Setting
from harness.bonding.wire import decode, packed, slave_numbers
from harness.rtnl import messages
from harness.rtnl.messages import Request

PREFIX = "IFLA_BOND_SLAVE_"
# Attributes of any link that are shown of a bond and its slaves: counters of traffic are not.
SHOWN = ("ADDRESS", "MTU", "OPERSTATE", "CARRIER", "CARRIER_CHANGES", "MASTER", "PROMISCUITY")
# Of the flags, those that bonds and their slaves have (linux/if.h).
FLAGS = {
    0x1: "UP",
    0x40: "RUNNING",
    0x80: "NOARP",
    0x100: "PROMISC",
    0x200: "ALLMULTI",
    0x400: "MASTER",
    0x800: "SLAVE",
    0x10000: "LOWER_UP",
    0x20000: "DORMANT",
}
# The words of bond_slave_link_status (net/bonding.h) and bond_sysfs_slave.c.
MII_STATUS = {0: "up", 1: "going down", 2: "down", 3: "going back"}
STATE = {0: "active", 1: "backup"}
CHURN = {0: "monitoring", 1: "churned", 2: "none"}  # churn_state_t (bond_3ad.h), bond_procfs.c
WORDS = {
    "state": STATE,
    "mii_status": MII_STATUS,
    "ad_churn_actor_state": CHURN,
    "ad_churn_partner_state": CHURN,
}
ATTRIBUTE = {option.number: option.attribute for option in OPTIONS.values() if option.attribute}


class _BondData(nla):  # type: ignore[misc]
    """All of the driver's attributes as bytes: the option table has more than pyroute2."""

    nla_map = (
        *((number, name, "cdata") for number, name in ATTRIBUTE.items()),
        (23, "IFLA_BOND_AD_INFO", "ad_info"),
    )

    ad_info = PyrouteBond.ad_info


class _SlaveData(nla):  # type: ignore[misc]
    """The driver's attributes of a slave (enum of if_link.h): pyroute2 lacks the last six."""

    nla_map = (
        ("IFLA_BOND_SLAVE_UNSPEC", "none"),
        ("IFLA_BOND_SLAVE_STATE", "uint8"),
        ("IFLA_BOND_SLAVE_MII_STATUS", "uint8"),
        ("IFLA_BOND_SLAVE_LINK_FAILURE_COUNT", "uint32"),
        ("IFLA_BOND_SLAVE_PERM_HWADDR", "l2addr"),
        ("IFLA_BOND_SLAVE_QUEUE_ID", "uint16"),
        ("IFLA_BOND_SLAVE_AD_AGGREGATOR_ID", "uint16"),
        ("IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE", "uint8"),
        ("IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE", "uint16"),
        ("IFLA_BOND_SLAVE_PRIO", "int32"),
        ("IFLA_BOND_SLAVE_ACTOR_PORT_PRIO", "uint16"),
        ("IFLA_BOND_SLAVE_AD_CHURN_ACTOR_STATE", "uint8"),
        ("IFLA_BOND_SLAVE_AD_CHURN_PARTNER_STATE", "uint8"),
    )


ifinfmsg.ifinfo.data_map["bond"] = _BondData
ifinfmsg.ifinfo.bond_slave_data = _SlaveData


def new_bond(name: str, index: int, options: BondOptions, slaves: Mapping[str, int]) -> Request:
    """Return the request that creates a bond; `slaves` maps names to interface indexes."""
    info = messages.kind_of("bond", _attributes(options, slaves))
    return messages.new_link(f"bond {name} {options.text()}", index, name, info)


def change(name: str, index: int, options: BondOptions, slaves: Mapping[str, int]) -> Request:
    """Return the request that changes a bond's options."""
    info = messages.kind_of("bond", _attributes(options, slaves))
    return messages.set_link(f"option {options.text()} of {name}", index, linkinfo=info)


def change_slave(name: str, index: int, settings: Mapping[str, object]) -> Request:
    """Return the request that changes options of a slave (bond_slave_changelink)."""
    data = ("IFLA_INFO_SLAVE_DATA", {"attrs": slave_numbers(settings)})
    info = {"attrs": [("IFLA_INFO_SLAVE_KIND", "bond"), data]}
    text = " ".join(f"{name}={value}" for name, value in settings.items())
    return messages.set_link(f"option {text} of {name}", index, linkinfo=info)


def states_of(links: Iterable[bytes], numbers: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """Return what netlink shows of bonds and slaves, as JSON values by interface and attribute.

    `numbers` are the interface indexes of those wanted, which name others too.
    """
    names = {index: name for name, index in numbers.items()}
    found: dict[str, dict[str, Any]] = {}
    for message in links:
        if messages.index_of(message) not in names:
            continue
        link = messages.decode_link(message)
        shown = {name.lower(): link.get_attr(f"IFLA_{name}") for name in SHOWN}
        shown = {name: value for name, value in shown.items() if value is not None}
        shown["flags"] = " ".join(word for bit, word in FLAGS.items() if link["flags"] & bit)
        if (master := shown.get("master")) is not None:
            shown["master"] = names.get(master, master)
        found[names[link["index"]]] = {**shown, **_bonding(message, link, names)}
    return found


def _bonding(message: bytes, link: Any, names: Mapping[int, str]) -> dict[str, Any]:
    """Return the driver's own attributes of a bond or of a slave."""
    info = link.get_attr("IFLA_LINKINFO")
    own: dict[str, Any] = dict(slave_of([message], link["index"]))
    if info is not None and info.get_attr("IFLA_INFO_KIND") == "bond":
        options = decode(data_of(link), names)
        own |= {
            name: list(one) if isinstance(one, tuple) else one for name, one in options.items()
        }
    return own


def slave_of(links: Iterable[bytes], index: int) -> Mapping[str, str | int]:
    """Return the driver's attributes of the slave with an interface index, {} if it is none."""
    for link in (messages.decode_link(link) for link in links if messages.index_of(link) == index):
        info = link.get_attr("IFLA_LINKINFO")
        if info and info.get_attr("IFLA_INFO_SLAVE_KIND") == "bond":
            data = info.get_attr("IFLA_INFO_SLAVE_DATA")["attrs"]
            known = ((name, value) for name, value in data if name.startswith(PREFIX))
            found = {name.removeprefix(PREFIX).lower(): value for name, value in known}
            shown = {name: words[found[name]] for name, words in WORDS.items() if name in found}
            return {**found, **shown}
    return {}


def options_of(
    links: Iterable[bytes], index: int, names: Mapping[int, str]
) -> Mapping[str, Setting]:
    """Return the options in effect of the bond with an interface index, {} if there is none."""
    for link in links:
        if messages.index_of(link) == index:
            return decode(data_of(messages.decode_state(link)), names)
    return {}


def data_of(link: Any) -> dict[str | int, bytes]:
    """Return the driver's attributes in a bond's link message."""
    data = link.get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_DATA")
    return {name: _bytes(value) for name, value in data["attrs"]}


def _attributes(options: BondOptions, slaves: Mapping[str, int]) -> list[tuple[str, Any]]:
    return [(ATTRIBUTE[number], data) for number, data in packed(options, slaves)]


def _bytes(value: Any) -> Any:
    return value.getvalue() if hasattr(value, "getvalue") else value

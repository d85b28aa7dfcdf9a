"""The output of a running bond: ip's JSON, /proc/net/bonding, sysfs."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator, Sequence
from typing import Any

from harness.bonding import OPTIONS, BondOptions, Setting
from harness.bonding.options import LACP, PRIMARY_MODES, TLB_MODES
from harness.bonding.table import HASHING
from harness.config.model import BondConfig
from harness.config.option_names import IP_JSON, PROC, PROC_MODES, inverted
from harness.config.tool_support import SYSFS

LABELS = inverted(PROC)
# Named as numbers by ip, though the driver has words for them.
NUMBERS = frozenset({"use_carrier", "all_slaves_active", "tlb_dynamic_lb"})
ARP_LINES = frozenset({"arp_interval", "arp_missed_max", "arp_ip_target", "ns_ip6_target"})


def ip_json(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return bonds and slaves as `ip -d -j addr` prints them."""
    links: list[dict[str, Any]] = []
    for bond in bonds:
        options = bond.unchecked
        data = {IP_JSON.get(n, n): _plain(n, options[n]) for n in OPTIONS if n != "active_slave"}
        shown = {key: value for key, value in data.items() if value != ""}
        link: dict[str, Any] = {
            "ifname": bond.name,
            "linkinfo": {"info_kind": "bond", "info_data": shown},
        }
        found = [ipaddress.ip_interface(text) for text in bond.addresses]
        link["addr_info"] = [
            {"local": str(one.ip), "prefixlen": one.network.prefixlen} for one in found
        ]
        links.append(link)
        for slave in bond.slaves:
            own = {option.name: option.value for option in slave.given}
            info = {"info_slave_kind": "bond", "info_slave_data": own}
            links.append({"ifname": slave.name, "master": bond.name, "linkinfo": info})
    return {"links.json": json.dumps(links, indent=1) + "\n"}


def _plain(name: str, value: Setting) -> object:
    if isinstance(value, tuple):
        return list(value)
    return OPTIONS[name].number_of(value) if name in NUMBERS else value


def hidden(options: BondOptions, name: str) -> str:
    """Return why /proc/net/bonding does not show an option in this mode, "" where it does."""
    mode, arp = options.mode, options["arp_interval"]
    shown = {
        "primary": mode in PRIMARY_MODES,
        "primary_reselect": mode in PRIMARY_MODES and bool(options["primary"]),
        "fail_over_mac": mode == "active-backup",
        "xmit_hash_policy": mode in HASHING | TLB_MODES,
        **dict.fromkeys(("lacp_active", "lacp_rate", "min_links", "ad_select"), mode in LACP),
        "ad_actor_sys_prio": mode in LACP,
        **dict.fromkeys(ARP_LINES, bool(arp)),
    }
    return "" if shown.get(name, True) else "the driver does not show it in this case (PROC-9)"


def proc(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return what /proc/net/bonding has of each bond, as far as it is configuration."""
    return {f"bonding/{bond.name}": "\n".join([*_proc(bond), ""]) for bond in bonds}


def _proc(bond: BondConfig) -> Iterator[str]:
    options = bond.unchecked
    yield "Ethernet Channel Bonding Driver: v6.1"
    yield ""
    policy = options["fail_over_mac"]
    tail = (
        f" (fail_over_mac {policy})"
        if policy != "none" and not hidden(options, "fail_over_mac")
        else ""
    )
    yield f"Bonding Mode: {PROC_MODES[options.mode]}{tail}"
    if options.mode in PRIMARY_MODES:
        again = options["primary_reselect"]
        yield f"Primary Slave: {options['primary'] or 'None'}" + (
            f" (primary_reselect {again})" if options["primary"] else ""
        )
    for name, label in LABELS.items():
        value = options[name]
        if not hidden(options, name) and value != ():
            text = ", ".join(value) if isinstance(value, tuple) else str(value)
            number = f" ({OPTIONS[name].number_of(value)})" if name == "xmit_hash_policy" else ""
            yield f"{label}: {text}{number}"
    for slave in bond.slaves:
        yield ""
        yield f"Slave Interface: {slave.name}"
        yield from (f"Slave queue ID: {option.text}" for option in slave.given)


def sysfs(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return the files of each bond's directory in sysfs."""
    files = {}
    for bond in bonds:
        options, place = bond.unchecked, f"{bond.name}/bonding"
        for name in sorted(SYSFS - {"active_slave"}):
            option, value = OPTIONS[name], options[name]
            text = " ".join(value) if isinstance(value, tuple) else str(value)
            text += f" {option.number_of(value)}" if option.values else ""
            files[f"{place}/{name}"] = f"{text}\n"
        files[f"{place}/slaves"] = " ".join(bond.slave_names) + "\n"
        queues = [(slave.name, option.text) for slave in bond.slaves for option in slave.given]
        files[f"{place}/queue_id"] = " ".join(f"{name}:{number}" for name, number in queues) + "\n"
    return files

"""Bonds in the configurations of routers: OpenWrt and VyOS.

Sources: OpenWrt, package proto-bonding, bonding.sh; VyOS, interfaces bonding. There is no writer
for these.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from harness.bonding import OPTIONS
from harness.config.draft import Draft
from harness.config.ini_and_shell import physical_lines
from harness.config.model import ConfigError
from harness.config.place import Place
from harness.config.source import Source

UCI, VYOS = "uci", "vyos"
UCI_NAMES = {"bonding_policy": "mode", "num_grat_arp__num_unsol_na": "num_grat_arp",
             "failover_mac": "fail_over_mac"}  # fmt: skip
UCI_OF_BOND = ("proto", "link_monitoring")
UCI_MONITORS = {"mii": ("arp_",), "arp": ("miimon", "updelay", "downdelay", "use_carrier")}
VYOS_NAMES = {
    "mode": "mode", "hash-policy": "xmit_hash_policy", "primary": "primary",
    "min-links": "min_links", "lacp-rate": "lacp_rate", "mii-mon-interval": "miimon",
    "arp-monitor interval": "arp_interval", "arp-monitor target": "arp_ip_target",
    "system-mac": "ad_actor_system",
}  # fmt: skip
VYOS_MODES = {
    "round-robin": "balance-rr",
    "xor-hash": "balance-xor",
    "transmit-load-balance": "balance-tlb",
    "adaptive-load-balance": "balance-alb",
}


def uci(sources: Sequence[Source]) -> Draft:
    """Return the bonds of /etc/config/network, which are interfaces of proto bonding."""
    draft = Draft(UCI)
    for source in sources:
        for name, place, lines in _uci_sections(source):
            given = {key: found for key, found, _ in lines}
            if given.get("proto") != "bonding":
                continue
            bond = draft.bond(name, place)
            bond.mark_used(place, *(at for key, _, at in lines if key in UCI_OF_BOND))
            idle = UCI_MONITORS.get(given.get("link_monitoring", ""), ())
            for key, found, at in lines:
                option = UCI_NAMES.get(key, key)
                if key == "slaves":
                    for slave in found.split():
                        bond.slave(slave, at)
                elif key == "ipaddr":
                    bond.net.address(found, given.get("netmask", ""), at)
                    bond.net.mark_used(*(place for one, _, place in lines if one == "netmask"))
                elif key == "gateway":
                    bond.net.gateway(found, at)
                elif option in OPTIONS and not option.startswith(tuple(idle) or ("-",)):
                    bond.option(option, found.replace(" ", ","), at, f"option {key} {found!r}")
    return draft


def _uci_sections(source: Source) -> Iterator[tuple[str, Place, list[tuple[str, str, Place]]]]:
    current: tuple[str, Place, list[tuple[str, str, Place]]] | None = None
    for number, line in physical_lines(source.text):
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            raise ConfigError(
                f"{line.strip()}: {error}", source.at(number), hint="close it"
            ) from None
        if words[:1] == ["config"]:
            if current:
                yield current
            current = (words[2] if len(words) > 2 else "", source.at(number), [])
        elif len(words) > 2 and words[0] in ("option", "list") and current:
            current[2].append((words[1], words[2], source.at(number)))
    if current:
        yield current


def vyos(sources: Sequence[Source]) -> Draft:
    """Return the bonds of `set` commands; raises ConfigError for the syntax with braces."""
    draft = Draft(VYOS)
    for source in sources:
        lines = [(number, line.split()) for number, line in physical_lines(source.text)]
        found = [(n, w) for n, w in lines if w[:3] == ["set", "interfaces", "bonding"]]
        if not found:
            hint = "give what `show configuration commands` prints"
            raise ConfigError("VyOS's form with braces is not read", source.at(1), hint=hint)
        for number, words in found:
            if len(words) > 3:
                _vyos(
                    draft, words[3], [word.strip("'\"") for word in words[4:]], source.at(number)
                )
    for bond in draft.bonds.values():
        given = {option.name for option in bond.given}
        if "mode" not in given:
            bond.option("mode", "802.3ad", bond.place, "mode 802.3ad (VyOS's default)")
        if not given & {"miimon", "arp_interval"}:
            bond.option("miimon", "100", bond.place, "mii-mon-interval 100 (VyOS's default)")
    return draft


def _vyos(draft: Draft, name: str, words: list[str], place: Place) -> None:
    bond, spelled = draft.bond(name, place), " ".join(words)
    key = " ".join(words[:-1])
    if not words:
        bond.mark_used(place)
    elif words[:2] == ["member", "interface"] and len(words) > 2:
        bond.slave(words[2], place)
    elif key in VYOS_NAMES:
        bond.option(VYOS_NAMES[key], VYOS_MODES.get(words[-1], words[-1]), place, spelled)
    elif key == "mtu":
        bond.net.set_mtu(words[-1], place)
    elif key == "address" and words[-1] in ("dhcp", "dhcpv6"):
        bond.net.set_dynamic(place, four=words[-1] == "dhcp", six=words[-1] == "dhcpv6")
    elif key == "address":
        bond.net.address(words[-1], "", place)
    elif words[:1] == ["vif"] and len(words) > 1:
        _vif(draft, name, words, place)


def _vif(draft: Draft, name: str, words: list[str], place: Place) -> None:
    """Add a VLAN on a bond; each line has one property."""
    vlan = f"{name}.{words[1]}"
    draft.vlan(vlan, name, words[1], place)
    if len(words) == 2:
        draft.mark_used_for(vlan, place)
    elif words[2:-1] == ["address"] and words[-1] in ("dhcp", "dhcpv6"):
        draft.net(vlan).set_dynamic(place, four=words[-1] == "dhcp", six=words[-1] == "dhcpv6")
    elif words[2:-1] == ["address"]:
        draft.net(vlan).address(words[-1], "", place)
    elif words[2:-1] == ["mtu"]:
        draft.net(vlan).set_mtu(words[-1], place)


READERS = {UCI: uci, VYOS: vyos}

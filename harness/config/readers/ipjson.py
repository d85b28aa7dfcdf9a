"""`ip -d -j link` and `ip -d -j addr`: running bonds, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from harness.config.draft import Draft
from harness.config.draft_bond import DraftBond
from harness.config.model import ConfigError
from harness.config.option_names import IP_JSON, inverted
from harness.config.place import Place
from harness.config.readers.proc import running
from harness.config.source import Source

FORMAT = "ip-json"
KERNEL_NAMES = inverted(IP_JSON)
STATE = frozenset({"active_slave", "ad_info", "ad_num_ports", "peer_notif_delay_"})
SLAVE_OPTIONS = frozenset({"queue_id", "prio"})


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds among the links; raises ConfigError if a text is no list of links."""
    draft = Draft(FORMAT)
    for source in sources:
        links = _links(source)
        for link in links:
            info = _mapping(link.get("linkinfo"))
            if info.get("info_kind") == "bond":
                _bond(draft, link, _mapping(info.get("info_data")), source)
        for link in links:
            _slave(draft, link, source)
    for bond in draft.bonds.values():
        running(bond)
    return draft


def _links(source: Source) -> list[Mapping[str, Any]]:
    try:
        found = json.loads(source.text)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"not JSON: {error.msg}", source.at(error.lineno), hint="give ip -d -j link"
        ) from None
    except (RecursionError, ValueError) as error:
        raise ConfigError(f"not JSON: {error}", source.at(), hint="give ip -d -j link") from None
    links = found if isinstance(found, list) else [found]
    if not all(isinstance(link, dict) for link in links):
        raise ConfigError("no list of links", source.at(1), hint="give ip -d -j link")
    return [link for link in links if link.get("ifname")]


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def _bond(draft: Draft, link: Mapping[str, Any], data: Mapping[str, Any], source: Source) -> None:
    name = str(link["ifname"])
    bond = draft.bond(name, _place(source, name))
    for key, value in data.items():
        if key in STATE or value in (None, [], ""):
            continue
        place = _place(source, name, key)
        bond.option(KERNEL_NAMES.get(key, key), _text(value), place, f"{key}: {json.dumps(value)}")
    if data and not any(option.name == "mode" for option in bond.given):
        bond.note_unknown(name, "its mode is not shown", bond.place, "give ip -d -j link, with -d")
    addresses = link.get("addr_info")
    for address in addresses if isinstance(addresses, list) else ():
        if isinstance(address, dict) and "local" in address and address.get("scope") != "link":
            prefix = str(address.get("prefixlen", ""))
            bond.net.address(str(address["local"]), prefix, bond.place)


def _slave(draft: Draft, link: Mapping[str, Any], source: Source) -> None:
    master, name = link.get("master"), str(link["ifname"])
    if not isinstance(master, str) or master not in draft.bonds:
        return
    bond: DraftBond = draft.bonds[master]
    place = _place(source, name)
    bond.slave(name, place)
    data = _mapping(_mapping(link.get("linkinfo")).get("info_slave_data"))
    for key in sorted(SLAVE_OPTIONS & data.keys()):
        bond.slave_option(name, key, _text(data[key]), place, f"{key}: {data[key]}")


def _text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(int(value)) if isinstance(value, bool) else str(value)


def _place(source: Source, name: str, key: str = "") -> Place:
    """Return the line of a link, or of a key of its: JSON's readers do not tell."""
    start = max(0, source.text.find(json.dumps(name)))
    at = source.text.find(json.dumps(key), start) if key else start
    return source.at(source.text.count("\n", 0, max(0, at)) + 1)

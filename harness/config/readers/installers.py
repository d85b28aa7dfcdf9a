"""Bonds that an installer or an initramfs makes: kickstart's `network`, dracut's `bond=`.

Sources: pykickstart, "network"; dracut.cmdline(7). Nothing is written in these.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

from harness.config.draft import Draft, DraftBond
from harness.config.ini_and_shell import plain
from harness.config.model import Place
from harness.config.profiles import default_monitor
from harness.config.readers.optstring import NAMELESS
from harness.config.source import Source

KICKSTART, ARGUMENTS = "kickstart", "kernel-args"
NETWORK = re.compile(r"\bnetwork\s+(--.*)")
BETWEEN = re.compile(r"[;,](?=\s*[a-z_0-9]+=)")  # the comma in a value stands before no NAME=
DHCP = frozenset({"dhcp", "bootp", "query"})
SLAVES = ("eth0", "eth1")  # of a plain `bond`, as dracut has it
LONG = 6  # parts of ip= that begin with an address


def kickstart(sources: Sequence[Source]) -> Draft:
    """Return the bonds of `network` lines; anaconda leaves them to NetworkManager."""
    draft = Draft(KICKSTART)
    for source in sources:
        for number, line in plain(source.text):
            match = NETWORK.search(line)
            if match and not line.lstrip().startswith("#"):
                place = source.at(number)
                with draft.tolerant():
                    _network(draft, dict(_options(match[1])), place)
    for bond in draft.bonds.values():
        default_monitor(bond)
    return draft


def _options(text: str) -> Iterator[tuple[str, str]]:
    """Yield --NAME=VALUE and --NAME VALUE."""
    try:
        words = shlex.split(text.rstrip("\"' >").partition('" >')[0], comments=True)
    except ValueError:
        words = text.split()
    for nth, word in enumerate(words):
        name, equals, value = word.partition("=")
        after = words[nth + 1] if nth + 1 < len(words) else ""
        if name.startswith("--"):
            yield name[2:], value if equals or after.startswith("--") else after


def _network(draft: Draft, given: Mapping[str, str], place: Place) -> None:
    name = given.get("device") or NAMELESS
    if slaves := given.get("bondslaves"):
        bond = draft.bond(name, place)
        for slave in slaves.split(","):
            bond.slave(slave, place)
        _bond_options(bond, given.get("bondopts", ""), place)
    if bridged := given.get("bridgeslaves"):
        draft.bridge(name, bridged.split(","), place)
    if number := given.get("vlanid"):
        below, name = name, given.get("interfacename") or f"{name}.{number}"
        draft.vlan(name, below, number, place)
    _addressing(draft, name, given, place)


def _bond_options(bond: DraftBond, text: str, place: Place) -> None:
    for word in BETWEEN.split(text):
        option, equals, value = word.strip().partition("=")
        if equals:
            bond.option(option, value.replace(";", ","), place, word.strip())
        elif option:
            bond.unknown(option, "it is no NAME=VALUE", place, "write mode=active-backup")


def _addressing(draft: Draft, name: str, given: Mapping[str, str], place: Place) -> None:
    net, address = draft.net(name), given.get("ip", "")
    if address and address != "dhcp":
        net.address(address, given.get("netmask", ""), place)
    elif "noipv4" not in given and given.get("bootproto", "dhcp") in DHCP:
        net.dhcp4 = True
    six = given.get("ipv6", "")
    if six in ("auto", "dhcp"):
        net.dhcp6 = True
    elif six:
        net.address(six, "", place)
    for key in ("gateway", "ipv6gateway"):
        if given.get(key):
            net.gateway(given[key], place)
    if given.get("mtu"):
        net.size(given["mtu"], place)


def arguments(sources: Sequence[Source]) -> Draft:
    """Return the bonds of a kernel's command line, wherever in a file it stands."""
    draft = Draft(ARGUMENTS)
    for source in sources:
        for number, line in plain(source.text):
            words = [] if line.lstrip().startswith("#") else line.replace('"', " ").split()
            for word in words:
                with draft.tolerant():
                    _argument(draft, word.strip("'`"), source.at(number))
    return draft


def _argument(draft: Draft, word: str, place: Place) -> None:
    key, _, value = word.partition("=")
    parts = re.split(r":(?![^\[]*\])", value)
    if key == "bond" and value:
        _bond(draft, parts, place)
    elif key == "vlan" and len(parts) > 1:
        number = re.search(r"(\d+)$", parts[0])
        draft.vlan(parts[0], parts[1], (number[1] if number else "").lstrip("0"), place)
    elif key == "bridge" and len(parts) > 1:
        draft.bridge(parts[0], parts[1].split(","), place)
    elif key == "ip" and len(parts) > 1:
        _ip(draft, parts, place)


def _bond(draft: Draft, parts: list[str], place: Place) -> None:
    """Take bond=NAME:SLAVES:OPTIONS:MTU."""
    bond = draft.bond(parts[0], place)
    for part in parts[1:]:
        if "=" in part:
            _bond_options(bond, part, place)
        elif part.isdigit():
            bond.net.size(part, place)
        else:
            for slave in filter(None, part.split(",")):
                bond.slave(slave, place)
    if not bond.slaves:
        for slave in SLAVES:
            bond.slave(slave, place)


def _ip(draft: Draft, parts: list[str], place: Place) -> None:
    """Take ip=INTERFACE:METHOD, or ip=ADDRESS:PEER:GATEWAY:MASK:HOST:INTERFACE:METHOD."""
    if len(parts) < LONG:
        net = draft.net(parts[0])
        net.dhcp4 = net.dhcp4 or parts[1] in ("dhcp", "on", "any")
        net.dhcp6 = net.dhcp6 or parts[1] in ("dhcp6", "auto6", "either6")
    elif parts[5]:
        net = draft.net(parts[5])
        net.address(parts[0].strip("[]"), parts[3], place)
        if parts[2]:
            net.gateway(parts[2].strip("[]"), place)


READERS = {KICKSTART: kickstart, ARGUMENTS: arguments}

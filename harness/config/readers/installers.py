"""Bonds of installers and initramfs: kickstart's `network`, dracut's `bond=`.

Sources: pykickstart, "network"; dracut.cmdline(7). There is no writer for these.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from harness.config.draft import Draft
from harness.config.draft_bond import DraftBond
from harness.config.ini_and_shell import Assignment, physical_lines
from harness.config.place import Place
from harness.config.profiles import default_monitor
from harness.config.readers.optstring import NAMELESS
from harness.config.source import Source

KICKSTART, ARGUMENTS = "kickstart", "kernel-args"
NETWORK = re.compile(r"\bnetwork\s+(--.*)")
BETWEEN = re.compile(r"[;,](?=\s*[a-z_0-9]+=)")  # the comma in a value precedes no NAME=
READ = frozenset(
    [
        *("device", "bondslaves", "bondopts", "bridgeslaves", "vlanid", "interfacename", "mtu"),
        *("ip", "netmask", "gateway", "bootproto", "noipv4", "noipv6", "ipv6", "ipv6gateway"),
        "activate",
    ]
)
DHCP = frozenset({"dhcp", "bootp", "query"})
NETWORK_ARGUMENTS = frozenset(
    ["bond", "vlan", "bridge", "team", "ip", "ifname", "nameserver", "rd.route", "bootdev"]
)
SLAVES = ("eth0", "eth1")  # of a plain `bond`, as dracut has it
LONG = 6  # parts of ip= that begin with an address


def kickstart(sources: Sequence[Source]) -> Draft:
    """Return the bonds of `network` lines; anaconda leaves them to NetworkManager."""
    draft = Draft(KICKSTART)
    for source in sources:
        for number, line in physical_lines(source.text):
            with draft.tolerant():
                _network(draft, options(line, source.at(number)), source.at(number))
    for bond in draft.bonds.values():
        default_monitor(bond)
    return draft


def options(line: str, place: Place) -> dict[str, Assignment]:
    """Return the options of a `network` line, --NAME=VALUE or --NAME VALUE, with their places."""
    match = NETWORK.search(line)
    if match is None or line.lstrip().startswith("#"):
        return {}
    text = match[1].partition('" >')[0].rstrip("\"' ")
    try:
        words = shlex.split(text, comments=True)
    except ValueError:
        words = text.split()
    found = {}
    for nth, word in enumerate(words):
        name, equals, value = word.partition("=")
        after = words[nth + 1] if nth + 1 < len(words) else ""
        if name.startswith("--"):
            value = value if equals or after.startswith("--") else after
            found[name[2:]] = Assignment(name[2:], value, replace(place, column=nth + 1))
    return found


def _network(draft: Draft, entries: Mapping[str, Assignment], place: Place) -> None:
    given = {name: entry.value for name, entry in entries.items()}
    name = given.get("device") or NAMELESS
    for entry in entries.values():
        if entry.key in READ:
            draft.mark_used_for(name, entry.place)
    if not entries:
        return
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
            bond.note_unknown(option, "it is no NAME=VALUE", place, "write mode=active-backup")


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
        net.set_mtu(given["mtu"], place)


def arguments(sources: Sequence[Source]) -> Draft:
    """Return the bonds of a kernel's command line, anywhere in a file."""
    draft = Draft(ARGUMENTS)
    for source in sources:
        for entry in words_of(source):
            with draft.tolerant():
                _argument(draft, entry.key, entry.value, entry.place)
    return draft


def words_of(source: Source) -> Iterator[Assignment]:
    """Yield the arguments that are about the network."""
    for number, line in physical_lines(source.text):
        words = [] if line.lstrip().startswith("#") else line.replace('"', " ").split()
        for nth, word in enumerate(words):
            key, equals, value = word.strip("'`").partition("=")
            if equals and value and key in NETWORK_ARGUMENTS:
                yield Assignment(key, value, replace(source.at(number), column=nth + 1))


def _argument(draft: Draft, key: str, value: str, place: Place) -> None:
    parts = re.split(r":(?![^\[]*\])", value)
    if key == "bond":
        _bond(draft, parts, place)
    elif key == "vlan" and len(parts) > 1:
        draft.mark_used_for(parts[0], place)
        number = re.search(r"(\d+)$", parts[0])
        draft.vlan(parts[0], parts[1], (number[1] if number else "").lstrip("0"), place)
    elif key == "bridge" and len(parts) > 1:
        draft.mark_used_for(parts[0], place)
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
            bond.net.set_mtu(part, place)
        else:
            for slave in filter(None, part.split(",")):
                bond.slave(slave, place)
    if not bond.slaves:
        for slave in SLAVES:
            bond.slave(slave, place)


def _ip(draft: Draft, parts: list[str], place: Place) -> None:
    """Take ip=INTERFACE:METHOD, or ip=ADDRESS:PEER:GATEWAY:MASK:HOST:INTERFACE:METHOD."""
    if len(parts) < LONG:
        draft.mark_used_for(parts[0], place)
        net = draft.net(parts[0])
        net.dhcp4 = net.dhcp4 or parts[1] in ("dhcp", "on", "any")
        net.dhcp6 = net.dhcp6 or parts[1] in ("dhcp6", "auto6", "either6")
    elif parts[5]:
        draft.mark_used_for(parts[5], place)
        net = draft.net(parts[5])
        net.address(parts[0].strip("[]"), parts[3], place)
        if parts[2]:
            net.gateway(parts[2].strip("[]"), place)


READERS = {KICKSTART: kickstart, ARGUMENTS: arguments}

"""Commands that make bonds: `ip link`, `ip addr`, writes to sysfs, modprobe, ifenslave.

The options of `ip link ... type bond` are those of iplink_bond.c.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

from harness.bonding import OPTIONS
from harness.config.draft import OPEN_VSWITCH, Draft
from harness.config.option_names import IP_JSON, inverted
from harness.config.readers import writes
from harness.config.readers.writes import FORMAT, clear
from harness.config.scripts import ShellCommand, commands
from harness.config.source import Source

KERNEL_NAMES = inverted(IP_JSON)
HARMLESS = frozenset({"echo", "printf", "true", "sleep", "exit", ":"})
ALONE = frozenset({"clear_active_slave"})  # words without a value
CLIENTS = frozenset({"dhclient", "dhcpcd", "udhcpc"})
BARE = frozenset({"link", "addr", "address", "route"})  # lines for `ip -batch`
KNOWN = frozenset({"type", "master", "mtu", "dev", "name", "link", "up", "down", "id", "nomaster"})
FLAGS = frozenset({"up", "down", "nomaster"})


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds that commands make."""
    draft = Draft(FORMAT)
    for source in sources:
        for command in commands(source):
            with draft.tolerant():
                read_command(draft, command)
    return draft


def read_command(draft: Draft, command: ShellCommand) -> None:
    """Add the effect of a command on a bond, its slaves and its upper devices."""
    words = command.words
    if command.name in ("ip", "ip.exe") or words[0] in BARE:
        _ip(draft, command)
    elif command.target or command.name == "tee":
        writes.read_write(draft, command)
    elif command.name == "modprobe" and "bonding" in words:
        text = " ".join(words[words.index("bonding") + 1 :])
        draft.mark_used(command.place)
        writes.module(draft, text, command)
    elif command.name == "ifenslave" and len(words) > 2 and not words[1].startswith("-"):
        for slave in words[2:] if writes.clear(draft, command) else ():
            draft.bond(words[1], command.place).slave(slave, command.place)
    elif command.name in CLIENTS and len(words) > 1:
        six = "-6" in words
        draft.net(words[-1]).set_dynamic(command.place, four=not six, six=six)
    elif act := OLD.get((command.name, *words[1:2])):
        act(draft, list(words[2:]), command)
    elif harmless(command):
        draft.mark_used(command.place)


def harmless(command: ShellCommand) -> bool:
    """Return whether a command has no effect, or brings up what is brought up anyway."""
    talks = command.name in HARMLESS and not command.target
    return talks or (command.name == "ifconfig" and command.words[2:] == ("up",))


def _ip(draft: Draft, command: ShellCommand) -> None:
    words = list(command.words if command.words[0] in BARE else command.words[1:])
    while words and words[0].startswith("-"):
        has_value = words[0] in ("-n", "-netns", "-b", "-batch", "-f", "-family")
        words = words[2 if has_value else 1 :]
    if len(words) < 3:
        return
    kind, verb, rest = words[0], words[1], words[2:]
    if "link".startswith(kind):
        for meant, act in LINK.items():
            if meant.startswith(verb):
                act(draft, rest, command)
                return
    elif "address".startswith(kind) and verb[0] in "arc":
        _address(draft, rest, command)
    elif "route".startswith(kind) and verb[0] in "arc":
        _route(draft, rest, command)


def _add(draft: Draft, rest: list[str], command: ShellCommand) -> None:
    pairs, own, odd = _pairs(rest)
    kind, name = pairs.get("type", ""), pairs.get("name", "")
    wanted = kind in ("bond", "vlan", "bridge") or "master" in pairs
    if not name or not (clear(draft, command) if wanted else not command.unclear):
        return
    if kind not in ("bond", "vlan", "bridge"):
        draft.kinds[name] = kind
        odd = rest if "master" in pairs else []
    elif kind == "bond":
        draft.bond(name, command.place)
    elif kind == "vlan":
        number = next((b for a, b in pairwise(own) if a == "id"), "")
        draft.vlan(name, pairs.get("link", ""), number, command.place)
        odd += own if own != ["id", number] else []
    else:
        draft.bridge(name, (), command.place)
        odd += own
    if name not in draft.kinds:
        draft.mark_used_for(name, command.place)
    _odd(draft, odd, command)
    _applied(draft, name, pairs, own, command)


def _odd(draft: Draft, words: list[str], command: ShellCommand) -> None:
    """Note the words of a command that are not used."""
    if words:
        draft.note_lost(f"{' '.join(words)} (of {command.text})", command.place)


def _set(draft: Draft, rest: list[str], command: ShellCommand) -> None:
    pairs, own, odd = _pairs(rest)
    name = pairs.get("name") or pairs.get("dev", "")
    wanted = {"type", "master", "mtu"} & pairs.keys()
    if name and wanted and clear(draft, command):
        if pairs.keys() & {"nomaster", "link"} or pairs.get("type", "bond")[:4] != "bond":
            odd = rest
        elif wanted != {"mtu"}:
            draft.mark_used_for(name, command.place)
            sized = "mtu" in wanted and name not in (*draft.bonds, *draft.uppers)
            odd += ["mtu", pairs["mtu"]] if sized else []
        _odd(draft, odd, command)
        _applied(draft, name, pairs, own, command)
    elif name and not wanted and not odd:
        draft.mark_used(command.place)  # up and down: what is configured is brought up


def _pairs(rest: list[str]) -> tuple[dict[str, str], list[str], list[str]]:
    """Return the words before `type TYPE` by their keys, those behind, and those not known."""
    pairs: dict[str, str] = {}
    words, odd = list(rest), list[str]()
    while words:
        word = words.pop(0)
        if word in FLAGS:
            continue
        if word in ("name", "dev") and words:
            pairs["name"] = words.pop(0)
        elif word == "type" and words:
            pairs["type"] = words.pop(0)
            return pairs, words, odd
        elif word in KNOWN and words:
            pairs[word] = words.pop(0)
        elif "name" not in pairs:
            pairs["name"] = word
        else:
            odd.append(word)
    return pairs, [], odd


def _applied(
    draft: Draft, name: str, pairs: Mapping[str, str], own: list[str], command: ShellCommand
) -> None:
    """Add what both `ip link add` and `ip link set` can set of an interface."""
    if "mtu" in pairs:
        draft.net(name).set_mtu(pairs["mtu"], command.place)
    if master := pairs.get("master"):
        draft.port(name, master, command.place, command.text)
    if pairs.get("type") == "bond":
        _options(draft, name, own, command)
    elif pairs.get("type") == "bond_slave":
        for port in (port for port in list(draft.ports) if port.name == name):
            draft.ports.remove(port)  # here the kind of its master is known
            draft.bond(port.master, port.place).slave(name, port.place)
        bond = next((bond for bond in draft.bonds.values() if name in bond.slaves), None)
        for key, value in zip(own[::2], own[1::2], strict=False):
            if bond is not None:
                bond.slave_option(name, key, value, command.place, f"{key} {value}")


def _options(draft: Draft, name: str, own: list[str], command: ShellCommand) -> None:
    bond = draft.bond(name, command.place)
    words = [word for word in own if word not in ALONE]
    for key, value in zip(words[::2], words[1::2], strict=False):
        option = KERNEL_NAMES.get(key, key)
        if option in OPTIONS:
            bond.option(option, value, command.place, f"{key} {value}", FORMAT)
        elif key not in FLAGS:
            why = "ip has no such option of a bond and refuses the command"
            bond.note_unknown(
                f"{key} {value}", why, command.place, "ip link help bond lists them", refused=True
            )
    if len(words) % 2 and words[-1] not in FLAGS:
        why = "it has no value, and ip refuses the command"
        bond.note_unknown(
            words[-1], why, command.place, f"write a value behind {words[-1]}", refused=True
        )


def _delete(draft: Draft, rest: list[str], _: ShellCommand) -> None:
    for word in rest:
        if word in draft.bonds and not draft.bonds[word].given:
            del draft.bonds[word]


LINK: Mapping[str, Callable[[Draft, list[str], ShellCommand], None]] = MappingProxyType(
    {"add": _add, "set": _set, "change": _set, "replace": _add, "delete": _delete}
)


def _add_bridge(draft: Draft, rest: list[str], command: ShellCommand) -> None:
    """Take `brctl addbr BRIDGE`."""
    if rest and clear(draft, command):
        draft.bridge(rest[0], (), command.place)
        draft.mark_used_for(rest[0], command.place)


def _add_port(draft: Draft, rest: list[str], command: ShellCommand) -> None:
    """Take `brctl addif BRIDGE PORT...`."""
    if rest and clear(draft, command):
        draft.bridge(rest[0], rest[1:], command.place)
        draft.mark_used_for(rest[0], command.place)


def _add_vlan(draft: Draft, rest: list[str], command: ShellCommand) -> None:
    """Take `vconfig add INTERFACE NUMBER`."""
    if len(rest) > 1 and clear(draft, command):
        draft.vlan(f"{rest[0]}.{rest[1]}", rest[0], rest[1], command.place)
        draft.mark_used_for(f"{rest[0]}.{rest[1]}", command.place)


def _open_vswitch(draft: Draft, _: list[str], command: ShellCommand) -> None:
    draft.note_unknown(command.text, OPEN_VSWITCH, command.place, "", "note")


# Commands before iproute2's, and of another bond.
OLD: Mapping[tuple[str, ...], Callable[[Draft, list[str], ShellCommand], None]] = MappingProxyType(
    {
        ("brctl", "addbr"): _add_bridge,
        ("brctl", "addif"): _add_port,
        ("vconfig", "add"): _add_vlan,
        ("ovs-vsctl", "add-bond"): _open_vswitch,
    }
)


def _behind(rest: list[str], key: str) -> str:
    return next((b for a, b in pairwise(rest) if a == key), "")


def _address(draft: Draft, rest: list[str], command: ShellCommand) -> None:
    device = _behind(rest, "dev")
    if device and not command.unclear:
        local = rest[0] == "local" and len(rest) > 1
        text, more = (rest[1], rest[2:]) if local else (rest[0], rest[1:])
        draft.net(device).address(text, "", command.place)
        if device in draft.bonds or device in draft.uppers:
            _odd(draft, _besides(more, "dev", "brd", "broadcast"), command)


def _route(draft: Draft, rest: list[str], command: ShellCommand) -> None:
    if rest[0] not in ("default", "0.0.0.0/0", "::/0") or command.unclear:
        return
    gateway, device = _behind(rest, "via") or _behind(rest, "gw"), _behind(rest, "dev")
    if gateway and (name := device or draft.reaching(gateway)):
        draft.net(name).gateway(gateway, command.place)
        if name in draft.bonds or name in draft.uppers:
            _odd(draft, _besides(rest[1:], "via", "gw", "dev"), command)


def _besides(words: list[str], *keys: str) -> list[str]:
    """Return words without some keys and their values."""
    left, position = list(words), 0
    while position < len(left):
        if left[position] in keys:
            del left[position : position + 2]
        else:
            position += 1
    return left

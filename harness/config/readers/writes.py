"""Commands that write to the files of a bond in sysfs, or load its module."""

from __future__ import annotations

import re

from harness.bonding import OPTIONS
from harness.config.draft import Draft
from harness.config.place import Place
from harness.config.readers import optstring
from harness.config.scripts import ShellCommand
from harness.config.tool_support import BY_NETLINK

FORMAT = "ip-link"
BONDING = re.compile(r"/sys/class/net/([^/]+)/bonding/(\w+)")
MASTERS = "/sys/class/net/bonding_masters"
MTU = re.compile(r"/sys/class/net/([^/]+)/mtu")
ECHOES = frozenset({"echo", "printf"})


def clear(draft: Draft, command: ShellCommand) -> bool:
    """Return whether all names are known; remark on it where one is a variable."""
    if command.unclear:
        why = f"what {command.unclear} stands for is unknown: the command is ignored"
        hint = "write the name itself"
        draft.note_unknown("", f"{command.text}: {why}", command.place, hint, "warning")
    return not command.unclear


def read_write(draft: Draft, command: ShellCommand) -> None:
    """Add writes to sysfs: options, slaves, names of bonds."""
    words, target = command.words, command.target
    if command.name == "tee":
        words, target = command.piped, next(iter(command.words[1:]), "")
    if not words or words[0].rpartition("/")[2] not in ECHOES:
        return
    text = " ".join(word for word in words[1:] if word not in ("-n", "-e", "%s")).strip()
    text = text.removesuffix("\\n")
    if target == MASTERS and text.startswith("+"):
        if "$" in text:
            clear(draft, command)
            return
        draft.bond(text[1:], command.place).mark_used(command.place)
    elif match := MTU.fullmatch(target):
        draft.net(match[1]).set_mtu(text, command.place)
    elif (match := BONDING.fullmatch(target)) and (command.unclear or "$" in text):
        clear(draft, command)
    elif match and match[2] == "slaves":
        _slaves(draft, match[1], text, command.place)
    elif match:
        _option(draft, match[1], match[2], text, command)


def _slaves(draft: Draft, name: str, text: str, place: Place) -> None:
    bond = draft.bond(name, place)
    bond.mark_used(place)
    for word in text.split():
        if word.startswith("-"):
            bond.slaves.pop(word[1:], None)
        else:
            bond.slave(word.removeprefix("+"), place)


def _option(draft: Draft, name: str, option: str, text: str, command: ShellCommand) -> None:
    """Add an option that is written to its file."""
    bond, place = draft.bond(name, command.place), command.place
    if option == "queue_id":
        slave, _, number = text.rpartition(":")
        bond.slave_option(slave, "queue_id", number, place, command.text)
    elif text.startswith("-") and option in ("arp_ip_target", "ns_ip6_target"):
        gone = (text[1:],)
        bond.mark_used(place)
        bond.given = [one for one in bond.given if one.name != option or one.value != gone]
    elif option not in OPTIONS or option in BY_NETLINK:
        why = f"there is no file {option} in a bond's directory"
        bond.note_unknown(command.text, why, place, "correct the name")
    else:
        bond.option(option, text, place, command.text, FORMAT)


def module(draft: Draft, text: str, command: ShellCommand) -> None:
    """Add the bond that the module creates, if the command gives it options."""
    words = [word for word in text.split() if not word.startswith("max_bonds")]
    if "max_bonds=0" not in text:
        draft.kinds.setdefault(optstring.NAMELESS, "bond")
    if words and "max_bonds=0" not in text and clear(draft, command):
        bond = draft.bond(optstring.NAMELESS, command.place)
        optstring.read_options(bond, " ".join(words), command.place)

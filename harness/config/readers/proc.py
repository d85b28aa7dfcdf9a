"""/proc/net/bonding/NAME: the driver's description of a running bond."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count, pairwise

from harness.bonding import default
from harness.config.draft import Draft
from harness.config.draft_bond import DraftBond
from harness.config.ini_and_shell import physical_lines
from harness.config.model import ConfigError
from harness.config.names import INTERFACE
from harness.config.option_names import PROC, PROC_MODES, inverted
from harness.config.place import Place
from harness.config.readers.optstring import NAMELESS
from harness.config.source import Source

FORMAT = "proc"
FIRST = "Ethernet Channel Bonding Driver"
MODES = inverted(PROC_MODES)
USUAL = re.compile(r"(bond|bnd|lag|team|ae|po|trunk|uplink)\d{1,4}")
IN_BRACKETS = re.compile(r"(.*?) \((\w+) (\w+)\)")
STATE = frozenset({"Currently Active Slave", "MII Status", FIRST, "Peer Notification Delay"})


def read(sources: Sequence[Source]) -> Draft:
    """Return the bond of each file; its name is the file's, options at their default are left out.

    Raises ConfigError for a text without the driver's first line.
    """
    draft = Draft(FORMAT)
    for source in sources:
        lines = [(number, line.strip()) for number, line in physical_lines(source.text)]
        if not any(line.startswith(FIRST) for _, line in lines):
            raise ConfigError(f'no line begins with "{FIRST}"', source.at(), hint="copy all of it")
        starts = [at for at, (_, line) in enumerate(lines) if line.startswith(FIRST)]
        for start, end in pairwise([*starts, len(lines)]):
            name = _free(draft, _name(source))
            _bond(draft.bond(name, source.at(lines[start][0])), source, lines[start:end])
    return draft


def _free(draft: Draft, name: str) -> str:
    """Return a name that no other bond has: texts without names may hold several."""
    if name not in draft.bonds:
        return name
    return next(made for n in count(1) if (made := f"bond{n}") not in draft.bonds)


def _name(source: Source) -> str:
    """Return the name of a bond: its file's in /proc/net/bonding; elsewhere files have others."""
    if source.parent == "bonding" and INTERFACE.fullmatch(source.base):
        return source.base
    stem = source.base.partition(".")[0]
    return stem if USUAL.fullmatch(stem) else NAMELESS


def _bond(bond: DraftBond, source: Source, lines: list[tuple[int, str]]) -> None:
    slave = ""
    for number, line in lines:
        key, colon, text = _cut(line)
        place = source.at(number)
        if key == "Slave Interface" and colon:
            slave = text.strip()
            bond.slave(slave, place)
        elif slave and key == "Slave queue ID":
            bond.slave_option(slave, "queue_id", text.strip(), place, line)
        elif not slave and colon:
            _take(bond, key.strip(), text.strip(), place)
    running(bond)


def _cut(line: str) -> tuple[str, str, str]:
    """Return label, colon and value; the label of IPv6 targets has colons of its own."""
    label = next((label for label in PROC if line.startswith(f"{label}:")), None)
    return (label, ":", line[len(label) + 1 :]) if label else line.partition(":")


def _take(bond: DraftBond, key: str, text: str, place: Place) -> None:
    line = f"{key}: {text}"
    if key == "Bonding Mode":
        mode, remark = _apart(text)
        bond.option("mode", MODES.get(mode, mode), place, line)
        if remark:
            bond.option(*remark, place, line)
    elif key == "Primary Slave":
        primary, remark = _apart(text)
        if primary != "None":
            bond.option("primary", primary, place, line)
        if remark:
            bond.option(*remark, place, line)
    elif key in PROC:
        # A word may be followed by its number, as in "layer2 (0)".
        bond.option(PROC[key], re.sub(r" \(\d+\)$", "", text).replace(" ", ""), place, line)


def _apart(text: str) -> tuple[str, tuple[str, str] | None]:
    """Return a value and the option in brackets behind it, as in "eth0 (primary_reselect always)".

    The brackets of a mode's own name have no such pair in them.
    """
    match = IN_BRACKETS.fullmatch(text)
    if match and match[2] in ("primary_reselect", "fail_over_mac"):
        return match[1], (match[2], match[3])
    return text, None


def running(bond: DraftBond) -> None:
    """Keep the options of a running bond that are not at their default: the kernel shows all."""
    asked = {option.name: option.value for option in bond.given if option.value is not None}
    mode = str(asked.get("mode", "balance-rr"))
    bond.given = [
        option
        for option in bond.given
        if option.name == "mode" or option.value != default(option.name, mode)
    ]

"""modprobe.d files: `options bonding ...`, aliases, max_bonds, and the old `install ... -o`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.bonding.parse import split
from harness.bonding.table import MODULE_ONLY
from harness.config.draft import Draft
from harness.config.draft_bond import DraftBond
from harness.config.draft_net import DraftNet
from harness.config.ini_and_shell import logical_lines
from harness.config.model import ConfigError
from harness.config.place import Place
from harness.config.readers import optstring
from harness.config.source import Source
from harness.errors import ScenarioError

FORMAT = "modprobe"
MODULE = "bonding"
COMMANDS = frozenset(
    {
        "alias",
        "options",
        "install",
        "remove",
        "blacklist",
        "softdep",
        "weakdep",
        "include",
        "config",
    }
)
NONE = "the module makes no bond by itself"
AUTOLOADED = "netdev-"  # the kernel requests netdev-bond0 when a process asks for bond0
INSTALLED = re.compile(r"\bbonding\b.*?\s-o\s*(\S+)(.*)")
MOST_BONDS = 64


def read(sources: Sequence[Source]) -> Draft:
    """Return the bonds that the module makes; its options are those of all of them.

    Before 2.6.25 or so a module was loaded once for each bond, under its alias: then `options
    bond1 ...` are of that bond only.
    """
    draft = Draft(FORMAT)
    lines = [
        (text.split(None, 2), source.at(number))
        for source in sorted(sources, key=lambda source: source.base)
        for number, text in logical_lines(source.text)
        if text.strip() and not text.lstrip().startswith("#")
    ]
    for words, place in lines:
        if words[0] not in COMMANDS:
            hint = "write: options bonding mode=1 miimon=100"
            why = f"{words[0]!r} is no command of modprobe.d, and modprobe ignores the line"
            draft.note_unknown("", why, place, hint, "error")
        elif len(words) == 3 and words[0] in ("alias", "install"):
            with draft.tolerant():
                _declare(draft, words, place)
    given = [(w[1], w[2], p) for w, p in lines if len(w) == 3 and w[0] == "options"]
    _count(draft, given)
    for module, text, place in given:
        with draft.tolerant():
            _options(draft, module, text, place)
    return draft


def _declare(draft: Draft, words: list[str], place: Place) -> None:
    if words[0] == "alias" and words[2].split()[0] == MODULE:
        draft.bond(words[1].removeprefix(AUTOLOADED), place).mark_used(place)
    elif words[0] == "install" and (match := INSTALLED.search(words[2])):
        bond = draft.bond(match[1], place)
        bond.mark_used(place)
        optstring.read_options(bond, _less(match[2], draft, place), place)


def _count(draft: Draft, given: list[tuple[str, str, Place]]) -> None:
    """Create the bonds of max_bonds, or the one that the module creates by default."""
    for module, text, place in given:
        match = re.search(r"\bmax_bonds=(\d{1,6})\b", text)
        if module == MODULE and match:
            if not int(match[1]):
                draft.note_unknown("max_bonds=0", NONE, place)
                return
            for number in range(min(int(match[1]), MOST_BONDS)):
                draft.bond(f"bond{number}", place)
    if not draft.bonds and any(module == MODULE for module, _, _ in given):
        draft.bond(optstring.NAMELESS, next(p for module, _, p in given if module == MODULE))


def _options(draft: Draft, module: str, text: str, place: Place) -> None:
    if module == MODULE:
        every = DraftBond("", place, FORMAT, DraftNet(FORMAT))
        optstring.read_options(every, _less(text, Draft(FORMAT), place), place)
        draft.defaults += every.given
        bonds = list(draft.bonds.values())
    else:
        bonds = [draft.bonds[module]] if module in draft.bonds else []
    wanted = _less(text, draft, place) if bonds else ""
    for bond in bonds:
        bond.mark_used(place)
        optstring.read_options(bond, wanted, place)
        bond.place = place


def _less(text: str, draft: Draft, place: Place) -> str:
    """Return the options of bonds, without those of the module and remains of shell syntax."""
    try:
        words = split(text.partition(";")[0])
    except ScenarioError as error:
        raise ConfigError(error.message, place, hint=error.hint) from None
    alone = [word for word in words if word.partition("=")[0] in MODULE_ONLY]
    for word in alone:
        if not word.startswith("max_bonds="):
            draft.note_unknown(word, "a parameter of the module, not of a bond", place)
    for word in words:
        if "=" not in word:
            draft.note_lost(f"{word} (of {text.strip()})", place)
    for command in text.split(";")[1:]:
        draft.note_lost(f"{command.strip()} (of {text.strip()})", place)
    return " ".join(word for word in words if word not in alone and "=" in word)

"""Rules on options that are set too late for the driver to accept them."""

from __future__ import annotations

from collections.abc import Iterator

from harness.bonding import OPTIONS
from harness.bonding.table import DOWN, EMPTY
from harness.config import by_hand
from harness.config.lint import Around, Found, Rule
from harness.config.model import BondConfig, Given, Level
from harness.config.spelling import spelled, verbatim
from harness.config.tool_support import TOOLS

AFTERWARDS = ("post-up ", "up ")  # hooks that run when the bond has its slaves and is up
SCRIPT = "ip-link"
CLAIMS = {"fail_over_mac": "FOM-5"}


def too_late(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Options set by commands on a bond that has slaves or is up: the driver refuses them."""
    for option in bond.given:
        hook = option.spelled.startswith(AFTERWARDS)
        if (
            option.value is None
            or option.name not in OPTIONS
            or not (hook or option.format == SCRIPT)
        ):
            continue
        needs = OPTIONS[option.name].needs
        if needs & EMPTY and bond.slaves and (hook or _after_a_slave(bond, option)):
            why = f"{bond.name} has slaves then, and the driver refuses {option.name}"
        elif needs & DOWN and hook and " down" not in option.spelled:
            why = f"{bond.name} is up then, and the driver refuses {option.name}"
        else:
            continue
        level: Level = "error" if hook else "warning"  # a script may not run from top to bottom
        message, claim = f"{verbatim(option.spelled)}: {why}", CLAIMS.get(option.name, "")
        yield Found(option.place, message, level, _hint(bond, option), claim, option.name)


def _after_a_slave(bond: BondConfig, one: Given) -> bool:
    """Return whether a command follows one that gives the bond a slave."""
    return any(s.place.file == one.place.file and s.place < one.place for s in bond.slaves)


def _hint(bond: BondConfig, one: Given) -> str:
    if not one.spelled.startswith(AFTERWARDS):
        word = spelled(SCRIPT, one.name, one.text)
        return f"give it to the command that makes the bond: ip link add ... type bond {word}"
    if bond.format in TOOLS and not TOOLS[bond.format].lacks(one.name):
        line = spelled(bond.format, one.name, one.text)
    else:
        mode, value = bond.unchecked.mode, one.value or 0
        line = by_hand.in_a_stanza(bond.format, mode, one.name, value)
    if line:
        return f"write instead: {verbatim(line)}"
    line = by_hand.of_the_module(one.name, one.value or 0)
    return f"write in a file of /etc/modprobe.d, for all bonds: {verbatim(line)}"


RULES = (
    Rule("too-late", "error", "an option that is set too late", "", "", too_late),
)  # fmt: skip

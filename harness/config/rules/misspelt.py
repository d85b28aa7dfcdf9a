"""Lines that nothing reads because they are misspelt, and what a bond is without them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from harness.bonding import OPTIONS
from harness.config.model import BondConfig, Given, Remark
from harness.config.profiles import IMPLIED
from harness.config.rules.sent import sent_options
from harness.config.spelling import name_in

MONITORS = frozenset({"miimon", "arp_interval"})
WORD = re.compile(r"[\w-]+")
BLOCKS = frozenset({"parameters", "Bond", "bond", "link-aggregation"})


def consequences(bond: BondConfig, remark: Remark) -> str:
    """Return what a bond is without the options that a line was probably meant to set, or ""."""
    lost = meant_by(remark) & meant(bond)
    if remark.refused:
        return ""
    options, follows = sent_options(bond), list[str]()
    if "mode" in lost:
        follows.append(f"{bond.name} has no mode and is balance-rr")
    if lost & MONITORS and not (options["miimon"] or options["arp_interval"]):
        follows.append("no monitor is left")
    elif lost == {"arp_ip_target"}:
        follows.append("no target is left")
    elif lost & MONITORS and any(map(implied, bond.given)):
        follows.append("NetworkManager sets miimon=100")
    return " and ".join(follows)


def implied(one: Given) -> bool:
    """Return whether an option is in no file: NetworkManager adds it."""
    return one.spelled.endswith(IMPLIED)


def meant(bond: BondConfig) -> frozenset[str]:
    """Return the options that a bond lacks and that a misspelt line was probably meant to set."""
    asked = {
        option.name for option in bond.given if option.value is not None and not implied(option)
    }
    return frozenset[str]().union(*(meant_by(remark) for remark in bond.remarks)) - asked


def meant_by(remark: Remark) -> frozenset[str]:
    """Return the options that a line was probably meant to set: all, where a block is misspelt."""
    called = _options_of(remark.format)
    hinted = WORD.findall(remark.hint) if not remark.hint.startswith("there are") else []
    if remark.hint.startswith("did you mean") and BLOCKS & set(hinted):
        return frozenset(OPTIONS)
    own = WORD.findall(remark.spelled)[:1]
    return _named(called, own) or _named(called, hinted)


@cache
def _options_of(format_: str) -> dict[str, str]:
    """Return all options by what a format calls them."""
    return {name_in(format_, name): name for name in OPTIONS}


def _named(called: dict[str, str], words: Iterable[str]) -> frozenset[str]:
    return frozenset(called[word] for word in words if word in called)

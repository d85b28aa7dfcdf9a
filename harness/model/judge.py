"""Hold a recording against every rule of the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.bonding.options import PRIMARY_MODES
from harness.history import History
from harness.model import (
    active,
    addresses,
    announcements,
    arp,
    by_hand,
    carrier,
    mii,
    service,
    waiting,
)
from harness.model.refusal import Refusal, Unjudged
from harness.model.view import BondHistory

ModelRule = Callable[[BondHistory], Iterator[Refusal]]
ANY_MODE: tuple[ModelRule, ...] = (
    *mii.RULES,
    waiting.new_slaves_wait,
    *carrier.RULES,
    *addresses.RULES,
    *service.RULES,
)
SHARING: tuple[ModelRule, ...] = (*ANY_MODE, arp.deaf_slaves_go_down)
WITH_ACTIVE: tuple[ModelRule, ...] = (*ANY_MODE, *active.RULES, *by_hand.RULES)
ACTIVE_BACKUP: tuple[ModelRule, ...] = (
    *WITH_ACTIVE,
    waiting.a_waiting_slave_replaces_the_last,
    *arp.RULES,
    *announcements.RULES,
)
RULES: Mapping[str, tuple[ModelRule, ...]] = MappingProxyType(
    {
        "active-backup": ACTIVE_BACKUP,
        "balance-rr": SHARING,
        "balance-xor": SHARING,
        "broadcast": SHARING,
        "802.3ad": ANY_MODE,
        "balance-tlb": WITH_ACTIVE,
        "balance-alb": WITH_ACTIVE,
    }
)
MODES = tuple(RULES)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the model refuses of a recording, in order of time, and where it is silent."""

    refusals: tuple[Refusal, ...]
    unjudged: tuple[Unjudged, ...]


def judge(history: History) -> Verdict:
    """Return what the documentation does not allow of what a recording shows."""
    refusals: list[Refusal] = []
    unjudged: list[Unjudged] = []
    for bond in history.about.bonds:
        if why := _unjudged(history, bond):
            unjudged.append(Unjudged("all", bond, why))
            continue
        view = BondHistory(history, bond)
        refusals += _refused(view)
        unjudged += view.unjudged
    return Verdict(tuple(sorted(refusals, key=lambda one: one.at)), tuple(dict.fromkeys(unjudged)))


def _refused(view: BondHistory) -> Iterator[Refusal]:
    for rule in RULES[view.mode]:
        yield from rule(view)


def _unjudged(history: History, bond: str) -> str:
    """Return why nothing of a bond is judged, "" where it is."""
    about = history.about
    if about.broken or about.dropped:
        return about.broken or f"{about.dropped} frames were not recorded"
    changes = (event.get("became", {}) for event in history.select("fault", bond))
    modes = {
        str(about.bonds[bond].options.get("mode")),
        *(c["mode"] for c in changes if "mode" in c),
    }
    if len(modes) > 1:
        return "its mode was changed"
    if modes & PRIMARY_MODES and not next(history.select("active", bond), None):
        return "the recording shows no active slave"
    return ""

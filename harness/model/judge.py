"""Hold a recording against every rule of the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.history import History
from harness.model import active, addresses, announcements, arp, mii, service, waiting
from harness.model.refusal import Refusal, Unjudged
from harness.model.view import BondHistory

RULES = (
    *mii.RULES,
    *waiting.RULES,
    *arp.RULES,
    *active.RULES,
    *addresses.RULES,
    *announcements.RULES,
    *service.RULES,
)
MODES = ("active-backup",)  # those that the model knows


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
    for rule in RULES:
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
    if other := sorted(modes - set(MODES)):
        return f"mode {other[0]} has no model yet"
    if not next(history.select("active", bond), None):
        return "the recording shows no active slave"
    return ""

"""What a setting changes at once: the active slave that is chosen, and a new primary.

ACTIVE-1, PRIMARY-8, PRESEL-6; bond_option_active_slave_set, bond_option_primary_set, bond_enslave.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.history import Event
from harness.model.active import available
from harness.model.inputs import asked, enslaves
from harness.model.refusal import Refusal
from harness.model.signals import Stay
from harness.model.view import BondHistory
from harness.units import in_ms


def a_choice_is_followed(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a slave that is up, is set as the active one, and is not (ACTIVE-1)."""
    around = view.active_late
    for event in view.history.select("fault", view.bond):
        slave = asked(event).get("active_slave")
        done = _done(event) + around
        if slave not in view.slaves or not view.quiet(event.at + 1, done):
            continue
        up = view.usable(slave, event.at - around, done)
        # Without an active slave the kernel refuses it (ACTIVE-7).
        some = None not in view.active.within(event.at - around, done)
        if up and some and slave not in view.active.within(event.at, done):
            seen = f"{view.active.at(done)} is active after {slave} was set as the active slave"
            yield Refusal("choice", "ACTIVE-1", event.at, view.bond, seen, "documented: at once")


def a_new_primary_is_used(view: BondHistory) -> Iterator[Refusal]:
    """Refuse a primary that was set, or enslaved, and is not used, whatever primary_reselect says.

    PRIMARY-8, PRESEL-6. Under `always` PRIMARY-1 says the same.
    """
    for event in view.history.part("fault"):
        primary, claim = _new_primary(view, event)
        reselect = view.options.at(event.at)["primary_reselect"]
        if primary not in view.slaves or reselect == "always" or event.at < view.start:
            continue
        stop = min((at for at in view.stirs if at > event.at), default=view.end)
        for stay in available(view, primary, Stay(event.at, stop, None)):
            late = max(stay.start, _done(event)) + view.active_late
            if late < stay.stop and primary not in view.active.within(event.at, late):
                seen = f"{view.active.at(late)} is active for {in_ms(stay.length)} although"
                seen += f" {primary}, which is up, was made the primary"
                yield Refusal("new-primary", claim, event.at, view.bond, seen, "documented: used")
            break  # once it was used, primary_reselect holds


def _new_primary(view: BondHistory, event: Event) -> tuple[str, str]:
    """Return which slave an event makes the primary, "" for none, and which claim holds then."""
    if event.where == view.bond and (named := asked(event).get("primary")):
        return named, "PRIMARY-8"
    same = event.where == view.options.at(event.at)["primary"]
    if same and enslaves(event, view.bond):
        return event.where, "PRESEL-6"
    return "", ""


def _done(event: Event) -> int:
    return event.at + int(event.get("took", 0))


RULES = (a_choice_is_followed, a_new_primary_is_used)

"""Changes of carrier that follow each other faster than a driver reports them.

A driver that looks at its chip every two seconds does not report a cut of 300 ms, or reports one
of two seconds. What the DUT makes of that is no evidence on what it makes of the cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations, pairwise
from typing import NamedTuple

from harness.errors import NotTestable
from harness.history import Event, History
from harness.judge import traffic
from harness.topology import DUT
from harness.units import in_ms

CARRIER = {
    **dict.fromkeys(("cut", "shut_port", "shut_ports"), False),
    **dict.fromkeys(("heal", "heal_late", "enable", "open_ports"), True),
}
HINT = "use NICs whose driver reports sooner, or faults that last longer"


class CarrierChange(NamedTuple):
    """A carrier that the harness took away or gave back (ns), when it did so to this link next.

    `reported` is when the DUT's driver reported that, None where it did not.
    """

    at: int
    link: str
    up: bool
    until: int | None
    reported: int | None

    def __str__(self) -> str:
        return f"the {'return' if self.up else 'loss'} of carrier of {self.link}"


def demand_reported(history: History) -> None:
    """Raise NotTestable if a driver did not report a carrier that was shorter than its lag."""
    for lag, changes in _bonds(history):
        for change in changes:
            lasted = None if change.until is None else change.until - change.at
            if lasted is not None and lasted < lag and change.reported is None:
                state = "with" if change.up else "without"
                raise NotTestable(
                    f"{change.link} was {state} carrier for {in_ms(lasted)} and its driver did "
                    f"not report it: it may be {in_ms(lag)} late",
                    hint=HINT,
                )


def distorted(history: History) -> NotTestable | None:
    """Return why a failure is no evidence: drivers reported other changes than were made."""
    reasons = chain(_unmade(history), _reported_otherwise(history))
    return next((NotTestable(reason, hint=HINT) for reason in reasons), None)


def _unmade(history: History) -> Iterator[str]:
    """Yield the changes that a driver reported of what happened before the recording.

    Some reset their chip when the interface is enslaved, and have a carrier again seconds later.
    """
    if (start := history.mark("disturb")) is None:
        return
    done = min((event.at for event in history.part("fault") if event.at >= start), default=None)
    bonds = (bond for bond in history.about.bonds.values() if bond.lag)
    for link in (link for bond in bonds for link in bond.slaves):
        for old, new in pairwise(history.part("carrier", f"{DUT}/{link}")):
            if old["up"] != new["up"] and start <= new.at and (done is None or new.at < done):
                did = "got" if new["up"] else "lost"
                yield (
                    f"{link} {did} its carrier in the recording before anything was done: "
                    "its driver reported it late"
                )


def _reported_otherwise(history: History) -> Iterator[str]:
    """Yield the changes that were reported at other distances than they were made.

    Those of changes further apart than the lag differ by no more than it, which all bounds allow.
    """
    tolerance = traffic.jiffy(history) + traffic.jitter(history)
    for lag, changes in _bonds(history):
        told = [(one, one.reported) for one in changes if one.reported is not None]
        for change, seen in told:
            gap = _forwarding_after(history, change)
            if gap is not None and gap < lag and seen - change.at > tolerance:
                yield (
                    f"the port of {change.link} forwarded {in_ms(gap)} after {change}, which its "
                    f"driver reported {in_ms(seen - change.at)} late"
                )
        for (first, first_seen), (second, second_seen) in combinations(told, 2):
            made, apart = second.at - first.at, second_seen - first_seen
            if made < lag and abs(apart - made) > tolerance:
                order = "" if apart >= 0 else " in the other order"
                yield (
                    f"{first} came {in_ms(made)} before {second}, and their drivers reported "
                    f"them {in_ms(abs(apart))} apart{order}: they may be {in_ms(lag)} late"
                )


def _forwarding_after(history: History, change: CarrierChange) -> int | None:
    """Return for how many ns after a return of carrier the port kept frames back; None: for none.

    A slave whose driver reports the carrier later than that is never used in that time.
    """
    if not change.up:
        return None
    after = (e.at for e in history.select("fault", change.link, action="forward"))
    return next((at - change.at for at in after if at > change.at), None)


def _bonds(history: History) -> Iterator[tuple[int, list[CarrierChange]]]:
    """Yield the lag (ns) of each bond with a driver that may be late, and changes in order."""
    for bond in history.about.bonds.values():
        if bond.lag:
            found = [change for name in bond.slaves for change in _changes(history, name)]
            yield bond.lag, sorted(found)


def _changes(history: History, link: str) -> Iterator[CarrierChange]:
    """Yield the changes of a link's carrier that its driver had to report."""
    made: list[tuple[int, bool]] = []
    for event in history.select("fault"):
        up = CARRIER.get(event["action"]) if _concerns(event, link) else None
        if up is None or event.at < traffic.disturb_at(history):
            continue
        if not made or made[-1][1] != up:
            made.append((event.at, up))
    seen = [(event.at, event["up"]) for event in history.select("carrier", f"{DUT}/{link}")]
    for number, (at, up) in enumerate(made):
        before = [state for when, state in seen if when <= at]
        if before and before[-1] == up:
            continue  # such as an interface that is down: there is nothing to report
        following = [when for when, _ in made[number + 1 :]]
        last = following[1] if len(following) > 1 else traffic.end_at(history)
        reports = (when for when, state in seen if at < when <= last and state == up)
        yield CarrierChange(at, link, up, next(iter(following), None), next(reports, None))


def _concerns(event: Event, link: str) -> bool:
    return link in (event.where, *event.get("ports", ()))

"""Several drivers in one table of Markdown, a line each."""

from __future__ import annotations

from collections.abc import Iterable

from harness.driver_profile.conclusions import conclude
from harness.driver_profile.facts import AddressChange, Profile, Samples
from harness.units import MS

MARKS = {"yes": "yes", "no": "**no**", "unknown": "?"}
SUBJECTS = {  # name in conclusions: column heading
    "miimon (carrier)": "miimon",
    "ARP monitor": "ARP",
    "none": "none",
    "active": "active",
    "follow": "follow",
    "balance-tlb": "tlb",
    "balance-alb": "alb",
    "802.3ad": "802.3ad",
}
FACTS = ("driver", "kernel", "lost (ms)", "back (ms)", "MAC while up", "MAC while down")


def markdown(profiles: Iterable[Profile]) -> str:
    """Return the table; times are the longest until the kernel's notification."""
    head = (*FACTS, *SUBJECTS.values())
    rows = [head, ("---",) * len(head), *(_row(profile) for profile in profiles)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(profile: Profile) -> tuple[str, ...]:
    answers = {one.subject: MARKS[one.answer] for one in conclude(profile)}
    seen = profile.carrier
    return (
        profile.identity.driver or profile.identity.kind or profile.interface,
        profile.kernel,
        _worst(seen.down_event) if seen else "?",
        _worst(seen.up_event) if seen else "?",
        _change(profile.mac_up),
        _change(profile.mac_down),
        *(answers.get(subject, "?") for subject in SUBJECTS),
    )


def _worst(samples: Samples) -> str:
    if samples.worst is not None:
        return f"{samples.worst / MS:.0f}"
    return "**never**" if samples.ns and not samples.came else "not each time"


def _change(change: AddressChange | None) -> str:
    if change is None:
        return "?"
    if change.refused:
        return f"**{change.refused}**"
    accepted = "accepted, **no frames**" if change.hears is False else "accepted"
    return accepted if change.kept else "**no effect**"

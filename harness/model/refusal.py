"""The verdicts of the model on a recording: refusals, and what it does not judge."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from harness.claims import matches
from harness.units import in_ms

# Differences of the catalogue that are expected on some kernels, by the rule that refuses them:
# the kernels, and the number of the difference.
KNOWN = MappingProxyType(
    {
        "announcements": (">=6.1,<7.0", 4),
        "announcement-unfounded": (">=6.1,<7.0", 69),
        "announcement-first-gap": (">=6.1", 5),
        "announcements-after-outage": (">=6.1", 3),
        "mac-shared": (">=6.1", 63),
        "delay-after-outage": (">=6.1", 68),
        "traffic-after-mac": (">=6.1", 71),
        "reselection-due": (">=6.1", 72),
        "traffic-untaught": (">=6.1", 29),
        "traffic-after-release": (">=6.1", 73),
        "duplicate-of-tried": (">=6.1", 74),
    }
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that the documentation does not allow.

    `rule` is the name of the rule and `claim` the claim that it follows from; `where` is a slave
    or bond, `at` a time in ns on the history's clock; `seen` and `allowed` are text.
    """

    rule: str
    claim: str
    at: int
    where: str
    seen: str
    allowed: str

    def known_on(self, release: str) -> int:
        """Return the number of the known difference that this is on a kernel, 0 for none."""
        kernels, number = KNOWN.get(self.rule, ("", 0))
        return number if kernels and matches(release, kernels) else 0

    def line(self, start: int) -> str:
        """Return one line, with the time since `start` (ns)."""
        return (
            f"{in_ms(self.at - start)} {self.where}: {self.seen}, {self.allowed} "
            f"(rule {self.rule}, {self.claim})"
        )


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Something that the model does not judge: everything is allowed there, and why."""

    rule: str
    where: str
    why: str

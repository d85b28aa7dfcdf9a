"""One finding of a search: the schedule, and what the model refuses of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.explore.schedule import FaultSchedule
from harness.model.refusal import Refusal

DIED = "guest-died"
NEVER_HEALTHY = "never-healthy"  # a bond that nothing disturbs passes no traffic


@dataclass(frozen=True, slots=True)
class FoundDifference:
    """The refusals of a schedule on a kernel by one rule.

    `drawn` is the schedule before it was shrunk, `release` that of the kernel, `spec` the
    `--kernel` that chooses it; `console` has the end of the console if the guest died.
    """

    rule: str
    schedule: FaultSchedule
    drawn: FaultSchedule
    refusals: tuple[Refusal, ...]
    release: str
    spec: str
    console: tuple[str, ...] = ()

    @classmethod
    def reported(cls, line: Mapping[str, Any], spec: str) -> FoundDifference:
        """Return the finding that a guest has reported."""
        return cls(
            line["rule"],
            FaultSchedule.of(line["schedule"]),
            FaultSchedule.of(line["drawn"]),
            tuple(Refusal(**refusal) for refusal in line["refusals"]),
            line["release"],
            spec,
        )

    def plain(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        return {
            "rule": self.rule,
            "kernel": self.release,
            "schedule": self.schedule.plain(),
            "drawn": self.drawn.plain(),
        }

    def line(self) -> str:
        """Return the finding in one line."""
        if self.refusals:
            first = self.refusals[0]
            text = f"{first.where}: {first.seen}; {first.allowed} ({first.claim})"
        else:
            text = self.console[-1] if self.console else "the guest ended"
        return f"{self.rule}: {text}"

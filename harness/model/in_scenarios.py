"""The model for scenarios: `assert refused(run) == []`."""

from __future__ import annotations

from harness.judge import observations
from harness.judge.run import Run
from harness.model.judge import judge


def refused(run: Run, rule: str = "") -> list[str]:
    """Return what the documentation does not allow of a run, one line each; of one `rule` only."""
    observations.note(observations.ObservationKind.FACT)
    history = run.history
    start = history.mark("disturb") or 0
    return [
        refusal.line(start) for refusal in judge(history).refusals if rule in ("", refusal.rule)
    ]

"""What a failed assertion rests on: the documentation, the scenario's own numbers, or neither."""

from __future__ import annotations

import re

import pytest

from harness import units
from harness.errors import ScenarioError
from harness.judge.figure import misses_share

# The comparisons of assertions that failed: pytest explains no others.
COMPARED = pytest.StashKey[list[tuple[str, object, object]]]()
NEGATED = re.compile(r"^assert not ", re.MULTILINE)


def unfounded(made: pytest.TestReport, error: BaseException | None) -> ScenarioError | None:
    """Return why a failed assertion says nothing of a claim: nothing to judge was read before."""
    if not isinstance(error, AssertionError):
        return None
    why = "the assertion failed before anything of a run or of the kernel was read"
    made.sections.append(("not judged", f"{why}: the kernel is not to blame"))
    return ScenarioError(why)


def missed_own(item: pytest.Item, error: BaseException | None) -> bool:
    """Tell whether an assertion failed for a number that the scenario itself has chosen."""
    negated = NEGATED.search(str(error)) is not None
    return any(
        units.misses_own(*compared, negated=negated) or misses_share(*compared, negated=negated)
        for compared in item.stash.get(COMPARED, [])
    )

"""The lines at a run's end that say how many claims of the catalogue were tested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from harness import claims
from harness.claim_index import scenarios_by_claim
from harness.claims import Claim
from harness.errors import UsageError
from harness.judge import counts
from harness.plural import counted
from harness.session.where_it_runs import INI

UNTRIED = (None, counts.NOT_PROMISED, counts.NOT_TESTABLE, counts.NOT_JUDGED)


def tried(config: pytest.Config, reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    """Yield how many claims scenarios tested, and how many have none; nothing without claims."""
    reports = list(reports)
    judged = [report for report in reports if counts.verdict_of(report) not in UNTRIED]
    tested = {claim for report in judged for claim in counts.claims_in(report)}
    ran = len({report.nodeid for report in judged if any(counts.claims_in(report))})
    if not any(map(any, map(counts.claims_in, reports))):
        return
    known = claims.catalogue().claims
    by = counted(ran, "scenario")
    yield f"catalogue: {len(tested)} of {len(known)} claims tried by {by}"
    yield from _without(config.getini(INI), known)


def _without(folders: Iterable[Path], known: Mapping[str, Claim]) -> Iterator[str]:
    """Yield how many claims have no scenario; nothing if the scenarios' directory is not known."""
    try:
        found = scenarios_by_claim(folders)
    except UsageError:  # pytest has reported the file that cannot be read
        return
    without = [claim for claim in known.values() if claim.id not in found]
    needing = sum(bool(claim.needs) for claim in without)
    if found:
        line = f"without a scenario: {counted(len(without), 'claim')}"
        yield line + (f", of which {needing} need what no lab here has" if needing else "")

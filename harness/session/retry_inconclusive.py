"""A recording that cannot be judged is made again: it is no evidence on the kernel.

A host that was late (a busy CI runner) is the usual reason. What stays inconclusive after
the last attempt fails as such; the number of attempts is part of the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from harness.judge import counts
from harness.session import failure_files, kernelwatch, repeat, verdicts, where_it_runs, worker

ATTEMPTS = 3


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a scenario until it can be judged, at most three times."""
    if not (where_it_runs.in_guest() and where_it_runs.needs_guest(item)):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    runs = repeat.run(item, lambda: _judged(item, nextitem), partial(_note, item))
    for report in runs:
        item.ihook.pytest_runtest_logreport(report=report)
    _forget(item)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _note(item: pytest.Item, run: Mapping[str, Any]) -> None:
    """Report one of several runs, and collect its garbage."""
    _forget(item)
    worker.note_run(item.nodeid, run)
    worker.tidy(whole=item.stash[repeat.NUMBER] % worker.WHOLE_EVERY == worker.WHOLE_EVERY - 1)


def _judged(item: pytest.Item, nextitem: pytest.Item | None) -> list[pytest.TestReport]:
    """Return the reports of the first attempt that could be judged, or of the last one."""
    reports: list[pytest.TestReport] = []
    attempt = 0
    # In virtual time another attempt would give the same recording.
    most = 1 if worker.facts().clock == "virtual" else ATTEMPTS
    while attempt < most:
        attempt += 1
        _forget(item)
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        log = kernelwatch.judge(item, reports)
        failure_files.keep(item, log, failed=any(report.failed for report in reports))
        if not any(counts.verdict_of(report) == counts.INCONCLUSIVE for report in reports):
            break
    for report in reports if attempt > 1 else ():
        report.user_properties.append((counts.ATTEMPTS, attempt))
    return reports


def _forget(item: pytest.Item) -> None:
    """Discard what an attempt left on its item: pytest keeps items to the session's end."""
    item.stash.setdefault(verdicts.RUNS, []).clear()
    item.stash.setdefault(verdicts.STATES, []).clear()
    item.user_properties.clear()
    item._report_sections.clear()  # noqa: SLF001  (what was printed and logged)

"""A pytest plugin: the session ends with the first scenario that finds something in the kernel."""

from __future__ import annotations

import pytest

from harness.judge import counts


class Stop:
    """Ends a session; registered with it, as guests have no use for it."""

    def __init__(self, session: pytest.Session) -> None:
        self.session = session

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if counts.verdict_of(report) in counts.BLAMES:
            self.session.shouldfail = f"{report.nodeid} has found it"


def pytest_sessionstart(session: pytest.Session) -> None:
    session.config.pluginmanager.register(Stop(session))

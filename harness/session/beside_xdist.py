"""The pytest plugin beside pytest-xdist: `-n N` is for what runs on the host.

xdist's workers collect everything and run what needs no guest. They report the
rest to this session's process, which collects it and has guests run it after the workers end.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from harness.errors import UsageError
from harness.session.where_it_runs import needs_guest
from harness.session.worker import CHANGED, MOST

NEED_GUESTS = "harness_need_guests"  # what a worker's output calls the ids of those items


def is_worker(config: pytest.Config) -> bool:
    """Return whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workeroutput")


def shares_out(config: pytest.Config) -> bool:
    """Return whether workers of pytest-xdist run tests of this session's process."""
    if is_worker(config) or config.getoption("collectonly"):
        return False
    return config.getoption("dist", default="no") != "no" and bool(config.getoption("tx"))


def register(config: pytest.Config) -> Beside | None:
    """Register this process's plugin; return what collects workers' rest, None without workers."""
    if is_worker(config):
        config.pluginmanager.register(InWorker(config), "harness-xdist-worker")
    if not shares_out(config):
        return None
    beside = Beside(config)
    config.pluginmanager.register(beside, "harness-beside-xdist")
    return beside


class InWorker:
    """Removes items that need a guest from a worker's."""

    def __init__(self, config: pytest.Config) -> None:
        self.output: dict[str, Any] = config.workeroutput  # type: ignore[attr-defined]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None]:
        """Note ids before xdist appends groups' names to them; choose after all other plugins."""
        ids = {item: item.nodeid for item in items if needs_guest(item)}
        yield
        self.output[NEED_GUESTS] = [ids[item] for item in items if item in ids]
        items[:] = [item for item in items if item not in ids]


class Beside:
    """Collects the items that workers leave."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.left: dict[str, None] = {}
        self.ended = 0
        self.collection_errors = 0

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count what could not be collected."""
        self.collection_errors += report.failed

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take the ids from a worker that ended; one that crashed has reported none."""
        output = getattr(node, "workeroutput", None) or {}
        if NEED_GUESTS in output:
            self.ended += 1
            self.left |= dict.fromkeys(output[NEED_GUESTS])

    def items(self, session: pytest.Session) -> list[pytest.Item]:
        """Return what workers left, collected in this process; raises UsageError, Interrupted."""
        if self.collection_errors and not self.config.option.continue_on_collection_errors:
            raise session.Interrupted(f"{self.collection_errors} errors during collection")
        if not self.ended:
            error = UsageError(
                "no worker of pytest-xdist could collect the tests", hint="-n 0 shows why"
            )
            raise pytest.UsageError(str(error))
        if not self.left:
            return []
        if reporter := self.config.pluginmanager.get_plugin("terminalreporter"):
            reporter.ensure_newline()
        on_host = session.testscollected
        self._collect(session)
        found = {item.nodeid: item for item in session.items if item.nodeid in self.left}
        absent = [name for name in self.left if name not in found]
        if absent and not self.collection_errors:  # which are reported, and name the file
            raise _changed(f"{', '.join(absent[:MOST])}{' ...' if absent[MOST:] else ''}")
        session.testscollected = on_host + len(found)
        return list(found.values())

    def _collect(self, session: pytest.Session) -> None:
        files = list(dict.fromkeys(name.partition("::")[0] for name in self.left))
        # A shard is cut from the whole.
        whole = self.config.getoption("shard") is not None
        try:
            session.perform_collect(
                None if whole else [str(self.config.rootpath / file) for file in files]
            )
        except pytest.UsageError as error:
            raise _changed("; ".join(map(str, error.args))) from error


def _changed(what: str) -> pytest.UsageError:
    """Return the error of tests that workers had collected and this process did not find."""
    error = UsageError(f"workers of pytest-xdist collected what is gone now: {what}", hint=CHANGED)
    return pytest.UsageError(str(error))

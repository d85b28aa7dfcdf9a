"""Write the result of each scenario, as it arrives, to the directory of the results."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from harness.errors import LabError
from harness.results import conformance, grid, repetition
from harness.results.conformance import Conformance, Result
from harness.session import axis, exports, repeat
from harness.session.claim_marks import claims_of
from harness.session.outcome import outcome
from harness.session.result_context import claim_texts, context, keep_page
from harness.session.session_facts import session_facts
from harness.session.where_it_runs import requests_stage

SHARE = 20  # writing takes at most a twentieth of the time: with --repeat results are large
EVERY = 1.0  # seconds between two writes: what a kill may lose


class ScenarioResults:
    """Every result of a session's scenarios so far, of one kernel or of several."""

    def __init__(
        self,
        config: pytest.Config,
        items: Sequence[pytest.Item],
        kernels: Sequence[str],
        directory: Path,
        choices: Mapping[str, str],
    ) -> None:
        self.config = config
        self.choices = choices
        self.kernels: dict[str, Mapping[str, Any]] = {label: {} for label in kernels}
        # An item that builds a network has figures to keep, with or without a claim.
        self.items = {
            item.nodeid: item for item in items if claims_of(item) or requests_stage(item)
        }
        self.results: dict[str, Result] = {}
        self.repeat = int(config.getoption("repeat", default=1))
        self._runs: dict[str, list[Mapping[str, Any]]] = {}
        self.directory = directory
        self.session = session_facts(config)
        self.unwritten: LabError | None = None
        self.page: Path | None = None
        self._written = self._took = 0.0
        config.pluginmanager.register(self, "harness-scenario-results")

    def add_facts(self, label: str, facts: Mapping[str, Any]) -> None:
        """Add what a guest measured of its kernel; the first guest of each kernel counts."""
        if not self.kernels.get(label):
            self.kernels[label] = dict(facts)

    def note_run(self, nodeid: str, run: Mapping[str, Any]) -> None:
        """Add one of several runs of a scenario, which is not complete yet."""
        self._runs.setdefault(nodeid, []).append(run)

    def add(
        self,
        label: str,
        nodeid: str,
        reports: Sequence[pytest.TestReport],
        wall_seconds: float | None = None,
        console: str | None = None,
        *,
        ran: bool = True,
    ) -> None:
        """Add a complete result; if the scenario never `ran`, for want of a kernel: not judged."""
        item = self.items.get(nodeid)
        if item is None:
            return
        kernel = self.kernels[label]
        found = outcome(reports) | ({} if ran else {"verdict": "not judged"})
        runs = self._runs.pop(nodeid, [])
        if 0 < len(runs) < self.repeat:  # its guest died in the next one
            runs.append(repeat.of_outcome(found))
        self.results[nodeid] = Result(
            scenario=axis.scenario_of(item),
            kernel=label,
            lab=str(kernel.get("lab", "")),
            claims=tuple(claims_of(item)),
            wall_seconds=None if wall_seconds is None else round(wall_seconds, 3),
            runs=tuple(runs),
            statistics=repetition.statistics(runs),
            page=keep_page(self.directory, nodeid, reports),
            console=console,
            **context(item, str(kernel.get("spec", "")), self.choices.get(label)),
            **found,
        )
        if time.monotonic() - self._written > max(EVERY, SHARE * self._took):
            self.write()

    def failed_in(self, console: str) -> bool:
        """Return whether a scenario failed in the guest that has this console."""
        return any(result.page and result.console == console for result in self.results.values())

    def write(self, *, last: bool = False) -> None:
        """Write all results so far; nothing if the session has no scenario.

        The `last` time the table of several kernels, files for other tools and the page are
        written too.
        """
        if not self.items:
            return
        self.unwritten = None
        begun = time.monotonic()
        try:
            found = self.conformance()
            conformance.save(found, self.directory)
            if last and len(self.kernels) > 1:
                grid.save(found, self.directory)
            if last:
                exports.write(self.config, found)
                self.page = _write_page(found, self.directory)
        except LabError as error:  # the scenarios go on: the error is shown at the end
            self.unwritten = error
        self._written = time.monotonic()
        self._took = self._written - begun

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End with a status other than 0 if results could not be written."""
        if self.unwritten is not None and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def conformance(self) -> Conformance:
        """Return the results so far, in the order of the session."""
        cut = self.config.stash.get(axis.CUT, None)
        shard = None
        if cut is not None:
            shard = {**asdict(cut.shard), "total": cut.total, "digest": cut.digest}
        order = [self.results[name] for name in self.items if name in self.results]
        return Conformance(
            tuple(order),
            self.kernels,
            len(self.items),
            shard,
            (self.session,),
            claim_texts(order),
        )

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the results of several kernels side by side, and what could not be written."""
        if self.unwritten is not None:
            terminalreporter.write_line(f"error: {self.unwritten}", red=True)
        if not self.results:
            return
        found = self.conformance()
        for line in exports.on_github(found, self.items.values()):
            terminalreporter.write_line(line)
        if self.page is not None:
            shown = os.path.relpath(self.page, self.config.invocation_params.dir)
            terminalreporter.write_line(f"report: {shown}")
        for line in repeat.lines(found):
            terminalreporter.write_line(line)
        if len(self.kernels) < 2:
            return
        terminalreporter.section("scenarios on kernels")
        width = terminalreporter._tw.fullwidth  # noqa: SLF001  (pytest has no other name for it)
        for line in grid.text(found, width):
            terminalreporter.write_line(line)


def _write_page(found: Conformance, directory: Path) -> Path:
    """Write the results as a page for the browser; return its path."""
    from harness.html import page  # noqa: PLC0415  (jinja2 is slow to start: once, at the end)

    path = directory / page.NAME
    page.write(found, directory, path)
    return path

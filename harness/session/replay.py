"""Pass the results that guests report to pytest, each item whole, as if it had run them."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from harness.guests.facts import Facts
from harness.judge import counts
from harness.log.kernlog import KernelReport
from harness.session.claim_marks import claims_of
from harness.session.work_lists import Turns

PHASES = ("setup", "call", "teardown")


Keep = Callable[[str, Sequence[pytest.TestReport]], None]


class Replay:
    """The results of the items that guests run, on their way into a pytest session.

    `keep` gets each item's reports as soon as they are whole; `group` says which items' results
    are shown together, by default those of a file, one file after the other. `before_output` is
    called before anything is written. `lasted` returns an item's duration (s) where that is not
    that of its guest's clock, for `--durations` and `--junitxml`.
    """

    def __init__(
        self,
        session: pytest.Session,
        items: list[pytest.Item],
        keep: Keep = lambda _nodeid, _reports: None,
        group: Callable[[pytest.Item], str] | None = None,
    ) -> None:
        self.keep = keep
        self.session = session
        self.config = session.config
        self.items = {item.nodeid: item for item in items}
        self.seconds: dict[str, float] = {}
        self._reports: dict[str, list[pytest.TestReport]] = {}
        self._whole: set[str] = set()
        self._turns = Turns(
            {item.nodeid: group(item) if group else str(item.path) for item in items},
            strict=group is None,
        )
        self._headed: set[str] = set()
        self.before_output: Callable[[], None] = lambda: None
        self.lasted: Callable[[str], float | None] = lambda _nodeid: None

    def has(self, nodeid: str) -> bool:
        """Return whether an item has its result."""
        return nodeid in self._whole

    def report(self, data: dict[str, Any]) -> None:
        """Add one phase; after its last one, an item is passed to pytest when its turn comes."""
        hook = self.config.hook
        report = hook.pytest_report_from_serializable(config=self.config, data=_tuples(data))
        self._reports.setdefault(report.nodeid, []).append(report)
        if report.when == "teardown":
            self._complete(report.nodeid)

    def fail(
        self, nodeid: str, reason: str, console: list[str], kernel: Sequence[KernelReport] = ()
    ) -> None:
        """Report an item as failed that its guest could not finish.

        The kernel's own reports are the evidence, without any the console.
        """
        have = {str(report.when): report for report in self._reports.get(nodeid, [])}
        blamed = "teardown" if "call" in have else "call"
        whole = [
            have.get(phase) or self._placeholder(nodeid, phase, reason if phase == blamed else "")
            for phase in PHASES
        ]
        about = [(counts.CLAIM, name) for name in claims_of(self.items[nodeid])]
        whole[PHASES.index(blamed)].user_properties.extend(about)
        if kernel:
            from harness.session import kernelwatch  # noqa: PLC0415  (pytest has to load it first)

            kernelwatch.blame_crash(self.items[nodeid], whole[PHASES.index(blamed) :], kernel)
        elif console:
            whole[PHASES.index(blamed)].sections.append(("guest's console", "\n".join(console)))
        self._reports[nodeid] = whole
        self._complete(nodeid)

    def leave_out(self, nodeid: str, reason: str) -> None:
        """Report an item as skipped whose kernel is unavailable."""
        whole = [self._placeholder(nodeid, phase, "") for phase in PHASES]
        path, line, _ = self.items[nodeid].location
        whole[1].outcome = "skipped"
        whole[1].longrepr = (path, (line or 0) + 1, f"Skipped: {reason}")
        self._reports[nodeid] = whole
        self._complete(nodeid)

    def _placeholder(self, nodeid: str, phase: Any, reason: str) -> pytest.TestReport:
        item = self.items[nodeid]
        return pytest.TestReport(
            nodeid=nodeid,
            location=item.location,
            keywords=dict.fromkeys(item.keywords, 1),
            outcome="failed" if reason else "passed",
            longrepr=reason or None,
            when=phase,
        )

    def _complete(self, nodeid: str) -> None:
        reports = self._reports[nodeid]
        self._whole.add(nodeid)
        self.seconds[nodeid] = sum(report.duration for report in reports)
        self.keep(nodeid, reports)
        maxfail = self.config.getoption("maxfail")
        urgent = bool(maxfail) and any(report.failed for report in reports)
        for name in self._turns.arrive(nodeid, urgent=urgent):
            self._pass_on(self.items[name], self._reports.pop(name))

    def _pass_on(self, item: pytest.Item, reports: list[pytest.TestReport]) -> None:
        hook = item.ihook
        self.before_output()
        _rescale(reports, self.lasted(item.nodeid))
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in reports:
            hook.pytest_runtest_logreport(report=report)
            self._show(report)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        if self.session.shouldfail:
            raise self.session.Failed(self.session.shouldfail)
        if self.session.shouldstop:
            raise self.session.Interrupted(self.session.shouldstop)

    def _show(self, report: pytest.TestReport) -> None:
        """With -s, show what was printed, as far as a guest can."""
        if self.config.getoption("capture") == "no" and report.when == "teardown":
            sys.stdout.write(report.capstdout)
            sys.stderr.write(report.capstderr)

    def warn(self, data: dict[str, Any]) -> None:
        """Add a guest's warning to pytest's summary."""
        warning = data["warning"]
        category = _category(warning["module"], warning["category"])
        message = warnings.WarningMessage(
            category(warning["message"]), category, warning["filename"], warning["lineno"]
        )
        location = tuple(data["location"]) if data["location"] else None
        self.config.hook.pytest_warning_recorded.call_historic(
            kwargs={
                "warning_message": message,
                "when": data["when"],
                "nodeid": data["nodeid"],
                "location": location,
            }
        )

    @property
    def terminal(self) -> pytest.TerminalReporter | None:
        """What writes to the terminal, None where nothing does."""
        found: pytest.TerminalReporter | None = self.config.pluginmanager.get_plugin(
            "terminalreporter"
        )
        return found

    def say(self, line: str) -> None:
        """Print a separate line, also where -q leaves out the header."""
        reporter = self.terminal
        if reporter is not None and reporter.verbosity >= -1:
            self.before_output()
            reporter.ensure_newline()
            reporter.write_line(line)

    def header(self, facts: Facts) -> None:
        """Show the facts of each kernel's first guest, once, before its first result."""
        reporter = self.terminal
        if facts.lab in self._headed or reporter is None or reporter.verbosity < 0:
            return
        self._headed.add(facts.lab)
        self.say(facts.block(reporter._tw.fullwidth))  # noqa: SLF001  (its width has no public name)


def _rescale(reports: Sequence[pytest.TestReport], seconds: float | None) -> None:
    """Change what the phases of an item took to shares of `seconds`, if these are known."""
    total = sum(report.duration for report in reports)
    if seconds is not None and total:
        for report in reports:
            report.duration *= seconds / total


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    """Return a report's data with the tuples that pytest insists on and JSON does not know."""
    data["location"] = tuple(data["location"])
    for name in ("user_properties", "sections"):
        data[name] = [tuple(pair) for pair in data.get(name, [])]
    if isinstance(data["longrepr"], list):
        data["longrepr"] = tuple(data["longrepr"])
    return data


def _category(module: str, name: str) -> type[Warning]:
    """Return a warning's class by its name, UserWarning where the host does not have it."""
    found = getattr(sys.modules.get(module), name, None)
    return found if isinstance(found, type) and issubclass(found, Warning) else UserWarning

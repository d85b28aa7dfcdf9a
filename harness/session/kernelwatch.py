"""A watch on the kernel: a scenario fails if the kernel reports a fault of its own during it.

In a guest's worker the kernel log is read over the whole of each scenario, setup and teardown
included, beside the recordings' own reading. On the host the reports of all scenarios are summed
up, each fingerprint once. A report that a scenario expects, by name, must come.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import pytest

from harness.judge import counts
from harness.log.kernlog import KernelReport, crash, reports
from harness.log.kmsg import Kmsg, decode
from harness.plural import counted
from harness.session import memory, verdicts, where_it_runs
from harness.session.claim_marks import claims_of

MARK = "expect_kernel_report"
MARKER = (
    f'{MARK}(fragment): the kernel must report what has this in its fingerprint, as "WARNING in '
    'dev_open"; any other report still fails the scenario'
)
REPORTED, EXPECTED, CRASHED = "kernel_report", "kernel_report_expected", "kernel_crash"
SHOWN = 5  # scenarios that a line of the summary names
LOG = pytest.StashKey[Kmsg]()

Title = tuple[str, str]


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; in a guest, begin to read the log."""
    config.addinivalue_line("markers", MARKER)
    if where_it_runs.in_guest():
        from harness.session import worker  # noqa: PLC0415  (only a guest has one)

        config.stash[LOG] = Kmsg(whole=worker.own_kernel())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Reject a marker that names nothing."""
    for item in items:
        for mark in item.iter_markers(MARK):
            if not (len(mark.args) == 1 and isinstance(mark.args[0], str) and mark.args[0]):
                where = item.nodeid.partition("[")[0]
                raise pytest.UsageError(
                    f"{where}: {MARK} names no report\n"
                    'hint: write @expects_kernel_report("WARNING in dev_open")'
                )


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Warn of reports before the first scenario."""
    _warn(session.config, "while it booted")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Warn of reports after the last scenario."""
    _warn(session.config, "after the last scenario")


def _warn(config: pytest.Config, when: str) -> None:
    log = config.stash.get(LOG, None)
    for found in reports(log.read()) if log else ():
        text = f"the kernel reported {when}: {found.fingerprint}\n{found.text}"
        message = warnings.WarningMessage(pytest.PytestWarning(text), pytest.PytestWarning, "", 0)
        config.hook.pytest_warning_recorded.call_historic(
            kwargs={"warning_message": message, "when": "config", "nodeid": "", "location": None}
        )


def judge(item: pytest.Item, phases: Sequence[pytest.TestReport]) -> list[bytes]:
    """Fail a scenario, given the reports of its phases, for what it does not expect of the kernel.

    That is any report that it does not name, or none where it names one. Returns the records of
    the kernel log since the scenario before.
    """
    log = item.config.stash.get(LOG, None)
    if log is None or not phases:
        return []
    records = log.records()
    lines = [line for record in records for line in decode(record)]
    found = reports(lines)
    wanted = [str(mark.args[0]) for mark in item.iter_markers(MARK)]
    expected = [report for report in found if _wanted(report, wanted)]
    others = [report for report in found if report not in expected]
    absent = [text for text in wanted if not any(text in report.fingerprint for report in found)]
    blamed = next((phase for phase in phases if phase.when == "call"), phases[0])
    properties = [(REPORTED, report.fingerprint) for report in others]
    properties += [(EXPECTED, report.fingerprint) for report in expected]
    for phase in phases[phases.index(blamed) :]:
        phase.user_properties.extend(properties)
    if short := memory.shortage(lines):
        _fail(item, blamed, phases, short, [("memory", short)], "not judged")
    elif others:
        _fail(item, blamed, phases, one_line(others), titled(others), counts.REPORTED)
    elif absent and blamed.when == "call" and counts.verdict_of(blamed) != counts.INCONCLUSIVE:
        _fail(item, blamed, phases, _missing(absent, log), titled(found), "not judged")
    return records


def _wanted(report: KernelReport, fragments: Iterable[str]) -> bool:
    return any(fragment in report.fingerprint for fragment in fragments)


def _missing(absent: Iterable[str], log: Kmsg) -> str:
    names = ", ".join(f'"{text}"' for text in absent)
    why = f": kernel log not readable: {log.refusal}" if log.refusal else ""
    return f"the kernel did not report what the scenario expects, {names}{why}"


def _fail(
    item: pytest.Item,
    blamed: pytest.TestReport,
    phases: Sequence[pytest.TestReport],
    why: str,
    sections: list[Title],
    verdict: str,
) -> None:
    """Make a phase fail; one that failed by itself keeps its own reason.

    "Nothing was judged" is no such reason: the kernel's report comes first.
    """
    passed = not blamed.failed
    if passed:
        blamed.outcome = "failed"
        blamed.longrepr = why
        blamed.__dict__.pop("wasxfail", None)
        sections = [*sections, *verdicts.explanation(item)]
    elif item.stash.get(verdicts.EMPTY, False):
        blamed.longrepr = f"{why}\n{blamed.longrepr}"
    blamed.sections[:0] = sections
    if counts.verdict_of(blamed) not in ("contradicts", counts.OWN_BOUND):
        for phase in phases:
            phase.user_properties[:] = [
                (name, verdict if name == counts.VERDICT else value)
                for name, value in phase.user_properties
            ]


def blame_crash(
    item: pytest.Item, phases: Sequence[pytest.TestReport], found: Sequence[KernelReport]
) -> None:
    """Show what a kernel reported before its guest died with the first of the phases given."""
    fatal = crash(found)
    about = [(counts.CLAIM, name) for name in claims_of(item)] if fatal else []
    verdict = [(counts.VERDICT, counts.CRASHED)] if about else []
    others = [report for report in found if report is not fatal]
    properties = [(CRASHED, fatal.fingerprint)] if fatal else []
    properties += [(REPORTED, report.fingerprint) for report in others]
    for phase in phases:
        phase.user_properties.extend([*about, *verdict, *properties])
    phases[0].sections[:0] = [
        *titled([fatal] if fatal else [], "kernel crash"),
        *titled(others),
    ]
    phases[0].sections.extend(verdicts.explanation(item))


def one_line(found: Sequence[KernelReport]) -> str:
    """Return the kernel's reports in one line."""
    counts = Counter(report.fingerprint for report in found)
    names = [name if count == 1 else f"{name} ({count} times)" for name, count in counts.items()]
    return f"the kernel reported: {'; '.join(names)}"


def titled(found: Sequence[KernelReport], what: str = "kernel report") -> list[Title]:
    """Return title and trace of each report, repeats once."""
    first: dict[str, str] = {}
    for report in found:
        first.setdefault(report.fingerprint, report.text)
    return [(f"{what}: {name}", text) for name, text in first.items()]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write each fingerprint once: how often it was reported, and in which scenarios."""
    stats = terminalreporter.stats.values()
    phases = [r for group in stats for r in group if isinstance(r, pytest.TestReport)]
    for line in summary(phases):
        terminalreporter.write_line(line)


def summary(phases: Iterable[counts.TestReport]) -> Iterator[str]:
    """Yield a line for each fingerprint, the most frequent of a kind first."""
    titles = {CRASHED: "kernel crash", REPORTED: "kernel report", EXPECTED: "expected report"}
    seen: dict[str, Counter[str]] = {name: Counter() for name in titles}
    where: dict[tuple[str, str], dict[str, None]] = {}
    # All phases from the failed one on have the reports as properties; there is always a teardown.
    for phase in (phase for phase in phases if getattr(phase, "when", "") == "teardown"):
        for name, value in phase.user_properties:
            if name in titles:
                seen[name][str(value)] += 1
                places = where.setdefault((name, str(value)), {})
                places[phase.nodeid.rpartition("::")[2]] = None
    for name, title in titles.items():
        for fingerprint, count in seen[name].most_common():
            yield f"{title}: {fingerprint}: {_times(count)} in {_places(where[name, fingerprint])}"


def _times(count: int) -> str:
    return "once" if count == 1 else counted(count, "time")


def _places(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"

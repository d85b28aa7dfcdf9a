"""pytest hooks that turn outcomes into verdicts about claims, and explain those that went wrong.

They work in two places. In a guest's worker, where scenarios run, they attach properties and text
to the reports; in the controller, which only receives reports, they choose letters and count.
"""

from __future__ import annotations

import traceback
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import claims, testability, units
from harness.errors import (
    HarnessError,
    Inconclusive,
    NotPromised,
    NotTestable,
    OverLimit,
    ScenarioError,
)
from harness.history import files
from harness.judge import counts, driver_limits, observations, report, unknown_speed
from harness.judge.bond_states import StateReader, no_states
from harness.judge.figure import coarse
from harness.judge.run import Run
from harness.results import evidence
from harness.results.conformance import EVIDENCE
from harness.session import (
    asserted,
    assertion_basis,
    axis,
    catalogue_line,
    outage_limit,
    pages,
    repeat,
    reproduce,
    skips,
    where_it_runs,
    worker,
)
from harness.session.claim_marks import claims_of, release
from harness.session.worker import RESULTS

Runs = list[tuple[Run, Path | None]]
Figures = list[tuple[str, str | float]]
RUNS = pytest.StashKey[Runs]()
SEEN = pytest.StashKey[bool]()
STATES = pytest.StashKey[list[StateReader]]()  # of the bonds, for each of the runs
EMPTY = pytest.StashKey[bool]()  # whether it fails for nothing but that nothing was judged

# The items that run, innermost last: a test may run pytest within pytest.
_running: list[pytest.Item] = []


def note_run(run: Run, path: Path | None = None, states: StateReader = no_states) -> None:
    """Remember a run, where its history is kept, and its bonds, with the scenario that made it."""
    if _running:
        _running[-1].stash.setdefault(RUNS, []).append((run, path))
        _running[-1].stash.setdefault(STATES, []).append(states)


def note_seen() -> None:
    """Remember that the running scenario read an answer of the kernel: an option, a refusal."""
    observations.note(observations.ObservationKind.FACT)
    if _running:
        _running[-1].stash[SEEN] = True


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note which scenario runs, and its claims in its reports."""
    _running.append(item)
    item.stash[EMPTY] = False
    seen = item.stash[assertion_basis.OBSERVATIONS] = {}
    observations.start(seen)
    item.user_properties.extend((counts.CLAIM, name) for name in claims_of(item))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Forget the scenario."""
    if _running and _running[-1] is item:
        _running.pop()
        # Items live on to the session's end: they keep nothing of the code that ran.
        seen = item.stash.get(assertion_basis.OBSERVATIONS, {})
        observations.stop(seen)
        seen.clear()


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Explain a failed comparison of times in a sentence."""
    sentence = units.sentence(op, left, right)
    return [sentence] if sentence else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach verdict, figures and, to a failure, what explains it."""
    made = yield
    if call.when == "teardown" or (call.when == "setup" and made.passed):
        return made
    error = call.excinfo.value if call.excinfo else _doubt(item, made) or _empty(item, made)
    error = error or _over_limit(item, made)
    basis = assertion_basis.of(error, item.stash.get(assertion_basis.OBSERVATIONS, {}))
    if basis is assertion_basis.Basis.COARSE:
        error = _doubt(item, made) or error
    known = item.get_closest_marker("contradicted") and hasattr(made, "wasxfail")
    if known and call.excinfo and assertion_basis.is_other_than_known(basis):
        del made.wasxfail
        made.outcome, made.longrepr = "failed", call.excinfo.getrepr(style="short")
    if made.failed and claims_of(item) and basis is assertion_basis.Basis.NOTHING:
        error = assertion_basis.unfounded(made)
    if made.failed:
        error = _unpromised(item, error) or _unseen(item, error) or error
    if isinstance(error, NotPromised | NotTestable):
        made.outcome, made.longrepr = "skipped", _reason(item, error)
    if isinstance(error, HarnessError) and call.excinfo is not None and made.failed:
        made.longrepr = _without_traceback(item, call.excinfo)
    judges = claims_of(item) or where_it_runs.requests_stage(item)
    verdict = counts.verdict(made, error, assertion_basis.WRONG[basis])
    found: Figures = [(counts.VERDICT, verdict)] if judges else []
    noted = _noted(item)
    found += [entry for run, _ in noted[-1:] for entry in _figures(run)]
    for run, path in noted[-1:]:
        results = item.config.stash.get(RESULTS, None)
        phased = repeat.NUMBER in item.stash
        setattr(made, EVIDENCE, evidence.of(run, path, results, phased=phased))
    item.user_properties.extend(found)
    made.user_properties.extend(found)
    if made.failed and (noted or claims_of(item)):
        pages.attach(made, explanation(item))
    return made


def _doubt(item: pytest.Item, made: pytest.TestReport) -> Inconclusive | None:
    """Return why a failure says nothing: a comparison held by its tolerance alone.

    Either the scenario was bound to fail and passed, or it wants the comparison not to hold.
    """
    noted = _noted(item)[-1:]
    limits = [limit for run, _ in noted for limit in run.limits if limit.doubt]
    if not made.failed or not limits:
        return None
    found = f"{limits[0].what} lies beyond {limits[0].bound}, but by less than its tolerance"
    doubt = Inconclusive(found, hint=coarse(noted[0][0].recording))
    made.longrepr = f"{made.longrepr}\nwhat was measured is too coarse: {doubt}"
    return doubt


def _empty(item: pytest.Item, made: pytest.TestReport) -> ScenarioError | None:
    """Return why a scenario that passed is no evidence on its claim: it asserted nothing.

    A scenario judges if it asserts what depends on a finished run or on a bond's options as the
    kernel returns them, or expects a refusal, or a report in the kernel log.
    """
    expects = item.get_closest_marker("expect_kernel_report") is not None
    if not (made.passed and claims_of(item)) or expects:
        return None
    if _read_anything(item):
        missing = asserted.missing(item, item.stash.get(assertion_basis.OBSERVATIONS, {}))
    else:
        missing = asserted.unread(recorded=bool(item.stash.get(RUNS, [])))
    if missing is None:
        return None
    nothing = ScenarioError(f"nothing was judged: {missing.why}", hint=missing.hint)
    made.outcome, made.longrepr = "failed", str(nothing)
    item.stash[EMPTY] = True
    return nothing


def _over_limit(item: pytest.Item, made: pytest.TestReport) -> OverLimit | None:
    """Return why a scenario that conforms fails all the same: the user allows less."""
    recordings = [run.recording for run, _ in _noted(item) if run.recording is not None]
    over = outage_limit.exceeded(item.config, recordings) if made.passed else None
    if over is not None:
        made.outcome, made.longrepr = "failed", str(over)
    return over


def _read_anything(item: pytest.Item) -> bool:
    """Return whether a scenario read anything of a run, or an answer of the kernel."""
    runs = item.stash.get(RUNS, [])
    return any(run.used for run, _ in runs) or item.stash.get(SEEN, False)


def _unpromised(item: pytest.Item, error: BaseException | None) -> NotPromised | None:
    """Return what a failure means where the kernel under test does not make a claim of it."""
    kernel = release(item.config)
    if kernel is None or not isinstance(error, AssertionError):
        return None
    broken = testability.claims_not_promised(claims_of(item), kernel)
    return NotPromised(f"not promised by {kernel}: {', '.join(broken)}") if broken else None


def _unseen(item: pytest.Item, error: BaseException | None) -> NotTestable | None:
    """Return why a failure is no evidence: what the drivers of the DUT's NICs do not report.

    Without an error a scenario is wrong because it passed.
    """
    if isinstance(error, NotPromised | NotTestable):
        return None
    judged = error is None or isinstance(error, AssertionError)
    # A slave that is kept down may be the cause of any error.
    distorted = driver_limits.distorted if judged else unknown_speed.distorted
    recordings = [run.recording for run, _ in _noted(item) if run.recording is not None]
    return next(filter(None, map(distorted, recordings)), None)


def _reason(item: pytest.Item, error: HarnessError) -> tuple[str, int, str]:
    kind = "" if isinstance(error, NotPromised) else "not testable here: "
    return str(item.path), item.reportinfo()[1] or 0, f"Skipped: {kind}{error.message}"


def explanation(item: pytest.Item) -> list[tuple[str, str]]:
    """Return what explains a failure; an error in the explanation must not hide the failure."""
    try:
        return list(report.sections(_failure(item, _noted(item)), pages.width(item.config)))
    except Exception:  # noqa: BLE001
        return [("no explanation", f"a bug of the harness:\n{traceback.format_exc()}")]


def _without_traceback(item: pytest.Item, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
    """Return a failure's text with the scenario's own line as its only traceback."""
    own = [entry for entry in excinfo.traceback if Path(str(entry.path)) == item.path]
    if not own:
        return excinfo.getrepr(style="value")
    excinfo.traceback = type(excinfo.traceback)(own)
    return excinfo.getrepr(style="short")


def _noted(item: pytest.Item) -> Runs:
    noted = item.stash.get(RUNS, [])
    return [(run, path) for run, path in noted if run.recording is not None]


def _figures(run: Run) -> Iterator[tuple[str, str | float]]:
    try:
        yield from report.figures(run.history, run.limits, run.asked)
    except (Inconclusive, NotTestable, LookupError, TypeError, ValueError):
        return  # figures that cannot be trusted are not reported


def _failure(item: pytest.Item, noted: Runs) -> report.Failure:
    run, path = noted[-1] if noted else (None, None)
    history = run.recording if run else None
    known = tuple(claims.find(name) for name in claims_of(item))
    command = reproduce.command(item, worker.facts().spec if history else "")
    root = item.config.rootpath
    if path is not None and path.is_relative_to(root):
        path = path.relative_to(root)
    capture = _capture_beside(path, root)
    limits = run.limits if run else ()
    states = item.stash.get(STATES, [])[-1](at_failure=True) if noted else {}
    return report.Failure(known, history, limits, command, path, capture, states)


def _capture_beside(path: Path | None, root: Path) -> Path | None:
    """Return the capture file of a recording, if there is one."""
    capture = path and path.with_name(files.capture_of(path.name))
    return capture if capture and (root / capture).exists() else None


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, Any] | None:
    """Show a run that cannot be judged as `?`; it counts as failed."""
    if report.failed and counts.verdict_of(report) == counts.INCONCLUSIVE:
        return "failed", "?", ("INCONCLUSIVE", {"yellow": True})
    return None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write how many claims hold, and which scenario had the longest outage."""
    stats = terminalreporter.stats.values()
    reports = [r for group in stats for r in group if isinstance(r, pytest.TestReport)]
    config = terminalreporter.config
    skipped = () if set("sSaA") & set(config.option.reportchars) else skips.lines(reports)
    for line in (
        *skipped,
        *axis.verdict_lines(config, reports),
        *catalogue_line.tried(config, reports),
    ):
        if line:
            terminalreporter.write_line(line)

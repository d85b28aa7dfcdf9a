"""How many inconclusive scenarios a run may end with and still exit with status 0.

A busy machine, or an emulated processor, makes recordings that cannot be judged. They are no
evidence on the kernel, but a CI job fails because of them. `--max-inconclusive N` states how many
of them a job accepts; whatever failed for another reason still fails the run.
"""

from __future__ import annotations

import pytest

from harness.judge import counts
from harness.session.option_types import number_of

OPTION = "--max-inconclusive"
SUMMARY_LINE = pytest.StashKey[str]()


def add_option(group: pytest.OptionGroup) -> None:
    """Add the option: not in pytest's hook: this plugin is registered after it."""
    group.addoption(
        OPTION,
        type=number_of("scenarios", 0),
        default=0,
        metavar="N",
        help="exit with status 0 though up to N scenarios are inconclusive, if something passed "
        "(with --lf: earlier) and nothing else failed (default: 0)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Accept a run whose only failures are few enough inconclusive scenarios."""
    most = session.config.getoption("max_inconclusive", default=0)
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not most or reporter is None or session.exitstatus != pytest.ExitCode.TESTS_FAILED:
        return
    if session.shouldfail or session.shouldstop or reporter.stats.get("error"):
        return  # not everything ran, or a fixture failed
    failed = reporter.stats.get("failed", [])
    unclear = [report for report in failed if counts.verdict_of(report) == counts.INCONCLUSIVE]
    if len(unclear) < len(failed):
        return
    # What passed is not run again by --lf: whether anything did was decided by the run before.
    repeated = session.config.getoption("lf", default=False)
    accepted = len(unclear) <= most and bool(reporter.stats.get("passed") or repeated)
    if accepted:
        session.exitstatus = pytest.ExitCode.OK
    session.config.stash[SUMMARY_LINE] = (
        f"{len(unclear)} inconclusive, {'accepted by' if accepted else 'not accepted by'} "
        f"{OPTION} {most}" + ("" if len(unclear) > most or accepted else ": nothing passed")
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write whether the inconclusive scenarios were accepted."""
    if line := terminalreporter.config.stash.get(SUMMARY_LINE, None):
        terminalreporter.write_line(line)

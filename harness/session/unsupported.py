"""Options of pytest and of usual plugins that have no effect in a guest: rejected by name."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pytest

from harness.errors import UsageError
from harness.session.where_it_runs import needs_guest

KEPT = "leave it out: a failure's recording is kept below results/"
RERUNS = "cannot run a scenario of a guest again: what cannot be judged is recorded again anyway"
COUNT = "leave it out; --repeat N shows how often a scenario fails"
FIXTURES = "cannot show what fixtures do in a guest"
LISTS = "leave it out; --fixtures-per-test lists what each scenario requests"
# pytest's name of each option, the option, why it is not supported, and what helps.
UNSUPPORTED = (
    ("usepdb", "--pdb", "cannot reach a scenario in a guest", KEPT),
    ("trace", "--trace", "cannot reach a scenario in a guest", KEPT),
    ("setupplan", "--setup-plan", FIXTURES, LISTS),  # it implies the next two
    ("setuponly", "--setup-only", FIXTURES, LISTS),
    ("setupshow", "--setup-show", FIXTURES, LISTS),
    ("reruns", "--reruns", RERUNS, COUNT),
    ("force_reruns", "--force-reruns", RERUNS, COUNT),
    (
        "session_timeout",
        "--session-timeout",
        "does not end what guests run",
        "use timeout(1) around pytest: results so far are kept",
    ),
)
COVERAGE = "sees what runs here, not what scenarios run in guests"
PLUGIN = "leave the plugin out (-p no:NAME), or run the scenario in a session without it"


def demand_supported(config: pytest.Config) -> None:
    """Raise UsageError for an option that scenarios in guests would ignore."""
    for name, option, why, hint in UNSUPPORTED:
        if config.getoption(name, default=None):
            raise UsageError(f"{option} {why}", hint=hint)


def ignored(config: pytest.Config, items: Iterable[pytest.Item]) -> Iterator[str]:
    """Yield a line for each mark and setting that guests do not support."""
    with contextlib.suppress(ValueError):  # no plugin knows such a setting
        if config.getini("reruns"):
            yield f"the setting `reruns` {RERUNS}"
    if config.getoption("cov_source", default=None):
        yield f"--cov {COVERAGE}"
    flaky = [item.nodeid for item in items if item.get_closest_marker("flaky")]
    if flaky and config.pluginmanager.has_plugin("rerunfailures"):
        yield f"@pytest.mark.flaky {RERUNS} ({flaky[0]})"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Reject an item that needs a guest and would run on the host."""
    if needs_guest(item):
        raise UsageError(
            f"{item.name} needs a guest, but a plugin runs it on the host", hint=PLUGIN
        )


USUAL = {"virtual": 60.0, "real": 180.0}  # seconds: in real time a recording waits for its events


class TimeLimit(NamedTuple):
    """How many seconds a scenario may take, and which option sets it."""

    seconds: float
    set_by: str


def time_limit(config: pytest.Config, item: pytest.Item | None, clock: str) -> TimeLimit:
    """Return an item's time limit: pytest-timeout's if it has one, else --time-limit.

    The default depends on the kernel's `clock`, virtual or real.
    """
    usual = TimeLimit(config.getoption("time_limit") or USUAL[clock], "--time-limit")
    if not config.pluginmanager.has_plugin("timeout"):
        return usual
    mark = item.get_closest_marker("timeout") if item else None
    if mark is not None:
        given, set_by = (*mark.args, mark.kwargs.get("timeout"))[0], "@pytest.mark.timeout"
    else:
        given, set_by = config.getoption("timeout", default=None), "--timeout"
    if given is None:
        given, set_by = os.environ.get("PYTEST_TIMEOUT") or config.getini("timeout"), "timeout"
    return TimeLimit(float(given), set_by) if given and float(given) > 0 else usual

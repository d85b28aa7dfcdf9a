"""Settings for all tests of the harness."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from harness.session.where_it_runs import in_guest
from tests import pure

HERE = Path(__file__).parent


def _load_hypothesis() -> None:
    """Let a busy machine fail no property: no time limit for an example, nor for drawing it."""
    from hypothesis import HealthCheck, settings  # noqa: PLC0415  (no test in a guest needs it)

    relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("harness", relaxed)
    settings.load_profile("harness")


if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COLUMNS", None)  # xdist's own: tests lay out pages as where no terminal is

if not in_guest():
    pure.watch()
    try:
        _load_hypothesis()
    except ModuleNotFoundError as error:
        raise pytest.UsageError(
            f"the tests of the harness need {error.name}, which is not installed\n"
            "hint: pip install -e '.[test]', or run the scenarios only: pytest scenarios/"
        ) from None


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Let a pytest within this one load no plugin by itself, as in a guest.

    Some that may be installed cannot be loaded twice in a process: hypothesis's, labgrid's.
    """
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return pytester


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is pure."""
    pure.mark([item for item in items if HERE in item.path.parents])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Forget what the tests before started."""
    pure.forget()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Fail a test that is thought to be pure and is not."""
    yield
    pure.check(item)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist starts what -n says
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run all of the tests in as many processes as there are processors; -n 0 is one."""
    asked = config.getoption("numprocesses", default=0)  # None: xdist is here, and -n is not given
    if asked is not None or not _wants_all(config) or _wants_one_process(config):
        return
    processors = len(os.sched_getaffinity(0))
    if processors > 1:
        config.option.numprocesses, config.option.dist = processors, "worksteal"


def _wants_all(config: pytest.Config) -> bool:
    start = config.invocation_params.dir
    return any(HERE.is_relative_to((start / name).resolve()) for name in config.args)


def _wants_one_process(config: pytest.Config) -> bool:
    alone = (
        "usepdb",
        "trace",
        "collectonly",
        "setupshow",
        "setuponly",
        "setupplan",
        "tx",
        "keyword",
    )
    return (
        any(config.getoption(name, default=None) for name in alone)
        or config.getoption("capture") == "no"
        or hasattr(config, "workerinput")
    )

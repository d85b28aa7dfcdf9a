"""The pytest plugin that runs each scenario once for every kernel of the session, and cuts shards.

With several kernels each one's name is the last part of the scenario's id, on the host and in the
guests alike, so `-k`, `--lf`, JUnit's names and ids on the command line mean the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pytest

from harness.errors import UsageError
from harness.judge import counts
from harness.results import kernel_labels
from harness.session import shards
from harness.session.where_it_runs import in_guest, needs_guest

PARAMETER = "kernel_under_test"
DURATIONS = "harness/durations"
CUT = pytest.StashKey[shards.Cut]()


def kernels(config: pytest.Config) -> dict[str, str]:
    """Return the kernels of a session: each value of `--kernel`, with its label."""
    return kernel_labels.labels(list(dict.fromkeys(config.getoption("kernel") or ["auto"])))


def in_ids(config: pytest.Config) -> dict[str, str]:
    """Return each kernel's part of an id by its label; nothing where ids have no kernel.

    One kernel alone shows only where the command line asks for an id that has it.
    """
    passed_on: dict[str, str] | None = getattr(config.option, "kernel_slugs", None)
    if passed_on is not None:
        return passed_on
    found = kernel_labels.slugs(list(kernels(config).values()))
    if len(found) > 1 or any(_asks(config.args, slug) for slug in found.values()):
        return found
    return {}


def _asks(arguments: Iterable[str], slug: str) -> bool:
    return any(text.endswith((f"[{slug}]", f"-{slug}]")) for text in arguments)


def label_of(item: pytest.Item) -> str | None:
    """Return the kernel that an item's id names, None where it names none."""
    callspec = getattr(item, "callspec", None)
    return callspec.params.get(PARAMETER) if callspec else None


def scenario_of(item: pytest.Item) -> str:
    """Return an item's id as it is with one kernel only."""
    label = label_of(item)
    return kernel_labels.without(item.nodeid, in_ids(item.config)[label]) if label else item.nodeid


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one item of each scenario and kernel."""
    wanted = in_ids(metafunc.config)
    if wanted and needs_guest(metafunc.definition):
        metafunc.fixturenames.append(PARAMETER)
        metafunc.parametrize(PARAMETER, list(wanted), ids=list(wanted.values()))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Reject items that cannot have a kernel; deselect those of other shards."""
    if in_guest():
        return
    if in_ids(config):
        _demand_kernels(items)
    shard = config.getoption("shard")
    if shard is None:
        return
    cut = shards.cut([item.nodeid for item in items], shard, durations(config))
    config.stash[CUT] = cut
    mine = set(cut.mine)
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in mine])
    items[:] = [item for item in items if item.nodeid in mine]


def _demand_kernels(items: Iterable[pytest.Item]) -> None:
    bare = [item.nodeid for item in items if needs_guest(item) and label_of(item) is None]
    if bare:
        error = UsageError(
            f"{bare[0]} cannot run on several kernels: it is not a test function that can be "
            "parametrised",
            hint="write it as a plain function, or give one --kernel",
        )
        raise pytest.UsageError(str(error))


def durations(config: pytest.Config) -> Mapping[str, float]:
    """Return the durations of scenarios in earlier sessions, in seconds, by id."""
    cache = getattr(config, "cache", None)
    return cache.get(DURATIONS, {}) if cache else {}


def verdict_lines(config: pytest.Config, reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    """Yield lines on the verdicts of claims, for each kernel where there are several."""
    reports = list(reports)
    wanted = in_ids(config) if not in_guest() else {}
    if len(wanted) < 2:
        yield from counts.lines(reports)
        return
    for label, slug in wanted.items():
        own = [
            report
            for report in reports
            if kernel_labels.without(report.nodeid, slug) != report.nodeid
        ]
        yield from (f"{label}: {line}" for line in counts.lines(own))

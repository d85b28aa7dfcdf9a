"""`--bond-config`: which faults apply to a user's bond, and how long each left it dark."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import UsageError
from harness.judge import counts
from harness.session.where_it_runs import is_scenario

if TYPE_CHECKING:
    from harness.record.net import Stage
    from harness.yours.network import YourBond

FILES = "test_your_bond"
MARK = "your_bond"
MARKER = (
    "your_bond(fault, *traits): run for each bond of --bond-config that has all the traits; "
    "`fault` is its name in the table at the end; {slave} in it is replaced by the slave"
)
FAULT = "fault"
REMARKS = pytest.StashKey[list[str]]()
COLUMNS = ("outage_out_ms", "outage_in_ms", "outage_limit")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; on the host, read the user's configuration once."""
    config.addinivalue_line("markers", MARKER)
    given = config.getoption("bond_config", default=None)
    if given and not getattr(config.option, "bond_plans", None):
        config.option.bond_plans = _read(config, given)


def _read(config: pytest.Config, given: list[str]) -> list[dict[str, Any]]:
    # Needed only with --bond-config.
    from harness.config import load  # noqa: PLC0415
    from harness.config.lint import lint  # noqa: PLC0415
    from harness.config.rules import RULES  # noqa: PLC0415
    from harness.yours.plan import plans  # noqa: PLC0415

    try:
        found = load(given, config.getoption("bond_format"))
        made = plans(found.bonds)
    except UsageError as error:
        raise pytest.UsageError(_in_options(str(error))) from None
    remarks = [one for one in lint(found, RULES) if one.level == "error"]
    config.stash[REMARKS] = [
        *(
            _in_options(f"{remark.place}  error  {remark.message}  [{remark.rule}]")
            for remark in remarks
        ),
        *(remark for plan in made for remark in plan.remarks),
    ]
    return [plan.plain() for plan in made]


def _in_options(text: str) -> str:
    """Return a message of `harness check`, with pytest's option instead of --from."""
    return re.sub(r"--from\b", "--bond-format", text)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not collect the faults of a user's bond without --bond-config."""
    ours = collection_path.name.startswith(FILES)
    return True if ours and not _plans(config) and is_scenario(collection_path, config) else None


def _plans(config: pytest.Config) -> list[dict[str, Any]]:
    return getattr(config.option, "bond_plans", None) or []


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize by bond, and by slave if the scenario has that argument."""
    mark = metafunc.definition.get_closest_marker(MARK)
    if mark is None:
        return
    from harness.yours.plan import YourPlan  # noqa: PLC0415

    plans = [YourPlan.load(data) for data in _plans(metafunc.config)]
    fitting = [plan for plan in plans if set(mark.args[1:]) <= plan.traits()]
    by_slave = "slave" in metafunc.fixturenames
    rows = [(plan, slave) for plan in fitting for slave in (plan.slaves if by_slave else ("",))]
    ids = [f"{plan.name}-{slave}" if slave else plan.name for plan, slave in rows]
    names = ("your_plan", "slave") if by_slave else ("your_plan",)
    metafunc.fixturenames += [name for name in names if name not in metafunc.fixturenames]
    values = rows if by_slave else [plan for plan, _ in rows]
    metafunc.parametrize(names if by_slave else names[0], values, ids=ids)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --bond-config, deselect all items that are not about the user's bond."""
    if not _plans(config):
        return
    kept = [item for item in items if _applies(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def _applies(item: pytest.Item) -> bool:
    """Return whether an item is a fault that applies to a user's bond."""
    callspec = getattr(item, "callspec", None)
    marked = item.get_closest_marker(MARK) is not None
    return marked and callspec is not None and hasattr(callspec.params.get("your_plan"), "slaves")


@pytest.fixture
def your_bond(request: pytest.FixtureRequest, stage: Stage, your_plan: Any) -> Iterator[YourBond]:
    """The network of a user's bond, built anew."""
    from harness.yours.network import YourBond  # noqa: PLC0415

    mark = request.node.get_closest_marker(MARK)
    params = request.node.callspec.params
    request.node.user_properties.append((FAULT, mark.args[0].format(**params)))
    request.node.user_properties.append(("your_bond", your_plan.name))
    with YourBond(stage, your_plan) as net:
        yield net


def table(reports: Iterable[pytest.TestReport]) -> Iterator[str]:
    """Yield the lines of the table: fault, outage in each direction, documented bound."""
    rows = sorted(row for report in reports if (row := _row(report)) is not None)
    if not rows:
        return
    head = ("bond", "fault", "dark out", "dark in", "documented", "")
    widths = [max(len(row[n]) for row in [head, *rows]) for n in range(len(head))]
    for row in (head, *rows):
        yield "  ".join(
            text.ljust(width) for text, width in zip(row, widths, strict=True)
        ).rstrip()


def _row(report: pytest.TestReport) -> tuple[str, ...] | None:
    properties = dict(report.user_properties)
    if FAULT not in properties or (report.when != "call" and not report.skipped and report.passed):
        return None
    bond, fault = str(properties["your_bond"]), str(properties[FAULT])
    if report.skipped:
        return bond, fault, "-", "-", "-", _reason(report)
    limit = str(properties.get("outage_limit") or "not noticed").removeprefix("documented ")
    out, back = (_dark(properties.get(name)) for name in COLUMNS[:2])
    return bond, fault, out, back, limit, _verdict(report)


def _verdict(report: pytest.TestReport) -> str:
    if report.passed:
        return ""
    unfit = counts.verdict_of(report) == counts.INCONCLUSIVE
    return "inconclusive" if unfit else "NOT AS DOCUMENTED"


def _reason(report: pytest.TestReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return re.sub(r"^Skipped: ", "", text)


def _dark(value: object) -> str:
    if value is None:
        return "?"
    return "never recovers" if value == "never" else f"{float(str(value)):.1f} ms"


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the outage of the user's bond after each fault."""
    if not _plans(terminalreporter.config):
        return
    stats = terminalreporter.stats.values()
    reports = [r for group in stats for r in group if isinstance(r, pytest.TestReport)]
    for line in (*table(reports), *terminalreporter.config.stash.get(REMARKS, ())):
        terminalreporter.write_line(line)

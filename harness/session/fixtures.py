"""The fixture that topologies are built from; scenarios/conftest.py makes theirs of it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError, ScenarioError
from harness.session import where_it_runs

if TYPE_CHECKING:
    from harness.lab import Lab
    from harness.record.net import Stage

LAB: pytest.StashKey[Lab] = pytest.StashKey()
LONGEST = 150  # of a directory's name: file systems allow 255 bytes


CONTROL = "control(name): shows that the scenario `name` can fail, by having the opposite result"


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker that pairs scenarios with their controls."""
    config.addinivalue_line("markers", CONTROL)


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> Stage:
    """Return where a scenario's recordings go and what is known of the kernel it runs on."""
    # The host collects scenarios but never runs them: it can do without all this.
    from harness.record.net import Stage  # noqa: PLC0415
    from harness.session import (  # noqa: PLC0415
        axis,
        repeat,
        verdicts,
        worker,
    )

    if not where_it_runs.in_guest():
        raise _unforeseen(request.node)
    job = worker.job()
    results = request.config.stash.get(worker.RESULTS, None)
    lab = _lab(request.config)
    nodeid = request.node.nodeid
    facts = {**asdict(worker.facts()), **lab.facts()}
    worker.write_facts(facts)
    number = request.node.stash.get(repeat.NUMBER, 0)
    run = repeat.folder(request.node)
    return Stage(
        scenario=nodeid,
        seed_text=f"{axis.scenario_of(request.node)} {run}".rstrip(),
        facts=facts,
        folder=results / folder_of(nodeid) / run if results else None,
        phase=repeat.phase(number),
        keep=verdicts.note_run,
        lab=lab,
        note_read=verdicts.note_seen,
        pcap=request.config.getoption("pcap"),
        writes_behind=bool(job and job.writeback),
    )


def _lab(config: pytest.Config) -> Lab:
    """Return the lab of this process, opened when it is first asked for."""
    from harness.guests import modules  # noqa: PLC0415
    from harness.labs import registry  # noqa: PLC0415
    from harness.session import worker  # noqa: PLC0415

    if LAB not in config.stash:
        own = worker.job()
        dut = own.dut if own else {}
        config.stash[LAB] = registry.open_lab(config.getoption("lab"), modules.need, dut)
        config.add_cleanup(lambda: _close(config, config.stash[LAB]))
    return config.stash[LAB]


def _close(config: pytest.Config, lab: Lab) -> None:
    """Close a lab; what it could not restore is a warning of the run."""
    from harness.session import worker  # noqa: PLC0415

    try:
        lab.close()
    except HarnessError as error:
        worker.warn(config, str(error))


def _unforeseen(item: pytest.Item) -> ScenarioError:
    """Return why a network cannot be built on the host: its need of a guest was not visible."""
    if item.get_closest_marker("guest") is not None:
        return ScenarioError(
            "`stage` builds networks in a guest, but guest(inside=False) keeps this test outside",
            hint="leave that mark out",
        )
    return ScenarioError(
        "this test runs outside of any guest: it requests `stage` only while it runs "
        "(request.getfixturevalue)",
        hint="name the fixture in its arguments, or mark the test with @pytest.mark.guest",
    )


def folder_of(nodeid: str) -> str:
    """Return the name of the directory for a scenario's recordings."""
    name = nodeid.rpartition("/")[2].replace(".py::", ".")
    plain = re.sub(r"[^A-Za-z0-9_.=,\[\]-]+", "-", name)
    if len(plain) <= LONGEST:
        return plain
    # What distinguishes two scenarios, such as their kernel, may be at the end.
    digest = hashlib.sha256(nodeid.encode()).hexdigest()[:8]
    return f"{plain[: LONGEST - 9]}-{digest}"

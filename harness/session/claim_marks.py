"""The marks by which scenarios name claims: checked when scenarios are collected."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import claims, drivers
from harness.errors import KernelRefused, UsageError
from harness.session import where_it_runs, worker

MARKERS = (
    "claim(*ids): the claims of scenarios/claims/ that a scenario tests",
    "contradicted(id, kernels, nics, evidence): where a claim does not hold; it must fail there",
)
KERNEL = pytest.StashKey[str]()  # the release under test, where it is not the running kernel's


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Reject unknown claims and scenarios without one; expect what is known to be contradicted."""
    wrong = [problem for item in items for problem in _problems(config, item)]
    wrong += _without_claim(config, items)
    if wrong:
        raise pytest.UsageError("\n".join(dict.fromkeys(wrong)))


def _problems(config: pytest.Config, item: pytest.Item) -> Iterator[str]:
    where = item.nodeid.partition("[")[0]
    marks = [*item.iter_markers("claim"), *item.iter_markers("contradicted")]
    for name in [name for mark in marks for name in mark.args]:
        try:
            claims.find(str(name))
        except UsageError as error:
            yield f"{where}: {error}"
    for mark in item.iter_markers("contradicted"):
        try:
            _expect(config, item, mark)
        except (UsageError, KeyError, IndexError) as error:
            how = '@contradicted("ID", kernels=">=6.1", evidence="...")'
            yield f"{where}: {error}\nhint: write {how}"


def _without_claim(config: pytest.Config, items: list[pytest.Item]) -> Iterator[str]:
    """Yield, once for each file, which of its scenarios name no claim."""
    bare: dict[Path, list[str]] = {}
    for item in items:
        marked = item.get_closest_marker("guest") is not None or claims_of(item)
        if where_it_runs.is_scenario(item.path, config) and not marked:
            bare.setdefault(item.path, []).append(item.nodeid.partition("[")[0])
    for first, *others in (list(dict.fromkeys(names)) for names in bare.values()):
        more = f" (and {len(others)} more of this file)" if others else ""
        how = "find the claim with `harness claims search WORD`, and put @claim(ID) above each"
        yield f"{first} names no claim{more}\nhint: {how}"


def _expect(config: pytest.Config, item: pytest.Item, mark: pytest.Mark) -> None:
    """Mark an item as expected to fail if kernel and NICs under test are those of the mark."""
    name, kernels, evidence = mark.args[0], mark.kwargs["kernels"], mark.kwargs["evidence"]
    kernel = release(config)
    nics = drivers.models(mark.kwargs["nics"]) if mark.kwargs.get("nics") else ()
    under_test = nics_under_test()
    wrong = [nic for nic in under_test if nic in nics]
    if not claims.matches(kernel or "0.0", kernels) or kernel is None or (nics and not wrong):
        return
    by = f"NICs {', '.join(wrong)} with {kernel}" if nics else kernel
    # Which of several NICs carries the traffic is up to the scenario: not always the faulty one.
    strict = not nics or len(wrong) == len(under_test)
    reason = f"{name} is contradicted by {by}: {evidence}"
    # What a driver refuses, a scenario does not expect to be refused: it ends with the error.
    raises = (AssertionError, KernelRefused) if nics else AssertionError
    item.add_marker(pytest.mark.xfail(reason=reason, raises=raises, strict=strict))


def nics_under_test() -> tuple[str, ...]:
    """Return the models of the DUT's NICs where a lab brings them, () elsewhere and on the host.

    On a rack they are named as in QEMU where the driver is the same, else by their driver.
    """
    job = worker.job()
    dut = job.dut if job else {}
    if "nic" in dut:
        return drivers.models(dut["nic"])
    ends = json.loads(dut.get("ends", "{}")).values()
    return tuple(dict.fromkeys(drivers.model_of(end["driver"]) for end in ends))


def release(config: pytest.Config) -> str | None:
    """Return the release of the kernel under test, None outside of any guest.

    It is the DUT's where the lab brings the DUT: then this process runs on the tester's.
    """
    job = worker.job()
    running = (job.dut.get("release") or os.uname().release) if job else None
    return config.stash.get(KERNEL, running)


def claims_of(item: pytest.Item) -> list[str]:
    """Return the claims that a scenario tests."""
    return [str(name) for mark in item.iter_markers("claim") for name in mark.args]

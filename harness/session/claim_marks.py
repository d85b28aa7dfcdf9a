"""The marks by which scenarios name claims: checked when scenarios are collected."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import claims
from harness.errors import UsageError
from harness.session import where_it_runs, worker

MARKERS = (
    "claim(*ids): the claims of scenarios/claims/ that a scenario puts to the proof",
    "contradicted(id, kernels, evidence): where a claim is known not to hold; it must fail there",
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
    """Mark an item as bound to fail where the kernel under test is one that contradicts."""
    name, kernels, evidence = mark.args[0], mark.kwargs["kernels"], mark.kwargs["evidence"]
    kernel = release(config)
    if claims.matches(kernel or "0.0", kernels) and kernel is not None:
        reason = f"{name} is contradicted by {kernel}: {evidence}"
        item.add_marker(pytest.mark.xfail(reason=reason, raises=AssertionError, strict=True))


def release(config: pytest.Config) -> str | None:
    """Return the release of the kernel under test, None outside of any guest.

    It is the DUT's where the lab brings the DUT: then this process runs on the tester's.
    """
    job = worker.job()
    running = (job.dut.get("release") or os.uname().release) if job else None
    return config.stash.get(KERNEL, running)


def claims_of(item: pytest.Item) -> list[str]:
    """Return the claims that a scenario puts to the proof."""
    return [str(name) for mark in item.iter_markers("claim") for name in mark.args]

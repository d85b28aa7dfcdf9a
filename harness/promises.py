"""Skip, by that name, what a kernel never promised or what a lab cannot show on it."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable

import pytest
from _pytest.outcomes import Skipped

from harness import claims, plugin, tally
from harness.errors import NotTestable

KERNEL = pytest.StashKey[str]()  # the release under test, where it is not the running kernel's


class Unfit(Skipped):
    """A skip that brings its verdict, the `word`."""

    def __init__(self, word: str, why: str) -> None:
        super().__init__(f"{word}: {why}", _use_item_location=True)
        self.word = word


def release(config: pytest.Config) -> str | None:
    """Return the release of the kernel under test, None on the host, which tests none."""
    return config.stash.get(KERNEL, os.uname().release if plugin.in_guest() else None)


def demand(item: pytest.Item, names: Iterable[str]) -> None:
    """Skip a scenario one of whose claims the kernel's documentation and code do not make.

    Where only words say on which kernels a claim holds, it is put to the proof.
    """
    kernel = release(item.config)
    for name in names if kernel else ():
        claim = claims.find(name)
        if claims.promised_on(claim, kernel or "") is False:
            why = f"{name} holds on {claim.kernels}, this kernel is {kernel}"
            raise Unfit(tally.NOT_PROMISED, why)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Skip where a fixture asks for what the lab cannot show."""
    yield from _skipping(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Skip where a scenario asks for what the lab cannot show."""
    yield from _skipping(item)


def _skipping(_: pytest.Item) -> Generator[None]:
    try:
        yield
    except NotTestable as error:
        raise Unfit(tally.NOT_TESTABLE, error.message) from error

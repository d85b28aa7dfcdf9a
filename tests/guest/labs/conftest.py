"""A lab whose DUT is behind a pipe, and a check that labs leave nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.labs.pipe.lab import PipeLab
from harness.record.net import Stage
from tests import leftovers


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Hold a test to leaving nothing."""
    with leftovers.none():
        yield


@pytest.fixture
def lab() -> Iterator[PipeLab]:
    """A lab with an agent of its own."""
    made = PipeLab()
    yield made
    made.close()


@pytest.fixture
def piped(stage: Stage, lab: PipeLab) -> Stage:
    """The stage of this test, with the DUT behind a pipe."""
    return replace(stage, lab=lab)

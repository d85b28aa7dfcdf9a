"""A lab whose DUT is behind a pipe, for the tests of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.labs.pipe.lab import PipeLab
from harness.record.net import Stage


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

"""A guest's clock behaves as harness.virtual_time takes it to: the phase is 0 where it says so."""

from __future__ import annotations

from time import sleep

import pytest

from harness import virtual_time
from harness.record.net import Stage
from harness.units import MS
from harness.virtual_time import STEP, align

pytestmark = pytest.mark.guest


@pytest.mark.parametrize("before", [0, 1e-9, 77e-9, 128e-9, 255e-9, 0.0123456789])
def test_the_phase_is_none(stage: Stage, before: float) -> None:
    if stage.facts["clock"] != "virtual":
        pytest.skip("the clock of this kernel is real")
    for _ in range(5):
        sleep(before)
        at = align(10 * MS)
        assert at % (10 * MS) == 0
        virtual_time._settle()  # the time may have been no multiple of a step
        assert not virtual_time._one_shot(STEP - 1)  # a phase of 1 would make up for it
        assert virtual_time._one_shot(12)  # it is 244 then
        assert virtual_time._one_shot(STEP - 1) is False

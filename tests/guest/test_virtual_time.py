"""A guest's clock behaves as harness.virtual_time takes it to: the phase is 0 where it says so."""

from __future__ import annotations

import os
from time import sleep

import pytest

from harness import virtual_time
from harness.record.net import Stage
from harness.units import MS
from harness.virtual_time import KTHREADD, PROC, STEP, align, kernel_threads

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


def test_kernel_threads_run_in_the_order_in_which_they_were_woken(stage: Stage) -> None:
    if stage.facts["clock"] != "virtual":
        pytest.skip("the clock of this kernel is real")
    kernel_threads.keep_order()
    policies = {}
    for path in PROC.glob("[0-9]*/stat"):
        name, _, rest = path.read_text(encoding="ascii").rpartition(")")
        if int(rest.split()[1]) == KTHREADD:
            policies[name] = os.sched_getscheduler(int(path.parent.name))
    assert any("(kworker" in name for name in policies)
    assert set(policies.values()) == {os.SCHED_FIFO}
    assert os.sched_getparam(0).sched_priority > os.sched_getparam(KTHREADD + 1).sched_priority

"""What a watch cannot probe is refused in words."""

from __future__ import annotations

import pytest

from harness.errors import ScenarioError
from harness.record import watch_arguments
from scenarios.topologies import OneSwitch


@pytest.mark.parametrize(
    ("ways", "path", "said"),
    [
        (("sideways",), ("dut", "target"), 'there is no direction "sideways" to probe'),
        (("out",), ("dut", "nobody"), 'machine "nobody" is not in topology one_switch'),
        (("out",), ("dut", "dut"), "a path has two ends, not dut, dut"),
        (("in",), ("dut",), "a path has two ends, not dut"),
    ],
)
def test_what_cannot_be_probed(ways: tuple[str, ...], path: tuple[str, ...], said: str) -> None:
    with pytest.raises(ScenarioError, match=said) as caught:
        watch_arguments.check(OneSwitch.plan, ways, path)
    assert caught.value.hint


def test_both_ways_between_any_two_machines_can_be() -> None:
    watch_arguments.check(OneSwitch.plan, ("out", "in"), ("neighbour", "target"))

"""Slaves that are kept down for a speed that their NIC does not tell: whose fault that is."""

from __future__ import annotations

from harness.history import Event
from harness.judge import driver_limits, unknown_speed
from harness.units import MS
from tests.stories import ABOUT, quiet

LINE = "bond0: (slave eth1): failed to get link speed/duplex"


def logged(*texts: str) -> list[Event]:
    """Return lines of the DUT's log."""
    return [Event(number * MS, "log", "dut", {"text": text}) for number, text in enumerate(texts)]


def test_the_log_names_the_slaves_that_are_kept_down() -> None:
    other = "bond0: (slave eth0): link status definitely up, 1000 Mbps full duplex"
    assert unknown_speed.kept_down(logged(LINE, other, LINE)) == {"eth1"}
    assert unknown_speed.kept_down(logged(other)) == frozenset()


def test_a_failure_with_such_a_slave_is_due_to_its_driver() -> None:
    bond = {**ABOUT["bonds"]["bond0"], "speedless": ["eth1"]}
    bond["options"] = {**bond.get("options", {}), "mode": "balance-alb"}
    wrong = driver_limits.distorted(quiet(about={"bonds": {"bond0": bond}}))
    assert wrong is not None
    assert wrong.message == (
        "the driver of eth1 tells no speed or duplex, without which balance-alb does not use it"
    )


def test_a_failure_of_slaves_that_tell_it_is_not() -> None:
    assert driver_limits.distorted(quiet()) is None

"""Slaves that are kept down for a speed that their NIC does not tell: whose fault that is."""

from __future__ import annotations

from harness.judge import driver_limits
from tests.stories import ABOUT, quiet


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

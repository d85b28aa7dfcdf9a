"""Faults that are shorter than a driver's lag: histories in, and whether they can be judged."""

from __future__ import annotations

import pytest

from harness.errors import NotTestable
from harness.judge import driver_lag
from harness.judge.run import Run
from tests.stories import Line, carrier, fault, heal, slow_driver


def test_a_cut_that_the_driver_did_not_report_cannot_be_judged() -> None:
    unseen = slow_driver(fault(0, "eth0"), heal(300))
    with pytest.raises(NotTestable) as caught:
        assert not Run.of(unseen).detected
    assert caught.value.message == (
        "eth0 was without carrier for 300.0 ms and its driver did not report it: "
        "it may be 2700.0 ms late"
    )


def test_a_cut_that_it_reported_is_judged() -> None:
    seen = slow_driver(fault(0, "eth0"), carrier(100, up=False), heal(300), carrier(2100, up=True))
    assert not Run.of(seen).detected


@pytest.mark.parametrize(
    "lines",
    [
        [fault(0, "eth0"), heal(2800)],
        [fault(0, "eth0")],
        [fault(0, "eth0", "admin_down"), heal(300)],
        [fault(0, "eth0", "lose"), fault(300, "eth0", "deliver", "repair")],
    ],
)
def test_a_fault_that_it_must_report_or_that_is_none_of_the_carrier_is_judged(
    lines: list[Line],
) -> None:
    assert not Run.of(slow_driver(*lines)).detected


def test_a_driver_that_is_never_late_is_to_blame_itself() -> None:
    assert not Run.of(slow_driver(fault(0, "eth0"), heal(300), lag=0)).detected


def test_a_carrier_that_is_out_already_need_not_be_reported() -> None:
    driver_lag.demand_reported(slow_driver(carrier(-100, up=False), fault(0, "eth0"), heal(300)))


def test_a_return_between_two_cuts_is_to_be_reported_too() -> None:
    quick = slow_driver(fault(0, "eth0"), carrier(9, up=False), heal(3000), fault(3400, "eth0"))
    with pytest.raises(NotTestable, match=r"eth0 was with carrier for 400\.0 ms"):
        driver_lag.demand_reported(quick)


def test_the_ports_that_a_switch_shuts_lose_their_carrier() -> None:
    when, kind, _, data = fault(0, "sw", "shut_ports", "reaction")
    shut = (when, kind, "sw", {**data, "ports": ["eth0", "eth1"]})
    opened = (300, kind, "sw", {**data, "action": "open_ports", "ports": ["eth0", "eth1"]})
    with pytest.raises(NotTestable, match="eth0 was without carrier"):
        driver_lag.demand_reported(slow_driver(shut, opened))


def test_a_cut_that_was_reported_to_be_longer_is_no_evidence_against_the_kernel() -> None:
    longer = slow_driver(
        fault(0, "eth0"), carrier(100, up=False), heal(300), carrier(2100, up=True)
    )
    wrong = driver_lag.distorted(longer)
    assert wrong is not None
    assert wrong.message == (
        "the loss of carrier of eth0 came 300.0 ms before the return of carrier of eth0, and "
        "their drivers reported them 2000.0 ms apart: they may be 2700.0 ms late"
    )


def test_nor_are_two_cables_that_were_reported_in_the_other_order() -> None:
    cuts = [fault(0, "eth0"), fault(300, "eth1")]
    swapped = [carrier(1900, up=False), carrier(700, up=False, link="eth1")]
    wrong = driver_lag.distorted(slow_driver(*cuts, *swapped))
    assert wrong is not None
    assert "reported them 1200.0 ms apart in the other order" in wrong.message


def test_changes_further_apart_than_the_lag_or_reported_alike_are_evidence() -> None:
    far = [fault(0, "eth0"), carrier(900, up=False), heal(2800), carrier(2810, up=True)]
    assert driver_lag.distorted(slow_driver(*far)) is None
    alike = [fault(0, "eth0"), carrier(400, up=False), heal(300), carrier(709, up=True)]
    assert driver_lag.distorted(slow_driver(*alike)) is None


def test_a_port_that_forwards_before_the_driver_reports_its_carrier_shows_nothing() -> None:
    port = [fault(3000, "eth0", "heal_late", "repair"), fault(3600, "eth0", "forward", "repair")]
    cut = [fault(0, "eth0"), carrier(9, up=False)]
    wrong = driver_lag.distorted(slow_driver(*cut, *port, carrier(4500, up=True)))
    assert wrong is not None
    assert wrong.message == (
        "the port of eth0 forwarded 600.0 ms after the return of carrier of eth0, "
        "which its driver reported 1500.0 ms late"
    )
    at_once = slow_driver(*cut, *port, carrier(3008, up=True))
    assert driver_lag.distorted(at_once) is None


def test_a_carrier_that_changes_by_itself_is_the_drivers() -> None:
    reset = [carrier(8, up=False, link="eth1"), carrier(2500, up=True, link="eth1")]
    wrong = driver_lag.distorted(slow_driver(*reset))
    assert wrong is not None
    assert wrong.message == (
        "eth1 lost its carrier in the recording before anything was done: "
        "its driver reported it late"
    )
    assert driver_lag.distorted(slow_driver(*reset, lag=0)) is None
    assert driver_lag.distorted(slow_driver(fault(0, "sw", "power_off"), *reset)) is None
    before = [carrier(-200, up=False, link="eth1"), carrier(-100, up=True, link="eth1")]
    assert driver_lag.distorted(slow_driver(*before)) is None

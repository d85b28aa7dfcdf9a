"""Slaves with a prio, and a MAC that is set by hand: what the rules allow and refuse."""

from __future__ import annotations

from typing import Any

import pytest

from harness.model import judge
from tests.model.failover import (
    OPTIONS,
    OTHER,
    carrier,
    mac,
    member,
    refused,
    setting,
    slave,
    story,
    three,
)
from tests.stories import Line, active, fault, garp, probing

BY_HAND = "02:00:00:00:00:a1"
QUIET: dict[str, Line | None] = dict.fromkeys(("cut", "lost", "down", "active", "garp"))


def prio(when: float, name: str, value: int) -> Line:
    line = fault(when, name, "set", "stimulus")
    line[3].update(options=f"prio={value}")
    return line


def set_mac(when: float, bond: str = "bond0") -> Line:
    line = fault(when, bond, "set_mac", "stimulus")
    line[3].update(mac=BY_HAND)
    return line


def failover(to: str) -> list[Line]:
    return [
        *(fault(0, "eth0"), carrier(0.1, "eth0", up=False), slave(92, "eth0", "down")),
        *(active(92.1, to), garp(92.2, f"sw/{to}")),
    ]


@pytest.mark.parametrize(
    ("to", "prios", "options", "claims"),
    [
        ("eth1", [], {}, []),
        ("eth2", [], {}, ["PRIO-7"]),
        ("eth2", [prio(-320, "eth2", 5)], {}, []),
        ("eth1", [prio(-320, "eth2", 5)], {}, ["PRIO-1"]),
        ("eth2", [prio(-320, "eth1", -5)], {}, []),
        ("eth1", [prio(-320, "eth2", 5), prio(-310, "eth1", 5)], {}, []),
        ("eth1", [prio(-320, "eth2", 5), prio(-310, "eth2", 0)], {}, []),
        ("eth1", [prio(-320, "eth2", 5)], {"primary": "eth1"}, []),
        ("eth2", [prio(-320, "eth2", 5)], {"primary": "eth1"}, ["PRIMARY-1", "PRESEL-4"]),
    ],
)
def test_the_highest_prio_comes_next(
    to: str, prios: list[Line], options: dict[str, Any], claims: list[str]
) -> None:
    found = judge(three(*prios, *failover(to), **options)).refusals
    assert [one.claim for one in found] == claims


BACK = [fault(200, "eth0", "heal", "repair"), carrier(200.1, "eth0", up=True)]
TAKES = [slave(280, "eth0", "up"), active(280, "eth0"), garp(280, "sw/eth0")]


@pytest.mark.parametrize(
    ("rules", "prios", "options", "more"),
    [
        ({"reselection"}, [], {}, TAKES),
        (set(), [prio(-320, "eth0", 5)], {}, TAKES),
        ({"prio"}, [prio(-320, "eth0", 5)], {}, TAKES[:1]),
        ({"reselection"}, [prio(-320, "eth1", 5)], {}, TAKES),
        ({"reselection"}, [prio(-320, "eth0", 5)], {"primary_reselect": "failure"}, TAKES),
        ({"reselection"}, [prio(-320, "eth0", 5)], {"primary_reselect": "better"}, TAKES),
        (set(), [prio(-320, "eth0", 5)], {"primary_reselect": "failure"}, TAKES[:1]),
        ({"primary", "reselection"}, [prio(-320, "eth0", 5)], {"primary": "eth1"}, TAKES),
        (set(), [prio(-320, "eth0", 5)], {"primary": "eth1"}, TAKES[:1]),
    ],
)
def test_a_higher_prio_follows_primary_reselect(
    rules: set[str], prios: list[Line], options: dict[str, Any], more: list[Line]
) -> None:
    """PRIO-2, PRIO-3."""
    assert refused(story(None, {**OPTIONS, **options}, *prios, *BACK, *more)) == rules


AT_ONCE = [active(0.2, "eth1"), garp(0.3, "sw/eth1")]


@pytest.mark.parametrize(
    ("rules", "options", "settings"),
    [
        ({"prio"}, {}, [prio(0, "eth1", 5)]),
        (set(), {}, [prio(0, "eth1", 5), *AT_ONCE]),
        (set(), {"primary_reselect": "failure"}, [prio(0, "eth1", 5)]),
        (set(), {"primary": "eth0"}, [prio(0, "eth1", 5)]),
        ({"primary"}, {}, [setting(0, "primary", "eth1")]),
        (set(), {}, [setting(0, "primary", "eth1"), *AT_ONCE]),
        ({"primary"}, {"primary": "eth1", "primary_reselect": "failure"},
         [setting(0, "primary_reselect", "always")]),
        ({"new-primary"}, {"primary_reselect": "failure"}, [setting(0, "primary", "eth1")]),
        (set(), {"primary_reselect": "failure"}, [setting(0, "primary", "eth1"), *AT_ONCE]),
        ({"choice"}, {}, [setting(0, "active_slave", "eth1")]),
        (set(), {}, [setting(0, "active_slave", "eth1"), *AT_ONCE]),
        (set(), {"primary": "eth0"},
         [setting(0, "active_slave", "eth1"), *AT_ONCE, setting(200, "num_grat_arp", "2")]),
        ({"primary"}, {"primary": "eth0"},
         [setting(0, "active_slave", "eth1"), *AT_ONCE, setting(200, "primary", "eth0")]),
    ],
)  # fmt: skip
def test_a_setting_changes_the_active_slave_at_once(
    rules: set[str], options: dict[str, Any], settings: list[Line]
) -> None:
    """PRIO-6, PRIMARY-4, PRESEL-7, PRIMARY-8, ACTIVE-1; and what is chosen is kept (ACTIVE-9)."""
    assert refused(story(QUIET, {**OPTIONS, **options}, *settings, dark=0)) == rules


@pytest.mark.parametrize(
    ("rules", "moved"), [({"new-primary"}, []), (set(), [active(200.2, "eth1")])]
)
def test_a_primary_that_is_enslaved_is_used(rules: set[str], moved: list[Line]) -> None:
    """PRESEL-6."""
    came = [member(100, "eth1", "release"), member(200, "eth1", "enslave"), *moved]
    options = {**OPTIONS, "primary": "eth1", "primary_reselect": "failure"}
    found = refused(story(QUIET, options, *came, dark=0))
    assert found & {"new-primary"} == rules


@pytest.mark.parametrize(("when", "rules"), [(-320, {"reselection"}), (150, set())])
def test_a_primary_that_was_set_while_down_may_take_over_later(
    when: float, rules: set[str]
) -> None:
    """PRIMARY-8."""
    options = {**OPTIONS, "primary": "eth0", "primary_reselect": "better"}
    told = [setting(when, "primary", "eth0"), *BACK, *TAKES]
    assert refused(story(None, options, *told)) & {"reselection"} == rules


def test_a_released_slave_has_no_prio() -> None:
    moved = [prio(-200, "eth2", 5), fault(-150, "eth2", "release"), fault(-100, "eth2", "enslave")]
    assert "successor" not in refused(three(*moved, *failover("eth1")))


ALL_HAVE_IT = [mac(100, name, BY_HAND) for name in ("bond0", "eth0", "eth1")]
ALB = [mac(-299, "eth1", OTHER)]


@pytest.mark.parametrize(
    ("claims", "options", "lines"),
    [
        ([], {}, ALL_HAVE_IT),
        (["MAC-4"], {}, ALL_HAVE_IT[:2]),
        (["MAC-4"], {}, ALL_HAVE_IT[1:]),
        ([], {"mode": "balance-xor"}, ALL_HAVE_IT),
        (["MAC-4"], {"mode": "balance-xor"}, ALL_HAVE_IT[:2]),
        ([], {"mode": "balance-alb"}, [*ALB, *ALL_HAVE_IT[:2]]),
        (["MODE-ALB-7"], {"mode": "balance-alb"}, [*ALB, ALL_HAVE_IT[0]]),
        (["FLAG-2"], {"mode": "balance-alb"}, [*ALB, *ALL_HAVE_IT]),
        ([], {"fail_over_mac": "follow"}, ALB),
        (["FOM-ACTIVE-5"], {"fail_over_mac": "follow"}, [*ALB, *ALL_HAVE_IT[:2]]),
    ],
)
def test_a_mac_that_is_set_by_hand(
    claims: list[str], options: dict[str, Any], lines: list[Line]
) -> None:
    history = story(QUIET, {**OPTIONS, **options}, set_mac(100), *lines, dark=0)
    assert [one.claim for one in judge(history).refusals] == claims


def test_the_mac_of_another_bond_is_not_followed() -> None:
    verdict = judge(story(QUIET, None, set_mac(100, "bond1"), dark=0))
    assert [(one.rule, one.why) for one in verdict.unjudged] == [("mac", "set_mac changes MACs")]


@pytest.mark.parametrize(("mac_set", "rule"), [(True, "traffic-after-mac"), (False, "traffic")])
def test_frames_to_a_mac_set_by_hand_are_lost_as_is_known(*, mac_set: bool, rule: str) -> None:
    """In balance-tlb that is difference 71."""
    lost = probing({"both": (4000.0, 4050.0)}, stop=5000)
    lines = [*ALB, *([set_mac(100), *ALL_HAVE_IT] if mac_set else [])]
    history = story(QUIET, {"mode": "balance-tlb", "miimon": 100}, *lines, *lost, end=5000, dark=0)
    assert {one.rule: one.known_on("7.2.13") for one in judge(history).refusals} == {
        rule: 71 if mac_set else 0
    }


ALB_LOSES = {"mode": "balance-alb", "discarded": "bond0"}
REPLACED = [member(100, "eth0", "release"), active(100.1, "eth1"), mac(100.1, "eth1")]
UNTAUGHT = {"mode": "balance-tlb", "tlb_dynamic_lb": "off"}


@pytest.mark.parametrize(
    ("options", "more", "known"),
    [
        ({"mode": "balance-tlb", "discarded": "eth1"}, [], {"traffic": 0}),
        ({**UNTAUGHT, "discarded": "eth0"}, [], {"traffic": 0}),
        ({**UNTAUGHT, "discarded": "eth1"}, [], {"traffic-untaught": 29}),
        ({"mode": "balance-alb", "tlb_dynamic_lb": "off"}, [], {"traffic": 0}),
        (ALB_LOSES, [], {"traffic": 0}),
        (ALB_LOSES, [member(100, "eth1", "release")], {"traffic": 0}),
        (ALB_LOSES, REPLACED, {"traffic-after-release": 73}),
        ({"mode": "balance-alb", "discarded": "eth1"}, REPLACED, {"traffic": 0}),
    ],
)
def test_frames_to_the_bond_are_lost_as_is_known(
    options: dict[str, Any], more: list[Line], known: dict[str, int]
) -> None:
    place = options.get("discarded")  # no option of a bond: the model ignores it
    lost = list(probing({"inward": (4000.0, 4050.0)}, stop=5000))
    for line in lost:
        if line[2] == "in" and line[3]["request"] is None:
            line[3].update(discarded=place)
    given = {"miimon": 100, **options}
    history = story(QUIET, given, *ALB, *more, *lost, end=5000, dark=0)
    found = [one for one in judge(history).refusals if one.rule.startswith("traffic")]
    assert {one.rule: one.known_on("7.2.13") for one in found} == known


@pytest.mark.parametrize(
    ("rules", "more"),
    [
        ({"primary"}, []),
        (set(), [fault(150, "eth0"), carrier(150.1, "eth0", up=False)]),
    ],
)
def test_a_primary_without_carrier_is_not_available(rules: set[str], more: list[Line]) -> None:
    """The kernel calls it up until downdelay is over, and another slave may be used meanwhile."""
    options = {**OPTIONS, "downdelay": 800, "primary": "eth0"}
    moved = [active(150.2, "eth1"), garp(150.2, "sw/eth1")]
    history = story(QUIET, options, *more, *moved, dark=0)
    assert refused(history) & {"primary"} == rules

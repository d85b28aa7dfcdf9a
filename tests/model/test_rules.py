"""A conforming story is allowed; each alteration of it is refused by the rule that forbids it."""

from __future__ import annotations

from typing import Any

import pytest

from harness.model import judge
from tests.model.failover import (
    ARP,
    FAILOVER,
    OPTIONS,
    OTHER,
    carrier,
    mac,
    member,
    refused,
    setting,
    slave,
    story,
)
from tests.stories import Line, active, fault, garp, probing


def test_a_failover_is_allowed() -> None:
    verdict = judge(story())
    assert verdict.refusals == ()
    assert verdict.unjudged == ()


@pytest.mark.parametrize(
    ("rules", "lines", "options"),
    [
        ({"detection"}, dict.fromkeys(("down", "active", "garp")), {}),
        ({"detection"}, dict.fromkeys(("down", "active", "garp")), {"downdelay": 200}),
        ({"detection"}, {"down": slave(152, "eth0", "down"), "active": active(152, "eth1"),
                         "garp": garp(152, "sw/eth1")}, {}),
        ({"delay"}, {}, {"downdelay": 200}),
        ({"link-state", "recovery"}, {"cut": None, "lost": None}, {}),
        ({"active-there"}, {"active": active(92.1, None), "garp": None}, {}),
        ({"failover"}, {"active": None, "garp": None}, {}),
        ({"announcements"}, {"garp": None}, {}),
        ({"announcements"}, {}, {"num_grat_arp": 2}),
        ({"announcements"}, {}, {"num_grat_arp": 0}),
        ({"announcement-late"}, {"garp": garp(150, "sw/eth1")}, {"num_grat_arp": 1}),
        ({"announcement-unfounded"}, {"more": garp(700, "sw/eth1")}, {}),
        ({"mac-none"}, {"more": mac(92.1, "bond0", OTHER)}, {}),
        ({"mac-none"}, {"more": mac(300, "eth1", OTHER)}, {}),
        ({"mac-active"}, {"more": mac(92.1, "bond0", OTHER)}, {"fail_over_mac": "active"}),
        ({"mac-follow"}, {}, {"fail_over_mac": "follow"}),
        ({"active-is-up", "failover", "reselection"}, {"more": active(500, "eth0")}, {}),
        ({"bond-carrier"}, {"down": slave(92, "eth0", "down"),
                            "more": carrier(93, "bond0", up=False)}, {}),
    ],
)  # fmt: skip
def test_an_altered_failover_is_refused(
    rules: set[str], lines: dict[str, Line | None], options: dict[str, Any]
) -> None:
    assert refused(story(lines, {**OPTIONS, **options}, end=3000)) == rules


BACK = [fault(200, "eth0", "heal", "repair"), carrier(200.1, "eth0", up=True)]


@pytest.mark.parametrize(
    ("rule", "options", "more"),
    [
        ("", {}, [slave(280, "eth0", "up")]),
        ("recovery", {}, []),
        ("recovery", {}, [slave(380, "eth0", "up")]),
        ("", {"updelay": 200}, [slave(280, "eth0", "back"), slave(490, "eth0", "up")]),
        ("delay", {"updelay": 200}, [slave(280, "eth0", "up")]),
        ("reselection", {}, [slave(280, "eth0", "up"), active(280, "eth0"), garp(280, "sw/eth0")]),
        ("", {"primary": "eth0"},
         [slave(280, "eth0", "up"), active(280, "eth0"), garp(280, "sw/eth0")]),
        ("primary", {"primary": "eth0"}, [slave(280, "eth0", "up")]),
        ("", {"primary": "eth0", "primary_reselect": "failure"}, [slave(280, "eth0", "up")]),
        ("reselection", {"primary": "eth0", "primary_reselect": "failure"},
         [slave(280, "eth0", "up"), active(280, "eth0"), garp(280, "sw/eth0")]),
    ],
)  # fmt: skip
def test_a_recovery(rule: str, options: dict[str, Any], more: list[Line]) -> None:
    found = refused(story(None, {**OPTIONS, **options}, *BACK, *more))
    assert found == ({rule} if rule else set())


DEAF = fault(0, "eth0", "lose")
DEAF[3].update(direction="both", percent=100)


@pytest.mark.parametrize(("rule", "down"), [("", 290), ("silence", None), ("silence", 500),
                                            ("silence-early", 120)])  # fmt: skip
def test_a_silence_under_the_arp_monitor(rule: str, down: float | None) -> None:
    lines: dict[str, Line | None] = {"cut": DEAF, "lost": None, "down": None}
    if down is None:
        lines |= {"active": None, "garp": None}
    else:
        moved = active(down + 0.1, "eth1")
        lines |= {"active": moved, "garp": garp(down + 0.2, "sw/eth1")}
        lines["down"] = slave(down, "eth0", "down")
    assert refused(story(lines, ARP, dark=down or 1000)) == ({rule} if rule else set())


def test_a_backup_may_not_go_down_while_it_hears_the_probes() -> None:
    quiet: dict[str, Line | None] = dict.fromkeys(FAILOVER)
    history = story(quiet, ARP, slave(900, "eth1", "down"), dark=0)
    assert refused(history) == {"sound-path"}


def test_lost_traffic_without_a_reason_is_refused() -> None:
    quiet: dict[str, Line | None] = dict.fromkeys(FAILOVER)
    lost = probing({"both": (4000.0, 4050.0)}, stop=5000)
    history = story(quiet, None, *lost, end=5000, dark=0)
    assert "traffic" in refused(history)


def test_a_total_outage_announces_one_less_as_it_is_known_to() -> None:
    more = [
        *(fault(200, "eth1"), carrier(200.1, "eth1", up=False), slave(280, "eth1", "down")),
        *(active(280.1, None), fault(400, "eth1", "heal", "repair")),
        *(carrier(400.1, "eth1", up=True), slave(450, "eth1", "up"), active(450.1, "eth1")),
    ]
    found = judge(story(None, None, *more)).refusals
    assert [(one.rule, one.known_on("7.2.13"), one.known_on("5.10.46")) for one in found] == [
        ("announcements-after-outage", 3, 0)
    ]


def test_a_bond_whose_mode_was_changed_is_not_judged() -> None:
    changed = fault(300, "bond0", "set", "stimulus")
    changed[3].update(became={"mode": "balance-rr"})
    verdict = judge(story({"down": None}, None, changed))
    assert verdict.refusals == ()
    assert [one.why for one in verdict.unjudged] == ["its mode was changed"]


UPDELAY = {**OPTIONS, "updelay": 800}
WAITING: list[Line] = [
    *(fault(0, "eth1"), carrier(0.1, "eth1", up=False), slave(92, "eth1", "down", "backup")),
    *(fault(200, "eth1", "heal", "repair"), carrier(200.1, "eth1", up=True)),
    *(fault(500, "eth0"), carrier(500.1, "eth0", up=False), slave(590, "eth0", "down", "backup")),
]
USED = [slave(590.1, "eth1", "up"), active(590.1, "eth1"), garp(590.2, "sw/eth1")]
UNUSED = [active(590, None), slave(690, "eth1", "up"), active(690, "eth1"), garp(690, "sw/eth1")]


@pytest.mark.parametrize(("more", "rules"), [(USED, set()), (UNUSED, {"last-link"})])
def test_a_slave_that_waits_replaces_the_last_one(more: list[Line], rules: set[str]) -> None:
    nothing: dict[str, Line | None] = dict.fromkeys(FAILOVER)
    found = refused(story(nothing, UPDELAY, *WAITING, *more, dark=0))
    assert found == rules


@pytest.mark.parametrize(("up", "rules"), [(401, {"new-slave"}), (1290, set())])
def test_a_new_slave_waits_for_updelay(up: float, rules: set[str]) -> None:
    nothing: dict[str, Line | None] = dict.fromkeys(FAILOVER)
    moved = [member(0, "eth1", "release"), member(400, "eth1", "enslave", "repair")]
    told = [slave(400.1, "eth1", "back", "backup"), slave(up, "eth1", "up", "backup")]
    assert refused(story(nothing, UPDELAY, *moved, *told, dark=0, end=2000)) == rules


def test_a_slave_that_waits_for_downdelay_is_still_used() -> None:
    """No other one is taken before its updelay is over (DELAY-3 is for a bond without links)."""
    options = {**OPTIONS, "updelay": 800, "downdelay": 800}
    nothing: dict[str, Line | None] = dict.fromkeys(FAILOVER)
    told = [
        *(fault(0, "eth1"), carrier(0.1, "eth1", up=False), slave(92, "eth1", "fail", "backup")),
        *(slave(892, "eth1", "down", "backup"), fault(950, "eth1", "heal", "repair")),
        *(carrier(950.1, "eth1", up=True), fault(960, "eth0"), carrier(960.1, "eth0", up=False)),
        *(slave(990, "eth0", "fail"), slave(990, "eth1", "back", "backup")),
        *(fault(1500, "eth0", "heal", "repair"), carrier(1500.1, "eth0", up=True)),
        *(slave(1590, "eth0", "up"), slave(1790, "eth1", "up", "backup")),
    ]
    assert "first-link" not in refused(story(nothing, options, *told, dark=0, end=3000))


def test_a_primary_that_is_no_slave_yet_is_remembered() -> None:
    """It is made active once it is enslaved and heard (PRIMARY-5): that is no reselection."""
    quiet: dict[str, Line | None] = dict.fromkeys(FAILOVER)
    unheard = [carrier(-250, "eth1", up=False), slave(-250, "eth1", "down", "backup")]
    unheard += [carrier(800, "eth1", up=True), slave(900, "eth1", "up", "backup")]
    told = fault(-100, "bond0", "set", "stimulus")
    told[3].update(options="primary=eth1", became={"primary": ""})
    moved = [active(900, "eth1"), garp(900.1, "sw/eth1")]
    assert refused(story(quiet, ARP, *unheard, told, *moved, dark=0)) == set()
    other = fault(0, "bond0", "set", "stimulus")
    other[3].update(options="num_grat_arp=3", became={"primary": "", "num_grat_arp": 3})
    assert "reselection" not in refused(story(quiet, ARP, told, other, *moved, dark=0))
    assert refused(story(quiet, ARP, *moved, dark=0)) == {"reselection"}


@pytest.mark.parametrize(("when", "rule"), [(150, "reselection-due"), (-100, "reselection")])
def test_a_primary_that_was_named_while_it_was_down_takes_over_once(
    when: float, rule: str
) -> None:
    """Difference 72; one that was up when it was named has been used."""
    told = setting(when, "primary", "eth0")
    back = [fault(200, "eth0", "heal", "repair"), carrier(200.1, "eth0", up=True)]
    taken = [slave(280, "eth0", "up"), active(280, "eth0"), garp(280, "sw/eth0")]
    options = {**OPTIONS, "primary_reselect": "failure"}
    found = judge(story(None, options, told, *back, *taken)).refusals
    known = 72 if rule == "reselection-due" else 0
    assert [(one.rule, one.known_on("7.2.13")) for one in found] == [(rule, known)]


GAPS: dict[str, Any] = {"num_grat_arp": 3}


@pytest.mark.parametrize(
    ("rules", "options", "at"),
    [
        ([], GAPS, (92.2, 202.2, 312.2)),
        (["announcement-spacing"], GAPS, (92.2, 202.2, 302.2 - 20)),
        (["announcement-spacing"], GAPS, (92.2, 202.2, 342.2)),
        (["announcement-first-gap"], GAPS, (92.2, 92.2, 202.2)),
        (["announcement-spacing"], GAPS, (92.2, 232.2, 342.2)),
        ([], {**GAPS, "peer_notif_delay": 300}, (92.2, 412.2, 732.2)),
        (["announcement-first-gap"], {**GAPS, "peer_notif_delay": 300}, (92.2, 302.2, 622.2)),
        (["announcement-spacing"] * 2, {**GAPS, "peer_notif_delay": 300}, (92.2, 602.2, 712.2)),
    ],
)
def test_announcements_are_apart(
    rules: list[str], options: dict[str, Any], at: tuple[float, ...]
) -> None:
    """GARP-3, PND-1. A first gap that is too short is difference 5."""
    sent: dict[str, Line | None] = {
        f"garp {n}": garp(when, "sw/eth1") for n, when in enumerate(at)
    }
    found = judge(story({"garp": None, **sent}, {**OPTIONS, **options}, end=3000)).refusals
    assert [one.rule for one in found] == rules
    assert {one.known_on("7.2.13") for one in found if "first" in one.rule} <= {5}


@pytest.mark.parametrize(("direction", "rules"), [("in", {"silence"}), ("out", set())])
def test_a_slave_that_hears_nothing_goes_down(direction: str, rules: set[str]) -> None:
    """ARPMISS-1. Of one that cannot send it is not said: other frames may count."""
    lost = fault(0, "eth0", "lose")
    lost[3].update(direction=direction, percent=100)
    lines: dict[str, Line | None] = {**dict.fromkeys(FAILOVER), "cut": lost}
    assert refused(story(lines, ARP, dark=1000)) == rules

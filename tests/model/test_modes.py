"""The rules of the modes other than active-backup, each refused by an altered failover."""

from __future__ import annotations

import pytest

from harness.history import History
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
    slave,
    story,
    three,
)
from tests.stories import Line, active, fault, probing

WITHOUT_ACTIVE: dict[str, Line | None] = {"active": None, "garp": None}
SHARING = ("balance-rr", "balance-xor", "broadcast")


@pytest.mark.parametrize("mode", SHARING)
@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        (set(), {}),
        ({"detection"}, {"down": None}),
        ({"mac-same"}, {"more": mac(92.1, "bond0", OTHER)}),
        ({"mac-same"}, {"more": mac(300, "eth1", OTHER)}),
        ({"bond-carrier"}, {"more": carrier(93, "bond0", up=False)}),
    ],
)
def test_modes_that_use_all_slaves(
    mode: str, rules: set[str], lines: dict[str, Line | None]
) -> None:
    options = {"mode": mode, "miimon": 100}
    assert refused(story({**WITHOUT_ACTIVE, **lines}, options, end=3000)) == rules


@pytest.mark.parametrize("mode", SHARING)
@pytest.mark.parametrize(
    ("down", "rules"), [(300, set()), (390, {"silence"}), (None, {"silence"})]
)
def test_a_slave_that_hears_nothing_gets_no_check_more(
    mode: str, down: float | None, rules: set[str]
) -> None:
    """With two missed rounds of 100 ms it is down after at most three (ARPMISS-3)."""
    lines = {**WITHOUT_ACTIVE, "down": slave(down, "eth0", "down") if down else None}
    found = judge(story(lines, {**ARP, "mode": mode}, end=3000)).refusals
    assert {one.rule for one in found} == rules
    assert {one.claim for one in found} <= {"ARPMISS-3"}


@pytest.mark.parametrize(("lost", "rules"), [(4000.0, {"traffic"}), (1000.0, set())])
@pytest.mark.parametrize("mode", SHARING)
def test_one_slave_is_enough_for_traffic(mode: str, lost: float, rules: set[str]) -> None:
    more = probing({"both": (lost, lost + 50)}, stop=5000)
    story_of = story(WITHOUT_ACTIVE, {"mode": mode, "miimon": 100}, *more, end=5000, dark=0)
    assert refused(story_of) == rules


def arriving_twice() -> Line:
    """Return a probe of which a copy arrives."""
    line = next(probing(start=500, stop=510))
    line[3].update(copies=1)
    return line


@pytest.mark.parametrize(
    ("mode", "options", "rules"),
    [
        ("active-backup", {}, {"duplicate"}),
        ("active-backup", {"all_slaves_active": 1}, set()),
        ("balance-rr", {}, set()),
    ],
)
def test_a_frame_arrives_once_where_a_slave_is_active(
    mode: str, options: dict[str, int], rules: set[str]
) -> None:
    """DUP-1."""
    twice = arriving_twice()
    quiet: dict[str, Line | None] = dict.fromkeys(FAILOVER)
    assert refused(story(quiet, {**OPTIONS, "mode": mode, **options}, twice, dark=0)) == rules


def test_what_is_flooded_may_arrive_twice_where_inactive_slaves_deliver_unicast() -> None:
    """ASA-5: a NIC would have dropped it."""
    twice = arriving_twice()
    options = {**OPTIONS, "mode": "balance-alb"}
    assert "duplicate" not in refused(story(None, options, twice))
    assert "duplicate" in refused(story(None, {**options, "mode": "balance-tlb"}, twice))


@pytest.mark.parametrize(
    ("joined", "was", "rule"),
    [
        (480.0, None, "duplicate-of-tried"),
        (480.0, "eth0", "duplicate"),
        (300.0, None, "duplicate"),
    ],
)
def test_a_slave_that_joins_while_another_is_tried_has_a_rule_of_its_own(
    joined: float, was: str | None, rule: str
) -> None:
    """Difference 74: for one arp_interval, in a bond without an active slave."""
    twice = arriving_twice()
    quiet: dict[str, Line | None] = dict.fromkeys(FAILOVER)
    before = [active(10, was), fault(joined, "eth1", "enslave", "repair"), active(joined, "eth1")]
    told = story(quiet, {**OPTIONS, **ARP, "miimon": 0}, twice, *before, dark=0)
    assert rule in refused(told)
    known = {one.rule: one.known_on("7.2.13") for one in judge(told).refusals}
    assert known[rule] == (74 if rule == "duplicate-of-tried" else 0)


@pytest.mark.parametrize(
    ("mode", "rules"), [("balance-rr", set()), ("balance-xor", {"first-link"})]
)
def test_some_modes_wait_for_updelay_without_any_link(mode: str, rules: set[str]) -> None:
    """They are known to (DELAY-4); in the others the first link is used at once (DELAY-3)."""
    more = [
        *(fault(200, "eth1"), carrier(200.1, "eth1", up=False), slave(280, "eth1", "down")),
        *(fault(400, "eth1", "heal", "repair"), carrier(400.1, "eth1", up=True)),
        *(slave(450, "eth1", "back"), slave(1290, "eth1", "up")),
    ]
    options = {"mode": mode, "miimon": 100, "updelay": 800}
    assert refused(story(WITHOUT_ACTIVE, options, *more, end=2000, dark=0)) == rules


SWAPPED: dict[str, Line | None] = {
    "active": active(112, "eth1"),  # told with the IGMP reports, two jiffies late
    "garp": None,
    "eth0 before": mac(-299, "eth1", OTHER),
    "eth0": mac(92.1, "eth0", OTHER),
    "eth1": mac(92.1, "eth1"),
}


@pytest.mark.parametrize("mode", ["balance-tlb", "balance-alb"])
@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        (set(), {}),
        ({"detection"}, {"down": None}),
        ({"failover", "mac-unique"}, {"active": None}),
        ({"mac-unique"}, {"eth1": None}),
        ({"active-is-up", "reselection"}, {"more": active(500, "eth0"),
                                           "back": active(500.1, "eth1")}),
    ],
)  # fmt: skip
def test_modes_that_balance_load(
    mode: str, rules: set[str], lines: dict[str, Line | None]
) -> None:
    options = {"mode": mode, "miimon": 100}
    assert refused(story({**SWAPPED, **lines}, options, end=3000)) == rules


def test_slaves_of_balance_alb_have_macs_of_their_own() -> None:
    shared: dict[str, Line | None] = {**SWAPPED, "eth0": None}
    assert refused(story(shared, {"mode": "balance-alb", "miimon": 100})) == {"mac-unique"}


def delays(history: History) -> list[tuple[str, int]]:
    """Return the rules of delays that refuse a recording, with their known differences."""
    found = judge(history).refusals
    return [(r.rule, r.known_on("7.2.13")) for r in found if r.rule.startswith("delay")]


too_soon = pytest.mark.parametrize(
    ("mode", "rules"),
    [("balance-alb", [("delay-after-outage", 68)]), ("active-backup", [("delay", 0)])],
)


@too_soon
def test_the_second_slave_after_an_outage_waits_for_updelay(
    mode: str, rules: list[tuple[str, int]]
) -> None:
    more = [
        *(fault(200, "eth1"), carrier(200.1, "eth1", up=False), slave(280, "eth1", "down")),
        active(280.1, None),
        *(fault(400, "eth0", "heal", "repair"), carrier(400.1, "eth0", up=True)),
        *(fault(400, "eth1", "heal", "repair"), carrier(400.1, "eth1", up=True)),
        *(
            slave(490, "eth0", "up"),
            active(490, "eth0"),
            mac(490, "eth0"),
            mac(490, "eth1", OTHER),
        ),
        slave(600, "eth1", "up"),
    ]
    options = {"mode": mode, "miimon": 100, "updelay": 800, "num_grat_arp": 0}
    assert delays(story(SWAPPED, options, *more, end=2000, dark=0)) == rules


@too_soon
def test_a_slave_that_is_needed_during_its_updelay_is_not_in_the_table(
    mode: str, rules: list[tuple[str, int]]
) -> None:
    """The kernel's table says that no slave is usable: the next one does not wait either."""
    lost = [
        *(fault(at, name) for at, name in ((0, "eth0"), (0, "eth2"), (320, "eth1"))),
        *(carrier(0.1, "eth0", up=False), carrier(0.1, "eth2", up=False)),
        *(slave(92, "eth0", "down"), slave(92, "eth2", "down"), active(92.1, "eth1")),
        *(carrier(320.1, "eth1", up=False), slave(392, "eth1", "down")),
    ]
    back = [
        *(fault(280, "eth0", "heal", "repair"), carrier(280.1, "eth0", up=True)),
        *(slave(292, "eth0", "back"), slave(392, "eth0", "up"), active(392.1, "eth0")),
        *(fault(300, "eth2", "heal", "repair"), carrier(300.1, "eth2", up=True)),
        *(slave(392, "eth2", "back"), slave(492, "eth2", "up")),
    ]
    assert delays(three(*lost, *back, mode=mode, updelay=800)) == rules


def test_a_bond_that_had_no_slaves_may_have_another_mac() -> None:
    """It takes that of the next slave (MAC-3), however soon that comes."""
    moves = [
        member(200, "eth0", "release"),
        member(210, "eth1", "release"),
        member(215, "eth1", "enslave", "repair"),
    ]
    moves += [mac(215, "bond0", OTHER), mac(215, "eth1", OTHER), slave(215, "eth1", "up")]
    quiet = dict.fromkeys(("cut", "lost", "down", "active", "garp"))
    options = {"mode": "balance-xor", "miimon": 100}
    assert "mac-same" not in refused(story(quiet, options, *moves, dark=0))
    assert "mac-same" in refused(story(quiet, options, *moves[3:], dark=0))


def lacp(name: str) -> Line:
    bits = ["activity", "aggregation", "synchronization", "collecting", "distributing"]
    return (-298, "lacp", name, {"aggregator": 1, "actor": bits, "partner": bits})


@pytest.mark.parametrize(
    ("rules", "min_links", "up", "partners"),
    [
        (set(), 0, True, ("eth0", "eth1")),
        ({"bond-carrier"}, 2, True, ("eth0", "eth1")),
        (set(), 2, False, ("eth0", "eth1")),
        ({"bond-carrier"}, 1, False, ("eth0", "eth1")),
        (set(), 1, False, ("eth0",)),  # the other had not joined: the model does not know
    ],
)
def test_the_carrier_of_802_3ad(
    rules: set[str], min_links: int, partners: tuple[str, ...], *, up: bool
) -> None:
    """Of min_links slaves, all with one partner, each must be up (MINLINK-1)."""
    options = {"mode": "802.3ad", "miimon": 100, "lacp_rate": "fast", "min_links": min_links}
    lines = {**WITHOUT_ACTIVE, **{name: lacp(name) for name in partners}}
    more = [] if up else [carrier(92.2, "bond0", up=False)]
    assert refused(story(lines, options, *more, end=9000, dark=0)) == rules

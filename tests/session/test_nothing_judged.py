"""A scenario that looks at nothing does not conform, whatever else it did."""

from __future__ import annotations

import pytest

from harness import ms, s
from harness.errors import Inconclusive, NotTestable, ScenarioError
from harness.judge.run import Run
from harness.units import Span
from tests.session.test_verdicts import run
from tests.stories import ABOUT, INITIAL, active, failover, fault, marks, probing, slave, tell

pytest_plugins = ["pytester"]
LOOKS = {
    "pass": "nothing was recorded",
    'watch("failover.jsonl")': "the run was recorded, but nothing of it was read",
}
LACKS = "mode balance-rr of bond0 needs the ports of eth0, eth1 to be one channel"


@pytest.mark.parametrize("body", LOOKS)
def test_what_looks_at_nothing_is_not_judged(pytester: pytest.Pytester, body: str) -> None:
    done = run(pytester, f"@claim('MIIMON-2')\ndef test_it():\n    {body}\n")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            f"nothing was judged: {LOOKS[body]}",
            "hint: disturb in `with net.watch() as run:`, then assert what the run shows",
            "claims: 1 not judged",
        ]
    )


@pytest.mark.parametrize(
    "body",
    [
        'assert watch("failover.jsonl").active_slaves',
        'assert not watch("failover.jsonl").slave("eth1").detected',
        "verdicts.note_seen()  # an option read back, or a refusal",
    ],
)
def test_what_looks_at_the_kernel_conforms(pytester: pytest.Pytester, body: str) -> None:
    done = run(pytester, f"@claim('MIIMON-2')\ndef test_it():\n    {body}\n")
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(["claims: 1 conforms"])


def test_a_test_that_puts_no_claim_to_the_proof_need_not(pytester: pytest.Pytester) -> None:
    run(pytester, "def test_it():\n    pass\n").assert_outcomes(passed=1)


@pytest.mark.parametrize("figure", ["detection", "outage", "switchover", "announcement"])
def test_without_a_fault_there_is_no_figure_of_one(figure: str) -> None:
    quiet = Run.of(tell([*marks(), *INITIAL, *probing()]))
    with pytest.raises(ScenarioError, match=f"no {figure} to judge: nothing was disturbed"):
        getattr(quiet, figure)
    assert not quiet.detected
    assert (quiet.lost, quiet.active_slaves) == (0, ["eth0"])


def test_a_block_that_waits_says_that_nothing_happens_without_a_fault() -> None:
    waits = [mark for mark in marks() if mark[3]["name"] != "settle"]
    later = (600.0, "mark", "", {"name": "settle"})
    quiet = Run.of(tell([*waits, later, *INITIAL, *probing()]))
    assert quiet.outage <= 0 * ms
    assert not quiet.detection <= 100 * ms


def test_an_outage_that_comes_by_itself_is_one() -> None:
    flapping = Run.of(tell([*marks(), *INITIAL, *probing({"both": (200.0, 300.0)})]))
    assert 100 * ms <= flapping.outage <= 100 * ms
    dark = Run.of(tell([*marks(), *INITIAL, *probing({"both": (200.0, 2000.0)})]))
    assert dark.outage > 500 * ms
    moves = [slave(50, "eth0", "down"), active(50, "eth1")]
    moved = Run.of(tell([*marks(), *INITIAL, *moves, *probing()]))
    assert moved.switchover.ns == 0


@pytest.mark.parametrize("bound", [2 * s, 1005 * ms])
def test_never_takes_a_watch_as_long_as_the_bound(bound: Span) -> None:
    """One second was watched: whether it comes within two nobody knows."""
    never = Run.of(tell([*marks(), *INITIAL, fault(0, "eth0"), *probing()])).detection
    for compare in (never.__le__, never.__gt__):
        with pytest.raises(Inconclusive, match=r"within the 1000\.0 ms watched, too short"):
            compare(bound)


def test_what_a_long_enough_watch_did_not_see_did_not_happen() -> None:
    never = Run.of(tell([*marks(), *INITIAL, fault(0, "eth0"), *probing()])).detection
    assert not never <= 900 * ms
    assert never > 900 * ms
    assert never >= 900 * ms
    with pytest.raises(Inconclusive):
        assert never >= 2 * s


def test_an_outage_that_did_not_end_may_do_so_within_a_later_bound() -> None:
    dark = Run.of(failover(dark={"both": (0.0, 2000.0)})).outage
    assert not dark <= 500 * ms
    with pytest.raises(Inconclusive, match="end of the outage did not come"):
        assert dark <= 5 * s


def test_traffic_without_a_partner_is_not_testable_and_has_no_figures() -> None:
    bond = {**ABOUT["bonds"]["bond0"], "lacks": LACKS}
    history = failover(bonds={"bond0": bond})
    with pytest.raises(NotTestable, match=LACKS):
        assert Run.of(history).outage
    with pytest.raises(NotTestable, match=LACKS):
        assert not Run.of(history).kernel_said("No 802.3ad response from the link partner")
    assert Run.of(history).detection <= 100 * ms


def test_a_primary_that_was_set_meanwhile_is_where_traffic_belongs() -> None:
    when, where, action, data = fault(-2, "bond0", "set", "stimulus")
    change = (when, where, action, {**data, "became": {"primary": "eth1"}})
    lines = [fault(0, "eth1"), slave(50, "eth1", "down"), fault(400, "eth1", "heal", "repair")]
    back = [slave(450, "eth1", "up"), active(450, "eth1")]
    story = tell([*marks(), *INITIAL, change, *lines, *back, *probing()])
    assert Run.of(story).reversion.ns == 50 * ms.ns


def test_a_bond_that_was_dark_is_measured_from_the_start() -> None:
    down = [slave(-300, "eth0", "down"), slave(-300, "eth1", "down"), active(-300, None)]
    up = [slave(400, "eth1", "up"), active(400, "eth1")]
    story = [*marks(), *down, *up, *probing({"both": (-250.0, 400.0)})]
    dark = Run.of(tell(story, {"healthy": False}))
    assert 600 * ms <= dark.outage <= 600 * ms
    assert dark.recovered
    with pytest.raises(ScenarioError, match="eth0 was down, eth1 was down already"):
        assert dark.detected


def test_faults_that_drivers_reported_otherwise_contradict_nothing(
    pytester: pytest.Pytester,
) -> None:
    body = """
from tests.stories import carrier, fault, heal, slow_driver

CUT = fault(0, "eth0"), heal(300)

@pytest.mark.parametrize("reports", [[], [carrier(100, up=False), carrier(2100, up=True)]])
@claim("MIIMON-2")
def test_short(reports):
    run = Run()
    run.freeze(slow_driver(*CUT, *reports))
    verdicts.note_run(run)
    assert run.detected
"""
    done = run(pytester, body, "-rs")
    done.assert_outcomes(skipped=2)
    done.stdout.fnmatch_lines(
        [
            "claims: 1 not testable here",
            "SKIPPED * not testable here: eth0 was without carrier for 300.0 ms and its driver *",
            "SKIPPED * not testable here: the loss of carrier of eth0 came 300.0 ms before *",
        ]
    )

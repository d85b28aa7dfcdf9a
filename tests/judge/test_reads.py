"""What a scenario reads of a run is kept, as JSON, and read again as it was."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from harness.judge import every_figure, reads
from harness.judge.run import Run
from tests.stories import failover, garp


def run() -> Run:
    return Run.of(failover())


def test_states_and_counts_are_kept_by_their_names() -> None:
    seen = run()
    assert seen.active_slaves == ["eth0", "eth1"]
    assert seen.slave("eth0").link_state == "down"
    assert not seen.kernel_said("carrier")
    kept = {name: read.value for name, read in seen.reads.items()}
    assert kept == {
        "run.active_slaves": ["eth0", "eth1"],
        "run.slave('eth0').link_state": "down",
        "run.kernel_said('carrier')": False,
    }


def test_of_figures_the_name_is_kept() -> None:
    seen = run()
    assert seen.outage.happened
    assert seen.slave("eth0").detection.happened
    kept = [read.value for read in seen.reads.values()]
    assert kept == [{"figure": "outage"}, {"figure": "detection on eth0"}]


def test_a_figure_that_takes_arguments_is_read_again() -> None:
    seen = Run.of(failover(*(garp(when, "sw/eth1") for when in (94, 194, 294))))
    between = seen.garps_between(0, 2)
    later = Run.of(seen.history, vetted=True)
    for read in seen.reads.values():
        reads.again(later, asdict(read))
    assert every_figure.by_name(later)[between.what].ns == between.ns


def test_what_the_harness_reads_is_not_the_scenarios() -> None:
    seen = run()
    every_figure.by_name(seen)
    assert seen.link_states  # reads `slave` and `link_state` itself
    assert list(seen.reads) == ["run.link_states"]


def test_everything_kept_reads_the_same_from_json() -> None:
    seen = run()
    names = [name for name in dir(Run) if not name.startswith("_")]
    for name in set(names) - {"bond", "history", "recording", "reads"}:
        if not callable(getattr(Run, name)):
            getattr(seen, name)
    _ = seen.garps_for("10.0.0.1"), seen.answers("10.0.0.1", heard=True), seen.sent_of("igmp")
    kept = json.loads(json.dumps([asdict(read) for read in seen.reads.values()]))
    assert len(kept) > len(names) // 3
    again = run()
    for read in kept:
        assert reads.same(read["value"], reads.again(again, read)), read


def test_a_long_list_is_cut_and_counted() -> None:
    long = reads.plain(list(range(100)))
    assert (long["number"], long["first"]) == (100, list(range(reads.FIRST)))


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        ({"port": "eth0"}, {"port": "eth0", "vlan": 5}, True),
        ({"port": "eth0", "vlan": 5}, {"port": "eth0"}, False),
        ([{"a": 1}], [{"a": 1, "b": 2}], True),
        ([1, 2], [1], False),
        (1, "a text", False),
        (None, None, True),
    ],
)
def test_what_a_later_version_tells_in_addition_is_no_change(
    before: object, now: object, same: object
) -> None:
    assert reads.same(before, now) is same

"""Waiting until no probe is under way, with a real loop and streams that follow a story."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from harness.errors import Inconclusive
from harness.loop import Loop, now
from harness.record.gap import LOOKS, PROBES, wait_for_gap
from harness.record.recorder import Recorder
from harness.units import MS

INTERVAL = 2 * MS
FOREVER = 1_000_000


class StreamStory:
    """A stream whose last probe is answered when the recorder has looked `looks` times."""

    def __init__(self, looks: int) -> None:
        self.looks = looks
        self.asked: list[int] = []

    def take(self) -> None:
        """Take in what was captured."""
        self.looks -= 1

    def under_way(self, every: int) -> bool:
        """Return whether the last probe is not answered yet."""
        self.asked.append(every)
        return self.looks > 0


def recorder(*streams: StreamStory, steady: bool = True) -> Mock:
    """Return a recorder of some streams, on a path that loses probes if it is not `steady`."""
    made = Mock(spec=Recorder)
    made.streams = dict(zip(("out", "in"), streams, strict=False))
    made.steady.return_value = steady

    def drain() -> None:
        for stream in streams:
            stream.take()

    made.drain.side_effect = drain
    return made


@pytest.mark.parametrize("looks", [(0, 0), (3, 0), (0, 3), (3, 5)])
def test_it_ends_when_the_probes_of_both_streams_are_answered(looks: tuple[int, int]) -> None:
    streams = [StreamStory(count) for count in looks]
    wait_for_gap(Loop(), recorder(*streams), INTERVAL)
    assert [stream.looks <= 0 for stream in streams] == [True, True]
    assert set(streams[0].asked) == {INTERVAL}


def test_it_looks_several_times_for_each_probe_and_no_longer_than_it_waits() -> None:
    """The recorder itself looks when it sends a probe: by then the next one is under way."""
    loop, seen = Loop(), recorder(StreamStory(LOOKS * 3))
    begun = now()
    wait_for_gap(loop, seen, INTERVAL)
    waited = seen.drain.call_count
    assert now() - begun >= (waited - 1) * INTERVAL // LOOKS
    loop.pump(now() + 3 * INTERVAL)
    assert seen.drain.call_count == waited


def test_a_path_that_works_and_has_no_gap_is_inconclusive() -> None:
    loop, seen = Loop(), recorder(StreamStory(FOREVER), StreamStory(0))
    begun = now()
    with pytest.raises(Inconclusive, match="a probe was under way at any time for") as caught:
        wait_for_gap(loop, seen, INTERVAL)
    assert now() - begun >= PROBES * INTERVAL
    assert "watch(every=" in caught.value.hint
    waited = seen.drain.call_count
    loop.pump(now() + 3 * INTERVAL)
    assert seen.drain.call_count == waited


def test_where_probes_are_lost_there_is_nothing_to_wait_for() -> None:
    wait_for_gap(Loop(), recorder(StreamStory(FOREVER), steady=False), INTERVAL)

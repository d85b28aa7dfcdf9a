"""The loop keeps order and pace, and never makes up for lost time with a burst."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from harness.loop import Loop, now
from harness.units import MS

STEP = 5 * MS


class Pipe:
    """A pipe whose reading end the loop can watch."""

    def __init__(self) -> None:
        self.read, self.write = os.pipe()

    def fileno(self) -> int:
        return self.read

    def say(self) -> None:
        os.write(self.write, b"x")

    def close(self) -> None:
        os.close(self.read)
        os.close(self.write)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """A pipe, closed in the end."""
    made = Pipe()
    yield made
    made.close()


def test_timers_run_in_the_order_of_their_times() -> None:
    loop, order, start = Loop(), list[str](), now()
    for name, delay in (("third", 3), ("first", 1), ("second", 2)):
        loop.at(start + delay * MS, lambda _, name=name: order.append(name))  # type: ignore[misc]
    loop.pump(start + 4 * MS)
    assert order == ["first", "second", "third"]


def test_timers_of_the_same_time_run_in_the_order_they_were_set() -> None:
    loop, order, when = Loop(), list[int](), now()
    for number in range(20):
        loop.at(when, lambda _, number=number: order.append(number))  # type: ignore[misc]
    loop.pump(when)
    assert order == list(range(20))


def test_a_timer_gets_the_time_and_is_never_early() -> None:
    loop, told, when = Loop(), list[int](), now() + 3 * MS
    loop.at(when, told.append)
    loop.pump(when)
    assert len(told) == 1
    assert when <= told[0] <= now()


def test_a_timer_may_set_another() -> None:
    loop, times = Loop(), list[int]()
    loop.at(now(), lambda at: loop.at(at + MS, times.append))
    loop.pump(now() + 2 * MS)
    assert len(times) == 1


def test_what_lies_behind_the_end_waits_for_the_next_pump() -> None:
    loop, times, when = Loop(), list[int](), now() + 60_000 * MS  # no machine stands still so long
    loop.at(when, times.append)
    loop.pump(now() + 1 * MS)
    assert times == []


def test_pump_lasts_until_its_time() -> None:
    until = now() + 3 * MS
    Loop().pump(until)
    assert now() >= until


def test_pump_ends_as_soon_as_it_is_done() -> None:
    loop, times, start = Loop(), list[int](), now()
    loop.every(MS, times.append)
    loop.pump(start + 10_000 * MS, lambda: len(times) >= 3)
    assert len(times) >= 3
    assert now() < start + 5000 * MS


def test_ticks_stay_on_a_grid_of_times_however_late_they_are() -> None:
    loop, ticks, start = Loop(), list[int](), now()
    loop.every(STEP, ticks.append)
    loop.pump(start + 40 * STEP)
    grid = {(tick - start) // STEP for tick in ticks}
    assert len(ticks) == len(grid), "no tick stands in for a missed one"
    assert len(ticks) <= 41
    best = min((tick - start) % STEP for tick in ticks[len(ticks) // 2 :])
    assert best < STEP // 2, "lateness of single ticks does not add up"


def test_a_stall_leaves_ticks_out_instead_of_a_burst() -> None:
    loop, ticks = Loop(), list[int]()

    def tick(at: int) -> None:
        ticks.append(at)
        if len(ticks) == 3:
            time.sleep(10.5 * STEP / 1e9)

    start = now()
    loop.every(STEP, tick)
    loop.pump(start + 10_000 * STEP, lambda: len(ticks) == 24)
    gaps = [b - a for a, b in pairwise(ticks)]
    assert max(gaps) >= 10 * STEP
    assert min(gaps) > 0
    due = (ticks[-1] - start) // STEP + 1
    assert len(ticks) <= due - 10, "none of the ten that the stall took is made up for"
    after = [(at - ticks[0]) % STEP for at in ticks[4:]]
    assert min(after) < STEP // 2, "back on the grid"


def test_stop_ends_the_ticks_even_from_within() -> None:
    loop, ticks = Loop(), list[int]()

    def tick(at: int) -> None:
        ticks.append(at)
        if len(ticks) == 2:
            stop()

    stop = loop.every(MS, tick)
    loop.pump(now() + 10 * MS)
    assert len(ticks) == 2


def test_stop_before_the_first_tick_lets_none_happen() -> None:
    loop, ticks = Loop(), list[int]()
    loop.every(MS, ticks.append)()
    loop.pump(now() + 3 * MS)
    assert ticks == []


def test_a_reader_is_called_while_there_is_something_to_read(pipe: Pipe) -> None:
    loop, got = Loop(), list[bytes]()
    loop.watch(pipe, lambda: got.append(os.read(pipe.read, 1)))
    os.write(pipe.write, b"abc")
    loop.pump(now() + 1000 * MS, lambda: len(got) == 3)
    assert got == [b"a", b"b", b"c"]


def test_readers_are_served_between_timers(pipe: Pipe) -> None:
    loop, got = Loop(), list[bytes]()
    loop.watch(pipe, lambda: got.append(os.read(pipe.read, 9)))
    loop.every(MS, lambda _: pipe.say())
    loop.pump(now() + 2000 * MS, lambda: len(got) >= 5)
    assert len(got) >= 5


def test_an_ended_watch_is_left_alone_even_in_the_same_round(pipe: Pipe) -> None:
    loop, other, seen = Loop(), Pipe(), list[int]()

    def once() -> None:
        seen.append(now())
        for end in ends:
            end()

    ends = [loop.watch(source, once) for source in (pipe, other)]
    for source in (pipe, other):
        source.say()
    loop.pump(now() + 3 * MS)
    other.close()
    assert len(seen) == 1


def test_lateness_is_the_worst_seen() -> None:
    loop, start = Loop(), now()
    assert loop.latest == 0
    loop.at(start - 7 * MS, lambda _: None)
    loop.pump(start)
    assert 7 * MS <= loop.latest <= now() - start + 7 * MS


def test_the_time_in_which_it_was_pumped_is_summed() -> None:
    loop = Loop()
    for _ in range(2):
        loop.pump(now() + STEP)
        time.sleep(STEP / 1e9)
    before = loop.served
    assert before >= 2 * STEP
    time.sleep(STEP / 1e9)
    assert loop.served == before

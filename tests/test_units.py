"""Times compare as the documentation means them, and failures are sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.units import MS, Measured, Span, as_span, in_ms, ms, s, sentence, timed

TIMES = st.integers(0, 10_000 * MS)


def took(milliseconds: int, tolerance: int = 0, *, happened: bool = True) -> Measured:
    return Measured("detection", milliseconds * MS, tolerance * MS, happened=happened)


def test_spans_are_written_as_numbers_of_units() -> None:
    assert 100 * ms == Span(100 * MS)
    assert ms * 100 == 100 * ms
    assert 2 * s == 2000 * ms
    assert 300 * ms + 200 * ms == s / 2
    assert s - 200 * ms == 800 * ms


def test_slack_grows_with_every_step_and_a_subtrahend_brings_its_own_early() -> None:
    period = Span(100 * MS, 10 * MS)
    assert 3 * period == Span(300 * MS, 30 * MS)
    assert period + period == Span(200 * MS, 20 * MS)
    assert 3 * period - period == Span(200 * MS, 30 * MS, 10 * MS)
    assert took(191) >= 3 * period - period - Span(0)
    assert not took(189) >= 3 * period - period
    assert (2 * period) / 2 == period


def test_documented_times_compare_without_slack() -> None:
    assert Span(100, 50) < Span(101)
    assert Span(100, 50) <= Span(100)
    assert Span(101) > Span(100, 50)
    assert Span(100) >= Span(100, 50)
    with pytest.raises(TypeError):
        _ = Span(1) < 2  # type: ignore[operator]


@pytest.mark.parametrize(("seen", "within"), [(90, True), (100, True), (115, True), (116, False)])
def test_late_begins_beyond_slack_and_tolerance(seen: int, *, within: bool) -> None:
    bound = Span(100 * MS, 10 * MS)
    assert (took(seen, 5) <= bound) is within
    assert (took(seen, 5) > bound) is not within
    assert (bound >= took(seen, 5)) is within


@pytest.mark.parametrize(("seen", "within"), [(110, True), (95, True), (94, False)])
def test_early_begins_beyond_the_tolerance_alone(seen: int, *, within: bool) -> None:
    bound = Span(100 * MS, 10 * MS)
    assert (took(seen, 5) >= bound) is within
    assert (took(seen, 5) < bound) is not within
    assert (bound <= took(seen, 5)) is within


@pytest.mark.parametrize(("seen", "within"), [(90, True), (85, True), (84, False)])
def test_a_timer_may_be_early_by_as_much_as_its_span_says(seen: int, *, within: bool) -> None:
    bound = Span(100 * MS, slack=50 * MS, early=10 * MS)
    assert (took(seen, 5) >= bound) is within
    assert (took(seen, 5) < bound) is not within
    assert took(seen, 5) < bound.documented


def test_what_may_be_early_grows_with_every_step_and_turns_round_in_a_difference() -> None:
    late, early = Span(100, slack=3), Span(100, early=7)
    assert 2 * early == Span(200, early=14)
    assert (2 * early) / 2 == early
    assert late + early == Span(200, slack=3, early=7)
    assert late - early == Span(0, slack=10)
    assert early - late == Span(0, early=10)
    assert early.documented == Span(100)


def test_a_chained_comparison_reads_as_in_the_documentation() -> None:
    interval = Span(100 * MS, 10 * MS)
    assert 2 * interval <= took(250) <= 3 * interval
    assert not 2 * interval <= took(331) <= 3 * interval
    assert not 2 * interval <= took(199) <= 3 * interval


def test_what_never_happened_is_never_in_time() -> None:
    never = took(50, happened=False)
    assert not never <= 100 * ms
    assert never > 100 * ms
    assert str(never) == "never (watched for 50.0 ms)"


def test_a_measured_bound_brings_its_own_tolerance() -> None:
    assert as_span(took(100, 7)) == Span(100 * MS, 7 * MS, 7 * MS)
    assert took(112, 5) <= took(100, 7)
    assert took(113, 5) > took(100, 7)


@given(TIMES, TIMES, TIMES, TIMES)
def test_within_and_beyond_exclude_each_other(
    seen: int, tolerance: int, bound: int, slack: int
) -> None:
    measured, span = Measured("it", seen, tolerance), Span(bound, slack)
    assert (measured <= span) is not (measured > span)
    assert (measured >= span) is not (measured < span)
    assert measured <= span or measured >= span


@pytest.mark.parametrize(
    ("op", "left", "right", "said"),
    [
        (
            "<=",
            Measured("detection", 509 * MS, 3 * MS, "jitter 3.0 ms"),
            Span(300 * MS, 10 * MS),
            (
                "detection took 509.0 ms, documented at most 300.0 ms "
                "(tolerance 13.0 ms: kernel timers 10.0 ms + jitter 3.0 ms): 196.0 ms too late"
            ),
        ),
        (
            ">=",
            took(90, 2),
            100 * ms,
            (
                "detection took 90.0 ms, asserted at least 100.0 ms "
                "(tolerance 2.0 ms): 8.0 ms too early"
            ),
        ),
        (
            ">=",
            took(70, 2),
            Span(100 * MS, early=10 * MS),
            (
                "detection took 70.0 ms, documented at least 100.0 ms "
                "(tolerance 12.0 ms: kernel timers 10.0 ms): 18.0 ms too early"
            ),
        ),
        (
            "<=",
            took(90, happened=False),
            100 * ms,
            (
                "detection did not come within the 90.0 ms watched, asserted at most 100.0 ms "
                "(tolerance 0.0 ms)"
            ),
        ),
        (
            ">",
            took(90),
            100 * ms,
            (
                "detection took 90.0 ms, expected more than 100.0 ms "
                "(tolerance 0.0 ms): 10.0 ms short of it"
            ),
        ),
    ],
)
def test_a_failed_comparison_is_a_sentence(
    op: str, left: Measured, right: Span, said: str
) -> None:
    assert sentence(op, left, right) == said
    mirrored = {"<=": ">=", ">=": "<=", ">": "<"}[op]
    assert sentence(mirrored, right, left) == said


@pytest.mark.parametrize(
    ("op", "left", "right"),
    [("<=", 1, 2), ("<=", ms, s), ("<=", took(1), 2), ("in", took(1), s)],
)
def test_other_comparisons_are_left_to_pytest(op: str, left: object, right: object) -> None:
    assert sentence(op, left, right) is None


def test_times_print_in_milliseconds() -> None:
    assert (in_ms(1_234_567), str(1200 * ms), str(took(5))) == ("1.2 ms", "1200.0 ms", "5.0 ms")


def test_a_bound_is_documented_only_if_all_of_it_is() -> None:
    """One part of the scenario's own makes the sum its own: no documentation says that."""
    documented = Span(100 * MS, 10 * MS)
    for bound, whose in (
        (documented, "documented"),
        (2 * documented + documented, "documented"),
        (2 * documented + 100 * ms, "asserted"),
        (100 * ms - documented, "asserted"),
        ((s / 2).documented, "asserted"),
        (took(20), "asserted"),
    ):
        said = sentence("<=", took(9000), bound)
        assert said is not None
        assert f", {whose} at most" in said


@pytest.mark.parametrize(
    ("op", "seen", "tail"),
    [
        (
            "<=",
            60,
            "documented at most 100.0 ms (tolerance 15.0 ms: T): which holds, by 55.0 ms",
        ),
        (
            ">",
            140,
            "expected more than 100.0 ms (tolerance 15.0 ms: T): which holds, by 25.0 ms",
        ),
        (">=", 110, "documented at least 100.0 ms (tolerance 5.0 ms): which holds, by 15.0 ms"),
        ("<", 80, "expected less than 100.0 ms (tolerance 5.0 ms): which holds, by 15.0 ms"),
    ],
)
def test_of_a_comparison_that_holds_nothing_is_too_late(op: str, seen: int, tail: str) -> None:
    """pytest asks for it in `assert not run.outage <= bond.miimon`."""
    said = sentence(op, took(seen, 5), Span(100 * MS, 10 * MS))
    tail = tail.replace("T)", "kernel timers 10.0 ms)")
    assert said == f"detection took {seen}.0 ms, {tail}"


@pytest.mark.parametrize("wrong", [100, 0.5])
def test_a_number_without_its_unit_is_reported_with_what_to_write(wrong: float) -> None:
    for compare in (
        lambda: took(1) <= wrong,  # type: ignore[operator]
        lambda: took(1) > wrong,  # type: ignore[operator]
        lambda: 2 * ms + wrong,  # type: ignore[operator]
        lambda: s - wrong,  # type: ignore[operator]
        lambda: as_span(wrong),
    ):
        with pytest.raises(
            ScenarioError, match=rf"{wrong} is not a time.*\n.*write {wrong} \* ms"
        ):
            compare()
    with pytest.raises(ScenarioError, match="'100ms' is not a time\nhint: write a time as"):
        as_span("100ms")


class Verbs:
    """Something with verbs that take times."""

    @timed
    def flap(self, *, down: Span, times: int = 1, up: Span | None = None) -> int:
        """Return how many times."""
        return times if down.ns and up is None else 0

    @timed
    def after(self, span: Span) -> int:
        """Return how long."""
        return span.ns


def test_a_verb_names_the_number_that_should_be_a_time() -> None:
    verbs = Verbs()
    with pytest.raises(ScenarioError, match=r"flap\(down=400\): 400 is not a time.*\n.*400 \* ms"):
        verbs.flap(down=400)  # type: ignore[arg-type]
    with pytest.raises(ScenarioError, match=r"after\(span=500\): 500 is not a time"):
        verbs.after(500)  # type: ignore[arg-type]
    assert (verbs.flap(down=4 * ms, times=3, up=None), verbs.after(1 * ms)) == (3, MS)


def test_times_are_equal_by_their_length_whatever_timers_may_do_to_them() -> None:
    assert Span(100 * MS, slack=7) == 100 * ms
    assert hash(Span(100 * MS, slack=7)) == hash(100 * ms)
    assert took(100) == 100 * ms
    assert took(100) != 200 * ms


@pytest.mark.parametrize("time", [took(100), 100 * ms])
def test_a_time_equals_no_number_without_a_unit(time: object) -> None:
    with pytest.raises(ScenarioError, match="100 is not a time: it has no unit") as wrong:
        assert time == 100
    assert wrong.value.hint == "write 100 * ms"


def test_measured_times_are_not_added() -> None:
    with pytest.raises(ScenarioError, match="detection cannot be added to detection"):
        took(1) + took(2)
    with pytest.raises(ScenarioError, match="detection cannot be reduced by"):
        took(2) - ms

"""Folded time: every point is shown, in order, on one scale that has room for all folds."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.picture import axis, folding
from harness.picture.folding import Piece
from harness.units import MS

END = 36_000_000 * MS  # ten hours
POINTS = st.one_of(
    st.lists(st.integers(0, END), max_size=60),
    st.builds(range, st.integers(0, END), st.just(END), st.integers(4_000 * MS, END)),
    st.builds(
        lambda every, more: [*range(0, END // 2, every), *more],
        st.integers(3_000 * MS, 90_000 * MS),
        st.lists(st.integers(0, END), max_size=9),
    ),
)


@settings(deadline=None, max_examples=60)
@given(points=POINTS, length=st.integers(0, 5_000 * MS))
def test_every_point_has_its_place_whatever_the_recording(points: list[int], length: int) -> None:
    one = folding.unit([length], END, 10 * MS)
    shown = folding.pieces(points, 0, END, one)
    assert all(before.stop < after.begin for before, after in pairwise(shown))
    panels = folding.panels(shown, one)
    assert len(panels) <= 3 * folding.PANELS
    axes = axis.laid_out(panels, 0, 100.0, 800.0, seconds=True)
    assert axes[0].scale > 0
    assert max(one.right for one in axes) <= 900.1
    for at in (0, END, *points):
        places = [x for one in axes if (x := one.at(at)) is not None]
        assert places
        assert all(100 <= x <= 900.1 for x in places)
    for one_axis in axes:
        xs = [x for x, _ in one_axis.numbers()]
        assert xs == sorted(xs)


def test_a_fold_hides_only_what_lies_between_two_points_far_apart() -> None:
    second = 1000 * MS
    shown = folding.pieces([second, 60 * second], 0, 61 * second, second)
    assert shown == [Piece(0, 3 * second // 2), Piece(119 * second // 2, 61 * second)]
    assert folding.pieces([second, 5 * second], 0, 6 * second, second) == [Piece(0, 6 * second)]


def test_a_long_time_without_a_fold_goes_on_in_the_next_panel() -> None:
    panels = folding.panels([Piece(0, 40 * MS)], MS)
    parts = [piece for panel in panels for piece in panel]
    assert len(parts) == len(panels) == 4
    assert all(before.stop == after.begin for before, after in pairwise(parts))
    assert (parts[0].begin, parts[-1].stop) == (0, 40 * MS)
    axes = axis.laid_out(panels, 0, 0.0, 100.0, seconds=False)
    assert [list(one.folds()) for one in axes] == [[]] * len(axes)

"""The strip of repeated runs: a dot for each, at its place, its bounds as lines."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.picture.strip import Dot, draw

SVG = "{http://www.w3.org/2000/svg}"
BOUND = {"op": "<=", "ms": 100.0, "slack_ms": 10.0}
DOTS = st.lists(
    st.tuples(st.none() | st.floats(0, 1e6), st.sampled_from(["conforms", "contradicts"])),
    min_size=1,
    max_size=200,
)


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S314


def placed(picture: ET.Element) -> dict[int, tuple[float, float, str]]:
    """Return for each run its place and its path."""
    found = {}
    for one in picture.iter(f"{SVG}path"):
        title = one.findtext(f"{SVG}title") or ""
        place = re.match(r"translate\(([\d.-]+),([\d.-]+)\)", one.get("transform") or "")
        if (run := re.match(r"run (\d+): ", title)) and place:
            found[int(run[1])] = (float(place[1]), float(place[2]), str(one.get("d")))
    return found


@settings(deadline=None, max_examples=15)
@given(runs=DOTS)
def test_every_run_has_its_dot_in_order_of_its_figure(
    runs: list[tuple[float | None, str]],
) -> None:
    dots = [Dot(n, ms, verdict) for n, (ms, verdict) in enumerate(runs, 1)]
    found = placed(parsed(draw("outage", dots, [BOUND])))
    assert list(found) == [dot.run for dot in dots]
    known = sorted((dot.ms, found[dot.run][0]) for dot in dots if dot.ms is not None)
    xs = [x for _, x in known]
    assert xs == sorted(xs)
    assert all(0 <= x <= 640 and 10 <= y <= 100 for x, y, _ in found.values())
    assert all(found[dot.run][0] > max(xs, default=0) for dot in dots if dot.ms is None)


def test_the_bound_is_a_line_between_what_holds_it_and_what_does_not() -> None:
    dots = [Dot(1, 90.0, "conforms"), Dot(2, 130.0, "contradicts")]
    picture = parsed(draw("outage", dots, [BOUND, BOUND]))
    (line,) = [one for one in picture.iter(f"{SVG}path") if one.get("class") == "bound"]
    x = float(re.match(r"M([\d.]+),", str(line.get("d")))[1])  # type: ignore[index]
    fine, wrong = placed(picture).values()
    assert fine[0] < x < wrong[0]
    assert fine[2] != wrong[2]
    assert "bound \N{LESS-THAN OR EQUAL TO} 100.0 ms, kernel timers 10.0 ms" in "".join(
        line.itertext()
    )


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([50.0, 60.0, 90.0], "outage of 3 runs: from 50.0 to 90.0 ms, median 60.0 ms"),
        ([50.0, None], "outage of 2 runs: from 50.0 to 50.0 ms, median 50.0 ms, 1 never"),
        ([None, None], "outage of 2 runs: all 2 never"),
    ],
)
def test_what_it_shows_is_reported_to_those_who_cannot_see_it(
    values: list[float | None], told: str
) -> None:
    text = draw("outage", [Dot(n, ms, "conforms") for n, ms in enumerate(values, 1)], [])
    assert parsed(text).get("aria-label") == told


def test_names_are_text() -> None:
    text = draw('<b>"\x00', [Dot(1, 1.0, "<i>")], [])
    assert not {"b", "i"} & {one.tag.removeprefix(SVG) for one in parsed(text).iter()}

"""The picture of a history: XML with nothing missing, whatever the names hold."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import Inconclusive
from harness.history import History, load
from harness.judge import instants, scene, traffic
from harness.judge.timeline import Allowed
from harness.picture import draw, style
from harness.units import MS, ms
from tests.judge.test_pages import STORIES, WINDOWS
from tests.stories import INITIAL, Line, failover, fault, garp, marks, probing, slave, tell

HISTORIES = sorted((Path(__file__).parents[1] / "histories").glob("*.jsonl"))
SVG = "{http://www.w3.org/2000/svg}"
SOME = settings(deadline=None, max_examples=10)


def parsed(history: History, *windows: Allowed) -> ET.Element:
    return ET.fromstring(draw(history, windows))  # noqa: S314  (what draw wrote just now)


def titles(picture: ET.Element) -> list[str]:
    return [one.text or "" for one in picture.iter(f"{SVG}title")]


def texts(picture: ET.Element) -> list[str]:
    return ["".join(one.itertext()) for one in picture.iter(f"{SVG}text")]


def classes(picture: ET.Element, word: str) -> list[ET.Element]:
    return [one for one in picture.iter() if word in (one.get("class") or "").split()]


def at_x(mark: ET.Element) -> float:
    found = re.match(r"translate\(([\d.-]+),", mark.get("transform") or "")
    assert found is not None
    return float(found[1])


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_every_event_of_the_model_is_in_a_title(path: Path) -> None:
    history = load(path)
    told = "\n".join(titles(parsed(history)))
    lanes = [*scene.links(history), *instants.carriers(history), *instants.tables(history)]
    events = [state.event for lane in lanes for state in lane.states]
    events += [action.event for action in scene.actions(history)]
    single = [*instants.frames(history), instants.lines(history)]
    events += [instant.event for lane in single for instant in lane.instants]
    assert len(events) > 8
    for event in events:
        assert f'[{event.at}, "{event.kind}", "{event.where}"' in told


@SOME
@given(story=STORIES, windows=WINDOWS)
def test_any_history_is_xml_with_each_action_and_every_frame_shown_or_counted(
    story: list[Line], windows: list[Allowed]
) -> None:
    history = tell([*marks(), *INITIAL, *probing({"out": (0.0, 93.0)}), *story])
    picture = parsed(history, *windows)
    told = "\n".join(titles(picture))
    for action in scene.actions(history):
        assert f'[{action.at}, "fault", "{action.event.where}"' in told
    shown = sum(
        int(found[1]) if (found := re.search(r": (\d+) events, ", text)) else 1
        for text in titles(picture)
        if re.search(r"traffic \w+ (arrived|lost)$", text.partition("\n")[0])
    )
    folded = sum(
        int(found[1])
        for text in set(titles(picture))
        if (found := re.search(r"^(\d+) probe event", text, re.MULTILINE))
    )
    frames = sum(len(one.legs) for way in traffic.STREAMS if (one := scene.path(history, way)))
    assert shown <= frames + 8  # at a border of two panels one is shown on both
    assert shown + 2 * folded >= frames - 4


@SOME
@given(name=st.text(st.characters(exclude_categories=()), min_size=1, max_size=15))
def test_names_are_text_and_never_markup(name: str) -> None:
    history = failover(
        fault(200, name, "heal", "repair"),
        slave(210, name, "up"),
        (220, "log", name, {"text": name}),
        scenario=name,
        topology=name,
    )
    picture = parsed(history, Allowed(name, None, 50 * ms))
    assert {one.tag.removeprefix(SVG) for one in picture.iter()} <= {
        "svg", "style", "g", "rect", "path", "text", "title",
    }  # fmt: skip
    assert not any(
        key.startswith("on") or key == "style" for one in picture.iter() for key in one.attrib
    )


def test_characters_that_change_what_is_seen_are_escaped() -> None:
    name = "a\N{RIGHT-TO-LEFT OVERRIDE}b\x07c\ufffe"
    (label,) = [one for one in texts(parsed(failover(fault(9, name)))) if one.startswith("cut a")]
    assert label == r"cut a\u202eb\x07c\ufffe"


def test_the_picture_needs_nothing_else_and_its_names_do_not_clash_in_a_page() -> None:
    text = draw(failover())
    assert not re.search(
        r"\s(id|href|src)=|url\(|@import|<script|https?://(?!www.w3.org/2000/svg)", text
    )
    assert style() in text
    assert "<style>" not in draw(failover(), styled=False)
    assert not set(style()) & set("<&")


def test_the_outage_is_a_gap_with_its_length_in_the_direction_that_was_dark() -> None:
    picture = parsed(failover(dark={"out": (0.0, 93.0)}))
    assert [text for text in texts(picture) if text == "99.0 ms"] == ["99.0 ms"]
    (gap,) = classes(picture, "outage")[:1]
    assert "outage out: 99.0 ms" in (gap.findtext(f"{SVG}title") or "")


def test_a_figure_outside_of_its_window_is_marked_with_what_the_sentence_says() -> None:
    late = texts(parsed(failover(), Allowed("detection", None, 50 * ms)))
    assert "92.0 ms: 31.0 ms too late" in late
    assert "asserted at most 50.0" in late
    assert "outside of what is allowed" in late
    within = texts(parsed(failover(), Allowed("detection", None, 85 * ms)))
    assert "92.0 ms" in within
    assert "outside of what is allowed" not in within


def test_what_never_came_is_reported() -> None:
    history = tell([*marks(), *INITIAL, fault(0, "eth0"), *probing({"both": (0.0, 9999.0)})])
    told = texts(parsed(history, Allowed("outage", None, 100 * ms)))
    assert "never (watched for 1000.0 ms)" in told
    assert any(text.endswith("ms, to the end") for text in told)


def test_quiet_times_are_folded_and_the_fold_tells_what_it_hides() -> None:
    picture = parsed(failover(fault(60_000, "eth0", "heal", "repair"), end=61_000.0))
    assert any(re.fullmatch(r"59\.\d s", text) for text in texts(picture))
    fold = classes(picture, "fold")[0].findtext(f"{SVG}title") or ""
    assert re.search(r"^\d+ probe events$", fold, re.MULTILINE)
    assert "0 of the" in fold
    cut, healed = (classes(picture, word)[0] for word in ("bad", "good"))
    assert 50 < at_x(healed) - at_x(cut) < 800


def test_frames_that_are_lost_are_never_folded() -> None:
    lost = list(probing(stop=20_000.0))
    for n, (when, kind, where, data) in enumerate(lost):
        if when > 0 and n % 13 == 0:
            lost[n] = (when, kind, where, {**data, "request": None, "reply": None})
    picture = parsed(tell([*marks(20_000.0), *INITIAL, fault(0, "eth0", "lose"), *lost]))
    folds = [one.findtext(f"{SVG}title") or "" for one in classes(picture, "fold")]
    assert all("0 of the" in fold for fold in folds)


def test_twenty_faults_in_ten_minutes_have_room_for_each() -> None:
    lines: list[Line] = []
    for n in range(20):
        when, name = n * 30_000.0, f"eth{n % 2}"
        lines += [fault(when, name), slave(when + 92, name, "down")]
        lines += [fault(when + 12_000, name, "heal", "repair"), slave(when + 12_090, name, "up")]
    picture = parsed(tell([*marks(600_000.0), *INITIAL, *lines], {"interval": 0}))
    told = texts(picture)
    assert sum(text in ("cut eth0", "cut eth1") for text in told) == 20
    assert sum(text in ("heal eth0", "heal eth1") for text in told) == 20
    assert float(picture.get("width") or 0) == 960


def test_labels_of_actions_are_not_over_each_other() -> None:
    many = [
        fault(n * 7.0, f"uplink{n}", ("cut", "heal")[n % 2], ("fault", "repair")[n % 2])
        for n in range(40)
    ]
    picture = parsed(failover(*many))
    labels = [
        (float(one.get("y") or 0), float(one.get("x") or 0), "".join(one.itertext()))
        for one in picture.iter(f"{SVG}text")
        if (one.text or "").startswith(("cut ", "heal "))
    ]
    assert len(labels) >= 30
    by_row: dict[float, list[tuple[float, float]]] = {}
    for y, x, text in labels:
        by_row.setdefault(y, []).append((x, x + 5.0 * len(text)))
    for spans in by_row.values():
        spans.sort()
        assert all(stop <= start for (_, stop), (start, _) in pairwise(spans))


def test_kinds_of_frames_differ_in_shape() -> None:
    foreign = {
        "op": "request",
        "kind": "foreign",
        "src": "",
        "dst": "",
        "sender_mac": "02:00:00:00:00:07",
    }
    who = {"sender_ip": "192.0.2.7", "target_ip": "192.0.2.254"}
    line: Line = (50, "arp", "dut/eth0", {**foreign, **who})
    picture = parsed(failover(line, garp(94, "sw/eth0")))
    marks_ = {
        (one.findtext(f"{SVG}title") or "").partition("\n")[0].partition(": ")[2]: one.get("d")
        for one in picture.iter(f"{SVG}path")
    }
    assert marks_["foreign ARP"] != marks_["gratuitous ARP"]


def test_a_recording_that_was_not_disturbed_has_no_picture() -> None:
    with pytest.raises(Inconclusive):
        draw(tell([(0, "mark", "", {"name": "recording"})]))


def test_a_history_without_bonds_and_probes_has_a_picture() -> None:
    assert "cut eth0" in texts(
        parsed(tell([*marks(), fault(0, "eth0")], {"bonds": {}, "interval": 0}))
    )


def test_a_recording_of_no_length_has_a_picture() -> None:
    history = tell([(0, "mark", "", {"name": name}) for name in ("baseline", "disturb", "end")])
    assert history.events[-1].at == 5_000 * MS
    assert parsed(history).get("role") == "img"

"""A history keeps what happened in order, and comes back from its file as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import LabError, UsageError
from harness.history import Event, History, load, save
from harness.history.file import header
from tests.stories import described

ABOUT = described(scenario="test_it")
CUT = Event(20, "fault", "eth0", {"action": "cut", "role": "fault"})
DOWN = Event(30, "slave", "eth0", {"bond": "bond0", "link": "down"})
UP = Event(10, "slave", "eth1", {"bond": "bond0", "link": "up"})
JUDGED = Event(40, "mark", "", {"name": "end"})
STORY = History.of(ABOUT, [CUT, DOWN, UP, JUDGED])

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NEEDED: dict[str, dict[str, object]] = {
    "mark": {"name": "end"},
    "fault": {"action": "cut", "role": "fault"},
    "slave": {"bond": "bond0", "link": None},
    "probe": {"seq": 0, "request": 5, "reply": None},
    "log": {"text": ""},
}
EVENTS = st.builds(
    Event,
    st.integers(0, 2**63),
    st.sampled_from(list(NEEDED)),
    st.text(max_size=12),
    st.dictionaries(st.text(max_size=8).map("x{}".format), JSON, max_size=4),
).map(lambda event: replace(event, data={**NEEDED[event.kind], **event.data}))


def test_events_are_put_in_order_of_time() -> None:
    assert [event.at for event in STORY.events] == [10, 20, 30, 40]


def test_events_of_the_same_time_keep_their_order() -> None:
    same = [Event(5, "log", "dut", {"text": str(number)}) for number in range(4)]
    assert History.of(ABOUT, same).events == tuple(same)


def test_select_narrows_by_kind_place_and_data() -> None:
    assert [*STORY.select("slave")] == [UP, DOWN]
    assert [*STORY.select("slave", "eth0")] == [DOWN]
    assert [*STORY.select("slave", link="up")] == [UP]
    assert [*STORY.select("slave", "eth0", link="up")] == []
    assert [*STORY.select("slave", absent=None)] == [UP, DOWN]


def test_a_mark_is_a_time_or_was_never_reached() -> None:
    assert STORY.mark("end") == 40
    assert STORY.mark("baseline") is None


def test_an_event_gives_its_data_by_name() -> None:
    assert (CUT["action"], CUT.get("every"), CUT.get("every", 3)) == ("cut", None, 3)
    with pytest.raises(KeyError):
        _ = CUT["every"]


def test_a_saved_history_is_loaded_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    save(STORY, path)
    assert load(path) == STORY
    assert [found.name for found in tmp_path.iterdir()] == ["history.jsonl"]


def test_text_that_looks_like_the_end_of_a_line_is_kept(tmp_path: Path) -> None:
    texts = ('}],"\\n",[', '}],"\n",[', "\n", "}]\n[", '"', "\\")
    story = History.of(
        ABOUT, [Event(n, "log", text, {"text": text}) for n, text in enumerate(texts)]
    )
    save(story, tmp_path / "history.jsonl")
    assert load(tmp_path / "history.jsonl") == story


def test_a_history_without_events_is_its_header(tmp_path: Path) -> None:
    save(History(ABOUT, ()), tmp_path / "history.jsonl")
    assert (tmp_path / "history.jsonl").read_text().count("\n") == 1
    assert load(tmp_path / "history.jsonl") == History(ABOUT, ())


@given(events=st.lists(EVENTS, max_size=8))
def test_any_history_survives_its_file(
    tmp_path_factory: pytest.TempPathFactory, events: list[Event]
) -> None:
    path = tmp_path_factory.mktemp("any") / "history.jsonl"
    story = History.of(ABOUT, events)
    save(story, path)
    assert load(path) == story


def test_the_first_line_describes_and_each_other_line_is_an_event(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    save(STORY, path)
    first, *others = (json.loads(line) for line in path.read_text().splitlines())
    assert first == json.loads(json.dumps(header(ABOUT)))
    assert (first["format"], first["scenario"], first["kernel"]["hz"]) == (2, "test_it", 100)
    assert others[1] == [20, "fault", "eth0", {"action": "cut", "role": "fault"}]


def test_a_history_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    save(STORY, path)
    broken: dict[str, Any] = {"data": object()}
    with pytest.raises(TypeError):
        save(History.of(ABOUT, [Event(1, "log", "dut", broken)]), path)
    assert load(path) == STORY


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "line 1"),
        ("[]", "line 1"),
        ("{}", "line 1"),
        ('{"format": 1}', "line 1: .*lacks .kernel.hz"),
        ('{"format": 1, "hz": 100}\nnonsense', "line 2"),
        ('{"format": 1, "hz": 100}\n[1, "log", "dut", {"text": ""}]\n[1, "log"]', "line 3"),
        ('{"format": 1, "hz": 100}\n["x", "log", "dut", {"text": ""}]', "line 2"),
    ],
)
def test_what_is_no_history_is_rejected_with_its_line(
    tmp_path: Path, content: str, said: str
) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=said) as caught:
        load(path)
    assert caught.value.hint


def test_a_missing_or_binary_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path / "history.jsonl")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path / "binary")


def test_a_full_disk_is_the_labs_fault_and_leaves_nothing(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this machine has no /dev/full")
    (tmp_path / "history.part").symlink_to(full)
    with pytest.raises(LabError, match=r"No space left on device\nhint: free space"):
        save(
            History.of(ABOUT, [Event(1, "mark", "", {"name": "end"})]), tmp_path / "history.jsonl"
        )
    assert list(tmp_path.iterdir()) == []

"""The file format of histories: its documentation, files of older formats, and what is refused."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.errors import UsageError
from harness.history import About, ClockAbout, History, load, save
from harness.history.kinds import FIELDS
from tests.history_doc import tables
from tests.stories import described

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data"
KEPT = ("one_bond", "two_bonds")
HEADER: dict[str, Any] = {
    "format": 2,
    "scenario": "test_it",
    "topology": "one_switch",
    "lab": "netns",
    "kernel": {"release": "6.1.176", "hz": 100, "clock": "real"},
}


@pytest.mark.parametrize("table", [*tables()], ids=lambda text: text.splitlines()[2][:24])
def test_the_document_has_each_table_of_the_code(table: str) -> None:
    text = (ROOT / "docs" / "pages" / "history-format.md").read_text(encoding="utf-8")
    assert table in text, "print them: python -m tests.history_doc"


def test_what_verbs_write_down_is_documented() -> None:
    listed = {field.name for field in FIELDS["fault"]}
    written = {
        key.arg: path.name
        for path in (ROOT / "harness" / "record").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr in ("did", "note", "repeat", "_do", "_change", "_fail", "_mend")
        for key in node.keywords
        if key.arg is not None
    }
    assert {"percent", "mac", "stalled"} <= set(written)
    assert {key: where for key, where in written.items() if key not in listed} == {}


@pytest.mark.parametrize("name", KEPT)
def test_a_file_of_format_1_is_judged_as_it_was_when_it_was_written(name: str) -> None:
    path = DATA / f"{name}.jsonl"
    assert path.read_text(encoding="utf-8").startswith('{"format": 1, ')
    done = CliRunner().invoke(main, ["judge", "--json", str(path)])
    found = json.loads(done.stdout)
    del found["file"]
    assert done.exit_code == 0
    assert found == json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", KEPT)
def test_every_field_of_a_real_recording_is_documented(name: str) -> None:
    for event in load(DATA / f"{name}.jsonl").events:
        listed = {field.name for field in FIELDS[event.kind]}
        assert set(event.data) <= listed, event


@pytest.mark.parametrize("name", KEPT)
def test_a_file_of_format_1_is_saved_as_format_2_and_means_the_same(
    name: str, tmp_path: Path
) -> None:
    old, path = load(DATA / f"{name}.jsonl"), tmp_path / "history.jsonl"
    save(old, path)
    assert json.loads(path.read_text(encoding="utf-8").partition("\n")[0])["format"] == 2
    assert load(path) == old


def test_every_key_of_the_header_survives_its_file(tmp_path: Path) -> None:
    about = described(
        path=["guest", "client"],
        healthy=False,
        added=["192.0.2.9"],
        edges=["eth0"],
        clocks={"dut": {"offset": -3, "error": 5}},
        latest=7,
        broken="KeyError: 'x'",
        unread="not root",
        target=None,
    )
    assert about.clocks["dut"] == ClockAbout(offset=-3, error=5)
    assert (about.path, about.kernel.unread) == (("guest", "client"), "not root")
    path = tmp_path / "history.jsonl"
    save(History.of(about, []), path)
    assert load(path).about == about


def test_only_four_keys_are_needed(tmp_path: Path) -> None:
    about = read(tmp_path, HEADER)
    assert (about.path, about.interval, about.healthy) == (("dut", "target"), 0, True)
    assert not about.virtual


def test_format_1_said_otherwise_that_the_log_was_not_read() -> None:
    assert described(log=False).kernel.unread
    assert not described().kernel.unread


@pytest.mark.parametrize(
    ("changed", "message", "hint"),
    [
        ({"format": 3}, "the file has format 3, this harness reads 1 to 2", "or a later one"),
        ({"format": "2"}, "the file has format '2', this harness reads 1 to 2", "the version"),
        ({"topologie": "x"}, 'unknown key "topologie"', "did you mean topology"),
        (
            {"kernel": {**HEADER["kernel"], "smp": 2}},
            'unknown key "kernel.smp"',
            "use the version of the harness that wrote the file",
        ),
        ({"kernel": {"hz": 100, "clock": "real"}}, 'lacks "kernel.release"', "an object, then"),
        ({"kernel": "6.1"}, "kernel is a string, expected an object", "an object, then"),
        (
            {"kernel": {**HEADER["kernel"], "hz": "100"}},
            "kernel.hz is a string, expected an integer",
            "",
        ),
        ({"interval": True}, "interval is true or false, expected an integer", ""),
        ({"interval": 1.5}, "interval is a number, expected an integer", ""),
        ({"target": 5}, "target is an integer, expected a string or null", ""),
        ({"path": ["dut"]}, "path has 1 values, expected 2", ""),
        ({"path": "dut"}, "path is a string, expected a list", ""),
        ({"added": [1]}, r"added\[0\] is an integer, expected a string", ""),
        ({"bonds": 7}, "bonds is an integer, expected an object", ""),
        ({"bonds": {"bond0": {}}}, 'lacks "bonds.bond0.slaves"', ""),
        ({"clocks": {"dut": None}}, "clocks.dut is null, expected an object", ""),
    ],
)
def test_a_header_that_is_not_of_the_format_is_rejected(
    tmp_path: Path, changed: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(UsageError, match=rf"history.jsonl, line 1: .*{message}") as caught:
        read(tmp_path, {**HEADER, **changed})
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('[1.5, "log", "dut", {"text": ""}]', "at is a number, expected an integer"),
        ('[1, "log", null, {"text": ""}]', "where is null, expected a string"),
        ('[1, "log", "dut", []]', "data is a list, expected an object"),
        ('[1, "log", "dut"]', "expected a list of time, kind, place and data"),
        ('{"at": 1}', "expected a list of time, kind, place and data"),
        ('[1, "lag", "dut", {}]', '"lag" is not a kind of event'),
        ('[1, "log", "dut", {}]', 'a log lacks "text"'),
        ('[1, "carrier", "dut/eth0", {"up": 1}]', "carrier: up is an integer, expected true or"),
        (
            '[1, "probe", "out", {"seq": 0, "request": "5", "reply": null}]',
            "probe: request is a string, expected an integer or null",
        ),
    ],
)
def test_an_event_that_is_not_of_the_format_is_rejected(
    tmp_path: Path, line: str, message: str
) -> None:
    mark = '[0, "mark", "", {"name": "end"}]'
    with pytest.raises(UsageError, match=f"history.jsonl, line 3: .*{message}") as caught:
        read(tmp_path, HEADER, mark, line)
    assert caught.value.hint


def test_a_field_that_is_not_listed_is_ignored(tmp_path: Path) -> None:
    read(tmp_path, HEADER, '[0, "mark", "", {"name": "end", "note": 1}]')


def read(place: Path, header: dict[str, Any], *lines: str) -> About:
    path = place / "history.jsonl"
    path.write_text("\n".join([json.dumps(header), *lines]), encoding="utf-8")
    return load(path).about

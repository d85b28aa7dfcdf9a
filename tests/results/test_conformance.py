"""conformance.json: what is written comes back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.results.conformance import load
from tests.result_directories import conformance, figure, place, result


def test_a_conformance_is_read_as_it_was_written(tmp_path: Path) -> None:
    one = result("test_x", detection=figure(92), options=("mode",), history="x/history.jsonl")
    assert load(place(tmp_path / "a", one)) == conformance(one)


def test_a_file_that_calls_a_guests_seconds_just_seconds_is_read(tmp_path: Path) -> None:
    path = place(tmp_path / "a", result("test_x")) / "conformance.json"
    data = json.loads(path.read_text())
    del data["results"][0]["wall_seconds"]
    del data["results"][0]["guest_seconds"]
    data["results"][0]["seconds"] = 2.5
    path.write_text(json.dumps(data))
    (one,) = load(path).results
    assert (one.guest_seconds, one.wall_seconds) == (2.5, None)


def test_a_key_of_a_later_version_is_ignored(tmp_path: Path) -> None:
    one = result("test_x", detection=figure(92))
    path = place(tmp_path / "a", one) / "conformance.json"
    data = json.loads(path.read_text())
    data["later"] = data["results"][0]["later"] = data["kernels"]["old"]["later"] = 1
    path.write_text(json.dumps(data))
    assert load(path.parent).results == (one,)


def test_a_file_from_before_claims_and_docstrings_is_read(tmp_path: Path) -> None:
    path = place(tmp_path / "a", result("test_x")) / "conformance.json"
    data = json.loads(path.read_text())
    del data["claims"]
    for name in ("page", "docstring", "reproduce"):
        del data["results"][0][name]
    path.write_text(json.dumps(data))
    found = load(path.parent)
    assert found.claims == {}
    assert found.results[0].reproduce == ""


@pytest.mark.parametrize(
    ("keys", "value", "said"),
    [
        (("results", 0, "figures", "outage", "ms"), "<b>", "outage: ms is '<b>'"),
        (("results", 0, "figures", "outage", "bounds", 0, "ms"), None, "outage: limit is None"),
        (("results", 0, "wall_seconds"), [], "wall_seconds is []"),
        (("results", 0, "scenario"), 7, "scenario is 7"),
        (("results", 0, "verdict"), "<script>", "'<script>'"),
        (("kernels", "old"), "6.1", "kernel old is '6.1'"),
    ],
)
def test_an_edited_value_of_another_type_is_named(
    tmp_path: Path, keys: tuple[str | int, ...], value: object, said: str
) -> None:
    path = place(tmp_path / "a", result("test_x", outage=figure(60.0))) / "conformance.json"
    data = json.loads(path.read_text())
    inner: Any = data
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    path.write_text(json.dumps(data))
    with pytest.raises(UsageError, match=re.escape(said)):
        load(path.parent)

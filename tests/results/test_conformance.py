"""conformance.json: what is written comes back."""

from __future__ import annotations

import json
from pathlib import Path

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

"""`harness judge`: recordings in, figures out, and an exit status that can be relied on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.history import save
from tests.stories import fault, heal, slow_driver

HISTORIES = Path(__file__).parents[1] / "histories"


def judge(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["judge", *map(str, arguments)])


def test_a_recording_is_reported_in_figures_a_table_and_lanes() -> None:
    done = judge(HISTORIES / "late_detection.jsonl")
    assert done.exit_code == 0
    assert "  detection                 499.4 ms   +- 15.0 ms (one jiffy 10.0 ms" in done.stdout
    assert "bond0 active slaves   eth0 -> eth1" in done.stdout
    assert "0 = cut uplink1" in done.stdout
    assert "traffic out" in done.stdout


def test_figures_can_be_read_by_machines() -> None:
    done = judge("--json", HISTORIES / "failover.jsonl", HISTORIES / "blackhole.jsonl")
    first, second = map(json.loads, done.stdout.splitlines())
    assert done.exit_code == 0
    assert first["times"]["detection"]["ms"] == pytest.approx(92.0)
    assert (first["facts"]["recovered"], second["facts"]["recovered"]) == (True, False)
    assert first["inconclusive"] is None
    assert second["times"]["outage"] == {
        "ms": None,
        "watched_ms": 398.0,
        "tolerance_ms": 14.1,
        "tolerance": "probe interval 10.0 ms + timers late by 4.0 ms + a step late by 0.1 ms",
    }


def test_a_recording_that_proves_nothing_is_exit_status_1() -> None:
    done = judge(HISTORIES / "failover.jsonl", HISTORIES / "unclean.jsonl")
    assert done.exit_code == 1
    assert "INCONCLUSIVE: the path was not healthy before the fault: 22 of" in done.stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no json\n", "line 1: not a line of a history"),
        (b"\xff\xfe", "cannot be read"),
        (b"", "line 1: not a line of a history"),
        (b'{"format": 3}\n', "has format 3, this harness reads 1 to 2"),
        (
            b'{"format":1,"hz":9}\n[1,"mark","",{"name":"end"}]\n[2,"fault","x",{"role":"fault"}]\n',
            'line 3: not a line of a history (a fault lacks "action")',
        ),
        (b'{"format": 1, "hz": 100, "bonds": 7}\n', "bonds is an integer, expected an object"),
        (
            b'{"format":1,"hz":0,"bonds":{"b":{"slaves":["x"]}}}\n[1,"mark","",{"name":"disturb"}]\n',
            "is incomplete: ",
        ),
    ],
)
def test_a_file_that_is_no_recording_is_exit_status_4(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(content)
    done = judge(HISTORIES / "failover.jsonl", path)
    assert done.exit_code == 4
    assert message in done.stderr
    assert "hint: " in done.stderr
    assert "Traceback" not in done.output


def without_partner(path: Path) -> Path:
    """Write a failover of an 802.3ad bond whose switch has no channel."""
    lines = (HISTORIES / "failover.jsonl").read_text(encoding="utf-8").splitlines()
    header = json.loads(lines[0])
    bond = next(iter(header["bonds"].values()))
    bond["lacks"] = "802.3ad needs a channel at its switch"
    path.write_text("\n".join([json.dumps(header), *lines[1:]]), encoding="utf-8")
    return path


def test_what_is_not_testable_is_listed_and_the_rest_is_judged(tmp_path: Path) -> None:
    path = without_partner(tmp_path / "history.jsonl")
    done = judge(path, HISTORIES / "failover.jsonl")
    assert done.exit_code == 0
    first, second = done.stdout.split(str(HISTORIES))
    assert "  detection                  92.0 ms" in first
    assert "bond0 active slaves   eth0 -> eth1" in first
    listed = " ".join(first[first.index("not testable:") :].split())
    assert listed.startswith("not testable: recovered, sent, loss out, loss in, outages, ")
    assert "reordered: 802.3ad needs a channel at its switch" in listed
    assert "  recovered" not in first
    assert "  recovered" in second
    (plain,) = map(json.loads, judge("--json", path).stdout.splitlines())
    assert plain["not_testable"]["outages"] == "802.3ad needs a channel at its switch"
    assert plain["facts"]["bond0 active slaves"] == ["eth0", "eth1"]


def test_a_fault_that_the_driver_did_not_report_is_exit_status_1(tmp_path: Path) -> None:
    unseen = tmp_path / "history.jsonl"
    save(slow_driver(fault(0, "eth0"), heal(300)), unseen)
    done = judge(unseen)
    why = "eth0 was without carrier for 300.0 ms and its driver did not report it"
    assert done.exit_code == 1
    assert f"NOT TESTABLE HERE: {why}" in done.stdout
    plain = json.loads(judge("--json", unseen).stdout)
    assert plain["inconclusive"] is None
    assert plain["not_testable"]["recording"].startswith(why)


def test_a_recording_cut_short_is_exit_status_1(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text('{"format": 1, "hz": 100}\n')
    done = judge(path)
    assert done.exit_code == 1
    assert "INCONCLUSIVE: the recording ended before anything was disturbed" in done.stdout


def test_a_missing_file_is_exit_status_4(tmp_path: Path) -> None:
    done = judge(tmp_path / "none.jsonl")
    assert (done.exit_code, done.stdout) == (4, "")
    assert "cannot be read" in done.stderr


def test_a_wrong_command_line_is_exit_status_2() -> None:
    assert judge().exit_code == 2
    assert judge("--nonsense", "x").exit_code == 2


def test_help_documents_the_exit_status() -> None:
    said = " ".join(judge("--help").stdout.split())
    assert "Exit status: 0 all recordings were judged, 1 one or more are inconclusive or" in said


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "harness", "judge", HISTORIES / "failover.jsonl"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "detection" in done.stdout

"""What is left cut is connected once the process that cut it has ended, and not before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.labs.reconnect.client import Reconnector
from harness.labs.reconnect.record import Connecting, CutRecord, still_cut
from tests.waiting import comes_true

LAB = """\
[dut]
address = "192.0.2.20"
management = "mgmt"
[[nic]]
name = "eth1"
far_end = "far1"
"""
ONE, OTHER = Connecting(port="Gi1/0/1"), Connecting(command="true")


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    path = tmp_path / "lab.toml"
    path.write_text(LAB, encoding="ascii")
    return path


def test_only_what_was_not_connected_again_is_still_cut(tmp_path: Path) -> None:
    record = CutRecord(tmp_path / "cut")
    record.cut(ONE)
    record.cut(OTHER)
    record.connected(ONE)
    record.close()
    assert still_cut((tmp_path / "cut").read_text(encoding="utf-8").splitlines()) == [OTHER]


def test_one_process_at_a_time_cuts(tmp_path: Path) -> None:
    record = CutRecord(tmp_path / "cut")
    with pytest.raises(BlockingIOError):
        CutRecord(tmp_path / "cut")
    record.close()


def test_commands_are_run_once_the_record_is_free(lab: Path, tmp_path: Path) -> None:
    done, path = tmp_path / "done", tmp_path / "cut"
    record = CutRecord(path)
    record.cut(Connecting(command=f"touch {done}"))
    argv = [sys.executable, "-m", "harness.labs.reconnect.program", str(lab), str(path)]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL) as process:
        waits = f"-> FLOCK  ADVISORY  WRITE {process.pid} "
        assert comes_true(lambda: waits in Path("/proc/locks").read_text(encoding="ascii"))
        assert not done.exists()
        record.close()
        assert process.wait(30) == 0
    assert done.exists()
    assert not path.exists()


def test_a_command_that_fails_is_reported_and_the_next_one_is_run(
    lab: Path, tmp_path: Path
) -> None:
    done = tmp_path / "done"
    record = CutRecord(tmp_path / "cut")
    record.cut(Connecting(command="echo no power >&2; exit 3"))
    record.cut(Connecting(command=f"touch {done}"))
    record.close()
    said = Reconnector(lab, tmp_path / "cut").close()
    assert said.endswith("ended with exit status 3: no power")
    assert done.exists()


def test_without_a_record_nothing_is_done(lab: Path, tmp_path: Path) -> None:
    assert not Reconnector(lab, tmp_path / "cut").close()

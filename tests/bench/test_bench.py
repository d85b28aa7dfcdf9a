"""The benchmark runs and prints; what it prints is the machine's business."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import probes, table

ROOT = Path(__file__).parents[2]


def _bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.bench", *arguments],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_help_names_every_figure() -> None:
    said = _bench("--help").stdout
    for name in (
        "boot",
        "topologies",
        "selftests",
        "scenario",
        "probes",
        "outage",
        "suite",
        "skipped",
        "kept",
        "report",
    ):
        assert name in said


def test_an_unusable_kernel_is_a_usage_error(tmp_path: Path) -> None:
    done = _bench(f"--kernel={tmp_path}/none")
    assert done.returncode == 4
    assert "hint:" in done.stderr
    assert "Traceback" not in done.stderr


def test_spread_is_in_milliseconds() -> None:
    found = table.spread("total", [3_000_000, 1_000_000, 2_000_000])
    assert found == {"total ms": 2.0, "min": 1.0, "max": 3.0}


def test_processor_time_is_that_of_the_whole_group() -> None:
    burn = "while True: pass"
    with subprocess.Popen([sys.executable, "-c", burn], start_new_session=True) as process:
        try:
            while probes.processor_time(process.pid) == 0:
                assert process.poll() is None
        finally:
            process.kill()
    assert probes.processor_time(process.pid) == 0


@pytest.mark.guest(inside=False)
def test_topologies_are_built_in_a_guest(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    done = _bench("--only=topologies", "--rounds=2", f"--json={file}")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(file.read_text())
    names = [row["topology"] for row in found["topologies"]["rows"]]
    assert names == ["one_switch", "two_switches", "blade_chassis", "filtering_switch"]
    assert all(row["total ms"] > 0 for row in found["topologies"]["rows"])
    assert found["machine"]["HZ"] >= 100
    assert all(name in done.stdout for name in names)

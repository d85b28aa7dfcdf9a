"""`harness driver-profile --kernel`: an emulated NIC in a guest, from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.errors import KernelUnavailable
from harness.kernels import specs

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.guest(inside=False)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness", "driver-profile", *arguments],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "140"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def kernel() -> str:
    try:
        specs.resolve("virtual", lambda _: None)
    except KernelUnavailable as error:
        pytest.skip(str(error))
    return "virtual"


def profile(kernel: str, nic: str) -> dict[str, Any]:
    done = command("--kernel", kernel, "--nic", nic, "--json")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_the_same_facts_come_each_time(kernel: str) -> None:
    found = profile(kernel, "veth")
    assert found["identity"]["driver"] == "veth"
    assert found["clock"] == "virtual"
    assert len(found["carrier"]["down_flag"]["ns"]) == 5
    assert profile(kernel, "veth") == found


def test_people_get_a_table(kernel: str) -> None:
    done = command("--kernel", kernel, "--nic", "dummy")
    assert done.returncode == 0, done.stderr
    assert "primary_reselect=better" in done.stdout
    assert "booting" in done.stderr
    assert "Traceback" not in done.stderr

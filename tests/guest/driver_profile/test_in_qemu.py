"""A driver's profile from a DUT in QEMU, over SSH."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.guest.labs.qemu.test_qemu import LACKS

pytestmark = [
    pytest.mark.guest(inside=False),
    pytest.mark.skipif(bool(LACKS), reason=f"--lab qemu needs {', '.join(LACKS)}"),
]


def test_a_model_that_has_speed_and_duplex() -> None:
    argv = [sys.executable, "-m", "harness", "driver-profile", "--lab", "qemu", "--json"]
    done = subprocess.run(
        [*argv, "--nic", "rtl8139", "--repeat", "1"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)
    assert found["identity"]["driver"] == "8139cp"
    assert found["speed"]["mbps"] == 100
    assert None not in found["carrier"]["down_event"]["ns"]
    answers = {one["subject"]: one["answer"] for one in found["concluded"]}
    assert answers["miimon (carrier)"] == answers["802.3ad"] == "yes"
    assert found["missing"] == {}

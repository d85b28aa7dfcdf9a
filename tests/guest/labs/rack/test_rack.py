"""Scenarios on a rack: its DUT is a namespace with an SSH server, its cables are veths.

The kernel of these tests' guest has bonding; all else is as with machines in a real rack.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.session import worker
from tests.rack import NO_RACK, Rack, pytest_on, standing
from tests.waiting import comes_true

ROOT = Path(__file__).parents[4]
pytestmark = [pytest.mark.guest, pytest.mark.skipif(bool(NO_RACK), reason=NO_RACK)]
SILENCE = ('management = "mgmt"', 'management = "mgmt"\nsilence = 3')
MIIMON = "scenarios/test_miimon.py"
FIRST = f"{MIIMON}::test_nothing_happens_without_a_fault"


@pytest.fixture
def rack(tmp_path: Path) -> Iterator[Rack]:
    """A rack of this test's own."""
    if worker.facts().lab.startswith("netns in uml"):
        pytest.skip("starting programs takes minutes in this kernel: choose --kernel virtual@7.2")
    with standing(tmp_path) as found:
        yield found


def started(rack: Rack, *arguments: str) -> subprocess.Popen[str]:
    """Start pytest on the tester, whose /run is its own; the process is pytest's."""
    return pytest_on(rack.tester, rack.place, rack.lab(SILENCE), *arguments)


def run(rack: Rack, *arguments: str) -> tuple[int, str]:
    """Run pytest on the tester; return its status and all that it said."""
    process = started(rack, *arguments)
    said, _ = process.communicate(timeout=300)
    return process.returncode, said


def away(rack: Rack) -> bool:
    """Tell whether test NICs have left the networks of both machines."""
    names = [rack.run(one, "ip", "-br", "link").stdout for one in (rack.tester, rack.dut)]
    return "far1" not in names[0] and "eth1" not in names[1]


def test_scenarios_pass_and_all_is_put_back(rack: Rack) -> None:
    before = rack.state()
    chosen = "lost_carrier or nothing_happens or nothing_is_noticed"
    status, said = run(rack, "--yes", MIIMON, "-k", chosen)
    assert "6 passed" in said, said
    assert status == 0
    assert "rack.toml: root@198.51.100.2:2222 with veth" in said
    assert "DUT eth1 (veth) - far1 (veth) of the tester" in said
    assert rack.comes_to_be(before)


def test_a_session_that_cannot_ask_takes_no_nic(rack: Rack) -> None:
    before = rack.state()
    status, said = run(rack, FIRST)
    assert status == pytest.ExitCode.USAGE_ERROR
    assert "DUT eth4 (veth) - far4 (veth) of the tester" in said
    assert "standard input is not a terminal" in said
    assert "hint: give --yes" in said
    assert rack.comes_to_be(before)


def test_a_nic_in_use_is_left_alone(rack: Rack) -> None:
    rack.ip(rack.dut, "route add default dev eth2")
    before = rack.state()
    status, said = run(rack, "--yes", FIRST)
    assert status == pytest.ExitCode.USAGE_ERROR
    assert "DUT eth2 has the default route" in said
    assert rack.comes_to_be(before)


def test_one_tester_at_a_time_and_a_killed_one_leaves_nothing(rack: Rack) -> None:
    before = rack.state()
    with started(rack, "--yes", MIIMON) as first:
        assert comes_true(lambda: away(rack))
        status, said = run(rack, "--yes", FIRST)
        assert status == pytest.ExitCode.USAGE_ERROR
        assert f"the DUT is in use by root@{os.uname().nodename} (process " in said
        assert away(rack)  # the first one goes on
        first.kill()
    assert rack.comes_to_be(before)


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_it_leaves_nothing(rack: Rack, seed: int) -> None:
    before = rack.state()
    moment = random.Random(seed).uniform(0.3, 8)  # noqa: S311  (to be the same each time)
    with started(rack, "--yes", MIIMON) as process:
        time.sleep(moment)
        process.kill()
    assert rack.comes_to_be(before)


def test_a_dut_is_connected_anew_after_each_fault_of_the_lab(rack: Rack) -> None:
    before = rack.state()
    status, said = run(rack, "--yes", "tests/guest/labs/rack/inside.py")
    assert "2 passed" in said, said
    assert status == 0
    assert rack.comes_to_be(before)


def test_what_could_not_be_restored_is_reported_at_both_ends(rack: Rack) -> None:
    """Somebody has given a NIC's name to another device meanwhile."""
    with started(rack, "--yes", MIIMON, "-k", "lost_carrier") as process:
        assert comes_true(lambda: away(rack))
        rack.ip(rack.dut, "link add eth4 type veth peer name other")
        rack.ip(rack.tester, "link add far4 type veth peer name other")
        said, _ = process.communicate(timeout=300)
    assert "4 passed" in said, said
    assert "NICs of the DUT could not be restored: eth4: File exists" in said
    assert "error: not restored on the tester: far4: File exists" in said


def test_without_room_for_the_state_of_a_nic_none_is_taken(rack: Rack) -> None:
    before = rack.state()
    there = ["nsenter", "-t", str(rack.server.process.pid), "-m"]
    fill = "mount -o remount,size=4k /run && head -c 8k /dev/zero >/run/full"
    subprocess.run([*there, "sh", "-c", fill], capture_output=True, check=False)
    status, said = run(rack, "--yes", FIRST)
    assert status == pytest.ExitCode.USAGE_ERROR, said
    assert "the DUT cannot lock: No space left on device" in said, said
    assert "hint: free space in /run there" in said
    assert rack.comes_to_be(before)


def test_a_run_that_is_interrupted_puts_all_back(rack: Rack) -> None:
    before = rack.state()
    with started(rack, "--yes", MIIMON) as process:
        assert comes_true(lambda: away(rack))
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, said
    assert rack.comes_to_be(before)


def test_without_ssh_the_dut_undoes_all_and_with_it_again_the_run_goes_on(rack: Rack) -> None:
    before = rack.state()
    with started(rack, "--yes", MIIMON, "-k", "lost_carrier") as process:
        assert comes_true(lambda: away(rack))
        rack.ip(rack.tester, "link set ctl down")
        assert comes_true(lambda: "eth1" in rack.run(rack.dut, "ip", "-br", "link").stdout, 20)
        rack.ip(rack.tester, "link set ctl up")
        said, _ = process.communicate(timeout=300)
    assert "dut" in said
    assert "passed" in said, said
    assert rack.comes_to_be(before)

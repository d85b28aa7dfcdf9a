"""A rack whose DUT has a kernel, a clock and drivers of its own: it is in QEMU, behind SSH.

test_rack.py has the same with namespaces of one kernel. Only here the DUT can reboot, its NICs go
home by themselves when their holder is killed, and its management cable can be pulled.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rack import PRIVATE, pytest_on
from tests.rack_in_qemu import BOOT, NO_QEMU_RACK, QemuRack, standing
from tests.waiting import wait_until

ROOT = Path(__file__).parents[4]
pytestmark = [
    pytest.mark.guest(inside=False),
    pytest.mark.skipif(bool(NO_QEMU_RACK), reason=f"{NO_QEMU_RACK}: no DUT in QEMU"),
]
# These take some minutes; test_rack.py has them with namespaces instead of a machine in QEMU.
whole = pytest.mark.skipif("HARNESS_WHOLE_RACK" not in os.environ, reason="HARNESS_WHOLE_RACK=1")
MIIMON = "scenarios/test_miimon.py"
FIRST = f"{MIIMON}::test_nothing_happens_without_a_fault"
JUDGED = re.compile(r"\d passed|INCONCLUSIVE")  # an emulated processor may be too late
OWN = "10.9.0.1"
CONFIGURED = (
    "ip link set {0} mtu 1400; ip address add 10.9.0.1/24 dev {0}; ip link set {0} up;"
    " ip route add 10.10.0.0/16 via 10.9.0.2; ip link set {1} address 02:00:00:00:00:77"
)


@pytest.fixture(scope="module")
def powered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QemuRack]:
    """The rack of these tests."""
    with standing(tmp_path_factory.mktemp("rack")) as found:
        yield found


@pytest.fixture
def rack(powered: QemuRack) -> QemuRack:
    """The rack, its NICs configured as a user's may be."""
    names = powered.nics
    powered.there(f"ip address flush dev {names[0]}; {CONFIGURED.format(*names)}")
    return powered


def started(rack: QemuRack, *arguments: str, lab: Path | None = None) -> subprocess.Popen[str]:
    """Start pytest on the tester, whose /run is its own; the process is pytest's."""
    return pytest_on(rack.tester, rack.place, lab or rack.lab(OWN), *arguments)


def run(rack: QemuRack, *arguments: str, lab: Path | None = None) -> tuple[int, str]:
    """Run pytest on the tester; return its status and all that it said."""
    process = started(rack, *arguments, lab=lab)
    said, _ = process.communicate(timeout=400)
    return process.returncode, said


def await_start(rack: QemuRack, process: subprocess.Popen[str]) -> None:
    """Wait until test NICs have left the networks of both machines."""

    def away() -> bool:
        if process.poll() is not None:
            raise AssertionError(process.communicate()[0])
        far = rack.here("ip", "-br", "link").stdout
        return rack.away() and "far1" not in far

    wait_until(away, within=BOOT, what="the start of a run", every=0.3)


def test_the_doctor_finds_drivers_and_cables(rack: QemuRack) -> None:
    before = rack.state()
    first, second = rack.nics
    words = ("doctor", "--lab", str(rack.lab(OWN)), "--up", "--json")
    done = rack.here(*PRIVATE, sys.executable, "-m", "harness", *words)
    rows = json.loads(done.stdout)["rows"]
    assert {row["state"] for row in rows.values()} == {"yes"}, done.stdout
    assert "driver virtio_net" in rows[f"DUT {first}"]["found"]
    assert "driver 8139cp" in rows[f"DUT {second}"]["found"]
    assert rows[f"far1 - {first}"]["found"] == rows[f"far2 - {second}"]["found"] == "frames arrive"
    assert rack.comes_to_be(before)


@whole
def test_a_scenario_passes_and_all_is_put_back(rack: QemuRack) -> None:
    before = rack.state()
    _, said = run(rack, "--yes", MIIMON, "-k", "lost_carrier and 100")
    assert re.search(r"DUT eth\d \(virtio_net\) - far1 \(veth\) of the tester", said)
    assert JUDGED.search(said), said
    assert rack.comes_to_be(before)


@whole
def test_what_is_in_use_is_left_alone(rack: QemuRack) -> None:
    first, second = rack.nics
    rack.there(f"ip route add default via 10.9.0.2; ip link set {second} up")
    rack.there(f"ip address add 203.0.113.9/24 dev {second}")
    before = rack.state()
    status, said = run(rack, "--yes", FIRST)
    assert status == pytest.ExitCode.USAGE_ERROR, said
    assert f"DUT {first} has the default route" in said
    assert f"DUT {second} has the address 203.0.113.9" in said
    assert rack.state() == before
    rack.there(f"ip route del default; ip address flush dev {second}; ip link set {second} down")


def test_the_nic_of_ssh_is_left_alone_whatever_the_file_says(rack: QemuRack) -> None:
    first, _ = rack.nics
    before = rack.state()
    text = rack.lab(OWN).read_text(encoding="utf-8")
    swapped = text.replace('"mgmt"', '"other"').replace(f'"{first}"', '"mgmt"')
    path = rack.place / "swapped.toml"
    path.write_text(swapped.replace('"other"', f'"{first}"'), encoding="utf-8")
    status, said = run(rack, "--yes", FIRST, lab=path)
    assert status == pytest.ExitCode.USAGE_ERROR, said
    assert f"SSH does not use {first}, the management interface" in said
    assert "DUT mgmt carries the SSH session that this runs in" in said
    assert rack.state() == before


@whole
def test_one_tester_at_a_time_and_an_interrupted_one_puts_all_back(rack: QemuRack) -> None:
    before = rack.state()
    with started(rack, "--yes", MIIMON) as process:
        await_start(rack, process)
        status, said = run(rack, "--yes", FIRST)
        assert status == pytest.ExitCode.USAGE_ERROR, said
        who = rf"the DUT is in use by \w+@{os.uname().nodename} \(process \d+\) since 20"
        assert re.search(who, said), said
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=120)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, said
    assert rack.comes_to_be(before)


@whole
@pytest.mark.parametrize("seed", range(5))
def test_killed_at_any_moment_it_leaves_nothing(rack: QemuRack, seed: int) -> None:
    before = rack.state()
    moment = random.Random(seed).uniform(2, 20)  # noqa: S311  (to be the same each time)
    with started(rack, "--yes", MIIMON) as process:
        time.sleep(moment)
        process.kill()
    assert rack.comes_to_be(before)


@whole
def test_a_tester_that_hangs_is_gone_for_the_dut(rack: QemuRack) -> None:
    before = rack.state()
    with started(rack, "--yes", MIIMON, "-k", "lost_carrier") as process:
        await_start(rack, process)
        stopped = [process.pid, *below(process.pid)]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        wait_until(rack.at_home, within=30, what="the NICs' return")
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    assert rack.comes_to_be(before)


def below(pid: int) -> list[int]:
    """Return all processes that a process has started, theirs included."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text(encoding="ascii").split()):
            found += [child, *below(child)]
    return found


@whole
def test_a_pulled_management_cable_undoes_all_and_a_plugged_one_lets_the_run_go_on(
    rack: QemuRack,
) -> None:
    before = rack.state()
    with started(rack, "--yes", MIIMON, "-k", "lost_carrier and (50 or 100)") as process:
        await_start(rack, process)
        rack.monitor.do("set_link", name="mgmt0", up=False)
        time.sleep(8)
        rack.monitor.do("set_link", name="mgmt0", up=True)
        wait_until(rack.at_home, within=10, what="the NICs' return")
        said, _ = process.communicate(timeout=400)
    assert "dut" in said
    assert JUDGED.search(said), said
    assert rack.comes_to_be(before)


@whole
def test_after_a_reboot_of_the_dut_the_run_goes_on(rack: QemuRack) -> None:
    with started(rack, "--yes", MIIMON, "-k", "lost_carrier") as process:
        await_start(rack, process)
        rack.there("(sleep 0.2; reboot -f) >/dev/null 2>&1 &")
        said, _ = process.communicate(timeout=400)
    assert "dut" in said
    assert JUDGED.search(said), said
    assert rack.at_home()
    assert "far1" in rack.here("ip", "-br", "link").stdout


def test_what_a_killed_restorer_left_is_put_back_by_the_next_run(rack: QemuRack) -> None:
    before = rack.state()
    with started(rack, "--yes", MIIMON) as process:
        await_start(rack, process)
        rack.there("killall -9 python3")
        process.kill()
    wait_until(rack.at_home, within=20, what="the NICs' return")
    assert rack.state() != before
    _, said = run(rack, "--yes", FIRST)
    assert "restored after a killed run" in said, said
    assert JUDGED.search(said), said
    assert rack.comes_to_be(before)

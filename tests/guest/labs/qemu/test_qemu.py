"""Scenarios whose DUT is in QEMU, behind SSH; the lab's own faults are in inside.py."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from harness.kernels import qemu
from tests.waiting import wait_until

ROOT = Path(__file__).parents[4]
LACKS = [name for name in (qemu.QEMU, "nft", "apt-get") if not shutil.which(name)]
pytestmark = [
    pytest.mark.guest(inside=False),
    pytest.mark.skipif(bool(LACKS), reason=f"--lab qemu needs {', '.join(LACKS)}"),
]


def run(*arguments: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Run pytest with a DUT in QEMU."""
    argv = [sys.executable, "-m", "pytest", "-q", "--lab=qemu", "--guests=1"]
    return subprocess.run(
        [*argv, f"--results={tmp_path}/results", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("nic", ["virtio-net", "rtl8139"])
def test_a_driver_in_qemu_fails_over(nic: str, tmp_path: Path) -> None:
    done = run(
        "scenarios/test_miimon.py",
        f"--nic={nic}",
        "-k=test_lost_carrier_is_noticed_within_one_inspection",
        "--max-inconclusive=3",  # of four: beside other work an emulated DUT stands still
        tmp_path=tmp_path,
    )
    assert done.returncode == 0, done.stdout


def test_models_of_nics_alternate_also_behind_a_bridge_of_the_dut(tmp_path: Path) -> None:
    done = run(
        "scenarios/field/test_vm_host.py",
        "--nic=virtio-net,rtl8139",
        "-k=test_any_one_cable_may_be_pulled",
        "--max-inconclusive=3",  # of four, as above
        tmp_path=tmp_path,
    )
    assert done.returncode == 0, done.stdout
    assert "virtio-net, rtl8139" in done.stdout


def test_adapters_of_the_rtl8150_are_plugged_into_the_dut(tmp_path: Path) -> None:
    """Cables, USB, and the chip's own faults, by the driver of the DUT's kernel behind SSH."""
    done = run(
        "scenarios/field/test_usb_nics.py",
        "scenarios/field/test_usb_nics_trouble.py",
        "-k=mii_tool and 100 or stalled_interrupt or goes_dark or pulled_out or plugged_in_again",
        "--max-inconclusive=3",
        tmp_path=tmp_path,
    )
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


def test_the_dut_is_restored_after_each_fault_of_the_lab(tmp_path: Path) -> None:
    done = run("tests/guest/labs/qemu/inside.py", tmp_path=tmp_path)
    assert "11 passed" in done.stdout, done.stdout


def processes(mark: str) -> list[str]:
    """Return the command lines of the processes with a mark in their environment."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            if mark.encode() in (place / "environ").read_bytes():
                found.append((place / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def interfaces() -> set[str]:
    """Return the names of the interfaces here."""
    return {place.name for place in Path("/sys/class/net").iterdir()}


@contextmanager
def killed(place: Path) -> Iterator[str]:
    """Run scenarios, yield the mark of all processes of the run, and kill the tester afterwards.

    Then wait until nothing of it is left: no process, interface or temporary file.
    """
    temporary, mark = place / "temporary", f"TESTED_IN={place}"
    temporary.mkdir()
    argv = [sys.executable, "-m", "pytest", "--lab=qemu", "--guests=1", "-p", "no:cacheprovider"]
    argv += [f"--results={place}/results", "scenarios/test_miimon.py"]
    environment = {**os.environ, "TESTED_IN": str(place), "TMPDIR": str(temporary)}
    before = interfaces()
    with subprocess.Popen(argv, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as tester:
        yield mark
        assert tester.poll() is None, "the run was over before it was killed"
        tester.kill()
    wait_until(lambda: not processes(mark), within=60, what="the end of all its processes")
    wait_until(lambda: not list(temporary.iterdir()), within=10, what="an empty temporary place")
    assert interfaces() == before


def test_nothing_is_left_of_a_tester_that_is_killed(tmp_path: Path) -> None:
    with killed(tmp_path) as mark:
        wait_until(
            lambda: any("-incoming" in one for one in processes(mark)),
            within=120,
            what="a DUT from its snapshot",
        )


@pytest.mark.skipif("HARNESS_WHOLE_QEMU" not in os.environ, reason="HARNESS_WHOLE_QEMU=1")
@pytest.mark.parametrize("seed", range(10))
def test_killed_at_any_moment_it_leaves_nothing(seed: int, tmp_path: Path) -> None:
    with killed(tmp_path):
        time.sleep(random.Random(seed).uniform(0.5, 20))  # noqa: S311  (the same each time)


def test_a_kernel_of_the_testers_is_rejected(tmp_path: Path) -> None:
    done = run("scenarios/test_miimon.py", "--kernel=uml@6.1", tmp_path=tmp_path)
    assert "--lab qemu brings the kernel of its DUT" in done.stderr + done.stdout
    assert done.returncode == pytest.ExitCode.USAGE_ERROR

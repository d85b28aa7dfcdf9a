"""Guests that die: the scenario they were in fails with evidence, everything else goes on."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.tiny import Tiny
from tests.waiting import wait_until

pytestmark = pytest.mark.guest(inside=False)

REAL = "--kernel=uml"  # with virtual time a sleep of minutes would be over at once

DEADLY = """
    import os, signal, time
    def test_before(): assert os.path.exists("/sys/class/net/bonding_masters")
    def test_panic(): open("/proc/sysrq-trigger", "w").write("c")
    def test_between():
        open("/dev/kmsg", "w").write("<0>BUG: of another scenario\\n")
        time.sleep(0.2)
    def test_hang(): time.sleep(600)
    def test_exit():
        open("/dev/kmsg", "w").write("<0>BUG: of this scenario\\n")
        os._exit(3)
    def test_after(): pass
"""

BUSY = """
    import os, time
    from harness.session import worker
    def test_busy():
        open(worker.job().results + "/begun", "w").close()
        os.sync()
        time.sleep(600)
    def test_next(): pass
"""


@pytest.fixture(scope="module")
def deadly(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, Tiny]:
    tiny = Tiny.make(tmp_path_factory.mktemp("deadly"), deadly=DEADLY)
    return *tiny.run("-v", REAL, "--guests=2", "--time-limit=3", "--junitxml=out.xml"), tiny


def test_only_scenarios_whose_kernel_or_guest_failed_fail(deadly: tuple[int, str, Tiny]) -> None:
    code, said, tiny = deadly
    assert code == 1, said
    found = dict(re.findall(r"test_deadly\.py::test_(\w+) (PASSED|FAILED)", said))
    assert found == {
        "before": "PASSED",
        "between": "FAILED",  # of a report of its kernel
        "after": "PASSED",
        "panic": "FAILED",
        "hang": "FAILED",
        "exit": "FAILED",
    }
    assert (tiny.root / "out.xml").read_text().count("<testcase") == 6


def test_a_failure_says_why_the_guest_died(deadly: tuple[int, str, Tiny]) -> None:
    _, said, _ = deadly
    exited = "its first process ended with status 3 before its job was done"
    assert f"the guest died in this scenario: {exited}" in said
    assert "\nkernel report: BUG: of this scenario: once in test_exit\n" in said
    assert "\nkernel report: BUG: of another scenario: once in test_between\n" in said
    assert "kernel crash: kernel panic: sysrq triggered crash in __handle_sysrq" in said
    assert "stopped after 3 s (--time-limit)" in said
    assert said.count("guest's console") >= 1
    assert re.search(r"-- kernel crash: .* --+\nKernel panic - not syncing: sysrq trigg", said)
    assert re.search(r"^ \[<.*>\] write_sysrq_trigger\+0x", said, re.MULTILINE)
    summed = r"^kernel crash: kernel panic: sysrq .*: once in test_panic$"
    assert re.search(summed, said, re.MULTILINE)


def test_consoles_of_guests_with_failures_are_all_that_is_kept(
    deadly: tuple[int, str, Tiny],
) -> None:
    _, _, tiny = deadly
    consoles = list((tiny.root / "results/latest").glob("*.console"))
    assert len(consoles) in (3, 4)  # one failed for a report of its kernel, and lived
    assert not [path for path in consoles if "test session starts" in path.read_text()]
    assert list(tiny.temporary.iterdir()) == []
    assert _processes(tiny) == []


def _processes(tiny: Tiny) -> list[int]:
    """Return the processes that name the project's temporary directory, or work in it."""
    found = []
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit():
            try:
                line = (directory / "cmdline").read_bytes()
                place = os.fsencode((directory / "cwd").readlink())
            except OSError:
                continue
            if os.fsencode(tiny.temporary) in line + place:
                found.append(int(directory.name))
    return found


def _gone(tiny: Tiny) -> bool:
    mounts = Path("/proc/self/mounts").read_text()
    left = list(tiny.temporary.iterdir())
    return not left and not _processes(tiny) and str(tiny.temporary) not in mounts


@pytest.fixture
def busy(tmp_path: Path) -> Tiny:
    return Tiny.make(tmp_path, busy=BUSY)


def _start(tiny: Tiny, *arguments: str) -> subprocess.Popen[str]:
    process = tiny.start(REAL, "--guests=1", "-v", *arguments)
    begun = tiny.root / "results/latest/begun"
    wait_until(
        lambda: begun.exists() or process.poll() is not None,
        within=60,
        what="the scenario's begin",
    )
    assert process.poll() is None, process.communicate()[0]
    return process


def test_kill_of_the_controller_leaves_nothing(busy: Tiny) -> None:
    process = _start(busy)
    assert len(_processes(busy)) >= 3, "supervisor and guest should run"
    process.kill()
    wait_until(lambda: _gone(busy), within=3, what="the end of guest and supervisor")
    process.communicate()


def test_interrupt_stops_all_guests_at_once(busy: Tiny) -> None:
    process = _start(busy)
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=10)
    assert time.monotonic() - begin < 2
    assert process.returncode == 2
    assert "KeyboardInterrupt" in said
    assert _gone(busy)


def test_a_killed_guest_fails_its_scenario_only(busy: Tiny) -> None:
    process = _start(busy)
    os.kill(_kernel(busy), signal.SIGKILL)
    said, _ = process.communicate(timeout=60)
    assert "it was killed by SIGKILL" in said
    assert re.search(r"1 failed, 1 passed", said)
    assert _gone(busy)


def test_a_killed_supervisor_ends_the_run_and_its_guests(busy: Tiny) -> None:
    process = _start(busy)
    supervisor = next(pid for pid in _processes(busy) if b"supervisor" in _command_line(pid))
    os.kill(supervisor, signal.SIGKILL)
    said, _ = process.communicate(timeout=10)
    assert process.returncode == 3
    assert "supervisor of the guests has ended" in said
    wait_until(lambda: _gone(busy), within=3, what="the end of the guest")


def _kernel(tiny: Tiny) -> int:
    """Return the guest's first process, not a child of it: those have the same command line.

    The order of numbers does not tell: they start again at pid_max.
    """
    kernels = [pid for pid in _processes(tiny) if b"umid=" in _command_line(pid)]
    [leader] = [pid for pid in kernels if os.getpgid(pid) == pid]
    return leader


def _command_line(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def test_two_runs_at_once_do_not_meet(tmp_path: Path) -> None:
    first, second = (
        Tiny.make(tmp_path / name, a="def test_a(): pass") for name in ("first", "second")
    )
    processes = [tiny.start(REAL, "--guests=1") for tiny in (first, second)]
    said = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert _gone(first)
    assert _gone(second)

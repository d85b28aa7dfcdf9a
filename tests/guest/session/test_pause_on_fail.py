"""`--pause-on-fail` on a real kernel: a prompt in the topology of a scenario that failed."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guest.interactive.test_up import until
from tests.tiny import FIXTURES, Tiny

pytestmark = pytest.mark.guest(inside=False)

SCENARIOS = """
    import pytest
    from harness import claim

    @claim("MIIMON-1")
    @pytest.mark.parametrize("miimon", [50, 60])
    def test_wrong(one_switch, miimon):
        bond = one_switch.dut.bond(miimon=miimon)
        with one_switch.watch() as run:
            one_switch.eth0.cut()
        assert run.active_slaves == ["eth0"]

    @claim("MIIMON-1")
    def test_fine(one_switch):
        bond = one_switch.dut.bond(miimon=100)
        with one_switch.watch() as run:
            one_switch.eth0.cut()
        assert run.detection <= bond.miimon
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny.make(tmp_path, conftest=FIXTURES, a=SCENARIOS)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def test_each_failure_has_a_prompt_and_the_run_goes_on(
    tiny: Tiny, terminal: tuple[int, int]
) -> None:
    ours, theirs = terminal
    argv = [sys.executable, "-m", "pytest", "-p", "harness.plugin", "--kernel=uml", "-v"]
    process = subprocess.Popen(
        [*argv, "--pause-on-fail", "--time-limit=20"],
        cwd=tiny.root,
        env=tiny.environment({}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    try:
        for miimon in (50, 60):
            said = until(ours, ">>> ")
            assert f"test_wrong[{miimon}] failed" in said
            assert "assert ['eth0', 'eth1'] == ['eth0']" in said
            os.write(ours, b"print('active', run.active_slave, 'of', bond.miimon)\r")
            assert f"active eth1 of {miimon}.0 ms" in until(ours, f"of {miimon}.0 ms")
            os.write(ours, b"shell()\r")
            until(ours, "dut# ")
            os.write(ours, b"cat /sys/class/net/bond0/bonding/active_slave | sed 's/^/now /'\r")
            until(ours, "now eth1")
            os.write(ours, b"exit\r")
            until(ours, ">>> ")
            os.write(ours, b"\x04")
        said = until(ours, " passed")
        assert re.search(r"test_fine.* .*PASSED", said), said
        assert "2 failed" in said
        assert process.wait(60) == 1
    finally:
        process.kill()


@pytest.mark.parametrize(
    ("options", "said", "hint"),
    [
        ((), "needs a terminal", "run it on a terminal"),
        (("--guests=2",), "one terminal, and 2 guests", "leave --guests out"),
        (("--lab=pipe",), "works with --lab netns only", "leave --lab out"),
    ],
)
def test_what_it_needs_is_told(tiny: Tiny, options: tuple[str, ...], said: str, hint: str) -> None:
    code, output = tiny.run("--kernel=uml", "--pause-on-fail", *options)
    assert code == pytest.ExitCode.USAGE_ERROR, output
    assert said in output
    assert f"hint: {hint}" in output

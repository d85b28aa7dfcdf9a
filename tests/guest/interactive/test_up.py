"""A prompt in a topology, on a kernel of its own, by a pipe and by a terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ARGV = [sys.executable, "-m", "harness", "up", "one_switch", "--kernel=uml"]
TYPED = """
dut.bond(miimon=50)
with net.watch("out") as run:
    eth0.cut()

print("faults:", [one.data["action"] for one in run.recording.events if one.kind == "fault"])
dut.bnd()
1 / 0
shell()
cat /sys/class/net/bond0/bonding/miimon | sed 's/^/miimon is /'
ls /sys/class/net/sw /proc/net/bonding
exit
shell("target")
ip -br address | grep -o 192.0.2.254
exit
"""
pytestmark = pytest.mark.guest(inside=False)


def test_what_is_typed_works_on_the_topology() -> None:
    done = subprocess.run(
        ARGV, input=TYPED, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False
    )
    said = done.stdout.replace("\r", "")
    assert done.returncode == 0, done.stderr + said
    assert "Two slaves at one switch." in said
    assert "net, eth0, eth1, target, neighbour, sw, dut" in said
    assert "faults: ['cut']" in said
    assert 'error: the dut has no "bnd"\nhint: did you mean bond?' in said
    assert "<Bond>" in said
    assert "ZeroDivisionError" in said
    assert "miimon is 50" in said
    assert "'/sys/class/net/sw': No such file" in said  # the DUT's network, not the machine's
    assert re.search(r"^bond0$", said, re.MULTILINE)
    assert re.search(r"^192\.0\.2\.254$", said, re.MULTILINE)


def test_a_terminal_is_as_before_when_the_guest_was_left() -> None:
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    process = subprocess.Popen(ARGV, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT)
    try:
        assert ">>> " in until(ours, ">>> ")
        assert not termios.tcgetattr(theirs)[3] & termios.ICANON
        os.write(ours, b"import time; time.sleep(100)\r")
        until(ours, "sleep(100)")
        time.sleep(1)
        os.write(ours, b"\x03")  # Ctrl-C ends what runs in the guest, not the guest
        assert "KeyboardInterrupt" in until(ours, "KeyboardInterrupt")
        os.write(ours, b"\x1d")  # Ctrl-]
        assert "it was ended with Ctrl-]" in until(ours, "hint: ")
        assert process.wait(30) == 1
        assert termios.tcgetattr(theirs) == before
    finally:
        process.kill()
        os.close(ours)
        os.close(theirs)


def until(ours: int, text: str, within: float = 100) -> str:
    """Return what a terminal shows until some text is there."""
    seen, end = "", time.monotonic() + within
    while text not in seen and time.monotonic() < end:
        if select.select([ours], [], [], 0.2)[0]:
            seen += os.read(ours, 65536).decode(errors="replace")
    return seen


def test_a_kernel_with_virtual_time_has_no_prompt() -> None:
    argv = [*ARGV[:-1], "--kernel=virtual@7.2"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 4
    assert "has virtual time, which would advance while it waits for input" in done.stderr
    assert "hint: choose a kernel with real time" in done.stderr

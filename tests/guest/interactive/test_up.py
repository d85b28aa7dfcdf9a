"""A prompt in a topology, on a kernel of its own, by a pipe and by a terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.kernels import qemu

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
LACKS = [name for name in (qemu.QEMU, "nft", "apt-get", "ssh") if not shutil.which(name)]
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


def test_nothing_of_a_guest_outlives_a_controller_that_is_killed(tmp_path: Path) -> None:
    """User-Mode Linux has a process of its own session for each terminal: it ends as well."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        ARGV, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env=environment
    )
    try:
        until(ours, ">>> ")
        guests = in_folder(tmp_path)
        assert len({os.getsid(one) for one in guests}) >= 2  # else there is nothing to see
        process.kill()
        process.wait()
        end = time.monotonic() + 30
        # The supervisor removes the folder when the guest's processes have ended.
        while (in_folder(tmp_path) or any(tmp_path.iterdir())) and time.monotonic() < end:
            time.sleep(0.1)
        assert in_folder(tmp_path) == []
        assert list(tmp_path.iterdir()) == []
    finally:
        process.kill()
        os.close(ours)
        os.close(theirs)


def in_folder(folder: Path) -> list[int]:
    """Return the processes that work in a folder, which guests do in the one of their run."""
    found = []
    for cwd in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if cwd.readlink().is_relative_to(folder):
                found.append(int(cwd.parent.name))
    return found


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


@pytest.mark.skipif(bool(LACKS), reason=f"--lab qemu needs {', '.join(LACKS)}")
def test_the_dut_may_be_a_stock_kernel_in_qemu() -> None:
    ours, theirs = pty.openpty()
    argv = [*ARGV[:-1], "--lab=qemu", "--nic=e1000e"]
    process = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT)
    try:
        until(ours, ">>> ")
        os.write(ours, b"dut.bond(miimon=50)\r")
        until(ours, "<Bond>")
        os.write(ours, b"shell()\r")
        until(ours, "dut# ")
        os.write(ours, b"cat /sys/class/net/bond0/bonding/miimon | sed 's/^/miimon is /'\r")
        until(ours, "miimon is 50")
        os.write(ours, b"readlink /sys/class/net/eth0/device/driver\r")
        assert "/e1000e" in until(ours, "/e1000e")
        os.write(ours, b"exit\r")
        until(ours, ">>> ")
        os.write(ours, b"\x04")
        assert process.wait(60) == 0
    finally:
        process.kill()
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize(
    ("options", "said", "hint"),
    [
        (("--lab=qmu",), 'there is no lab "qmu"', "did you mean qemu?"),
        (("--lab=qemu", "--kernel=uml"), "brings the kernel of its DUT", "leave --kernel out"),
        (("--nic=e1000",), "--lab netns has no NICs", "add --lab qemu"),
        (("--lab=rack.toml",), "where only scenarios run", "choose --lab netns"),
        (("--lab=qemu", "--nic=e1"), '"e1" is no model of a NIC', "there are: e1000"),
    ],
)
def test_what_a_lab_cannot_have_is_told(options: tuple[str, ...], said: str, hint: str) -> None:
    done = CliRunner().invoke(main, ["up", "one_switch", *options])
    assert done.exit_code == 4, done.output
    assert said in done.stderr
    assert f"hint: {hint}" in done.stderr


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

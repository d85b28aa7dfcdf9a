"""A stock kernel in QEMU is a guest as any other: it works, it may die, nothing of it stays."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from harness.kernels import qemu
from tests.tiny import Tiny
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.guest(inside=False),
    pytest.mark.skipif(
        not (shutil.which(qemu.QEMU) and qemu.has_virtme()),
        reason=f"stock kernels need {qemu.QEMU} (apt-get install qemu-system-x86) and virtme-ng "
        "(pip install -e '.[stock]')",
    ),
]
KERNEL = "--kernel=stock@6.1"
SCENARIOS = """
    import os, socket, time
    from pathlib import Path
    from harness.session import worker

    def test_before():
        assert os.uname().release.startswith("6.1.")
        assert "hypervisor" in Path("/proc/cpuinfo").read_text()
        assert {name for _, name in socket.if_nameindex()} == {"lo"}
        assert os.path.exists("/sys/class/net/bonding_masters")
        (Path(worker.job().results) / "kept").write_text("of a stock kernel")
    def test_panic():
        Path("/proc/sysrq-trigger").write_text("c")
    def test_after():
        (Path(worker.job().results) / "begun").touch()
        time.sleep(float(os.environ.get("HARNESS_SLEEPS", "0")))
"""


def test_it_works_and_a_panic_is_reported_with_its_trace(tmp_path: Path) -> None:
    tiny = Tiny.make(tmp_path, stock=SCENARIOS)
    code, said = tiny.run(KERNEL, "--guests=1", "-v", within=300)
    assert code == 1, said
    found = dict(re.findall(r"test_stock\.py::test_(\w+) (PASSED|FAILED)", said))
    assert found == {"before": "PASSED", "panic": "FAILED", "after": "PASSED"}
    assert "netns in stock 6.1." in said
    assert "kernel crash: kernel panic: sysrq triggered crash" in said
    assert (tiny.root / "results/latest/kept").read_text() == "of a stock kernel"
    assert list(tiny.temporary.iterdir()) == []


def test_kill_of_the_controller_leaves_nothing(tmp_path: Path) -> None:
    tiny = Tiny.make(tmp_path, stock=SCENARIOS)
    process = tiny.start(KERNEL, "--guests=1", "-k", "after", HARNESS_SLEEPS="600")
    begun = tiny.root / "results/latest/begun"
    wait_until(lambda: begun.exists() or process.poll() is not None, within=120, what="its begin")
    assert process.poll() is None, process.communicate()[0]
    assert b"qemu" in _arguments(tiny)
    process.kill()
    wait_until(lambda: not _arguments(tiny), within=3, what="the end of guest and supervisor")
    assert list(tiny.temporary.iterdir()) == []
    process.communicate()


def _arguments(tiny: Tiny) -> bytes:
    """Return the command lines that name the project's temporary directory."""
    lines = (_read(path / "cmdline") for path in Path("/proc").iterdir() if path.name.isdigit())
    return b"\n".join(line for line in lines if bytes(tiny.temporary) in line)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""

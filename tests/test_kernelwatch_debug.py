"""A debug kernel's own checks are caught: KASAN, lockdep, sleeping in atomic context.

lkdtm, a driver that misbehaves when asked to, provokes each in the middle of a real scenario.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import KernelUnavailable
from harness.kernels import specs
from tests.tiny import Tiny

pytestmark = pytest.mark.guest(inside=False)

FIXTURES = """
    from collections.abc import Iterator
    import pytest
    from harness.record.run import Stage
    from scenarios.topologies import OneSwitch

    @pytest.fixture
    def one_switch(stage: Stage) -> Iterator[OneSwitch]:
        with OneSwitch(stage) as net:
            yield net
"""
# A child misbehaves, as what it holds and what it must not do any more goes when it ends.
SCENARIO = """
    import os
    from pathlib import Path
    import pytest
    from harness import claim

    TRIGGER = Path("/sys/kernel/debug/provoke-crash/DIRECT")

    def provoke(*what):
        if not TRIGGER.parent.parent.joinpath("kmemleak").exists():
            from harness.kernels.init import mount
            mount("debugfs", "/sys/kernel/debug", "debugfs")
        if not TRIGGER.exists():
            pytest.skip("this kernel has no lkdtm")
        child = os.fork()
        if child == 0:
            for one in what:
                TRIGGER.write_text(one)
            os._exit(0)
        os.waitpid(child, 0)

    @claim("MIIMON-1")
    def test_scenario(one_switch):
        one_switch.dut.bond(miimon=100)
        with one_switch.watch() as run:
            one_switch.eth0.cut()
            provoke({what})
        assert run.active_slaves == ["eth0", "eth1"]
"""


@pytest.fixture(scope="module")
def kernel() -> str:
    try:
        specs.resolve("debug", lambda _: None)
    except KernelUnavailable as error:
        pytest.skip(str(error))
    return "debug"


def watched(place: Path, kernel: str, *what: str) -> tuple[int, str]:
    """Run a scenario in whose middle the kernel is made to misbehave."""
    listed = ", ".join(f'"{one}"' for one in what)
    tiny = Tiny.make(place, conftest=FIXTURES, a=SCENARIO.replace("{what}", listed))
    code, said = tiny.run("--kernel", kernel, "--guests", "1", "-rs")
    if "this kernel has no lkdtm" in said:
        pytest.skip("this debug kernel has no lkdtm: harness kernels build debug@7.2 again")
    return code, said


def test_a_scenario_that_provokes_nothing_passes(kernel: str, tmp_path: Path) -> None:
    code, said = watched(tmp_path, kernel)
    assert code == 0, said
    assert "1 passed" in said
    assert "kernel report" not in said


@pytest.mark.parametrize(
    ("what", "fingerprints"),
    [
        (["READ_AFTER_FREE"], ["KASAN: slab-use-after-free in lkdtm_READ_AFTER_FREE"]),
        (["SLAB_LINEAR_OVERFLOW"], ["KASAN: slab-out-of-bounds in lkdtm_SLAB_LINEAR_OVERFLOW"]),
        (
            ["SPINLOCKUP", "SPINLOCKUP"],
            ["BUG: sleeping function called from invalid context", "possible recursive locking"],
        ),
        (["WARNING"], ["WARNING in lkdtm_WARNING"]),
    ],
    ids=["use after free", "overflow", "atomic sleep and lockdep", "warning"],
)
def test_a_scenario_in_which_the_kernel_misbehaves_fails(
    kernel: str, tmp_path: Path, what: list[str], fingerprints: list[str]
) -> None:
    code, said = watched(tmp_path, kernel, *what)
    assert code == 1, said
    assert "1 failed" in said
    for fingerprint in fingerprints:
        assert f"kernel report: {fingerprint}" in said

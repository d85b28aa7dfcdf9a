"""A debug kernel's own checks are caught: KASAN, lockdep, sleeping in atomic context.

lkdtm, a driver that misbehaves when asked to, provokes each in the middle of a real scenario.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import KernelUnavailable
from harness.kernels import specs
from tests.tiny import FIXTURES, Tiny

pytestmark = pytest.mark.guest(inside=False)

# A child misbehaves, since what holds a lock ends no more as it should; it is spawned, not forked,
# as the scenario's process holds rings that it shares with the kernel.
SCENARIO = """
    import os
    from pathlib import Path
    from harness import claim
    from harness.guests.init import mount

    TRIGGER = Path("/sys/kernel/debug/provoke-crash/DIRECT")

    def provoke(*what):
        mount("debugfs", "/sys/kernel/debug", "debugfs")
        for one in what:
            argv = ["sh", "-c", f"echo {one} > {TRIGGER}; exit 0"]
            os.waitpid(os.posix_spawn("/bin/sh", argv, {}), 0)

    @claim("MIIMON-1")
    def test_scenario(one_switch):
        one_switch.dut.bond(miimon=100)
        with one_switch.watch() as run:
            one_switch.eth0.cut()
            provoke([WHAT])
        assert run.active_slaves == ["eth0", "eth1"]
"""


HAS_LKDTM = """
    from pathlib import Path
    from harness.guests.init import mount

    def test_it():
        mount("debugfs", "/sys/kernel/debug", "debugfs")
        assert Path("/sys/kernel/debug/provoke-crash").exists()
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> str:
    try:
        specs.resolve("debug", lambda _: None)
    except KernelUnavailable as error:
        pytest.skip(str(error))
    code, said = run(tmp_path_factory.mktemp("lkdtm"), "debug", a=HAS_LKDTM)
    if code:
        assert "AssertionError" in said, said
        pytest.skip("this debug kernel has no lkdtm: harness kernels build debug@7.2")
    return "debug"


def run(place: Path, kernel: str, **files: str) -> tuple[int, str]:
    return Tiny.make(place, **files).run("--kernel", kernel, "--guests", "1")


def watched(place: Path, kernel: str, *what: str) -> tuple[int, str]:
    """Run a scenario in whose middle the kernel is made to misbehave."""
    listed = ", ".join(f'"{one}"' for one in what)
    return run(place, kernel, conftest=FIXTURES, a=SCENARIO.replace("[WHAT]", listed))


def test_a_scenario_that_provokes_nothing_passes(kernel: str, tmp_path: Path) -> None:
    code, said = watched(tmp_path, kernel)
    assert code == 0, said
    assert "1 passed" in said
    assert "kernel report" not in said
    assert "reported while it booted" not in said


@pytest.mark.parametrize(
    ("what", "fingerprints"),
    [
        (
            ["SLAB_LINEAR_OVERFLOW", "READ_AFTER_FREE"],
            [
                "KASAN: slab-out-of-bounds in lkdtm_SLAB_LINEAR_OVERFLOW",
                "KASAN: slab-use-after-free in lkdtm_READ_AFTER_FREE",
            ],
        ),
        (
            ["SPINLOCKUP"],  # it leaves with a lock held
            [
                "BUG: sleeping function called from invalid context",
                "BUG: scheduling while atomic",
                "BUG: Invalid wait context",
            ],
        ),
        (["WARNING"], ["WARNING in lkdtm_do_action"]),
    ],
    ids=["memory", "atomic sleep and lockdep", "warning"],
)
def test_a_scenario_in_which_the_kernel_misbehaves_fails(
    kernel: str, tmp_path: Path, what: list[str], fingerprints: list[str]
) -> None:
    code, said = watched(tmp_path, kernel, *what)
    assert code == 1, said
    assert "1 failed" in said
    for fingerprint in fingerprints:
        assert f"kernel report: {fingerprint}" in said

"""A guest's memory: flat over a thousand scenarios, and when it is full the guest says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tiny import Tiny
from tests.virtual_kernel import virtual_kernel

pytestmark = pytest.mark.guest(inside=False)

SCENARIOS, WARM, FLAT = 1000, 300, 4.0
# Each is a short recording; among them are all ways to end, and what else pytest keeps.
MANY = f"""
    import logging, pytest
    from harness import ms
    from scenarios.topologies import OneSwitch

    class Knot:
        def __init__(self, run): self.itself, self.run, self.data = self, run, bytearray(100_000)

    @pytest.mark.parametrize("number", range({SCENARIOS}))
    def test_many(stage, number, tmp_path):
        with OneSwitch(stage) as net:
            net.dut.bond(miimon=50)
            with net.watch(every=100 * ms) as run:
                net.eth0.cut()
        knot = Knot(run)
        if number % 10 == 1:
            print("x" * 50_000)
            logging.warning("y" * 50_000)
            (tmp_path / "file").write_bytes(bytes(50_000))
        if number % 50 == 2:
            pytest.xfail("as an expected failure")
        assert number % 50 != 3, "as a failure"
"""
MEASURED = """
    import itertools, pytest
    from pathlib import Path
    from harness.session import memory, worker

    count = itertools.count(1)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish():
        if worker.job() and (number := next(count)) % 100 == 0:
            with (Path(worker.job().results) / "memory").open("a") as file:
                print(number, memory.available() >> 10, file=file)
"""
KEEPS = """
    import os, pytest
    kept = []
    @pytest.mark.parametrize("number", range(60))
    def test_keeps(number):
        kept.append(bytearray(os.urandom(64)) * 65536)
"""
EATS = """
    import os
    kept = []
    def eat():
        while True:
            kept.append(bytearray(os.urandom(64)) * 4096)

    def test_before(): pass
    def test_eats(): eat()
    def test_child_eats():
        if os.fork() == 0:
            eat()
        assert os.wait()[1] == 0
    def test_asks_for_too_much(): bytearray(1 << 40)
    def test_after(): pass
"""
SMALL = '[small]\nspec = "{}"\nmemory = "192M"\n'


@pytest.fixture(scope="module")
def virtual() -> str:
    return virtual_kernel()


def test_memory_is_flat_over_a_thousand_scenarios(
    virtual: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = Tiny.make(tmp_path, many=MANY, conftest=MEASURED)
    _, said = tiny.run(f"--kernel={virtual}", "--guests=1", "-q", "--tb=no", within=900)
    failed, expected = SCENARIOS // 50, SCENARIOS // 50
    passed = SCENARIOS - failed - expected
    assert f"{failed} failed, {passed} passed, {expected} xfailed" in said, said[-3000:]
    lines = (tiny.root / "results/latest/memory").read_text().splitlines()
    seen = {int(number): int(left) for number, left in (line.split() for line in lines)}
    with capsys.disabled():
        print("\n" + "\n".join(f"scenario {n:5}: {left} kB available" for n, left in seen.items()))
    begin, last = min(number for number in seen if number >= WARM), max(seen)
    growth = (seen[begin] - seen[last]) / (last - begin)
    assert growth < FLAT, f"each scenario keeps {growth:.1f} kB"


def _small(tiny: Tiny, kernel: str) -> Tiny:
    (tiny.root / "labs").mkdir()
    (tiny.root / "labs/kernels.toml").write_text(SMALL.format(kernel))
    return tiny


def test_a_guest_that_scenarios_fill_makes_way_for_a_fresh_one(tmp_path: Path) -> None:
    tiny = _small(Tiny.make(tmp_path, keeps=KEEPS), "uml")
    code, said = tiny.run("--kernel=small", "--guests=1")
    assert code == 0, said
    assert "60 passed" in said
    assert re.search(
        r"scenarios kept memory, a fresh guest went on after test_keeps\.py::test_keeps\[\d+\]: "
        r"\d+ MiB of the \d+ MiB that it had free are left",
        said,
    )
    assert not list((tiny.root / "results/latest").glob("*.console"))


@pytest.fixture(scope="module")
def eaten(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str]:
    tiny = _small(Tiny.make(tmp_path_factory.mktemp("eaten"), eats=EATS), "uml")
    return tiny.run("-v", "--kernel=small", "--guests=1")


def test_only_what_ran_out_of_memory_fails(eaten: tuple[int, str]) -> None:
    code, said = eaten
    found = dict(re.findall(r"test_eats\.py::test_(\w+) (PASSED|FAILED)", said))
    assert code == 1
    assert found == {
        "before": "PASSED",
        "eats": "FAILED",
        "child_eats": "FAILED",
        "asks_for_too_much": "FAILED",
        "after": "PASSED",
    }, said


def test_full_memory_is_reported_and_is_no_fault_of_the_kernel(eaten: tuple[int, str]) -> None:
    _, said = eaten
    assert "the guest died in this scenario: it ran out of memory\nhint: keep less" in said
    assert "the guest ran out of memory: Out of memory: Killed process" in said
    assert re.search(r"^E +MemoryError$", said, re.MULTILINE)
    assert "kernel crash" not in said
    assert "--time-limit" not in said

"""Two kernels in one session, booted: the packaged one by its name, and by its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import kernels
from harness.results.conformance import Conformance, load
from tests.tiny import FIXTURES, Tiny

pytestmark = pytest.mark.guest(inside=False)

SCENARIOS = """
    import pytest
    from harness import claim

    @claim("MIIMON-2")
    @pytest.mark.parametrize("miimon", [50, 100])
    def test_cut(one_switch, miimon):
        bond = one_switch.dut.bond(miimon=miimon)
        with one_switch.watch() as run:
            one_switch.eth0.cut()
        assert run.detection <= bond.detection.latest

    @claim("MIIMON-1")
    def test_unknown_option(one_switch):
        one_switch.dut.bond(miimon=100, lacp_strict="on", mode="802.3ad")
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, Tiny, str]:
    kernel = kernels.resolve("uml", print)
    path = Path(getattr(kernel, "path", ""))
    tiny = Tiny.make(tmp_path_factory.mktemp("two"), conftest=FIXTURES, a=SCENARIOS)
    return *tiny.run("--kernel=uml", f"--kernel={path}", "--guests=2"), tiny, path.name


@pytest.fixture(scope="module")
def found(session: tuple[int, str, Tiny, str]) -> Conformance:
    return load(session[2].root / "results/latest")


def test_both_kernels_run_every_scenario(session: tuple[int, str, Tiny, str]) -> None:
    code, said, tiny, _ = session
    assert code == 0, said
    assert "4 passed, 2 skipped" in said, said
    assert list(tiny.temporary.iterdir()) == []


def test_figures_come_with_bounds_tolerance_and_history(
    session: tuple[int, str, Tiny, str], found: Conformance
) -> None:
    for label in ("uml", session[3]):
        one = found.of(label)["test_a.py::test_cut[100]"]
        assert one.verdict == "conforms"
        detection = one.figures["detection"]
        assert 0 <= detection["ms"] <= 100 + 10 + 10 + detection["tolerance_ms"]
        assert detection["bounds"] == [{"op": "<=", "ms": 100.0, "slack_ms": 10.0, "own": False}]
        assert detection["leeway_ms"] >= 100
        assert one.figures["outage"]["tolerance_ms"] > 0
        assert {"mode", "miimon", "arp_missed_max"} <= set(one.options)
        assert one.history is not None
        assert (session[2].root / "results/latest" / one.history).is_file()
    histories = [one.history for one in found.results if one.history]
    assert len(set(histories)) == len(histories) == 4


def test_what_a_kernel_lacks_is_not_promised(found: Conformance) -> None:
    for label in found.labels():
        one = found.of(label)["test_a.py::test_unknown_option"]
        assert one.verdict == "not promised"
        assert "lacp_strict is unknown to 6.1" in one.reason


def test_the_kernels_are_known_by_what_was_measured(found: Conformance) -> None:
    for about in found.kernels.values():
        assert str(about["lab"]).startswith("netns in uml ")
        assert about["hz"] == 100
        assert about["jitter"] > 0


def test_the_same_kernel_twice_differs_in_nothing(session: tuple[int, str, Tiny, str]) -> None:
    rows = " ".join(session[1].partition("scenarios on kernels")[2].split())
    assert " cut detection + " in rows
    assert "differs from the kernel to its left" not in rows

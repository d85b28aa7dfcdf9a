"""Several kernels in one pytest session; the kernels are plain processes with two names."""

from __future__ import annotations

import json
import re
import signal
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from harness.results.conformance import load
from tests.plain_kernels import NAMED
from tests.tiny import Tiny

SCENARIOS = """
    import pytest, time
    from harness import claim
    from harness.session import verdicts, worker

    def kernel_of(lab):
        verdicts.note_seen()  # as if a bond's option was read back
        return lab

    @claim("MIIMON-2")
    @pytest.mark.parametrize("n", [1, 2])
    def test_same(n): verdicts.note_seen()  # as if an option was read back

    @claim("MIIMON-3")
    def test_only_old():
        assert kernel_of(worker.facts().lab) == "netns in old@1"

    @claim("MIIMON-4")
    @pytest.mark.skip(reason="not today")
    def test_skipped(): pass

    def test_claims_nothing(): pass
"""
HOST = """
    @pytest.mark.guest(inside=False)
    @pytest.mark.parametrize("n", [1])
    def test_stays(n): pass
"""
BOTH = ("--kernel=old@1", "--kernel=new@2")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, Tiny]:
    tiny = Tiny.make(tmp_path_factory.mktemp("matrix"), conftest=NAMED, a=SCENARIOS, b=HOST)
    return *tiny.run(*BOTH, "-v", "--guests=2", "--junitxml=out.xml"), tiny


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny.make(tmp_path, conftest=NAMED, a=SCENARIOS, b=HOST)


def _table(said: str) -> list[str]:
    return said.partition("scenarios on kernels")[2].splitlines()[1:]


def test_each_scenario_runs_once_on_each_kernel(session: tuple[int, str, Tiny]) -> None:
    code, said, _ = session
    assert code == 1, said
    found = re.findall(r"^test_(\w)\.py::(\S+) (PASSED|FAILED|SKIPPED)", said, re.MULTILINE)
    assert sorted(name for _, name, _ in found) == sorted(
        [
            *(f"test_same[{n}-{kernel}]" for n in (1, 2) for kernel in ("old-1", "new-2")),
            *(
                f"test_{name}[{kernel}]"
                for name in ("only_old", "skipped", "claims_nothing")
                for kernel in ("old-1", "new-2")
            ),
            "test_stays[1]",
        ]
    )
    assert {name for _, name, end in found if end == "FAILED"} == {"test_only_old[new-2]"}
    assert "1 failed, 8 passed, 2 skipped" in said


def test_each_kernel_has_its_header_and_its_tally(session: tuple[int, str, Tiny]) -> None:
    _, said, _ = session
    for line in ("lab       netns in old@1 ", "lab       netns in new@2 "):
        assert said.count(line) == 1
    assert "old@1: claims: 1 not testable here, 2 conform\n" in said
    assert "new@2: claims: 1 not testable here, 1 conforms, 1 contradicts\n" in said


def test_the_table_is_at_the_end(session: tuple[int, str, Tiny]) -> None:
    lines = [" ".join(line.split()) for line in _table(session[1])]
    assert lines[1:5] == ["test_a.py", "same + +", "only-old + x *", "skipped o o"]
    assert lines[0].startswith("old@1 (")
    assert "x contradicts * differs from the kernel to its left" in " ".join(lines)


def test_a_failure_says_how_to_run_it_on_that_kernel(session: tuple[int, str, Tiny]) -> None:
    assert "pytest test_a.py::test_only_old --kernel=new@2\n" in session[1]


def test_junit_has_every_scenario_of_every_kernel(session: tuple[int, str, Tiny]) -> None:
    tree = ET.parse(session[2].root / "out.xml")  # noqa: S314  (pytest wrote it)
    names = {str(case.get("name")) for case in tree.iter("testcase")}
    assert {"test_same[2-old-1]", "test_same[2-new-2]", "test_only_old[new-2]"} <= names


def test_verdicts_are_kept_by_scenario_and_kernel(session: tuple[int, str, Tiny]) -> None:
    found = load(session[2].root / "results/latest")
    assert found.labels() == ["old@1", "new@2"]
    assert found.planned == len(found.results) == 8
    assert {one.scenario: one.verdict for one in found.results if one.kernel == "new@2"} == {
        "test_a.py::test_same[1]": "conforms",
        "test_a.py::test_same[2]": "conforms",
        "test_a.py::test_only_old": "contradicts",
        "test_a.py::test_skipped": "not testable here",
    }
    failed = found.of("new@2")["test_a.py::test_only_old"]
    assert failed.claims == ("MIIMON-3",)
    assert failed.lab == "netns in new@2"
    assert "'netns in new@2' == 'netns in old@1'" in failed.reason
    assert found.of("old@1")["test_a.py::test_skipped"].reason == "not today"
    assert found.kernels["old@1"]["hz"] > 0


def test_the_table_is_kept_as_json(session: tuple[int, str, Tiny]) -> None:
    text = (session[2].root / "results/latest/matrix.json").read_text()
    rows = {row["scenario"]: row["cells"] for row in json.loads(text)["rows"]}
    assert rows["test_a.py::test_only_old"]["new@2"]["differs"] is True


def test_one_kernel_alone_leaves_ids_as_they_are(tiny: Tiny) -> None:
    code, said = tiny.run("--kernel=old@1", "-v")
    assert code == 0, said
    assert "test_a.py::test_same[1] PASSED" in said
    assert "scenarios on kernels" not in said
    found = load(tiny.root / "results/latest")
    assert [(one.kernel, one.scenario) for one in found.results][:2] == [
        ("old@1", "test_a.py::test_same[1]"),
        ("old@1", "test_a.py::test_same[2]"),
    ]
    assert not (tiny.root / "results/latest/matrix.json").exists()


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["-k", "new-2 and same"], "2 passed"),
        (["-k", "old-1"], "4 passed, 1 skipped"),
        (["test_a.py::test_same[2-new-2]"], "1 passed"),
        (["test_a.py::test_same"], "4 passed"),
    ],
)
def test_scenarios_are_chosen_by_their_kernel(
    tiny: Tiny, arguments: list[str], count: str
) -> None:
    _, said = tiny.run(*BOTH, *arguments)
    assert count in said, said


def test_an_id_of_a_session_with_several_kernels_works_with_its_own_alone(tiny: Tiny) -> None:
    code, said = tiny.run("--kernel=new@2", "test_a.py::test_same[2-new-2]", "-v")
    assert code == 0, said
    assert "test_a.py::test_same[2-new-2] PASSED" in said
    (one,) = load(tiny.root / "results/latest").results
    assert (one.kernel, one.scenario) == ("new@2", "test_a.py::test_same[2]")


def test_last_failed_is_of_its_kernel(tiny: Tiny) -> None:
    tiny.run(*BOTH)
    code, said = tiny.run(*BOTH, "--lf", "-v")
    assert code == 1
    assert re.findall(r"::(\S+) (?:PASSED|FAILED)", said) == ["test_only_old[new-2]"]


def test_three_kernels_share_one_core(tiny: Tiny) -> None:
    code, said = tiny.run(*BOTH, "--kernel=third", "--guests=1", "-k", "same")
    assert code == 0, said
    assert "6 passed" in said


def test_an_interrupted_session_keeps_what_there_was(tmp_path: Path) -> None:
    text = """
        import time
        from harness import claim
        from harness.session import worker
        @claim("MIIMON-2")
        def test_a(): pass
        @claim("MIIMON-3")
        def test_b():
            open(worker.job().results + "/begun", "w").close()
            time.sleep(100)
    """
    tiny = Tiny.make(tmp_path, conftest=NAMED, a=text)
    process = tiny.start("--kernel=old@1", "--guests=1")
    while not (tiny.root / "results/latest/begun").exists() and process.poll() is None:
        time.sleep(0.02)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 2
    found = load(tiny.root / "results/latest")
    assert [one.scenario for one in found.results] == ["test_a.py::test_a"]
    assert found.short() == "was cut short: 1 of 2 scenarios have a result"


def test_results_that_cannot_be_written_are_reported_at_the_end(tmp_path: Path) -> None:
    """As on a full disk: the scenarios run, their verdicts are shown, the status is not 0."""
    text = """
        import os
        import pytest
        from harness import claim
        from harness.session import worker
        @claim("MIIMON-2")
        def test_a():
            os.mkdir(worker.job().results + "/conformance.part")
            pytest.skip("nothing to judge")
    """
    code, said = Tiny.make(tmp_path, conftest=NAMED, a=text).run("--kernel=old@1")
    assert code == 3, said
    assert "1 skipped" in said
    assert "conformance.json cannot be written: Is a directory" in said
    assert "hint: free space, or keep results elsewhere: --results DIR" in said
    assert "Traceback" not in said


def _shard(tiny: Tiny, part: str, *more: str) -> tuple[str, set[tuple[str, str]], Any]:
    code, said = tiny.run(*BOTH, f"--shard={part}", "-k", "same or skipped", *more)
    assert code == 0, said
    found = load(tiny.root / "results/latest")
    return said, {(one.kernel, one.scenario) for one in found.results}, found.shard


def test_shards_are_parts_of_the_whole_even_one_after_the_other(tiny: Tiny) -> None:
    tiny.run(*BOTH)  # from now on it is known what scenarios take
    said, first, about = _shard(tiny, "1/2")
    _, second, other = _shard(tiny, "2/2")
    assert "deselected" in said
    assert first.isdisjoint(second)
    assert len(first | second) == 6
    assert first
    assert second
    assert about["digest"] == other["digest"]
    assert (about["index"], about["count"], about["total"]) == (1, 2, 6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--shard=0/2"], '"0/2" is not a shard (hint: the second of five is 2/5'),
        (["--shard=half"], '"half" is not a shard'),
        (
            ["--kernel=old@1", "--kernel=nonesuch"],
            '"nonesuch" is not a kernel\nhint:',
        ),
    ],
)
def test_bad_usage_is_explained(tiny: Tiny, arguments: list[str], message: str) -> None:
    code, said = tiny.run(*arguments)
    assert code == 4, said
    assert message in said
    assert "Traceback" not in said


def test_what_cannot_carry_a_kernel_is_named(tmp_path: Path) -> None:
    text = """
        import unittest
        class TestOld(unittest.TestCase):
            def test_x(self): pass
    """
    tiny = Tiny.make(tmp_path, conftest=NAMED, a=text)
    code, said = tiny.run(*BOTH)
    assert code == 4, said
    assert "test_a.py::TestOld::test_x cannot run on several kernels" in said
    assert "hint: write it as a plain function" in said
    assert tiny.run("--kernel=old@1")[0] == 0

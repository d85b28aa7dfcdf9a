"""Kernels of a session that do not boot or cannot be had: told once, and the others are run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.results.conformance import load
from tests.plain_kernels import NAMED
from tests.session.test_several_kernels import HOST, SCENARIOS, _table
from tests.tiny import Tiny


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny.make(tmp_path, conftest=NAMED, a=SCENARIOS, b=HOST)


def test_a_kernel_that_never_comes_up_fails_alone_and_once(tiny: Tiny) -> None:
    code, said = tiny.run("--kernel=dead", "--kernel=old@1", "-k", "same", "--guests=2")
    assert code == 1, said
    assert "1 failed, 2 passed, 1 skipped" in said
    assert said.count("3 guests in a row ended before their first scenario") == 2  # and summary
    assert said.count("no luck today") == 1
    found = load(tiny.root / "results/latest")
    assert {one.verdict for one in found.of("dead").values()} == {"not judged"}
    assert {one.verdict for one in found.of("old@1").values()} == {"conforms"}
    assert list(tiny.temporary.iterdir()) == []
    head, _, row = [" ".join(line.split()) for line in _table(said)][:3]
    assert head.startswith("dead (did not boot) old@1 (")
    assert row == "same - +"


def test_a_kernel_that_cannot_be_had_leaves_the_others_to_be_run(tiny: Tiny) -> None:
    code, said = tiny.run(
        "--kernel=virtual@9.9", "--kernel=old@1", "-k", "same", XDG_CACHE_HOME=str(tiny.root)
    )
    assert code == 1, said
    assert "1 failed, 2 passed, 1 skipped" in said
    assert "virtual@9.9 is not in the cache\nhint: harness kernels build virtual@9.9" in said


def test_latest_moves_when_a_scenario_has_begun(tiny: Tiny) -> None:
    tiny.run("--kernel=old@1", "-k", "same")
    good = (tiny.root / "results/latest").resolve()
    code, said = tiny.run("--kernel=dead", "-k", "same")
    assert code == 3, said
    assert (tiny.root / "results/latest").resolve() == good
    assert "hint: `harness kernels check dead` boots it alone" in said
    console = re.findall(r"all of its console: (\S+)", said)[0]
    assert "no luck today" in Path(console).read_text()

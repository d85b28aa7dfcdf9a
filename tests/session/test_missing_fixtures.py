"""A topology of `scenarios/` that is asked for elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import topology_fixture
from harness.session import missing_fixtures
from scenarios import conftest
from tests.plain_kernels import PLAIN
from tests.tiny import HARNESS, Tiny

FIXTURE = type(conftest.one_switch)
ASKS = "def test_it(one_switch): assert one_switch"


def test_all_topologies_of_scenarios_are_known() -> None:
    fixtures = {name for name, one in vars(conftest).items() if isinstance(one, FIXTURE)}
    made = fixtures - {topology_fixture.__name__}  # a function, as fixtures are in some versions
    assert made == missing_fixtures.topologies()


def test_the_hint_says_where_a_topology_comes_from_and_works(tmp_path: Path) -> None:
    tiny = Tiny.make(tmp_path)
    (tiny.root / "test_a.py").write_text(ASKS)
    code, said = tiny.run()
    assert code == 1, said
    assert "one_switch is a topology of scenarios/, which is not known here\nhint: write" in said
    assert "available fixtures" not in said
    line = next(line.strip() for line in said.splitlines() if "from scenarios.conftest" in line)
    (tiny.root / "conftest.py").write_text(line)
    code, said = tiny.run("--collect-only", "-q", "--fixtures-per-test", f"-opythonpath={HARNESS}")
    assert code == 0, said
    assert "one_switch -- " in said


@pytest.mark.parametrize("name", ["two_swiches", "my_switch"])
def test_other_fixtures_are_missing_as_ever(tmp_path: Path, name: str) -> None:
    tiny = Tiny.make(tmp_path, conftest=PLAIN, a=ASKS.replace("one_switch", name))
    _, said = tiny.run()
    assert f"fixture '{name}' not found" in said
    assert "hint: write" not in said

"""What a result says besides its verdict, in a session with two kernels."""

from __future__ import annotations

import pytest

from harness.claims import catalogue
from harness.results.conformance import load
from tests.plain_kernels import NAMED
from tests.tiny import Tiny

SCENARIOS = """
    from harness import claim
    from harness.session import verdicts, worker

    @claim("MIIMON-2")
    def test_both(): verdicts.note_seen()  # as if an option was read back

    @claim("MIIMON-3")
    def test_old():
        '''The old kernel
        is the only one.'''
        verdicts.note_seen()
        assert worker.facts().lab == "netns in old@1"
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, Tiny]:
    tiny = Tiny.make(tmp_path_factory.mktemp("context"), conftest=NAMED, a=SCENARIOS)
    return *tiny.run("--kernel=old@1", "--kernel=new@2", "--guests=2"), tiny


def test_a_result_says_what_is_tested_and_how_to_run_it_again(
    session: tuple[int, str, Tiny],
) -> None:
    found = load(session[2].root / "results/latest")
    failed, passed = (found.of(name)["test_a.py::test_old"] for name in ("new@2", "old@1"))
    assert failed.docstring == "The old kernel\nis the only one."
    assert failed.reproduce == "pytest test_a.py::test_old --kernel=new@2"
    assert failed.reproduce + "\n" in session[1]
    assert passed.reproduce == "pytest test_a.py::test_old --kernel=old@1"
    assert set(found.claims) == {"MIIMON-2", "MIIMON-3"}
    assert found.claims["MIIMON-3"] == {
        "section": catalogue().claims["MIIMON-3"].section,
        "text": catalogue().claims["MIIMON-3"].text,
        "kind": "documented",
    }


def test_what_the_terminal_shows_of_a_failure_is_kept(session: tuple[int, str, Tiny]) -> None:
    place = session[2].root / "results/latest"
    found = load(place)
    pages = {(one.kernel, one.scenario): one.page for one in found.results if one.page}
    assert pages == {("new@2", "test_a.py::test_old"): "test_a.test_old[new-2]/failure.txt"}
    text = (place / pages["new@2", "test_a.py::test_old"]).read_text()
    assert text.startswith("test_a.py::test_old[new-2], call\n")
    assert "'netns in new@2' == 'netns in old@1'" in text
    assert catalogue().claims["MIIMON-3"].section in text

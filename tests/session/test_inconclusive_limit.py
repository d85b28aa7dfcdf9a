"""pytest in pytest: which runs with inconclusive scenarios end with status 0."""

from __future__ import annotations

import pytest

from tests.session.test_verdicts import CONFORMS, CONTRADICTS, INCONCLUSIVE, run
from tests.tiny_scenarios import PRELUDE

pytest_plugins = ["pytester"]

TWICE = INCONCLUSIVE + INCONCLUSIVE.replace("test_inconclusive", "test_inconclusive_too")
BROKEN = "\n@pytest.fixture\ndef broken():\n    raise OSError\n\ndef test_it(broken): ...\n"


@pytest.mark.parametrize(
    ("body", "most", "status", "said"),
    [
        (CONFORMS + INCONCLUSIVE, "1", 0, "1 inconclusive, accepted by --max-inconclusive 1"),
        (CONFORMS + TWICE, "2", 0, "2 inconclusive, accepted by --max-inconclusive 2"),
        (CONFORMS + TWICE, "1", 1, "2 inconclusive, not accepted by --max-inconclusive 1"),
        (TWICE, "9", 1, "2 inconclusive, not accepted by --max-inconclusive 9: nothing passed"),
    ],
)
def test_few_enough_are_accepted(
    pytester: pytest.Pytester, body: str, most: str, status: int, said: str
) -> None:
    done = run(pytester, body, "--max-inconclusive", most)
    assert done.ret == status
    assert said in done.stdout.lines


def test_what_stays_inconclusive_alone_is_accepted_beside_what_passed_before(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(test_it=PRELUDE + CONFORMS + INCONCLUSIVE)
    usual = ["-p", "harness.plugin", "--max-inconclusive=1"]
    for arguments, count in ([], 2), (["--lf", "--lfnf=none"], 1):
        done = pytester.runpytest_inprocess(*usual, *arguments)
        assert done.ret == pytest.ExitCode.OK
        assert sum(done.parseoutcomes().get(what, 0) for what in ("passed", "failed")) == count


@pytest.mark.parametrize("other", [CONTRADICTS, BROKEN, "\ndef test_it(): assert 1 == 2\n"])
def test_what_fails_otherwise_fails_the_run(pytester: pytest.Pytester, other: str) -> None:
    done = run(
        pytester, "import pytest\n" + CONFORMS + INCONCLUSIVE + other, "--max-inconclusive=9"
    )
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    assert "accepted by" not in done.stdout.str()


@pytest.mark.parametrize("arguments", [[], ["--max-inconclusive=1", "-x"]])
def test_none_is_accepted_unasked_nor_where_not_all_was_run(
    pytester: pytest.Pytester, arguments: list[str]
) -> None:
    done = run(pytester, CONFORMS + INCONCLUSIVE + CONFORMS.replace("s()", "s_too()"), *arguments)
    assert done.ret == pytest.ExitCode.TESTS_FAILED


def test_a_wrong_number_is_rejected(pytester: pytest.Pytester) -> None:
    done = run(pytester, CONFORMS, "--max-inconclusive=some")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert '"some" is not a number of scenarios (hint: give 0 or more)' in done.stderr.str()

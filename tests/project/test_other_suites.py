"""What other suites check is checked here too, or says why not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from harness.claims import catalogue
from harness.kernels import build
from tests import open_claims, other_suites
from tests.other_suites import Row

# Checks that the scripts log: each of the others has one result, its exit status, or none.
LOGGED = 207
BY_EXIT_STATUS = {
    "bond-arp-interval-causes-panic.sh",
    "bond-break-lacpdu-tx.sh",
    "bond-lladdr-target.sh",
    "netcons_over_bonding.sh",
}
ROWS = [row for suite in other_suites.suites() for row in suite.rows]
SELFTESTS = other_suites.suites()[0].rows
MAKEFILES = list(
    build.builds().glob("linux-7.2/source/tools/testing/selftests/drivers/net/bonding/Makefile")
)


def unexplained(
    rows: Iterable[Row], files: Mapping[str, list[str]], waiting: set[str]
) -> list[str]:
    """Return the rows with no scenario, no reason, and no claim that is known to be open."""
    return [
        f"{row.place}: {row.what}"
        for row in rows
        if not row.lacks
        if not any(claim in files or claim in waiting for claim in row.claims)
    ]


def test_each_check_has_a_scenario_or_a_reason() -> None:
    waiting = set(open_claims.listed())
    assert unexplained(ROWS, other_suites.files_by_claim(), waiting) == []
    assert unexplained([Row("a.sh", "b", claims=("MIIMON-1",))], {}, waiting) == ["a.sh: b"]
    assert unexplained([Row("a.sh", "b")], {"MIIMON-1": ["test_miimon.py"]}, waiting)


def test_rows_name_claims_of_the_catalogue() -> None:
    assert {claim for row in ROWS for claim in row.claims} <= catalogue().claims.keys()


def test_every_logged_check_of_the_selftests_is_in_a_row() -> None:
    logged = [row.checks for row in SELFTESTS if row.place not in BY_EXIT_STATUS]
    assert sum(logged) == LOGGED
    assert {row.place for row in SELFTESTS} >= BY_EXIT_STATUS
    assert all(row.checks for row in SELFTESTS)


@pytest.mark.skipif(not MAKEFILES, reason="no source of linux 7.2 here has the selftests")
@pytest.mark.parametrize("makefile", MAKEFILES, ids=lambda path: path.parents[6].name)
def test_every_script_of_the_selftests_is_in_a_row(makefile: Path) -> None:
    scripts = re.search(
        r"TEST_PROGS := (.*?)# end", makefile.read_text(encoding="utf-8"), re.DOTALL
    )
    assert scripts
    assert {row.place for row in SELFTESTS} == set(re.findall(r"[\w-]+\.sh", scripts[1]))


def test_the_page_is_as_written() -> None:
    assert other_suites.PAGE.read_text(encoding="utf-8") == other_suites.text(), (
        "python -m tests.other_suites writes the page"
    )

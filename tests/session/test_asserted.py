"""pytest in pytest: what passed conforms only if an assertion depended on what it read."""

from __future__ import annotations

import re

import pytest

from harness.judge import counts
from tests.tiny_scenarios import reports_of, verdicts_of

pytest_plugins = ["pytester"]

SHOW = "assert what the run shows: assert run.outage <= bond.miimon"
UNUSED = "a run or the kernel was read, but no assertion depends on it"
WHY = {
    # body: why nothing was judged, and what helps
    "run.outage <= 500 * due": (
        "line N compares without `assert`: run.outage <= 500 * due",
        "write: assert run.outage <= 500 * due",
    ),
    "run.active_slave == 'eth1'": (
        "line N compares without `assert`: run.active_slave == 'eth1'",
        "write: assert run.active_slave == 'eth1'",
    ),
    "assert run.detected\nnot run.recovered": (
        "line N compares without `assert`: not run.recovered",
        "write: assert not run.recovered",
    ),
    "assert run.outage <= 5 * due or True": (
        "line N holds whatever was measured: assert run.outage <= 5 * due or True",
        SHOW,
    ),
    "assert (run.outage <= 5 * due, 'too long')": (
        "line N holds whatever was measured: assert (run.outage <= 5 * due, 'too long')",
        SHOW,
    ),
    "assert (one for one in run.outages)": (
        "line N holds whatever was measured: assert (one for one in run.outages)",
        SHOW,
    ),
    "try:\n    assert run.outage <= 5 * due\nexcept AssertionError:\n    pass": (
        "what is asserted in line N is caught by the scenario itself",
        "let the assertion fail: no try or suppress() around it",
    ),
    "with contextlib.suppress(Exception):\n    assert run.outage <= 5 * due": (
        "what is asserted in line N is caught by the scenario itself",
        "let the assertion fail: no try or suppress() around it",
    ),
    "run.outage": (UNUSED, SHOW),
    "print(run.outage)\nassert True": (UNUSED, SHOW),
    "return run.outage <= 500 * due": (
        "line N returns what it should assert: run.outage <= 500 * due",
        "write: assert run.outage <= 500 * due",
    ),
    "slave = run.active_slave\nassert 'eth1' == 'eth1'": (UNUSED, SHOW),
    "limit = 3\nslave = run.active_slave\nassert limit == 3": (UNUSED, SHOW),
    "seen = []\nseen.append(run.outage)": (UNUSED, SHOW),
    "show(run.active_slave)": (UNUSED, SHOW),
    "if run.outage > 5 * due:\n    print('too long')": (UNUSED, SHOW),
}
SOFT = """bad = []
try:
    assert run.outage <= 500 * due
except AssertionError as error:
    bad.append(error)
assert not bad"""
JUDGED = [
    "assert run.outage <= 500 * due",
    "assert run.active_slaves",
    "assert run.detected, 'not detected'",
    "assert all(one.length <= 500 * due for one in run.outages)",
    "slave = run.active_slave\nassert slave == 'eth1'",
    "holds = run.outage <= 500 * due\nassert holds",
    "seen = []\nfor one in run.outages:\n    seen.append(one.length)\nassert len(seen) == 1",
    "seen = {}\nseen['slave'] = run.active_slave\nassert seen == {'slave': 'eth1'}",
    "bad = False\nif run.outage > 500 * due:\n    bad = True\nassert not bad",
    "if run.outage > 500 * due:\n    raise AssertionError('too long')",
    "if run.outage > 500 * due:\n    pytest.fail('too long')",
    "run.detected or pytest.fail('not detected')",
    "check(run.outage, 500 * due)",
    "names = run.active_slaves\ncheck_both(names)",
    "assert holds(run.outage, 500 * due)",
    "def own():\n    assert run.outage <= 500 * due\nown()",
    "unittest.TestCase().assertLessEqual(run.outage, 500 * due)",
    "unittest.TestCase().assertEqual(run.active_slave, 'eth1')",
    SOFT,
    "try:\n    assert run.outage <= 500 * due\nexcept AssertionError:\n    raise",
    "with pytest.raises(AssertionError):\n    assert run.outage <= 5 * due",
    "assert slaves == ['eth0', 'eth1']",
    "match run.active_slave:\n    case 'eth1':\n        pass\n    case _:\n        assert False",
    "with pytest.raises(KernelRefused):\n    refuse()",
    "try:\n    refuse()\nexcept KernelRefused as e:\n    code = e.errno\nassert code == 22",
    "try:\n    refuse()\nexcept KernelRefused:\n    pass\nelse:\n    assert False",
]


def test_what_asserts_nothing_of_what_it_read_is_not_judged(pytester: pytest.Pytester) -> None:
    found = [re.sub(r"line \d+", "line N", str(r.longrepr)) for r in reports_of(pytester, WHY)]
    wanted = {
        body: f"nothing was judged: {why}\nhint: {hint}" for body, (why, hint) in WHY.items()
    }
    assert dict(zip(WHY, found, strict=True)) == wanted


def test_it_says_which_line_it_is_and_counts_it_as_not_judged(pytester: pytest.Pytester) -> None:
    (report,) = reports_of(pytester, ["run.detected\nrun.outage <= 500 * due"])
    source = (pytester.path / "test_it.py").read_text().splitlines()
    line = source.index("    run.outage <= 500 * due") + 1
    assert str(report.longrepr).startswith(f"nothing was judged: line {line} compares without")
    assert dict(report.user_properties)[counts.VERDICT] == counts.NOT_JUDGED


def test_what_depends_on_what_was_read_conforms(pytester: pytest.Pytester) -> None:
    found = verdicts_of(pytester, JUDGED)
    assert dict(zip(JUDGED, found, strict=True)) == dict.fromkeys(JUDGED, "conforms")

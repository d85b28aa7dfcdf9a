"""pytest in pytest: whose fault a failed assertion is, the kernel's or the scenario's own."""

from __future__ import annotations

import pytest

from harness.judge import counts
from tests.tiny_scenarios import verdicts_of

pytest_plugins = ["pytester"]

KERNEL, OWN, NEITHER = "contradicts", "misses own bound", counts.NOT_JUDGED
COARSE = counts.INCONCLUSIVE
ASSERTED = {
    "1 == 2": NEITHER,
    "due == 1": NEITHER,
    "run.detection == 5 * ms": OWN,
    "not run.detection <= 500 * ms": OWN,
    "run.detection >= 500 * ms": OWN,
    "run.detection >= 500 * due": KERNEL,
    "not run.detection <= 500 * due": KERNEL,
    'run.active_slaves == ["nobody"]': KERNEL,
    "not run.detected": KERNEL,
    "run.outages == []": KERNEL,
    "len(run.outages) == 4": KERNEL,
    # shares and numbers of frames
    "run.loss >= 0.9": OWN,
    "not run.loss <= 0.9": OWN,
    "run.loss == pytest.approx(0.9)": OWN,
    "pytest.approx(0.9) == run.loss": OWN,
    "round(run.loss, 1) == 0.9": OWN,
    "run.loss * 100 <= 1": OWN,
    "run.loss == 0": KERNEL,
    "not run.loss": KERNEL,
    "run.lost <= 1": OWN,
    "run.lost == 0": KERNEL,
    # by way of builtins
    "all(one.length <= 5 * ms for one in run.outages)": OWN,
    "all(one.length <= 5 * due for one in run.outages)": KERNEL,
    "all(1 * ms <= one.length <= 5 * due for one in run.outages)": KERNEL,
    "all([one.length <= 5 * ms for one in run.outages])": OWN,
    "any(one.length <= 5 * ms for one in run.outages)": OWN,
    "any(one.length <= 5 * due for one in run.outages)": KERNEL,
    "not any(one.length >= 5 * ms for one in run.outages)": OWN,
    "not any(one.length >= 5 * due for one in run.outages)": KERNEL,
    "max(one.length for one in run.outages) <= 5 * ms": OWN,
    "max(one.length for one in run.outages) <= 5 * due": KERNEL,
    "sorted([run.outage_in, run.outage_out])[0] <= 5 * due": KERNEL,
    "sum(one.length.ns for one in run.outages) <= 5": OWN,
    "len([one for one in run.outages if one.length <= 5 * ms]) == 7": OWN,
    # as numbers and as text
    "run.outage.ns <= 5": OWN,
    "f'{run.outage}' == '5.0 ms'": OWN,
    "str(run.outage) == '5.0 ms'": OWN,
    "run.outage == pytest.approx(5 * ms)": OWN,
    "run.outage <= run.switchover": OWN,
    # by way of functions
    "holds(run.outage, 5 * ms)": OWN,
    "holds(run.outage, 5 * due)": KERNEL,
    "(lambda figure: figure <= 5 * ms)(run.outage)": OWN,
    "bool(run.outage <= 5 * ms)": OWN,
    # what is compared by several bounds
    "1 * ms <= run.outage <= 5 * due": KERNEL,
    "1 * due <= run.outage <= 5 * ms": OWN,
    "500 * due <= run.outage <= 900 * ms": KERNEL,
    "not 1 * ms <= run.outage <= 500 * due": OWN,
    "not 1 * due <= run.outage <= 500 * due": KERNEL,
    "run.outage <= 500 * ms and run.outage <= 5 * due": KERNEL,
    "run.outage <= 500 * due and run.outage <= 5 * ms": OWN,
    "run.outage <= 5 * due or run.outage <= 6 * ms": OWN,
    "run.outage <= 5 * due or run.detected is None": KERNEL,
    "not (run.outage <= 5 * ms or run.outage <= 500 * due)": KERNEL,
    "not (run.outage <= 5 * due or run.outage <= 500 * ms)": OWN,
    "not (run.outage >= 1 * ms and run.outage <= 500 * due)": OWN,
    "run.detected and 1 == 2": NEITHER,
    "run.detected and run.outage <= 5 * ms": OWN,
    "run.active_slave == 'eth1' and run.active_slaves == []": KERNEL,
    "(run.outage <= 5 * due) == True": KERNEL,
    "(run.outage <= 5 * ms) is True": OWN,
    "(figure := run.outage) <= 5 * ms": OWN,
    "(figure := run.outage) <= 5 * due": KERNEL,
    "run.outage <= (5 * ms if run.detected else 5 * due)": OWN,
    # what only the tolerance lets hold: the outage is 99 ms, known to 12
    "not run.outage <= 95 * due": COARSE,
    "(run.outage <= 95 * due) == False": COARSE,
    "not run.outage <= 95 * ms": COARSE,
    "not run.outage >= 105 * due": COARSE,
    "not 95 * due <= run.outage <= 105 * due": KERNEL,
    "run.outage <= 95 * due and run.outage <= 5 * due": KERNEL,
    "run.outage <= 95 * due and run.active_slaves == []": KERNEL,
}
BODIES = {
    # names that hold what was read
    "short = run.outage <= 5 * ms\nassert short": OWN,
    "short = run.outage <= 5 * due\nassert short": KERNEL,
    "short = run.outage <= 95 * due\nassert not short": COARSE,
    "names = run.active_slaves\nassert names == ['nobody']": KERNEL,
    "names = run.active_slaves\nassert 1 == 2": NEITHER,
    "limit = 3\nassert run.detected\nassert limit == 4": NEITHER,
    "seen = []\nfor o in run.outages:\n    seen.append(o.length.ns)\nassert max(seen) < 5": OWN,
    "ok = True\nif run.outage > 5 * due:\n    ok = False\nassert ok": KERNEL,
    "ok = True\nif run.outage > 5 * ms:\n    ok = False\nassert ok": OWN,
    # conditions under which it fails
    "if run.outage > 5 * ms:\n    raise AssertionError('dark for too long')": OWN,
    "if run.outage > 5 * due:\n    assert False, 'dark for too long'": KERNEL,
    "if run.outage <= 5 * ms:\n    pass\nelse:\n    raise AssertionError": OWN,
    "assert run.detected\nraise AssertionError('because')": NEITHER,
    # in loops, each time anew
    "for bound in (500 * ms, 5 * due):\n    assert run.outage <= bound": KERNEL,
    "for bound in (500 * due, 5 * ms):\n    assert run.outage <= bound": OWN,
    # by helpers
    "check(run.outage, 5 * ms)": OWN,
    "check(run.outage, 5 * due)": KERNEL,
    "check_slaves(run.active_slaves)": KERNEL,
    "names = run.active_slaves\ncheck_slaves(names)": KERNEL,
    "check_itself(run.active_slaves)": NEITHER,
    "def of(bound):\n    assert run.outage <= bound\nof(5 * ms)": OWN,
    "unittest.TestCase().assertLessEqual(run.outage, 5 * ms)": OWN,
    "unittest.TestCase().assertLessEqual(run.outage, 5 * due)": KERNEL,
    "assert run.outage <= 5 * ms, f'{run.active_slave} is to blame'": OWN,
    "assert slaves == ['nobody']": KERNEL,
    # refusals
    "with pytest.raises(KernelRefused):\n    run.detected": KERNEL,
    "with pytest.raises(ValueError):\n    run.detected": NEITHER,
}


def test_the_kernel_answers_for_what_is_documented_only(pytester: pytest.Pytester) -> None:
    found = verdicts_of(pytester, [f"assert {text}" for text in ASSERTED])
    assert dict(zip(ASSERTED, found, strict=True)) == ASSERTED


def test_nor_does_it_by_way_of_names_conditions_and_helpers(pytester: pytest.Pytester) -> None:
    assert dict(zip(BODIES, verdicts_of(pytester, BODIES), strict=True)) == BODIES


def test_an_assertion_of_the_harness_that_fails_is_no_contradiction(
    pytester: pytest.Pytester,
) -> None:
    broken = (
        "from harness.guests import supervisor\n"
        "assert run.detected\n"
        "exec(compile('def f():\\n    assert 0', 'x', 'exec'), vars(supervisor))\n"
        "supervisor.f()"
    )
    assert verdicts_of(pytester, [broken]) == [counts.NOT_JUDGED]


def test_a_known_contradiction_is_one_of_what_is_documented(pytester: pytest.Pytester) -> None:
    """What else fails in such a scenario is not what is on record."""
    known = {"5 * due": "contradicts as known", "5 * ms": OWN, "5": NEITHER}
    pytester.makeconftest(
        "from harness.session import claim_marks\n"
        "def pytest_configure(config): config.stash[claim_marks.KERNEL] = '6.1.176'"
    )
    mark = "@contradicted('MIIMON-2', kernels='>=6.1', evidence='seen')\n"
    bodies = [f"assert run.outage <= {bound}" for bound in known]
    assert dict(zip(known, verdicts_of(pytester, bodies, mark), strict=True)) == known

"""pytest in pytest: what becomes of a scenario that conforms, contradicts or proves nothing."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from harness import claims
from harness.judge.run import Run
from harness.session import verdicts
from tests.tiny_scenarios import HISTORIES, PRELUDE

pytest_plugins = ["pytester"]

SENTENCE = (
    "detection took 499.4 ms, documented at most 300.0 ms "
    "(tolerance 15.0 ms: one jiffy 10.0 ms + timers late by 5.0 ms): 184.4 ms too late"
)
CONFORMS = """
@claim("MIIMON-2")
def test_conforms():
    assert watch("failover.jsonl").detection <= 100 * ms
"""
CONTRADICTS = """
@claim("ARPVAL-9")
def test_contradicts():
    assert 200 * due <= watch("late_detection.jsonl").detection <= 300 * due
"""
INCONCLUSIVE = """
@claim("MIIMON-3")
def test_inconclusive():
    assert watch("unclean.jsonl").detection <= 100 * ms
"""


def run(
    pytester: pytest.Pytester, body: str, *arguments: str, kernel: str = ""
) -> pytest.RunResult:
    """Run scenarios in a pytest of their own, as if under a kernel."""
    if kernel:
        pytester.makeconftest(
            "from harness.session import claim_marks\n"
            f"def pytest_configure(config): config.stash[claim_marks.KERNEL] = {kernel!r}"
        )
    pytester.makepyfile(test_it=PRELUDE + body)
    return pytester.runpytest_inprocess(
        "-p", "harness.plugin", "-p", "no:cacheprovider", *arguments
    )


def test_a_contradiction_says_what_took_how_long_and_what_is_allowed(
    pytester: pytest.Pytester,
) -> None:
    done = run(pytester, CONTRADICTS)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(
        [
            f"E * assert {SENTENCE}",
            "*- claim -*",
            "ARPVAL-9, *",
            "*- not at their defaults -*",
            "lab netns in uml 6.1um4, topology one_switch, linux 6.1.176 (HZ=100, real clock)",
            "bond0: *arp_validate=filter_active",
            "*- timeline, 0 = cut uplink1 -*",
            "*0.0   FAULT     cut uplink1",
            "*slave eth0 link down*<- detection 499.4, documented 200.0..300.0",
            "*fault *v cut uplink1*",
            "*documented detection *[[]=*]*!*",
            "*- reproduce -*",
            "pytest test_it.py::test_contradicts",
            "harness judge *late_detection.jsonl",
            "claims: 1 contradicts",
        ]
    )


def test_a_missed_bound_of_the_scenarios_own_contradicts_no_claim(
    pytester: pytest.Pytester,
) -> None:
    done = run(pytester, CONTRADICTS.replace("* due", "* ms"))
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        ["E * assert detection took 499.4 ms, asserted at most *", "claims: 1 misses own bound"]
    )


def test_a_bound_that_is_documented_still_contradicts_beside_ones_own(
    pytester: pytest.Pytester,
) -> None:
    body = CONTRADICTS.replace("200 * due", "20 * ms")  # which holds
    run(pytester, body).stdout.fnmatch_lines(["claims: 1 contradicts"])


def test_what_conforms_prints_nothing_but_the_count(pytester: pytest.Pytester) -> None:
    done = run(pytester, CONFORMS)
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(["claims: 1 conforms", "worst outage 99.0 ms (test_conforms)"])
    done.stdout.no_fnmatch_line("*timeline*")


def test_the_end_says_how_much_of_the_catalogue_was_tried(pytester: pytest.Pytester) -> None:
    other = CONFORMS.replace("test_conforms", "test_again").replace('"MIIMON-2"', '"MIIMON-3"')
    skipped = "@claim('MIIMON-4')\ndef test_skip(): pytest.skip('not here')\n"
    known = claims.catalogue().claims
    total, needing = len(known), sum(bool(one.needs) for one in known.values())
    without = f"{total - 2} claims, of which {needing}"
    failed = "@claim('MIIMON-6')\ndef test_no(): pass\n"
    done = run(pytester, CONFORMS + other + skipped + failed + failed.replace("-6", "-3"))
    done.stdout.fnmatch_lines([f"catalogue: 2 of {total} claims tried by 2 scenarios"])
    written = "from harness import claim\n@claim('MIIMON-5', 'MIIMON-6')\ndef test_p(): pass\n"
    pytester.mkdir("promises").joinpath("test_p.py").write_text(written)
    done = run(pytester, CONFORMS, "-o", "scenario_paths=promises", "test_it.py")
    done.stdout.fnmatch_lines(
        [
            f"catalogue: 1 of {total} claims tried by 1 scenario",
            f"without a scenario: {without} need what no lab here has",
        ]
    )


def test_without_a_claim_the_catalogue_is_not_spoken_of(pytester: pytest.Pytester) -> None:
    run(pytester, "def test_plain(): pass").stdout.no_fnmatch_line("catalogue: *")


def test_a_run_that_proves_nothing_is_neither(pytester: pytest.Pytester) -> None:
    done = run(pytester, INCONCLUSIVE + CONFORMS, "-v")
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(
        [
            "*::test_inconclusive INCONCLUSIVE*",
            "E *Inconclusive: the path was not healthy before the fault: 22 of 40 probes lost",
            "claims: 1 conforms, 1 inconclusive",
            "worst outage 99.0 ms (test_conforms)",
        ]
    )
    done.stdout.no_fnmatch_line("*judged.py*")


def test_the_letter_of_a_run_that_proves_nothing_is_a_question_mark(
    pytester: pytest.Pytester,
) -> None:
    done = run(pytester, CONFORMS + CONTRADICTS + INCONCLUSIVE)
    done.stdout.fnmatch_lines(["test_it.py .F[?]*"])


def test_a_claim_has_its_worst_verdict(pytester: pytest.Pytester) -> None:
    both = CONTRADICTS.replace("ARPVAL-9", "MIIMON-2")
    done = run(pytester, both + CONFORMS)
    done.stdout.fnmatch_lines(["claims: 1 contradicts"])


def test_trouble_in_the_lab_is_no_verdict_on_the_kernel(pytester: pytest.Pytester) -> None:
    done = run(
        pytester,
        """
@claim("MIIMON-2")
def test_lab():
    raise LabError("the switch has no power", hint="plug it in")
""",
    )
    done.stdout.fnmatch_lines(["E *LabError: the switch has no power", "E *hint: plug it in"])
    done.stdout.fnmatch_lines(["claims: 1 not judged"])


def test_junit_has_the_figures(pytester: pytest.Pytester) -> None:
    run(pytester, CONTRADICTS, "--junitxml=junit.xml")
    found = {
        each.get("name"): each.get("value")
        for each in ET.parse(pytester.path / "junit.xml").iter("property")  # noqa: S314
    }
    assert found["claim"] == "ARPVAL-9"
    assert found["verdict"] == "contradicts"
    assert found["detection_ms"] == "499.4"
    assert found["detection_limit"] == "documented 200.0..300.0"


@pytest.mark.parametrize(
    ("marks", "message"),
    [
        ('@claim("MIIMON-222")', "test_it.py::test_x: MIIMON-222 is no claim of the catalogue"),
        ('@claim("MIMON-2")', "hint: did you mean *MIIMON-2*"),
        ('@contradicted("NONE-1", kernels="6.1", evidence="e")', "*NONE-1 is no claim*"),
        ('@contradicted("MIIMON-2", kernels="new", evidence="e")', "*'new' is no predicate*"),
        ('@pytest.mark.contradicted("MIIMON-2")', 'hint: write @contradicted("ID", kernels=*'),
    ],
)
def test_wrong_marks_are_usage_errors(pytester: pytest.Pytester, marks: str, message: str) -> None:
    done = run(pytester, f"{marks}\ndef test_x(): pass")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([f"*{message}"])
    assert "Traceback" not in done.stderr.str()


def test_a_file_without_claims_is_one_usage_error(pytester: pytest.Pytester) -> None:
    pytester.mkdir("scenarios").joinpath("test_s.py").write_text(
        "def test_bare(): pass\ndef test_too(): pass"
    )
    done = run(pytester, "", "--collect-only", "-o", "scenario_paths=scenarios")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(
        [
            "*scenarios/test_s.py::test_bare names no claim (and 1 more of this file)",
            "hint: find the claim with `harness claims search WORD`*",
        ]
    )


KNOWN = """
@claim("MIIMON-2")
@contradicted("MIIMON-2", kernels=">=6.1,<6.2", evidence="seen on 6.1.176")
def test_known():
    assert watch("{history}").detection <= {bound} * due
"""


@pytest.mark.parametrize(
    ("kernel", "history", "outcome", "tail"),
    [
        ("6.1.176", "late_detection.jsonl", {"xfailed": 1}, "1 contradicts as known"),
        ("6.1.176", "failover.jsonl", {"failed": 1}, "1 conforms against expectation"),
        ("6.1.176", "unclean.jsonl", {"failed": 1}, "1 inconclusive"),
        ("5.10.46", "failover.jsonl", {"passed": 1}, "1 conforms"),
        ("5.10.46", "late_detection.jsonl", {"failed": 1}, "1 contradicts"),
    ],
)
def test_a_known_contradiction_must_show_on_its_kernels_only(
    pytester: pytest.Pytester, kernel: str, history: str, outcome: dict[str, int], tail: str
) -> None:
    done = run(pytester, KNOWN.format(history=history, bound=100), "-rx", kernel=kernel)
    done.assert_outcomes(**outcome)
    done.stdout.fnmatch_lines([f"claims: {tail}"])
    if "xfailed" in outcome:
        done.stdout.fnmatch_lines(["XFAIL *MIIMON-2 is contradicted by 6.1.176: seen on 6.1.176*"])


def test_a_measurement_too_coarse_to_tell_conforms_to_nothing(pytester: pytest.Pytester) -> None:
    """The bound is missed by less than the tolerance: it may hold, or be known not to."""
    done = run(pytester, KNOWN.format(history="failover.jsonl", bound=90), kernel="6.1.176")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "*XPASS*",
            "what was measured is too coarse: detection lies beyond *",
            "claims: 1 inconclusive",
        ]
    )


def test_a_bug_in_the_explanation_does_not_hide_the_failure(pytester: pytest.Pytester) -> None:
    body = f"""
from harness.history import History, Event
@claim("MIIMON-2")
def test_broken():
    about = load(Path({str(HISTORIES)!r}) / "failover.jsonl").about
    events = Event(1, "mark", "", {{"name": "disturb"}}), Event(2, "fault", "x")
    run = Run.of(History(about, events))
    verdicts.note_run(run)
    assert 1 == 2
"""
    done = run(pytester, body)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        ["E *assert 1 == 2", "*- no explanation -*", "a bug of the harness:"]
    )


def test_the_second_run_of_a_scenario_is_the_one_explained(pytester: pytest.Pytester) -> None:
    body = """
@claim("MIIMON-2")
def test_twice():
    assert watch("late_detection.jsonl").detected
    assert watch("blackhole.jsonl").recovered
"""
    done = run(pytester, body)
    done.stdout.fnmatch_lines(["E *assert traffic dark at the end", "*timeline, 0 = cut eth0*"])


def test_a_run_noted_outside_of_any_test_is_ignored() -> None:
    running, verdicts._running[:] = list(verdicts._running), []
    try:
        verdicts.note_run(Run())
    finally:
        verdicts._running[:] = running
    assert verdicts._running == running

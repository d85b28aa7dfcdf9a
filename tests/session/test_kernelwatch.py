"""A scenario in whose time the kernel reports a fault of its own fails, in a real guest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.judge import counts
from harness.log.kernlog import reports
from harness.session import kernelwatch
from tests.plain_kernels import PLAIN
from tests.tiny import Tiny

WATCHED = """
    import os, time
    import pytest
    from harness import claim, expects_kernel_report

    WARNING = '''------------[ cut here ]------------
    WARNING: CPU: 0 PID: %d at net/core/dev.c:10912 dev_close_many+0x%x/0x6a0
    CPU: 0 PID: %d Comm: python3 Not tainted 6.1.176 #1
    Call Trace:
     dev_close+0xa8/0xf0
     bond_release+0x%x/0x60 [bonding]
    ---[ end trace 0000000000000000 ]---'''

    def say(text):
        with open("/dev/kmsg", "wb", buffering=0) as log:
            for line in text.splitlines():
                log.write(line.removeprefix("    ").encode() + b"\\n")

    def warn(number=1):
        say(WARNING % ((number,) * 4))

    @pytest.fixture
    def late():
        yield
        warn(2)

    @pytest.fixture
    def early():
        warn(3)

    @claim("MIIMON-1")
    def test_call(): warn()
    def test_clean(): say("bond0: (slave eth0): link status definitely down, disabling slave")
    @claim("MIIMON-2")
    def test_teardown(late): pass
    def test_setup(early): warn(4)
    def test_bug(): say("BUG: scheduling while atomic: ip/42/0x00000002")
    @pytest.mark.xfail(strict=True, reason="known")
    def test_xfail(): warn(5); assert False
    def test_own_failure(): warn(6); assert 1 == 2
    @expects_kernel_report("WARNING in dev_close_many")
    def test_expected(late): pass
    @expects_kernel_report("WARNING in dev_open")
    def test_absent(): pass
    @expects_kernel_report("WARNING in dev_close_many")
    def test_expected_and_more(late): say("BUG: sleeping function called from invalid context")
    @pytest.mark.skip(reason="not today")
    @expects_kernel_report("WARNING in dev_open")
    def test_skipped(): pass
    def test_after(): pass
"""
WARNING = "WARNING in dev_close_many from bond_release"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, Tiny]:
    tiny = Tiny.make(tmp_path_factory.mktemp("watched"), watched=WATCHED)
    return *tiny.run("-v", "--guests=1", "--kernel=uml", "--junitxml=out.xml"), tiny


guest = pytest.mark.guest(inside=False)


@guest
def test_scenarios_with_a_report_fail_and_others_do_not(watched: tuple[int, str, Tiny]) -> None:
    _, said, _ = watched
    found = dict(re.findall(r"test_watched\.py::test_(\w+) (PASSED|FAILED|SKIPPED)", said))
    passed = {name for name, outcome in found.items() if outcome == "PASSED"}
    assert passed == {"clean", "expected", "after"}, said
    assert found["skipped"] == "SKIPPED"


@guest
def test_a_failure_says_what_was_reported_with_its_trace(
    watched: tuple[int, str, Tiny],
) -> None:
    _, said, _ = watched
    part = said[said.index("_ test_call _") : said.index("_ test_teardown _")]
    assert f"the kernel reported: {WARNING}\n" in part
    assert re.search(rf"-- kernel report: {WARNING} --+\n-+\[ cut here \]", part)
    assert "\n bond_release+0x1/0x60 [bonding]\n" in part
    assert "- claim -" in part
    assert f"the kernel reported: {WARNING} (2 times)" in said  # setup and call
    assert re.search(r"^E +assert 1 == 2$", said, re.MULTILINE)  # its own reason stays


@guest
def test_an_expected_report_must_come_and_nothing_else(watched: tuple[int, str, Tiny]) -> None:
    _, said, _ = watched
    absent = 'the kernel did not report what the scenario expects, "WARNING in dev_open"'
    assert said.count(absent) == 2  # in its failure and in the short summary
    assert "the kernel reported: BUG: sleeping function called from invalid context\n" in said


@guest
def test_each_fingerprint_is_listed_once_with_its_scenarios(
    watched: tuple[int, str, Tiny],
) -> None:
    _, said, tiny = watched
    places = "test_call, test_teardown, test_setup, test_xfail, test_own_failure"
    assert f"\nkernel report: {WARNING}: 6 times in {places}\n" in said
    assert f"\nexpected report: {WARNING}: 2 times in test_expected, test_expected_and" in said
    assert "\nkernel report: BUG: scheduling while atomic: once in test_bug\n" in said
    assert "\nclaims: 2 kernel reports\n" in said
    assert f'name="kernel_report" value="{WARNING}"' in (tiny.root / "out.xml").read_text()


@guest
def test_reports_that_no_scenario_is_to_blame_for_are_warnings(tmp_path: Path) -> None:
    conftest = """
        from harness.session import worker

        def say(text):
            if worker.job():
                with open("/dev/kmsg", "wb", buffering=0) as log:
                    log.write(text)

        def pytest_sessionstart(): say(b"BUG: too early\\n")
        def pytest_sessionfinish(): say(b"BUG: too late\\n")
    """
    tiny = Tiny.make(tmp_path, conftest=conftest, a="def test_a(): pass\n")
    code, said = tiny.run("--guests=1", "--kernel=uml")
    assert code == pytest.ExitCode.OK, said
    assert "the kernel reported while it booted: BUG: too early" in said
    assert "the kernel reported after the last scenario: BUG: too late" in said
    assert "1 passed, 2 warnings" in said


def test_a_log_that_cannot_be_read_is_reported_once(tmp_path: Path) -> None:
    here = PLAIN.replace("import sys, json", "import sys, json, harness.log.kmsg")
    unreadable = here.replace("d = path", "harness.log.kmsg.DEVICE = '/dev/null/kmsg'; d = path")
    scenarios = """
        from harness import expects_kernel_report
        def test_a(): pass
        @expects_kernel_report("WARNING")
        def test_b(): pass
    """
    code, said = Tiny.make(tmp_path, conftest=unreadable, a=scenarios).run("--guests=2")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert said.count("\nlog       kernel log not readable: Not a directory\n") == 1
    assert "1 failed, 1 passed" in said
    assert 'expects, "WARNING": kernel log not readable: Not a directory' in said


def test_a_marker_that_names_nothing_is_rejected(tmp_path: Path) -> None:
    tiny = Tiny.make(tmp_path, a="@pytest.mark.expect_kernel_report()\ndef test_a(): pass\n")
    code, said = tiny.run()
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "test_a.py::test_a: expect_kernel_report names no report" in said
    assert "hint: write @expects_kernel_report(" in said


def test_repeats_are_counted_in_words() -> None:
    found = reports(["BUG: a b", "bond0: x", "BUG: c", "bond0: y", "BUG: a b"])
    assert kernelwatch.one_line(found) == "the kernel reported: BUG: a b (2 times); BUG: c"
    assert [title for title, _ in kernelwatch.titled(found)] == [
        "kernel report: BUG: a b",
        "kernel report: BUG: c",
    ]


def test_many_scenarios_are_not_all_named() -> None:
    phases: list[counts.TestReport] = []
    for number in range(7):
        phase = pytest.TestReport(
            f"t.py::test_{number}", ("t.py", 1, ""), {}, "passed", None, "teardown"
        )
        phase.user_properties.append((kernelwatch.REPORTED, "BUG: x"))
        phases.append(phase)
    (line,) = kernelwatch.summary(phases)
    assert (
        line
        == "kernel report: BUG: x: 7 times in test_0, test_1, test_2, test_3, test_4 and 2 more"
    )

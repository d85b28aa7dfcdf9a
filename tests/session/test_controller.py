"""One pytest session: what guests report is shown, counted and kept as if run here.

The guest is a plain process of this machine: these tests are of the controller, not of kernels.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from harness.kernels import host
from tests.plain_kernels import PLAIN
from tests.tiny import HARNESS, Tiny

MIXED = """
    import os, pytest, sys, time, warnings

    @pytest.mark.parametrize("n", range(3))
    def test_pass(n): time.sleep(n / 100)

    def test_fail():
        print("what it printed")
        left, right = 3, 4
        assert left == right

    @pytest.mark.skip(reason="not today")
    def test_skip(): pass

    @pytest.mark.xfail(strict=True, reason="known")
    def test_xfail(): assert False

    @pytest.fixture
    def broken():
        yield
        raise RuntimeError("in teardown")

    def test_teardown(broken): pass
    def test_property(record_property): record_property("outage", "511.0 ms")
    def test_warns(): warnings.warn(FutureWarning("old"), stacklevel=1)
"""
OTHER = """
    def test_other(): pass
    @pytest.mark.guest(inside=False)
    def test_stays():
        from harness.session import worker
        assert worker.job() is None
    def test_goes(tmp_path):
        from harness.session import worker
        assert worker.job().ids
        assert "temporary" in str(tmp_path)
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny.make(tmp_path, conftest=PLAIN, a=MIXED, b=OTHER)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, Tiny]:
    tiny = Tiny.make(tmp_path_factory.mktemp("mixed"), conftest=PLAIN, a=MIXED, b=OTHER)
    return *tiny.run("--guests=2", "--junitxml=out.xml", "--durations=1"), tiny


def test_outcomes_are_counted_as_in_any_run(mixed: tuple[int, str, Tiny]) -> None:
    code, said, _ = mixed
    assert code == 1
    assert "1 failed, 9 passed, 1 skipped, 1 xfailed, 1 warning, 1 error" in said, said


def test_each_file_is_one_line_in_order(mixed: tuple[int, str, Tiny]) -> None:
    _, said, _ = mixed
    lines = re.findall(r"^test_([ab])\.py ([.FsxE]+) ", said, re.MULTILINE)
    assert lines[-2][0] == "a"
    assert sorted(lines[-2][1]) == sorted("...Fsx.E..")
    assert lines[-1] == ("b", "..")


def test_a_failure_reads_as_in_any_run(mixed: tuple[int, str, Tiny]) -> None:
    _, said, _ = mixed
    assert ">       assert left == right" in said
    assert "E       assert 3 == 4" in said
    assert "what it printed" in said
    assert "FutureWarning: old" in said
    assert "slowest 1 durations" in said


def test_facts_are_before_the_first_result(mixed: tuple[int, str, Tiny]) -> None:
    _, said, _ = mixed
    for fact in ("lab       netns in plain", "HZ=", "bonding ", "clock     real", "jitter "):
        assert -1 < said.find(fact) < said.find("test_a.py "), fact
    assert re.search(r"tolerance  [\d.]+ ms = jitter \+ 1 jiffy", said)


def test_junit_has_every_case_with_its_properties(mixed: tuple[int, str, Tiny]) -> None:
    tree = ET.parse(mixed[2].root / "out.xml")  # noqa: S314  (pytest wrote it)
    names = [case.get("name") for case in tree.iter("testcase")]
    assert sorted(set(map(str, names))) == sorted(
        [f"test_pass[{n}]" for n in range(3)]
        + [f"test_{name}" for name in ("fail", "skip", "xfail", "teardown", "property", "warns")]
        + ["test_other", "test_stays", "test_goes"]
    )
    values = [(found.get("name"), found.get("value")) for found in tree.iter("property")]
    assert ("outage", "511.0 ms") in values


def test_results_and_nothing_else_stay(mixed: tuple[int, str, Tiny]) -> None:
    _, _, tiny = mixed
    assert (tiny.root / "results/latest").resolve().parent == (tiny.root / "results").resolve()
    assert list(tiny.temporary.iterdir()) == []


def test_first_failure_stops_the_run(tiny: Tiny) -> None:
    code, said = tiny.run("-x", "--guests=2", "--results=elsewhere")
    assert code == 1
    assert "stopping after 1 failures" in said
    assert (tiny.root / "elsewhere/latest").is_symlink()


def test_last_failed_runs_only_those(tiny: Tiny) -> None:
    tiny.run("-k", "fail or other")
    code, said = tiny.run("--lf", "-v")
    assert code == 1
    assert re.search(r"1 failed in|1 failed, \d+ deselected", said), said


def test_verbose_lines_are_whole(tiny: Tiny) -> None:
    _, said = tiny.run("-v", "--guests=3", "-k", "pass or other")
    assert len(re.findall(r"^test_\w\.py::\S+ PASSED +\[ *\d+%\]$", said, re.MULTILINE)) == 4


def test_quiet_has_no_header(tiny: Tiny) -> None:
    code, said = tiny.run("-q", "-k", "other")
    assert code == 0
    assert "tolerance" not in said
    assert said.startswith("1 test in plain (real time, 1 guest): some seconds\n")


def test_collecting_boots_nothing_and_keeps_nothing(tiny: Tiny) -> None:
    code, said = tiny.run("--co", "-q")
    assert code == 0
    assert "12 tests collected" in said
    assert not (tiny.root / "results").exists()


def test_nothing_is_kept_where_nothing_ran_in_a_guest(tiny: Tiny) -> None:
    code, _ = tiny.run("-k", "stays")
    assert code == 0
    assert not (tiny.root / "results").exists()


def test_a_file_that_only_the_guest_cannot_import_fails_with_the_reason(tmp_path: Path) -> None:
    text = """
        from harness.session import worker
        if worker.job(): import no_such_module
        def test_a(): pass
    """
    tiny = Tiny.make(tmp_path, conftest=PLAIN, a=text, b="def test_b(): pass")
    code, said = tiny.run("--guests=1")
    assert code == 1
    assert "1 failed, 1 passed" in said
    assert "the guest could not collect it" in said
    assert "No module named 'no_such_module'" in said


def test_a_file_that_is_gone_when_the_guest_collects_fails_with_the_reason(tmp_path: Path) -> None:
    going = """
    def pytest_collection():
        from pathlib import Path
        from harness.session import worker
        if worker.job(): Path("test_a.py").unlink()
    """
    code, said = Tiny.make(tmp_path, conftest=PLAIN + going, a="def test_a(): pass").run()
    assert code == 1, said
    assert "the guest could not collect it:\nfile or directory not found: " in said
    assert "hint: a file changed after it was collected first: leave files alone" in said


def test_an_interrupt_reads_as_in_any_run_and_is_quick(tmp_path: Path) -> None:
    text = """
        import time
        from harness.session import worker
        def test_a():
            open(worker.job().results + "/begun", "w").close()
            time.sleep(100)
    """
    tiny = Tiny.make(tmp_path, conftest=PLAIN, a=text)
    process = tiny.start()
    while not (tiny.root / "results/latest/begun").exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=20)  # the test would take 100 s
    assert process.returncode == 2
    assert "KeyboardInterrupt" in said
    assert list(tiny.temporary.iterdir()) == []


def test_guests_whose_pytest_fails_end_the_run(tmp_path: Path) -> None:
    broken = f"""{PLAIN}
        from harness.session import worker
        if worker.job(): raise pytest.UsageError("no pytest today")
    """.replace("import sys", "import sys, pytest", 1)
    code, said = Tiny.make(tmp_path, conftest=broken, a="def test_a(): pass").run()
    assert code == 3
    assert "3 guests in a row ended before their first scenario" in said
    assert "no pytest today" in said


def test_guests_that_never_come_up_end_the_run_with_their_console(tmp_path: Path) -> None:
    dead = PLAIN.replace(
        '"import sys, json', "\"import sys; sys.exit('no luck today'); import json"
    )
    code, said = Tiny.make(tmp_path, conftest=dead, a="def test_a(): pass").run()
    assert code == 3
    assert "3 guests in a row ended before their first scenario" in said
    assert "no luck today" in said
    assert "hint: " in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--guests=0"], '"0" is not a number of guests (hint: give 1 or more'),
        (["--guests=many"], '"many" is not a number of guests'),
        (["--time-limit=0"], '"0" is no time in seconds (hint: '),
        (["--time-limit=nan"], '"nan" is no time in seconds'),
        (
            ["--kernel=nonesuch"],
            '"nonesuch" is not a kernel\nhint:',
        ),
        (["--kernel=pyproject.toml"], "pyproject.toml is not a User-Mode Linux kernel: "),
        (
            ["--kernel=/bin/ls"],
            "/bin/ls is not a User-Mode Linux kernel: unexpected output of --help",
        ),
        (["--results=pyproject.toml"], "pyproject.toml: it is not a directory"),
        (["--pdb"], "--pdb cannot reach a scenario in a guest"),
    ],
)
def test_bad_usage_is_explained(tiny: Tiny, arguments: list[str], message: str) -> None:
    code, said = tiny.run(*arguments)
    assert code == 4, said
    assert message in said
    assert "hint: " in said
    assert "Traceback" not in said
    assert list(tiny.temporary.iterdir()) == []


def test_a_host_without_bonding_is_rejected(tmp_path: Path) -> None:
    if not host.refusal():
        pytest.skip("this machine's kernel has bonding")
    tiny = Tiny.make(tmp_path, a="def test_a(): pass")
    code, said = tiny.run("--kernel=host")
    assert code == 4
    assert "the host's kernel cannot be used: it has no bonding driver" in said
    assert "hint: use --kernel auto" in said
    assert list(tiny.temporary.iterdir()) == []
    assert not (tiny.root / "results").exists()


@pytest.mark.skipif(not shutil.which("apt-get"), reason="this machine has no apt-get")
def test_package_sources_out_of_reach_are_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text("deb [trusted=yes] http://127.0.0.1:9/nowhere ./\n")
    (tmp_path / "apt.conf").write_text(
        f'Dir::Etc::sourcelist "{tmp_path}/sources.list"; Dir::Etc::sourceparts "/dev/null";'
    )
    tiny = Tiny.make(tmp_path, a="def test_a(): pass")
    code, said = tiny.run(
        "--kernel=uml", APT_CONFIG=str(tmp_path / "apt.conf"), XDG_CACHE_HOME=str(tmp_path / "c")
    )
    assert code == 4
    assert "this machine's package sources cannot be read: " in said
    assert "hint: check the network" in said
    assert "Traceback" not in said
    assert [path.name for path in (tmp_path / "c").glob("*/kernels/*")] == ["lock"]


def test_a_plain_pytest_run_loads_no_more_than_it_needs() -> None:
    code = (
        "import sys, harness.plugin;"
        "print([name for name in ('rich', 'pyroute2', 'scapy', 'click') if name in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=HARNESS, capture_output=True, text=True, check=True
    )
    assert said.stdout == "[]\n"

"""Environment, options and plugins of the user's: guests see them, or they are refused by name."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from harness.guests.job import environment
from harness.session import other_plugins
from tests.plain_kernels import PLAIN
from tests.tiny import Tiny

# As harness.guests.init does it: a guest has the environment that its job brings, nothing else.
ADOPTING = PLAIN.replace(
    "from harness.session import worker;",
    "import os; os.environ.clear();"
    "os.environ.update(json.loads((d / 'job.json').read_text())['environment']);"
    "from harness.session import worker;",
)
OPTIONS = """
    def pytest_addoption(parser):
        parser.addoption("--site", default="nowhere")
        parser.addoption("--reruns", type=int)
"""
COUNTING = """
    import pytest
    def pytest_addoption(parser):
        parser.getgroup("more").addoption("--count", type=int, default=1)
        parser.addini("counting", "a setting")
    def pytest_configure(config):
        config.addinivalue_line("markers", "counted: of the plugin")
    @pytest.fixture
    def counter(pytestconfig): return pytestconfig.getoption("count")
    def pytest_generate_tests(metafunc):
        metafunc.fixturenames.append("step")
        metafunc.parametrize("step", range(metafunc.config.option.count))
"""
REPORTING = """
    import sys
    assert "harness.session.worker" not in sys.modules, "it was loaded in a guest"
    def pytest_addoption(parser): parser.addini("reporting", "a setting")
    def pytest_configure(config): config.addinivalue_line("markers", "reported: of the plugin")
    def pytest_terminal_summary(terminalreporter): pass
"""
TIMEOUT = """
    def pytest_addoption(parser):
        parser.addoption("--timeout", type=float)
        parser.addini("timeout", "a setting")
    def pytest_configure(config): config.addinivalue_line("markers", "timeout(s): a limit")
    def pytest_runtest_protocol(item):
        import sys
        assert "harness.session.worker" not in sys.modules, "it was loaded in a guest"
"""


def install(tiny: Tiny, name: str, module: str, text: str) -> None:
    """Install a plugin beside the project, as pip does."""
    (tiny.root / f"{module}.py").write_text(textwrap.dedent(text))
    info = tiny.root / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[pytest11]\n{name} = {module}\n")


def run(tiny: Tiny, *arguments: str) -> tuple[int, str]:
    """Run pytest with installed plugins."""
    return tiny.run("-p", "no:hypothesispytest", *arguments, PYTEST_DISABLE_PLUGIN_AUTOLOAD="")


def test_parameters_may_come_from_the_environment(tmp_path: Path) -> None:
    text = """
        import os
        @pytest.mark.parametrize("name", os.environ["MY_NICS"].split(","))
        def test_nic(name): assert name in os.environ["MY_NICS"]
    """
    tiny = Tiny.make(tmp_path, conftest=ADOPTING, a=text)
    code, said = tiny.run("-v", MY_NICS="eth7,eth8")
    assert code == 0, said
    assert "test_nic[eth8] PASSED" in said


def test_what_would_break_a_guest_stays_on_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMPDIR", "LD_PRELOAD", "PYTEST_ADDOPTS", "COV_CORE_SOURCE", "MINE"):
        monkeypatch.setenv(name, "x")
    found = environment()
    assert found["MINE"] == "x"
    assert not {"TMPDIR", "LD_PRELOAD", "PYTEST_ADDOPTS", "COV_CORE_SOURCE"} & set(found)


def test_options_of_a_conftest_have_their_values_in_guests(tmp_path: Path) -> None:
    text = "def test_it(pytestconfig): assert pytestconfig.getoption('--site') == 'berlin'"
    tiny = Tiny.make(tmp_path, conftest=ADOPTING + OPTIONS, a=text)
    code, said = tiny.run("--site=berlin")
    assert code == 0, said


def test_a_plugin_that_makes_items_makes_them_in_guests_too(tmp_path: Path) -> None:
    text = """
        @pytest.mark.counted
        @pytest.mark.reported
        def test_it(counter): assert counter == 3
    """
    tiny = Tiny.make(tmp_path, conftest=ADOPTING, a=text)
    with (tiny.root / "pyproject.toml").open("a") as file:
        file.write('counting = "1"\nreporting = "1"\nfilterwarnings = ["error"]\n')
    install(tiny, "counting", "pytest_counting", COUNTING)
    install(tiny, "reporting", "pytest_reporting", REPORTING)
    code, said = run(tiny, "--count=3")
    assert code == 0, said
    assert "3 passed" in said


def test_only_what_takes_part_where_tests_run_is_loaded_in_guests() -> None:
    assert other_plugins._is_fixture(pytest.fixture(lambda: None))
    assert not other_plugins._is_fixture(
        test_only_what_takes_part_where_tests_run_is_loaded_in_guests
    )
    found = list(other_plugins.own_arguments(["pytest_mock", "xdist", "no:randomly", "timeout"]))
    assert found == ["-p", "pytest_mock", "-p", "no:randomly"]


def test_a_test_that_the_guest_does_not_know_fails_alone(tmp_path: Path) -> None:
    text = """
        import os
        @pytest.mark.parametrize("n", [os.getpid()])
        def test_other(n): pass
        def test_same(): pass
    """
    tiny = Tiny.make(
        tmp_path, conftest=ADOPTING, a=text, b=text.replace("def test_same(): pass", "")
    )
    code, said = tiny.run("--guests=1")
    assert code == 1, said
    assert "2 failed, 1 passed" in said
    assert "the guest does not know this test: it has test_a.py::test_other[" in said
    assert "hint: parameters have to be the same each time" in said


def test_guests_that_know_no_test_at_all_end_no_session(tmp_path: Path) -> None:
    text = "import os\n@pytest.mark.parametrize('n', [os.getpid()])\ndef test_other(n): pass"
    code, said = Tiny.make(tmp_path, conftest=ADOPTING, a=text).run()
    assert code == 1, said
    assert "the guest does not know this test" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pdb"], "--pdb cannot reach a scenario in a guest"),
        (["--trace"], "--trace cannot reach a scenario in a guest"),
        (["--setup-show"], "--setup-show cannot show what fixtures do"),
        (["--setup-only"], "--setup-only cannot show what fixtures do"),
        (["--setup-plan"], "--setup-plan cannot show what fixtures do"),
        (["--reruns=2"], "--reruns cannot run a scenario of a guest again"),
    ],
)
def test_what_a_guest_would_ignore_is_rejected_by_name(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    tiny = Tiny.make(tmp_path, conftest=ADOPTING + OPTIONS, a="def test_it(): pass")
    code, said = tiny.run(*arguments)
    assert code == 4, said
    assert f"ERROR: {message}" in said
    assert "hint: " in said
    assert "passed" not in said


def test_coverage_says_what_it_does_not_see(tmp_path: Path) -> None:
    option = "\ndef pytest_addoption(parser): parser.addoption('--cov', dest='cov_source')\n"
    tiny = Tiny.make(
        tmp_path, conftest=ADOPTING + textwrap.indent(option, "    "), a="def test_it(): pass"
    )
    code, said = tiny.run("--cov=here")
    assert code == 0, said
    assert "note: --cov sees what runs here, not what scenarios run in guests\n" in said


def test_what_runs_on_the_host_may_use_any_option(tmp_path: Path) -> None:
    text = "@pytest.mark.guest(inside=False)\ndef test_it(): pass"
    tiny = Tiny.make(tmp_path, conftest=ADOPTING + OPTIONS, a=text)
    code, said = tiny.run("--setup-show", "--reruns=2", "--pdb")
    assert code == 0, said


@pytest.mark.parametrize(
    ("mark", "arguments", "set_by"),
    [
        ("@pytest.mark.timeout(1)", [], "@pytest.mark.timeout"),
        ("", ["--timeout=1"], "--timeout"),
        ("", ["-o", "timeout=1"], "timeout"),
    ],
)
def test_the_limits_of_pytest_timeout_hold_in_guests(
    tmp_path: Path, mark: str, arguments: list[str], set_by: str
) -> None:
    text = f"import time\n{mark}\ndef test_it(): time.sleep(30)\n"
    tiny = Tiny.make(tmp_path, conftest=ADOPTING, a=text)
    install(tiny, "timeout", "pytest_timeout", TIMEOUT)
    code, said = run(tiny, *arguments)
    assert code == 1, said
    assert f"1 s ({set_by})" in said

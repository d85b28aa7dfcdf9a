"""What a wheel brings works far away from any checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forked import Server

ROOT = Path(__file__).parents[2]
HISTORY = ROOT / "tests" / "histories" / "failover.jsonl"
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "harness", "labs", "scenarios")


def copy_sources(place: Path) -> None:
    """Copy what a wheel is built of."""
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place / name, symlinks=True)
        else:
            shutil.copy(ROOT / name, place / name)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the package as a wheel would install it."""
    pytest.importorskip("setuptools")
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    copy_sources(source)
    argv = [sys.executable, "-c", "import setuptools; setuptools.setup()", "-q"]
    done = subprocess.run(
        [*argv, "build", "--build-lib", str(built)], cwd=source, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return built


@pytest.fixture(scope="module")
def server(installed: Path) -> Iterator[Server]:
    """A process that has imported the installed package, and forks its commands."""
    forks = Server(installed)
    yield forks
    forks.close()


def test_what_is_imported_is_what_was_installed(
    installed: Path, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "where.py").write_text("import harness; print(harness.__file__)")
    assert run(server, tmp_path, "where") == (0, f"{installed}/harness/__init__.py\n")


def run(server: Server, place: Path, *words: str) -> tuple[int, str]:
    """Run a module, or a command of the installed package, in another directory."""
    return server.run(words[0], [*words[1:]], place, dict(os.environ), within=120)


def test_it_has_the_catalogue_and_the_kernels(installed: Path) -> None:
    for name in ("claims/miimon.toml", "claims/differences.toml", "labs/kernels.toml"):
        assert (installed / "harness/data" / name).is_file()
    assert (installed / "harness/data/labs/virtual.config").is_file()
    assert not (installed / "harness/data/claims").is_symlink()


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("check", "mode=1"), 1, "OPT-3: "),
        (("convert", "--to", "netplan", "mode=1 miimon=100"), 0, "mii-monitor-interval: 100"),
        (("judge", str(HISTORY)), 0, "detection"),
        (("kernels", "matrix"), 0, "pytest scenarios/ --kernel=oldest"),
        (("kernels", "list", "--cached"), 0, "host"),
        (("claims", "show", "MIIMON-2"), 0, "0 switches MII monitoring off."),
        (("claims", "search", "churn"), 0, "LACP"),
        (("claims", "coverage"), 4, "hint: "),
        (("compare", "a", "b"), 4, "hint: "),
        (("results", "list"), 4, "hint: "),
        (("doctor", "--help"), 0, "Exit status"),
        (
            ("run", "--co", "-q", "field/test_dual_bond_router.py", "-k", "primary"),
            0,
            "scenarios/field/test_dual_bond_router.py::",
        ),
        (("run", "--co", "-q", "test_none.py"), 4, "file or directory not found: test_none.py"),
        (("--version",), 0, "harness, version "),
    ],
)
def test_every_command_works(
    server: Server, tmp_path: Path, arguments: tuple[str, ...], status: int, says: str
) -> None:
    ended, said = run(server, tmp_path, "harness", *arguments)
    assert "Traceback" not in said
    assert ended == status, said
    assert says in said

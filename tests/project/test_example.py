"""The example project is judged with the harness installed from a wheel, outside the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from harness.kernels import cached_kernel
from tests.project.test_wheel import copy_sources

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.guest(inside=False)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a Python that has the harness from a wheel, and its libraries from ours."""
    place = tmp_path_factory.mktemp("wheel")
    (place / "source").mkdir()
    copy_sources(place / "source")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    made = subprocess.run(
        [*pip, "wheel", "--no-deps", "-w", str(place), str(place / "source")],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"no wheel can be built here: {made.stderr.strip().splitlines()[-1:]}")
    (wheel,) = place.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place / "venv"], check=True)
    own = place / "venv/bin/python"
    subprocess.run([*pip, "--python", own, "install", "--no-deps", str(wheel)], check=True)
    (site,) = (place / "venv/lib").glob("python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return str(own)


def run(python: str, place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in the project."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [python, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the example, far from the checkout."""
    shutil.copytree(ROOT / "docs/example", tmp_path / "example")
    return tmp_path / "example"


def test_it_is_the_wheels_harness_that_is_imported(python: str, project: Path) -> None:
    code = "import harness; print(harness.__file__)"
    said = subprocess.check_output([python, "-c", code], cwd=project, text=True)
    assert str(ROOT) not in said
    assert "site-packages/harness/__init__.py" in said


@pytest.mark.skipif(
    not any(entry.flavour == "virtual" for entry in cached_kernel.entries()),
    reason="no virtual kernel in the cache: harness kernels build virtual@7.2",
)
def test_the_example_is_judged(python: str, project: Path) -> None:
    ran = run(python, project, "--kernel", "virtual")
    assert ran.returncode == 0, ran.stdout
    assert "4 passed" in ran.stdout
    assert len(list(project.glob("results/latest/*/history.jsonl"))) == 3


@pytest.mark.skipif(
    not any(entry.flavour == "virtual" for entry in cached_kernel.entries()),
    reason="no virtual kernel in the cache: harness kernels build virtual@7.2",
)
def test_the_example_can_fail(python: str, project: Path) -> None:
    file = project / "tests/test_storage.py"
    text = file.read_text(encoding="utf-8").replace("500 * ms", "5 * ms")
    file.write_text(text, encoding="utf-8")
    ran = run(python, project, "--kernel", "virtual", "-k", "cable")
    assert ran.returncode == 1, ran.stdout
    assert "asserted at most 5.0 ms" in " ".join(ran.stdout.split())

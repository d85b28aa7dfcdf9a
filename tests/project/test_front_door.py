"""What `from harness import ...` gives: the names of scenarios, each imported at its first use."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import harness

ROOT = Path(__file__).parents[2]
SOURCE = Path(harness.__file__)
CHEAP = {"harness.errors", "harness.units", "harness.suggest"}


def test_every_public_name_has_a_module_or_is_defined_here() -> None:
    here = {name for name in vars(harness) if name in harness.__all__}
    assert set(harness.__all__) == set(harness.HOMES) | here
    assert set(harness.__all__) <= set(dir(harness))


@pytest.mark.parametrize("name", sorted(harness.HOMES))
def test_a_name_is_the_one_of_its_module(name: str) -> None:
    home = import_module(f"harness.{harness.HOMES[name]}")
    assert getattr(harness, name) is getattr(home, name)


def test_the_type_checker_sees_what_is_imported_when_it_runs() -> None:
    guarded = next(node for node in ast.parse(SOURCE.read_text()).body if isinstance(node, ast.If))
    typed = {
        alias.name: str(node.module).removeprefix("harness.")
        for node in guarded.body
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("harness.")
        for alias in node.names
    }
    assert typed == harness.HOMES


def test_a_name_that_is_not_there_is_pythons_own_error() -> None:
    with pytest.raises(ImportError, match="cannot import name 'Cabel' from 'harness'"):
        exec("from harness import Cabel")  # noqa: S102
    with pytest.raises(AttributeError, match="module 'harness' has no attribute 'Cabel'"):
        _ = harness.Cabel  # type: ignore[attr-defined]


def test_a_name_is_imported_at_its_first_use() -> None:
    code = (
        "import sys, harness; from harness import claim, ms;"
        "before = {name for name in sys.modules if name.startswith('harness.')};"
        "harness.Net;"
        "print(*sorted(before), 'harness.record.net' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    *before, after = done.stdout.split()
    assert set(before) <= CHEAP
    assert after == "True"

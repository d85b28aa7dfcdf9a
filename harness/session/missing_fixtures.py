"""A fixture of `scenarios/` that is requested elsewhere: where it is, and how to import it."""

from __future__ import annotations

import ast
from collections.abc import Generator
from pathlib import Path

import pytest

from harness import shipped

CHECKOUT = Path(__file__).parents[2]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Explain how a test imports a topology that is unknown in its folder."""
    made = yield
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, pytest.FixtureLookupError) and error.argname in topologies():
        made.longrepr = _explained(str(error.argname), item.path)
    return made


def topologies() -> set[str]:
    """Return the names of the fixtures of scenarios/conftest.py."""
    tree = ast.parse((shipped.SCENARIOS / "conftest.py").read_text(encoding="utf-8"))
    made = (statement for statement in tree.body if isinstance(statement, ast.Assign))
    return {
        target.id
        for statement in made
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def _explained(name: str, path: Path) -> str:
    own = "draw a network of your own in a conftest.py, as docs/example/ does"
    if (CHECKOUT / "scenarios" / "conftest.py").exists():
        own = (
            f"write in {path.parent / 'conftest.py'}:\n"
            f"    from scenarios.conftest import {name}\n"
            f'and let pytest find it: -o pythonpath="{CHECKOUT}"; or {own}'
        )
    return f"{path}: {name} is a topology of scenarios/, which is not known here\nhint: {own}"

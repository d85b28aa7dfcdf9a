"""A fixture of `scenarios/` that is asked for elsewhere: where it is, and how to get it."""

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
    """Say of a topology that is not known in a folder how a test there gets one."""
    made = yield
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, pytest.FixtureLookupError) and error.argname in topologies():
        made.longrepr = _told(str(error.argname), item.path)
    return made


def topologies() -> set[str]:
    """Return the names of the fixtures of scenarios/conftest.py."""
    tree = ast.parse((shipped.SCENARIOS / "conftest.py").read_text(encoding="utf-8"))
    made = (one for one in tree.body if isinstance(one, ast.Assign))
    return {target.id for one in made for target in one.targets if isinstance(target, ast.Name)}


def _told(name: str, path: Path) -> str:
    own = "draw a network of your own in a conftest.py, as docs/example/ does"
    if (CHECKOUT / "scenarios" / "conftest.py").exists():
        own = (
            f"write in {path.parent / 'conftest.py'}:\n"
            f"    from scenarios.conftest import {name}\n"
            f'and let pytest find it: -o pythonpath="{CHECKOUT}"; or {own}'
        )
    return f"{path}: {name} is a topology of scenarios/, which is not known here\nhint: {own}"

"""A fixture of `scenarios/` that is asked for elsewhere: where it is, and how to get it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

# The fixtures of scenarios/conftest.py; tests/session/test_missing_fixtures.py compares them.
TOPOLOGIES = frozenset(
    {
        *("one_switch", "two_switches", "blade_chassis", "filtering_switch"),
        *("three_slaves", "spare_slave", "dual_stack", "no_address", "empty_bond", "two_bonds"),
        *("static_channel", "lacp_pair", "scripted_partner", "spare_ports", "two_partners"),
        *("mixed_speeds", "mlag_pair"),
        *("dual_bond_router", "bridge_host", "usb_nics", "chassis", "virtualbox", "office"),
    }
)
CHECKOUT = Path(__file__).parents[2]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say of a topology that is not known in a folder how a test there gets one."""
    made = yield
    error = call.excinfo.value if call.excinfo else None
    if isinstance(error, pytest.FixtureLookupError) and error.argname in TOPOLOGIES:
        made.longrepr = _told(str(error.argname), item.path)
    return made


def _told(name: str, path: Path) -> str:
    own = "draw a network of your own in a conftest.py, as docs/example/ does"
    if (CHECKOUT / "scenarios" / "conftest.py").exists():
        own = (
            f"write in {path.parent / 'conftest.py'}:\n"
            f"    from scenarios.conftest import {name}\n"
            f'and let pytest find it: -o pythonpath="{CHECKOUT}"; or {own}'
        )
    return f"{path}: {name} is a topology of scenarios/, which is not known here\nhint: {own}"

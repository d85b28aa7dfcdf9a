"""Options in messages, as they are written in the file."""

from __future__ import annotations

from harness.bonding import Setting
from harness.config.model import BondConfig, Given, Remark
from harness.config.spelling import verbatim


def text(value: Setting) -> str:
    """Return a value as the kernel's word, addresses separated by commas."""
    return (",".join(value) if isinstance(value, tuple) else str(value)) or "(none)"


def written(bond: BondConfig, *names: str) -> str:
    """Return options as the file has them, else with the value that is in force without it."""
    return " and ".join(_written(bond, name) for name in names)


def _written(bond: BondConfig, name: str) -> str:
    one = given(bond, name)
    return verbatim(one.spelled) if one else f"{name}={text(bond.unchecked[name])}"


def given(bond: BondConfig, name: str) -> Given | None:
    """Return the setting of an option that is in force, None if the file has none."""
    return next((option for option in reversed(bond.given) if option.name == name), None)


def quoted(remark: Remark) -> str:
    """Return the message of a remark, unchanged."""
    return verbatim(remark.message)

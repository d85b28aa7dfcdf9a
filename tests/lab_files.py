"""Parts of lab files, as text, and a file of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.labs.description.read import read

DUT = '[dut]\naddress = "192.0.2.20"\nmanagement = "eno1"\n'
NIC = '[[nic]]\nname = "eth1"\nfar_end = "enp5s0"\n'
OTHER = '[[nic]]\nname = "eth2"\nfar_end = "enp6s0"\n'


def lab(place: Path, text: str) -> Path:
    """Write a lab file."""
    path = place / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def assert_rejected(path: Path, line: int, message: str, hint: str) -> None:
    """Hold the reader to an error with the line of a lab file."""
    with pytest.raises(UsageError) as error:
        read(path)
    assert error.value.message.startswith(f"{path}:{line}: ")
    assert message in error.value.message
    assert hint in error.value.hint

"""On which kernels a claim is known to be contradicted: those of the DUT."""

from __future__ import annotations

import os

import pytest

from harness.guests.job import Job
from harness.session import claim_marks, worker


@pytest.mark.parametrize(
    ("dut", "release"),
    [({"release": "6.1.0-50-amd64"}, "6.1.0-50-amd64"), ({}, os.uname().release)],
    ids=["a lab that brings its DUT", "this kernel"],
)
def test_the_kernel_under_test_is_the_duts(
    dut: dict[str, str],
    release: str,
    pytestconfig: pytest.Config,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "_job", Job("/", (), (), "", dut=dut))
    assert claim_marks.release(pytestconfig) == release


def test_no_kernel_is_under_test_on_the_host(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_job", None)
    assert claim_marks.release(pytestconfig) is None

"""On which kernels a claim is known to be contradicted: those of the DUT."""

from __future__ import annotations

import json
import os

import pytest

from harness.errors import KernelRefused
from harness.guests.job import Job
from harness.session import claim_marks, worker

pytest_plugins = ["pytester"]


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


BY_DRIVER = """
    from harness import claim, contradicted

    @claim("FOM-NONE-1")
    @contradicted("FOM-NONE-1", nics="vmxnet3,pcnet", evidence="seen in a run")
    def test_x(): pass
"""


def expected(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, **dut: str
) -> pytest.Mark | None:
    """Return the mark by which a scenario is bound to fail on a DUT."""
    path = pytester.makepyfile(BY_DRIVER)
    (item,), _ = pytester.inline_genitems("-p", "harness.plugin", path)
    there = {"release": "6.1.0-50-amd64", **dut}
    monkeypatch.setattr(worker, "_job", Job("/", (), (), "", dut=there))
    claim_marks.pytest_collection_modifyitems(item.config, [item])
    return item.get_closest_marker("xfail")


@pytest.mark.parametrize(
    ("dut", "strict"),
    [
        ({"nic": "vmxnet3"}, True),
        ({"nic": "vmxnet3,pcnet"}, True),
        ({"nic": "rtl8139,vmxnet3"}, False),
        ({"ends": json.dumps({"enp3s0": {"driver": "pcnet32"}})}, True),
    ],
    ids=["one", "both", "beside another", "on a rack"],
)
def test_a_fault_of_a_driver_is_expected_of_that_driver(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    dut: dict[str, str],
    *,
    strict: bool,
) -> None:
    """Of a DUT with other NICs besides, it depends on which carries the traffic."""
    mark = expected(pytester, monkeypatch, **dut)
    assert mark is not None
    assert mark.kwargs["strict"] is strict
    assert mark.kwargs["raises"] == (AssertionError, KernelRefused)
    nics = (
        "pcnet"
        if "ends" in dut
        else ", ".join(nic for nic in dut["nic"].split(",") if nic != "rtl8139")
    )
    assert mark.kwargs["reason"] == (
        f"FOM-NONE-1 is contradicted by NICs {nics} with 6.1.0-50-amd64: seen in a run"
    )


@pytest.mark.parametrize("dut", [{"nic": "virtio-net"}, {"nic": "rtl8139,e1000"}, {}])
def test_of_other_drivers_it_is_not(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, dut: dict[str, str]
) -> None:
    assert expected(pytester, monkeypatch, **dut) is None

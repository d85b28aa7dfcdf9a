"""The DUT's NICs: by `--nic`, by a lab file, by default."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.session import duts

pytest_plugins = ["pytester"]

PLUGIN = ("-p", "harness.plugin")
LAB = 'kind = "qemu"\n[qemu]\nnics = ["rtl8139", "e1000"]\n'


@pytest.mark.parametrize(
    ("given", "lab", "nics"),
    [
        ([], "netns", "virtio-net"),
        (["--lab=qemu"], "qemu", "virtio-net"),
        (["--lab=qemu", "--nic=e1000, igb"], "qemu", "e1000,igb"),
        (["--lab=mine.toml"], "qemu", "rtl8139,e1000"),
        (["--lab=mine.toml", "--nic=pcnet"], "qemu", "pcnet"),
    ],
)
def test_where_nics_come_from(
    pytester: pytest.Pytester, given: list[str], lab: str, nics: str
) -> None:
    Path("mine.toml").write_text(LAB, encoding="utf-8")
    config = pytester.parseconfig(*PLUGIN, *given)
    duts.settle_options(config)
    assert (config.option.lab, config.option.nic) == (lab, nics)


def test_an_unknown_model_is_a_usage_error(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest_inprocess(*PLUGIN, "--lab=qemu", "--nic=rtl8139,vmxnet")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(['*"vmxnet" is no model of a NIC (hint: did you mean vmxnet3?*'])


def test_a_lab_that_does_not_exist_is_a_usage_error(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest_inprocess(*PLUGIN, "--lab=netsn")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    there = "netns, pipe, qemu, FILE.toml"
    done.stderr.fnmatch_lines([f'*no lab "netsn" (has: {there}) (hint: did you mean netns?*'])
    assert not list(pytester.path.glob("results*"))


def test_the_shipped_lab_file_is_the_lab_by_its_name(pytester: pytest.Pytester) -> None:
    shipped = Path(__file__).parents[2] / "labs/qemu.toml"
    config = pytester.parseconfig(*PLUGIN, f"--lab={shipped}")
    duts.settle_options(config)
    assert (config.option.lab, config.option.nic) == ("qemu", "virtio-net")

"""Models of NICs: as `--nic` names them, as QEMU does, as drivers are called."""

from __future__ import annotations

import pytest

from harness import drivers
from harness.errors import UsageError


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("rtl8139", ("rtl8139",)),
        ("virtio-net, e1000", ("virtio-net", "e1000")),
        ("e1000,rtl8139,e1000", ("e1000", "rtl8139", "e1000")),
    ],
)
def test_models_are_separated_by_commas(text: str, names: tuple[str, ...]) -> None:
    assert drivers.models(text) == names


@pytest.mark.parametrize(
    ("text", "name", "hint"),
    [
        ("vmxnet", "vmxnet", "did you mean vmxnet3?"),
        ("e1000,", "", "there are: e1000"),
        ("e1000,veth", "veth", "there are: e1000"),
    ],
)
def test_an_unknown_model_is_named(text: str, name: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        drivers.models(text)
    assert refused.value.message.startswith(f'"{name}" is no model')
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    ("driver", "model"),
    [
        ("virtio_net", "virtio-net"),
        ("8139cp", "rtl8139"),
        ("pcnet32", "pcnet"),
        ("vmxnet3", "vmxnet3"),
        ("ixgbe", "ixgbe"),
    ],
)
def test_a_driver_on_a_rack_is_that_of_a_model(driver: str, model: str) -> None:
    assert drivers.model_of(driver) == model

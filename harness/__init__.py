"""The public names for topologies and scenarios: `from harness import Net, Cable, claim, ms`.

All but marks, times and errors is imported on first use: every pytest run on a machine with the
harness installed imports this package, and most of them do not use it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from harness.errors import KernelRefused, NotTestable
from harness.units import Measured, Span, ms, s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from harness.bonding import MODES
    from harness.bonding.hashes import slave_by_hash
    from harness.flows import Flow, many_flows
    from harness.judge.run import Run
    from harness.model.in_scenarios import refused
    from harness.record.bond import Bond
    from harness.record.cable import Cable, Direction
    from harness.record.dut import Dut
    from harness.record.journal import Effect
    from harness.record.machine import Machine
    from harness.record.net import Net, Stage
    from harness.record.switches import PortAddresses, Switch
    from harness.record.usb import UsbNic
    from harness.topology import (
        BondPlan,
        BridgePlan,
        ChannelPlan,
        LinkPlan,
        MachinePlan,
        Speaker,
        SwitchPlan,
        Topology,
        VlanPlan,
    )
    from harness.yours.network import YourBond

__all__ = [
    "MODES",
    "Bond",
    "BondPlan",
    "BridgePlan",
    "Cable",
    "ChannelPlan",
    "Direction",
    "Dut",
    "Effect",
    "Flow",
    "KernelRefused",
    "LinkPlan",
    "Machine",
    "MachinePlan",
    "Measured",
    "Net",
    "NotTestable",
    "PortAddresses",
    "Run",
    "Span",
    "Speaker",
    "Stage",
    "Switch",
    "SwitchPlan",
    "Topology",
    "UsbNic",
    "VlanPlan",
    "YourBond",
    "claim",
    "contradicted",
    "control",
    "expects_kernel_report",
    "many_flows",
    "ms",
    "refused",
    "s",
    "slave_by_hash",
    "topology_fixture",
]

# The module of the harness that each other name is defined in.
HOMES = {
    "Bond": "record.bond",
    "BondPlan": "topology",
    "BridgePlan": "topology",
    "Cable": "record.cable",
    "ChannelPlan": "topology",
    "Direction": "record.cable",
    "Dut": "record.dut",
    "Effect": "record.journal",
    "Flow": "flows",
    "LinkPlan": "topology",
    "MODES": "bonding",
    "Machine": "record.machine",
    "MachinePlan": "topology",
    "Net": "record.net",
    "PortAddresses": "record.switches",
    "Run": "judge.run",
    "Speaker": "topology",
    "Stage": "record.net",
    "Switch": "record.switches",
    "SwitchPlan": "topology",
    "Topology": "topology",
    "UsbNic": "record.usb",
    "VlanPlan": "topology",
    "YourBond": "yours.network",
    "many_flows": "flows",
    "refused": "model.in_scenarios",
    "slave_by_hash": "bonding.hashes",
}

if not TYPE_CHECKING:  # a type checker knows the names above, and only those

    def __getattr__(name: str) -> object:
        """Import a public name from its module on first use; raises AttributeError for others."""
        if name not in HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """Return the names for completion and help, including those not imported yet."""
    return sorted({*globals(), *__all__})


# pytest is imported on use: a guest's helpers and the recorder import this package without it.
def claim(*ids: str) -> pytest.MarkDecorator:
    """Return the mark with the ids of the claims that a scenario tests.

    An unknown id is a usage error when scenarios are collected.
    """
    import pytest  # noqa: PLC0415

    return pytest.mark.claim(*ids)


def topology_fixture(topology: type[Net]) -> Callable[[Stage], Iterator[Net]]:
    """Return a fixture that builds a topology anew for each scenario that asks for it.

    The fixture has the name it is assigned to: `one_switch = topology_fixture(OneSwitch)`.
    """
    import pytest  # noqa: PLC0415

    def build(stage: Stage) -> Iterator[Net]:
        with topology(stage) as net:
            yield net

    build.__doc__ = topology.__doc__
    return pytest.fixture(build)


def contradicted(
    id: str,  # noqa: A002
    *,
    kernels: str = "all",
    nics: str = "",
    evidence: str,
) -> pytest.MarkDecorator:
    """Return the mark of a known contradiction: on these kernels the claim does not hold.

    The scenario must then fail, and passing is the failure. `kernels` is a predicate such as
    ">=6.1" or ">=6.1,<7.2" (harness.claims.matches). With `nics`, models as `--nic` names them
    ("vmxnet3,pcnet"), the fault is that of their driver, and no other is expected to have it; of
    a DUT that has other NICs besides, the scenario may fail. `evidence` is the observation and
    its source.
    """
    import pytest  # noqa: PLC0415

    return pytest.mark.contradicted(id, kernels=kernels, nics=nics, evidence=evidence)


def control(name: str) -> pytest.MarkDecorator:
    """Return the mark that says: this scenario shows that the scenario `name` can fail.

    It differs in one condition (the fault, the option) and must have the opposite result.
    tests/project/test_scenarios.py requires that every scenario has a control or is one.
    """
    import pytest  # noqa: PLC0415

    return pytest.mark.control(name)


def expects_kernel_report(fragment: str) -> pytest.MarkDecorator:
    """Return the mark of a scenario in which the kernel reports an error in its log.

    `fragment` is part of the report's fingerprint, such as "WARNING in dev_set_mtu". Without the
    report the scenario fails, and with any other too. A crash of the kernel cannot be expected.
    """
    import pytest  # noqa: PLC0415

    return pytest.mark.expect_kernel_report(fragment)

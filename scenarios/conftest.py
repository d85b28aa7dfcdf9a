"""Fixtures: each topology, built afresh for the scenario that asks for it."""

from collections.abc import Iterator

import pytest

from harness import Stage
from scenarios.field.servers import BridgeHost, DualBondRouter
from scenarios.topologies import BladeChassis, FilteringSwitch, OneSwitch, TwoSwitches, UsbNics


@pytest.fixture
def one_switch(stage: Stage) -> Iterator[OneSwitch]:
    """Two slaves at one switch."""
    with OneSwitch(stage) as net:
        yield net


@pytest.fixture
def two_switches(stage: Stage) -> Iterator[TwoSwitches]:
    """Two slaves at two switches with an inter-switch link."""
    with TwoSwitches(stage) as net:
        yield net


@pytest.fixture
def blade_chassis(stage: Stage) -> Iterator[BladeChassis]:
    """A blade behind two internal switches, with a neighbour at the first."""
    with BladeChassis(stage) as net:
        yield net


@pytest.fixture
def filtering_switch(stage: Stage) -> Iterator[FilteringSwitch]:
    """A switch whose ports deliver unicast only for the MAC of their own NIC."""
    with FilteringSwitch(stage) as net:
        yield net


@pytest.fixture
def dual_bond_router(stage: Stage) -> Iterator[DualBondRouter]:
    """A router with a bond into each of its two networks."""
    with DualBondRouter(stage) as net:
        yield net


@pytest.fixture
def bridge_host(stage: Stage) -> Iterator[BridgeHost]:
    """A host of virtual machines: a guest behind a bridge over a bond of four."""
    with BridgeHost(stage) as net:
        yield net


@pytest.fixture
def usb_nics(stage: Stage) -> Iterator[UsbNics]:
    """Two USB adapters with the rtl8150 chip at one switch."""
    with UsbNics(stage) as net:
        yield net

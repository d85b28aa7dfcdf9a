"""A machine with two cables, on which drivers are profiled in a guest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.driver_profile.measure import Environment
from harness.driver_profile.restore_on_exit import BOND, CABLE
from harness.driver_profile.run import environment
from harness.labs.netns.control import Control
from harness.labs.netns.interfaces import ExistingNamespace, Interface, interfaces
from harness.labs.netns.trial_bond import new_cable
from harness.loop import Loop, now
from harness.rtnl import messages
from harness.units import MS

NIC, PORT, OTHER, LAST = "nic0", "port0", "nic1", "port1"
MAC = "02:00:00:00:00:77"


@pytest.fixture
def control() -> Iterator[Control]:
    """A machine with two cables, one of which is to be profiled."""
    found = Control(ExistingNamespace("here"))
    new_cable(found, NIC, PORT)
    new_cable(found, OTHER, LAST)
    found.send(messages.set_link("MAC", interfaces(found)[NIC].index, address=MAC))
    yield found
    for name in (BOND, CABLE, NIC, OTHER):
        if name in interfaces(found):
            found.send(messages.delete_link(name, interfaces(found)[name].index))
    found.close()


@pytest.fixture(scope="module")
def around() -> Environment:
    return environment("virtual")


def quiet(_: str) -> None:
    """Say nothing."""


@contextmanager
def unchanged(control: Control) -> Iterator[None]:
    """Hold the block to leaving the machine as it was, each interface with its number."""
    before = interfaces(control)
    yield
    assert settled(control, before) == before


def settled(control: Control, wanted: dict[str, Interface]) -> dict[str, Interface]:
    """Return the interfaces as soon as they are as wanted, or as they are after a while."""
    found = interfaces(control)
    for _ in range(100):
        if found == wanted:
            break
        Loop().pump(now() + 50 * MS)
        found = interfaces(control)
    return found

"""Link messages become states of the DUT's interfaces."""

from __future__ import annotations

import pytest

from harness.rtnl import messages
from harness.rtnl.link_states import LinkStates

ETH0 = 7


def told(states: LinkStates, *, carrier: bool, operstate: str) -> bool:
    """Pass a link message to the states; return whether linkwatch is awaited afterwards."""
    message = messages.link_message(ETH0, up=True, carrier=int(carrier), operstate=operstate)
    message.encode()
    list(states.changes(0, messages.decode_link(bytes(message.data))))
    return states.awaits_linkwatch("eth0")


@pytest.fixture
def states() -> LinkStates:
    return LinkStates({ETH0: "eth0"}, "dut")


@pytest.mark.parametrize("before", ["DOWN", "LOWERLAYERDOWN"])
def test_a_carrier_that_came_is_not_processed_yet(states: LinkStates, before: str) -> None:
    assert told(states, carrier=True, operstate=before)
    assert not told(states, carrier=True, operstate="UP")


@pytest.mark.parametrize("operstate", ["UNKNOWN", "UP", "DORMANT"])
def test_a_carrier_without_an_event_is_not_awaited(states: LinkStates, operstate: str) -> None:
    """Drivers that never change it leave the operational state unknown."""
    assert not told(states, carrier=True, operstate=operstate)


def test_without_carrier_nothing_is_awaited(states: LinkStates) -> None:
    assert not told(states, carrier=False, operstate="DOWN")

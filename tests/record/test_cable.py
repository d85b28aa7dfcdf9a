"""Cables without a kernel."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

from harness.lab import Network
from harness.loop import Loop
from harness.record.cable import Cable
from harness.record.journal import FaultContext, Journal
from scenarios.topologies import OneSwitch

OWN = "52:54:00:75:65:27"


def test_the_mac_is_that_of_the_nic_that_the_lab_brought() -> None:
    """The plan of a scenario has none: NICs of a rack keep theirs."""
    plan = OneSwitch.plan
    links = tuple(replace(one, mac=OWN) if one.name == "eth0" else one for one in plan.links)
    network = Mock(spec=Network, topology=replace(plan, links=links))
    cable = Cable("eth0", FaultContext(network, Loop(), Mock(spec=Journal)))
    assert cable.mac == OWN

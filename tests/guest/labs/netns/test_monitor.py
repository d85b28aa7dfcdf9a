"""Notifications that arrive while nothing reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.labs.netns.monitor import RTMGRP_LINK, NetlinkMonitor
from harness.record.net import Stage
from harness.rtnl import messages
from scenarios.topologies import OneSwitch
from tests.wire import wired

pytestmark = pytest.mark.guest

MOST = Path("/proc/sys/net/core/rmem_max")
USUAL = "212992"  # bytes, on most kernels: room for some 180 notifications
BURST = 400


@pytest.fixture
def usual_limit() -> Iterator[None]:
    """Let sockets have the buffers that most kernels permit."""
    before = MOST.read_text()
    MOST.write_text(USUAL)
    yield
    MOST.write_text(before)


def test_a_burst_is_kept_until_it_is_read(usual_limit: None, stage: Stage) -> None:
    with wired(OneSwitch, stage) as (_, wire):
        host = wire.network.host("dut")
        index = wire.network.ends["dut", "eth0"]
        monitor = NetlinkMonitor(wire.network.spaces["dut"], RTMGRP_LINK)
        try:
            for number in range(BURST):
                host.send(messages.set_link("eth0's MTU", index, mtu=1400 + number % 2))
            for _ in range(BURST):
                monitor.read()
            assert (monitor.lost, len(monitor.take())) == (0, BURST)
        finally:
            monitor.close()

"""The difference of the bonds' states before and after a recording."""

from __future__ import annotations

from typing import Any

from harness.judge import bond_states

PROC = """\
Ethernet Channel Bonding Driver: v7.2.13

Bonding Mode: fault-tolerance (active-backup)
Currently Active Slave: {active}

Slave Interface: eth0
MII Status: {status}
Link Failure Count: {failures}
"""


def state(active: str, status: str, failures: int, **netlink: Any) -> dict[str, Any]:
    text = PROC.format(active=active, status=status, failures=failures)
    return {"at": 0, "proc": {"bond0": text.splitlines()}, "netlink": {"eth0": netlink}}


BEFORE = state("eth0", "up", 0, carrier=1, mtu=1500)


def test_only_what_differs_is_reported_with_its_source() -> None:
    after = state("None", "down", 1, carrier=0, mtu=1500, master="bond0")
    assert bond_states.differences({"before": BEFORE, "after": after}) == [
        "proc bond0, Currently Active Slave: eth0 -> None",
        "proc eth0, MII Status: up -> down",
        "proc eth0, Link Failure Count: 0 -> 1",
        "netlink eth0, carrier: 1 -> 0",
        "netlink eth0, master: - -> bond0",
    ]


def test_a_slave_that_is_gone_has_no_value_after() -> None:
    after = {**BEFORE, "netlink": {}}
    assert bond_states.differences({"before": BEFORE, "after": after}) == [
        "netlink eth0, carrier: 1 -> -",
        "netlink eth0, mtu: 1500 -> -",
    ]


def test_one_state_alone_differs_from_nothing() -> None:
    assert bond_states.differences({"before": BEFORE}) == []
    assert bond_states.differences({}) == []
    assert bond_states.differences({"before": BEFORE, "after": BEFORE}) == []

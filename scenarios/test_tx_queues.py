"""Transmit queues of a bond (bonding.rst 3.6)."""

import pytest

from harness import claim
from scenarios.variants import EmptyBond


@pytest.mark.parametrize(("queue", "there"), [("tx-0", True), ("tx-15", True), ("tx-16", False)])
@claim("TXQ-1")
def test_a_bond_has_16_transmit_queues(empty_bond: EmptyBond, queue: str, *, there: bool) -> None:
    """The driver was loaded without tx_queues."""
    empty_bond.dut.bond()
    found = empty_bond.dut.read_file(f"/sys/class/net/bond0/queues/{queue}/tx_timeout")
    assert (found is not None) == there

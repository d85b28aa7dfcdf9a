"""How long NFS is dark when a cable or a leaf fails."""

from conftest import StorageNode
from harness import control, ms


def test_a_pulled_cable_is_survived(storage_node: StorageNode) -> None:
    """The node leaves the port at its next inspection; our clients bear half a second."""
    bond = storage_node.dut.bond()
    with storage_node.watch() as run:
        storage_node.p1.cut()
    assert run.active_slaves == ["p1", "p2"]
    assert run.outage <= bond.miimon
    assert run.outage <= 500 * ms


def test_a_leaf_without_power_is_survived(storage_node: StorageNode) -> None:
    """The first leaf goes; the way by the second one is there."""
    with storage_node.watch() as run:
        storage_node.leaf1.power_off()
    assert run.recovered


@control("test_a_leaf_without_power_is_survived")
def test_both_leaves_without_power_are_not(storage_node: StorageNode) -> None:
    """Nothing is left: the first test can fail."""
    with storage_node.watch() as run:
        storage_node.leaf1.power_off()
        storage_node.leaf2.power_off()
    assert not run.recovered


def test_what_needs_no_network_runs_where_pytest_runs() -> None:
    """Other tests of the project are left alone."""
    assert 2 * ms < 5 * ms

"""Transmit queues of a bond (bonding.rst 3.6)."""

import pytest

from harness import claim, contradicted, control
from scenarios.topologies import OneSwitch
from scenarios.variants import EmptyBond

ADD_UPLINK = ["ip", "link", "add", "uplink", "numtxqueues", "4", "type", "bond"]


@pytest.mark.parametrize(("queue", "there"), [("tx-0", True), ("tx-15", True), ("tx-16", False)])
@claim("TXQ-1")
def test_a_bond_has_16_transmit_queues(empty_bond: EmptyBond, queue: str, *, there: bool) -> None:
    """The driver was loaded without tx_queues."""
    empty_bond.dut.bond()
    found = empty_bond.dut.read_file(f"/sys/class/net/bond0/queues/{queue}/tx_timeout")
    assert (found is not None) == there


@claim("TXQ-3")
@contradicted(
    "TXQ-3",
    kernels=">=5.10",
    evidence="rtnl_create_link takes IFLA_NUM_TX_QUEUES of the request before the driver's "
    "get_num_tx_queues (difference 46)",
)
def test_only_the_driver_says_how_many_queues(empty_bond: EmptyBond) -> None:
    """The number of queues is the same for all bonds, whatever a request asks for."""
    empty_bond.dut.bond()
    done = empty_bond.dut.run(ADD_UPLINK)
    assert done.returncode == 0, done.stderr
    queue = empty_bond.dut.read_file("/sys/class/net/uplink/queues/tx-4/tx_timeout")
    assert queue is not None


@pytest.mark.parametrize(("queue", "there"), [("tx-3", True), ("tx-4", False)])
@claim("TXQ-3")
@control("test_only_the_driver_says_how_many_queues")
def test_a_request_says_how_many_queues_a_bond_has(
    empty_bond: EmptyBond, queue: str, *, there: bool
) -> None:
    """A bond that is made with numtxqueues 4 has four."""
    empty_bond.dut.bond()
    done = empty_bond.dut.run(ADD_UPLINK)
    assert done.returncode == 0, done.stderr
    found = empty_bond.dut.read_file(f"/sys/class/net/uplink/queues/{queue}/tx_timeout")
    assert (found is not None) == there


@claim("QID-1")
@pytest.mark.parametrize(
    ("text", "error", "shown"),
    [
        ("eth1:2", "", "eth0:0 eth1:2"),
        ("eth1:16", "", "eth0:0 eth1:16"),
        ("eth1:17", "EPERM", "eth0:0 eth1:0"),
        ("eth1", "EPERM", "eth0:0 eth1:0"),
        ("nobody:2", "EPERM", "eth0:0 eth1:0"),
        ("lo:2", "EPERM", "eth0:0 eth1:0"),
    ],
)
def test_a_slave_has_a_queue_id(one_switch: OneSwitch, text: str, error: str, shown: str) -> None:
    """It is 0 at first, and at most the number of the bond's queues; /proc shows it too."""
    bond = one_switch.dut.bond()
    answer = one_switch.dut.attempt.write(bond, "queue_id", text)
    assert (answer.error, bond.now.file("queue_id")) == (error, shown)
    ids = [f"{name}:{block['Slave queue ID']}" for name, block in bond.now.proc.slaves.items()]
    assert " ".join(ids) == shown


@claim("QID-1")
@control("test_a_slave_has_a_queue_id")
@pytest.mark.parametrize(
    ("number", "error"), [("2", "EPERM"), ("0", ""), ("3", "")], ids=["same", "none", "another"]
)
def test_two_slaves_have_different_queue_ids(
    one_switch: OneSwitch, number: str, error: str
) -> None:
    """A second slave cannot have the queue id of the first, unless that is 0."""
    bond = one_switch.dut.bond()
    one_switch.dut.write(bond, "queue_id", f"eth0:{'0' if number == '0' else '2'}")
    assert one_switch.dut.attempt.write(bond, "queue_id", f"eth1:{number}").error == error

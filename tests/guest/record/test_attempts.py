"""The kernel's answers to requests, and its interfaces read as values, on a real bond."""

from __future__ import annotations

import pytest

from harness import topology_fixture
from harness.errors import KernelRefused, LabError
from harness.record.attempts import Answer
from scenarios.variants import SpareSlave

pytestmark = pytest.mark.guest

net = topology_fixture(SpareSlave)


def test_an_answer_has_the_errno_the_kernels_words_and_what_changed(net: SpareSlave) -> None:
    bond = net.dut.bond()
    refused = net.dut.attempt.set(bond, mode="balance-rr")
    assert (refused.error, refused.became) == ("ENOTEMPTY", {})
    assert "has slaves" in refused.detail
    assert net.dut.attempt.set(bond, miimon=50) == Answer(became={"miimon": 50})
    assert net.dut.attempt.write(bond, "miimon", "200").became == {"miimon": 200}
    assert bond["miimon"] == 200


def test_a_request_that_is_refused_in_part_tells_what_became_of_it(net: SpareSlave) -> None:
    answer = net.dut.attempt.set(net.dut.bond(), miimon=50, packets_per_slave=3)
    assert (answer.error, answer.became) == ("EACCES", {"miimon": 50})


def test_netlink_sysfs_and_proc_show_one_bond(net: SpareSlave) -> None:
    bond = net.dut.bond(downdelay=200)
    assert bond.now.netlink["downdelay"] == bond.now.sysfs["downdelay"] == 200
    assert bond.now.proc["Down Delay (ms)"] == "200"
    assert bond.now.file("mode") == "active-backup 1"
    assert bond.now.file("nothing") is None
    net.dut.set_slave(net.eth1, queue_id=3)
    assert bond.now.slave(net.eth1)["queue_id"] == 3
    assert bond.now.slave_file(net.eth1, "queue_id") == "3"
    assert bond.now.slave(net.eth1)["mii_status"] == "up"


def test_a_slave_is_enslaved_and_released(net: SpareSlave) -> None:
    bond = net.dut.bond()
    assert bond.now.slave(net.eth2) == {}
    assert net.dut.attempt.enslave(bond, net.eth2) == Answer()
    assert list(bond.now.proc.slaves) == ["eth0", "eth1", "eth2"]
    assert net.dut.attempt.release(bond, net.eth2) == Answer()
    assert bond.now.slave_file(net.eth2, "state") is None


def test_a_bond_is_down_until_the_effect_ends(net: SpareSlave) -> None:
    bond = net.dut.bond()
    up = net.dut.read_file("/sys/class/net/bond0/flags")
    with net.dut.take_down(bond):
        assert net.dut.attempt.set(bond, mode="balance-rr").error == "ENOTEMPTY"
        assert net.dut.read_file("/sys/class/net/bond0/flags") != up
    assert net.dut.read_file("/sys/class/net/bond0/flags") == up


def test_files_are_read_and_written_as_by_scripts(net: SpareSlave) -> None:
    bond = net.dut.bond()
    assert net.dut.read_file("/sys/class/net/bonding_masters") == "bond0\n"
    assert net.dut.read_file("/proc/net/bonding/bond7") is None
    with pytest.raises(KernelRefused, match="EINVAL"):
        net.dut.write(bond, "miimon", "soon")
    with pytest.raises(LabError, match="cannot be written"):
        net.dut.write_file("/sys/class/net/bond0/bonding/nothing", "1")

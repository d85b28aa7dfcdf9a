"""The slave that a queue id chooses instead of the mode (bonding.rst 3.6)."""

import pytest

from harness import claim, s
from scenarios.interfaces import command, frames_counted, know_for_good
from scenarios.programs import send_datagrams
from scenarios.topologies import TARGET, OneSwitch

DATAGRAMS = 20


def map_target(net: OneSwitch, queue: int) -> None:
    """Give what is sent to the target a queue, by the filter that the documentation shows."""
    know_for_good(net, net.target)
    where = "dev bond0 protocol ip parent 1: prio 1 handle 800::1"
    what = f"u32 match ip dst {TARGET} action skbedit queue_mapping {queue}"
    for text in (
        "tc qdisc replace dev bond0 handle 1 root multiq",
        f"tc filter replace {where} {what}",
    ):
        command(net.dut, text)


def slaves_used(net: OneSwitch) -> list[str]:
    """Return the slaves that send all of the datagrams to the target."""
    names = ["eth0", "eth1"]
    before = frames_counted(net, "tx", *names)
    send_datagrams(net, TARGET, DATAGRAMS)
    after = frames_counted(net, "tx", *names)
    counts = zip(names, before, after, strict=True)
    return [name for name, then, now in counts if now - then >= DATAGRAMS]


@pytest.mark.parametrize(
    ("mode", "queue", "used"),
    [
        pytest.param("active-backup", 2, ["eth1"], marks=claim("QID-2")),
        pytest.param("active-backup", 1, ["eth0"], marks=claim("QID-2")),
        pytest.param("balance-rr", 2, ["eth1"], marks=claim("QID-2")),
        pytest.param("balance-rr", 1, ["eth0"], marks=claim("QID-2")),
        ("active-backup", 0, ["eth0"]),
        ("balance-rr", 0, []),
    ],
)
@claim("QID-4")
def test_a_queue_id_chooses_the_slave(
    one_switch: OneSwitch, mode: str, queue: int, used: list[str]
) -> None:
    """What a filter gives a slave's id leaves by that slave; with id 0 the mode chooses."""
    bond = one_switch.dut.bond(mode=mode, miimon=100)
    one_switch.dut.write(bond, "queue_id", "eth0:1")
    one_switch.dut.write(bond, "queue_id", "eth1:2")
    map_target(one_switch, queue)
    assert slaves_used(one_switch) == used


@pytest.mark.parametrize(("cut", "used"), [(True, ["eth0"]), (False, ["eth1"])])
@claim("QID-3")
def test_a_failed_slave_is_not_chosen(
    one_switch: OneSwitch, used: list[str], *, cut: bool
) -> None:
    """While the slave with the id has failed, the active slave sends."""
    bond = one_switch.dut.bond(mode="active-backup", miimon=100)
    one_switch.dut.write(bond, "queue_id", "eth1:2")
    with one_switch.watch():
        if cut:
            one_switch.eth1.cut()
        one_switch.after(1 * s)
    map_target(one_switch, 2)
    assert slaves_used(one_switch) == used


@pytest.mark.parametrize(
    ("mode", "same"), [("balance-xor", True), ("balance-tlb", True), ("active-backup", False)]
)
@claim("QID-5")
def test_other_modes_do_not_look_at_queue_ids(
    one_switch: OneSwitch, mode: str, *, same: bool
) -> None:
    """Only in balance-rr and active-backup does the slave depend on the queue."""
    bond = one_switch.dut.bond(mode=mode, miimon=100)
    one_switch.dut.write(bond, "queue_id", "eth0:1")
    one_switch.dut.write(bond, "queue_id", "eth1:2")
    used = []
    for queue in (1, 2):
        map_target(one_switch, queue)
        used.append(slaves_used(one_switch))
    assert used[0] != []
    assert (used[0] == used[1]) == same

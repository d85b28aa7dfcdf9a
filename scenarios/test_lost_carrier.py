"""A slave without carrier is left before its monitor has noticed; a bond without any shows it."""

import pytest

from harness import Cable, Span, claim, control, many_flows, ms, s
from scenarios.channels import StaticChannel
from scenarios.interfaces import cable
from scenarios.programs import python
from scenarios.topologies import OneSwitch
from scenarios.variants import ThreeSlaves

MANY = list(many_flows(60))
# The link bit of the status register (SIOCGMIIREG, MII_BMSR, BMSR_LSTATUS; linux/mii.h).
MII_TOOL = """
import fcntl, socket, struct
with socket.socket() as control:
    asked = struct.pack("16sHHHH8x", b"bond0", 0, 1, 0, 0)
    *_, status = struct.unpack("16sHHHH8x", fcntl.ioctl(control, 0x8948, asked))
    print(status >> 2 & 1)
"""


@claim("MODE-XOR-2")
@pytest.mark.parametrize("mode", ["balance-rr", "balance-xor"])
@pytest.mark.parametrize(
    ("miimon", "downdelay"),
    [
        pytest.param(5000, 0, marks=claim("MIIMON-8")),
        pytest.param(100, 2000, marks=claim("DOWNDELAY-6")),
    ],
)
def test_frames_leave_by_slaves_with_carrier(
    static_channel: StaticChannel, mode: str, miimon: int, downdelay: int
) -> None:
    """No frame is lost on the slave that is up to the monitor for seconds."""
    net = static_channel
    bond = net.dut.bond(mode=mode, miimon=miimon, downdelay=downdelay)
    with net.watch(every=100 * ms) as run:
        net.eth1.cut()
        net.after(500 * ms)
        state = bond.now.slave(net.eth1)["mii_status"]
        net.dut.send_flows(MANY)
    assert state != "down"
    assert {slave for slave, share in run.shares.items() if share} == {"eth0", "eth2"}
    assert sum(run.shares.values()) == len(MANY)


@claim("MIIMON-1")
@control("test_frames_leave_by_slaves_with_carrier")
@pytest.mark.parametrize(("miimon", "downdelay"), [(5000, 0), (100, 2000)])
def test_active_backup_goes_on_sending_by_a_slave_without_carrier(
    three_slaves: ThreeSlaves, miimon: int, downdelay: int
) -> None:
    """Until its monitor acts, all frames are lost."""
    net = three_slaves
    bond = net.dut.bond(miimon=miimon, downdelay=downdelay)
    with net.watch(every=100 * ms) as run:
        net.eth0.cut()
        net.after(500 * ms)
        state = bond.now.slave(net.eth0)["mii_status"]
        net.dut.send_flows(MANY)
    assert state != "down"
    assert sum(run.shares.values()) == 0


@claim("DELAY-6")
@pytest.mark.parametrize(("pause", "chosen"), [(0 * s, "eth1"), (1 * s, "eth2")])
def test_of_slaves_that_return_together_the_first_in_the_list_is_used(
    three_slaves: ThreeSlaves, pause: Span, chosen: str
) -> None:
    """Without an active slave the order of return counts only from one inspection to the next."""
    net = three_slaves
    net.dut.bond(updelay=2000)

    def together(first: Cable, second: Cable) -> None:
        first.heal()
        net.after(pause)
        second.heal()

    with net.watch() as run:
        for link in (net.eth0, net.eth1, net.eth2):
            link.cut()
        net.after(1 * s)
        together(net.eth2, net.eth1)
    assert run.active_slaves[-2:] == [None, chosen]


@claim("IOCTL-2")
@pytest.mark.parametrize(("down", "link"), [(["eth0", "eth1"], "0"), (["eth0"], "1")])
def test_mii_registers_show_a_link_while_the_bond_has_a_carrier(
    one_switch: OneSwitch, down: list[str], link: str
) -> None:
    """That is what mii-tool reads of a bond."""
    one_switch.dut.bond()
    with one_switch.watch():
        for name in down:
            cable(one_switch, name).cut()
        one_switch.after(1 * s)
        shown = python(one_switch.dut, MII_TOOL)
    assert shown.strip() == link

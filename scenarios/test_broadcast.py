"""broadcast: each frame leaves by each slave that is up, so that a failure costs no frame."""

from harness import claim, control, many_flows, s
from scenarios.channels import StaticChannel

SLAVES = ["eth0", "eth1", "eth2"]
MANY = list(many_flows(200))


@claim("MODE-BC-1")
def test_each_frame_leaves_by_each_slave(static_channel: StaticChannel) -> None:
    """One copy of each frame by each slave."""
    static_channel.dut.bond(mode="broadcast")
    with static_channel.watch() as run:
        static_channel.dut.send_flows(MANY)
    assert [sorted(ports) for ports in run.carried_by] == [SLAVES] * len(MANY)


@claim("MODE-BC-1")
@control("test_each_frame_leaves_by_each_slave")
def test_other_modes_send_one_copy(static_channel: StaticChannel) -> None:
    """In balance-xor each frame leaves by one slave."""
    static_channel.dut.bond(mode="balance-xor")
    with static_channel.watch() as run:
        static_channel.dut.send_flows(MANY)
    assert {len(ports) for ports in run.carried_by} == {1}


@claim("MODE-BC-2")
def test_a_path_that_loses_frames_costs_none(static_channel: StaticChannel) -> None:
    """Whatever one path loses unnoticed arrives by the other two."""
    static_channel.dut.bond(mode="broadcast")
    with static_channel.watch() as run:
        static_channel.eth1.lose("out")
        static_channel.after(1 * s)
    assert run.lost_requests == 0
    assert run.link_states["eth1"] == "up"


@claim("MODE-BC-2")
@control("test_a_path_that_loses_frames_costs_none")
def test_without_copies_a_path_that_loses_frames_costs_some(static_channel: StaticChannel) -> None:
    """In balance-rr frames that leave by it are lost, as no monitor notices."""
    static_channel.dut.bond(mode="balance-rr")
    with static_channel.watch() as run:
        static_channel.eth1.lose("out")
        static_channel.after(1 * s)
    assert run.lost_requests > 0


@claim("MODE-BC-2", "MODE-BC-1")
def test_a_failed_slave_gets_no_copies(static_channel: StaticChannel) -> None:
    """Frames sent from the moment of the cut on leave by the other two, each of them."""
    static_channel.dut.bond(mode="broadcast")
    with static_channel.watch() as run:
        static_channel.eth1.cut()
        static_channel.dut.send_flows(MANY)
    assert [sorted(ports) for ports in run.carried_by] == [["eth0", "eth2"]] * len(MANY)


@claim("MODE-BC-2")
@control("test_a_failed_slave_gets_no_copies")
def test_a_slave_that_returns_gets_its_copies_again(static_channel: StaticChannel) -> None:
    """After the repair each frame leaves by all three slaves."""
    static_channel.dut.bond(mode="broadcast")
    with static_channel.watch() as run:
        static_channel.eth1.flap(down=1 * s)
        static_channel.after(1 * s)
        static_channel.dut.send_flows(MANY)
    assert [sorted(ports) for ports in run.carried_by] == [SLAVES] * len(MANY)

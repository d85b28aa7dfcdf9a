"""xmit_hash_policy encap3+4 and local sockets, which bring a hash of their own."""

import pytest

from harness import claim, contradicted, control, s
from scenarios.channels import StaticChannel
from scenarios.interfaces import frames_counted
from scenarios.programs import connect_again

SLAVES = ("eth0", "eth1", "eth2")


def slaves_of_one_5_tuple(net: StaticChannel, policy: str, kind: str) -> int:
    """Return how many slaves carry what local sockets of one 5-tuple send one after the other."""
    net.dut.bond(xmit_hash_policy=policy)
    with net.watch(every=1 * s):  # both ends learn the other's MAC
        net.after(1 * s)
    before = frames_counted(net, "tx", *SLAVES)
    connect_again(net, net.target, kind, 32)
    return sum(
        now > then for now, then in zip(frames_counted(net, "tx", *SLAVES), before, strict=True)
    )


@claim("XMIT-E34-2")
@contradicted(
    "XMIT-E34-2",
    kernels=">=5.10",
    evidence="32 connections with one 5-tuple leave by all slaves: where the socket has given the "
    "packet a hash, bond_xmit_hash takes that, and it is random for each connection",
)
def test_local_connections_of_one_5_tuple_take_one_slave(static_channel: StaticChannel) -> None:
    """By encap3+4 addresses and ports decide, as by layer3+4."""
    assert slaves_of_one_5_tuple(static_channel, "encap3+4", "tcp") == 1


@claim("XMIT-E34-2")
@control("test_local_connections_of_one_5_tuple_take_one_slave")
@pytest.mark.parametrize(("policy", "kind"), [("layer3+4", "tcp"), ("encap3+4", "udp")])
def test_other_local_packets_of_one_5_tuple_take_one_slave(
    static_channel: StaticChannel, policy: str, kind: str
) -> None:
    """By layer3+4 the socket's hash does not count; datagrams have none."""
    assert slaves_of_one_5_tuple(static_channel, policy, kind) == 1

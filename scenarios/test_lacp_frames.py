"""What an 802.3ad bond makes of frames of slow protocols, and what it says when a slave goes."""

import pytest

from harness import claim, ms, s
from scenarios.channels import ScriptedPartner

SLOW = bytes.fromhex("0180c2000002 020000000101 8809")
MARKER = SLOW + bytes.fromhex("02 01 01 10 0001 020000000101 00000007 0000") + bytes(92)
ANSWER = SLOW + bytes.fromhex("02 01 02 10 0001 020000000101 00000007 0000") + bytes(92)
NO_MARKER = SLOW + bytes.fromhex("02 01 09 10") + bytes(106)
LACPDU = SLOW + bytes.fromhex("01 01 01 14 8000 020000000101 0001 8000 0001 07") + bytes(93)
OTHER = SLOW + bytes.fromhex("0a 01") + bytes(108)
TAKES_PART = ("synchronization", "collecting", "distributing")
SHORT = SLOW + bytes.fromhex("01 01") + bytes(44)


@claim("NL-4", "MODE-AD-6")
@pytest.mark.parametrize(
    ("frame", "counted"),
    [
        (LACPDU, {"lacpdu_rx": 3}),
        (MARKER, {"marker_rx": 3, "marker_resp_tx": 3}),
        (ANSWER, {"marker_resp_rx": 3}),
        (NO_MARKER, {"marker_unknown_rx": 3}),
        (OTHER, {"lacpdu_unknown_rx": 3}),
        (SHORT, {"lacpdu_illegal_rx": 3}),
    ],
    ids=["LACPDU", "marker", "response", "no marker", "other protocol", "too short"],
)
def test_each_frame_is_counted_as_what_it_is(
    scripted_partner: ScriptedPartner, frame: bytes, counted: dict[str, int]
) -> None:
    """Three frames are three in the counters of bond and slave; markers are answered."""
    net = scripted_partner
    bond = net.dut.bond()
    with net.watch("out", healthy=False):
        net.sw.send(frame, by=net.eth1, every=100 * ms, count=3)
        net.after(1 * s)
        slave, other = bond.now.lacp_counters(net.eth1), bond.now.lacp_counters(net.eth0)
        whole = bond.now.lacp_counters()
    assert {name: n for name, n in slave.items() if n and name != "lacpdu_tx"} == counted
    assert {name: n for name, n in other.items() if n and name != "lacpdu_tx"} == {}
    assert {name: n for name, n in whole.items() if n and name != "lacpdu_tx"} == counted


@claim("MODE-AD-6")
@pytest.mark.parametrize(("goes", "aggregatable"), [("released", False), ("cut", True)])
def test_a_slave_that_is_released_says_that_it_cannot_aggregate(
    scripted_partner: ScriptedPartner, goes: str, *, aggregatable: bool
) -> None:
    """Its last LACPDU says so, and that it takes part no more; a cut cable tells nothing."""
    net = scripted_partner
    bond = net.dut.bond()
    net.sw.speak_lacp(net.eth0, net.eth1)
    with net.watch() as run:
        net.after(2 * s)
        if goes == "released":
            net.dut.release(bond, net.eth1)
        else:
            net.eth1.cut()
    last = run.slave("eth1").lacpdus[-1].actor.state
    assert ("aggregation" in last) == aggregatable
    assert [name in last for name in TAKES_PART] == [aggregatable] * len(TAKES_PART)

"""The lanes of the frames at each slave: what is shown of each protocol, and by which meaning."""

from __future__ import annotations

from tests.picture.test_draw import parsed, texts, titles
from tests.stories import Line, failover


def lacpdu(when: float, where: str) -> Line:
    port = {"system": "02:00:00:00:00:00", "key": 15, "port": 1, "state": ["activity"]}
    return (when, "lacpdu", where, {"src": "02:00:00:00:00:00", "actor": port, "partner": port})


def aggregator(when: float, number: int) -> Line:
    known = {"ports": 1, "actor_key": 15, "partner_key": 15, "partner": "02:00:00:ff:00:20"}
    return (when, "aggregator", "bond0", {"aggregator": number, **known})


def test_lacpdus_of_both_sides_and_the_aggregator_have_lanes() -> None:
    frames = [lacpdu(-20, "sw/eth0"), lacpdu(-18, "dut/eth0"), lacpdu(40, "target/eth0")]
    picture = parsed(failover(*frames, aggregator(-300, 1), aggregator(93, 2)))
    shown = texts(picture)
    assert {"eth0 LACP", "bond0 aggregator", "1", "2"} <= set(shown)
    assert "eth1 LACP" not in shown, "there were none"
    told = titles(picture)
    for name in ("LACPDU of the DUT", "LACPDU of the partner"):
        assert len([one for one in told if name in one]) == 1, name


def nd(when: float, where: str, message: str, to: str, *, solicited: bool = False) -> Line:
    data = {"message": message, "src": "02:00:00:00:00:00", "dst": "33:33:00:00:00:01"}
    addresses = {"sender_ip": "fd00::1", "to_ip": to, "target_ip": "fd00::1"}
    return (when, "nd", where, {**data, **addresses, "solicited": solicited, "override": True})


def test_neighbour_discovery_has_lanes_by_its_meaning() -> None:
    frames = [
        nd(94, "sw/eth1", "advertisement", "ff02::1"),
        nd(-20, "sw/eth0", "solicitation", "ff02::1:ff00:2"),
        nd(-19, "dut/eth0", "advertisement", "fd00::1", solicited=True),
        nd(-18, "dut/eth0", "solicitation", "ff02::1:ff00:1"),
    ]
    picture = parsed(failover(*frames))
    assert {"eth0 ND", "eth1 ND"} <= set(texts(picture))
    told = "\n".join(titles(picture))
    for name, number in (
        ("unsolicited neighbour advertisement", 1),
        ("neighbour solicitation of the DUT", 1),
        ("neighbour advertisement to the DUT", 1),
        ("neighbour advertisement of the DUT", 0),
    ):
        assert told.count(name) == number, name


def sent_of(when: float, kind: str, where: str, group: str | None = None) -> Line:
    more = {} if group is None else {"group": group}
    return (when, kind, where, {"src": "02:00:00:00:00:00", "tagged": False, **more})


def test_flows_learning_packets_and_reports_have_lanes() -> None:
    frames = [
        sent_of(94, "igmp", "sw/eth1", "239.1.2.3"),
        sent_of(94, "igmp", "dut/eth1", "239.9.9.9"),
        sent_of(50, "igmp", "dut/eth0", ""),
        sent_of(95, "mld", "sw/eth1", "ff05::1:3"),
        sent_of(96, "learning", "sw/eth1"),
        (97.0, "flow", "sw/eth1", {"number": 4}),
        (97.0, "flow", "target/target", {"number": 4}),
    ]
    picture = parsed(failover(*frames))
    lanes = {"eth0 IGMP", "eth1 IGMP", "eth1 MLD", "eth1 learning", "eth1 flows"}
    assert lanes <= set(texts(picture))
    told = "\n".join(titles(picture))
    for name, number in (
        ("IGMP or MLD report of the DUT", 2),
        ("IGMP or MLD query", 1),
        ("learning packet", 1),
        ("frame of a flow", 1),
    ):
        assert told.count(name) == number, name
    assert "239.9.9.9" not in told, "another's report"

"""Short histories, told in milliseconds relative to the fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from harness.history import About, Event, History
from harness.history.file import about_of
from harness.units import MS

START = 5_000 * MS  # when the fault happens on the clock of a story
ABOUT: dict[str, Any] = {
    "scenario": "scenarios/test_miimon.py::test_lost_carrier_is_noticed[100]",
    "topology": "one_switch",
    "lab": "netns",
    "kernel": "6.1.176",
    "hz": 100,
    "clock": "real",
    "jitter": MS,
    "interval": 10 * MS,
    "bonds": {
        "bond0": {
            "slaves": ["eth0", "eth1"],
            "options": {"mode": "active-backup", "miimon": 100},
            "changed": {"miimon": 100},
            "mac": "02:00:00:00:00:01",
            "address": "192.0.2.1",
        }
    },
    "target": "192.0.2.254",
    "dropped": 0,
}
Line = tuple[float, str, str, dict[str, Any]]
Dark = dict[str, tuple[float, float]]


def at(when: float) -> int:
    """Return the time of a story (ms from the fault) on its clock (ns)."""
    return START + round(when * MS)


def described(**changed: Any) -> About:
    """Return the header of a story, of plain values as format 1 has them."""
    return about_of({"format": 1, **ABOUT, **changed})


def tell(lines: Iterable[Line], about: dict[str, Any] | None = None) -> History:
    """Return the history of some lines."""
    events = (Event(at(when), kind, where, data) for when, kind, where, data in lines)
    return History.of(described(**(about or {})), events)


def marks(end: float = 1000.0) -> list[Line]:
    """Return the marks of a recording that is disturbed at -5 ms."""
    named = {"recording": -300.0, "baseline": -200.0, "disturb": -5.0, "settle": 5.0, "end": end}
    return [(when, "mark", "", {"name": name}) for name, when in named.items()]


def probing(
    dark: Dark | None = None, start: float = -200.0, stop: float = 1000.0, every: float = 10.0
) -> Iterator[Line]:
    """Yield both streams of probes; `dark` says from when to when which frames are lost.

    out, inward: every frame sent in that direction; both: all; reply: replies of stream out only.
    """

    dark = dark or {}

    def crosses(sent: float, direction: str) -> bool:
        spans = [dark.get(direction), dark.get("both")]
        return not any(span and span[0] <= sent < span[1] for span in spans)

    for stream, there, back in (("out", "out", "inward"), ("in", "inward", "out")):
        when, seq = start, 0
        while when < stop:
            request = when + 1 if crosses(when, there) else None
            reply = request + 1 if request is not None and crosses(request, back) else None
            if stream == "out" and request and (span := dark.get("reply")):
                reply = None if span[0] <= request < span[1] else reply
            yield (
                when,
                "probe",
                stream,
                {
                    "seq": seq,
                    "request": None if request is None else at(request),
                    "reply": None if reply is None else at(reply),
                    "via": None,
                    "copies": 0,
                },
            )
            when, seq = when + every, seq + 1


def slave(when: float, name: str, link: str, bond: str = "bond0") -> Line:
    """Return a line on bonding's judgement of a slave."""
    return (when, "slave", name, {"bond": bond, "link": link, "state": "backup"})


def active(when: float, name: str | None, bond: str = "bond0") -> Line:
    """Return a line on the active slave."""
    return (when, "active", bond, {"slave": name})


def fault(when: float, where: str, action: str = "cut", role: str = "fault") -> Line:
    """Return a line on something done on purpose."""
    return (when, "fault", where, {"action": action, "role": role, "phase": "begin"})


def garp(when: float, tap: str, mac: str = "02:00:00:00:00:01") -> Line:
    """Return a line on a gratuitous ARP seen at a tap."""
    data = {"op": "request", "kind": "garp", "src": mac, "dst": "ff:ff:ff:ff:ff:ff"}
    who = {"sender_mac": mac, "sender_ip": "192.0.2.1", "target_ip": "192.0.2.1"}
    return (when, "arp", tap, {**data, **who})


INITIAL = [slave(-300, "eth0", "up"), slave(-300, "eth1", "up"), active(-300, "eth0")]
MACS = [(-300.0, "mac", "dut/bond0", {"mac": "02:00:00:00:00:01"})]


def failover(*more: Line, dark: Dark | None = None, end: float = 1000.0, **about: Any) -> History:
    """Return a failover: cut at 0, eth0 down at 92 ms, eth1 active at 93 ms, dark for 93 ms."""
    lost = {"both": (0.0, 93.0)} if dark is None else dark
    cut = [fault(0, "eth0"), slave(92, "eth0", "down"), active(93, "eth1")]
    lines = [*marks(end), *INITIAL, *MACS, *cut, *probing(lost, stop=end), *more]
    return tell(lines, about)


LAG = 2700  # ms


def heal(when: float, link: str = "eth0") -> Line:
    """Return a line on a cable that is put in again."""
    return fault(when, link, "heal", "repair")


def carrier(when: float, *, up: bool, link: str = "eth0") -> Line:
    """Return a line on a carrier that the DUT's driver reported."""
    return (when, "carrier", f"dut/{link}", {"up": up})


def slow_driver(*lines: Line, lag: int = LAG) -> History:
    """Return a recording with drivers that report a carrier up to `lag` ms late."""
    both = [carrier(-300, up=True, link=link) for link in ("eth0", "eth1")]
    bonds = {"bond0": {**ABOUT["bonds"]["bond0"], "lag": lag * MS}}
    told = [*marks(6000), *INITIAL, *both, *lines, *probing(stop=6000)]
    return tell(told, {"bonds": bonds})


def quiet(*lines: Line, about: dict[str, Any] | None = None) -> History:
    """Tell a history without loss, in which only the given lines happen."""
    return tell([*marks(), *INITIAL, *probing(), *lines], about)

"""A failover as a recording shows it, to be altered: what the tests of the model's rules share."""

from __future__ import annotations

from typing import Any

from harness.history import History
from harness.model import judge
from tests import stories
from tests.stories import Line, active, fault, garp, marks, probing, tell

MAC, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"
TARGET = "192.0.2.254"
OPTIONS = {"mode": "active-backup", "miimon": 100}
ARP = {"mode": "active-backup", "arp_interval": 100, "arp_ip_target": [TARGET]}


def slave(when: float, name: str, link: str, state: str = "active") -> Line:
    return (when, "slave", name, {"bond": "bond0", "link": link, "state": state})


def mac(when: float, where: str, address: str = MAC) -> Line:
    return (when, "mac", f"dut/{where}", {"mac": address})


def carrier(when: float, where: str, *, up: bool) -> Line:
    return (when, "carrier", f"dut/{where}", {"up": up})


def member(when: float, name: str, action: str, role: str = "fault") -> Line:
    line = fault(when, name, action, role)
    line[3].update(bond="bond0")
    return line


def setting(when: float, option: str, value: str) -> Line:
    line = fault(when, "bond0", "set", "stimulus")
    line[3].update(options=f"{option}={value}", became={option: value})
    return line


BEFORE = [
    *(slave(-300, name, "up") for name in ("eth0", "eth1")),
    *(carrier(-300, name, up=True) for name in ("eth0", "eth1", "bond0")),
    *(mac(-300, name) for name in ("eth0", "eth1", "bond0")),
    active(-300, "eth0"),
]
THIRD = [slave(-300, "eth2", "up"), carrier(-300, "eth2", up=True), mac(-300, "eth2")]
FAILOVER = {
    "cut": fault(0, "eth0"),
    "lost": carrier(0.1, "eth0", up=False),
    "down": slave(92, "eth0", "down"),
    "active": active(92.1, "eth1"),
    "garp": garp(92.2, "sw/eth1"),
}


def story(
    lines: dict[str, Line | None] | None = None,
    options: dict[str, Any] | None = None,
    *more: Line,
    end: float = 1000,
    dark: float = 93,
) -> History:
    """Return a failover in which some of its lines are others, or None."""
    told = [line for line in {**FAILOVER, **(lines or {})}.values() if line is not None]
    bond = {**stories.ABOUT["bonds"]["bond0"], "options": {**(options or OPTIONS)}}
    probes = probing({"both": (0.0, dark)}, stop=end)
    about = {"bonds": {"bond0": bond}, "kernel": "7.2.13", "clock": "virtual"}
    return tell([*marks(end), *BEFORE, *told, *more, *probes], about)


def three(*lines: Line, dark: float = 93, **options: Any) -> History:
    """Return a story of three slaves, of which the first one is active at first."""
    bond = {
        **stories.ABOUT["bonds"]["bond0"],
        "slaves": ["eth0", "eth1", "eth2"],
        "options": {**OPTIONS, **options},
    }
    about = {"bonds": {"bond0": bond}, "kernel": "7.2.13", "clock": "virtual"}
    probes = probing({"both": (0.0, dark)}, stop=1000)
    return tell([*marks(1000), *BEFORE, *THIRD, *lines, *probes], about)


def refused(history: History) -> set[str]:
    return {one.rule for one in judge(history).refusals}

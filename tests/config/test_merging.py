"""Several files of one tool: what we make of them is what the tool itself makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import BondConfig, load
from tests.other_tools import find, run

NICS = "network: {ethernets: {e1: {}, e2: {}, e3: {}, e4: {}}}\n"
FIRST = (
    "network: {bonds: {b1: {%s, interfaces: [e1, e2], parameters: {mode: active-backup, %s}}}}\n"
)
SECOND = "network: {bonds: {b1: {%s, parameters: {%s}}}}\n"
TARGETS = "arp-interval: 100, arp-ip-targets"
CASES = {
    "the last word of an option": (
        FIRST % ("mtu: 9000", "mii-monitor-interval: 50, up-delay: 100"),
        SECOND % ("mtu: 1500", "mii-monitor-interval: 100, primary: e2"),
    ),
    "lists of interfaces and addresses grow": (
        FIRST % ("addresses: [192.0.2.1/24]", "mii-monitor-interval: 50"),
        SECOND % ("addresses: [192.0.2.2/24], interfaces: [e3, e2]", "mode: balance-rr"),
    ),
    "DHCP is switched off again": (
        FIRST % ("dhcp4: true, dhcp6: true", "mii-monitor-interval: 50"),
        SECOND % ("dhcp4: false", "gratuitous-arp: 3"),
    ),
    "a second list of targets": (
        FIRST % ("dhcp4: true", f"{TARGETS}: [192.0.2.7]"),
        SECOND % ("dhcp4: true", f"{TARGETS}: [192.0.2.8, 192.0.2.9]"),
    ),
    "a second list of targets, as long as the first": (
        FIRST % ("dhcp4: true", f"{TARGETS}: [192.0.2.7]"),
        SECOND % ("dhcp4: true", f"{TARGETS}: [192.0.2.8]"),
    ),
}
SEATS = {
    "one directory": ("etc/netplan/10-a.yaml", "etc/netplan/20-b.yaml"),
    "the order of names counts, not that of directories": (
        "run/netplan/10-a.yaml",
        "lib/netplan/20-b.yaml",
    ),
}
# The first of each pair is in effect, the second one of the same name is not.
SHADOWED = [
    ("run/netplan/20.yaml", "etc/netplan/20.yaml"),
    ("etc/netplan/20.yaml", "lib/netplan/20.yaml"),
    ("run/netplan/20.yaml", "lib/netplan/20.yaml"),
]


def _facts(bond: BondConfig) -> tuple[object, ...]:
    return bond.unchecked.text(), sorted(bond.slave_names), bond.ip.meaning()


def _hold(files: dict[str, str], place: Path) -> None:
    """Let netplan generate from a tree, and hold what it makes against what we read."""
    for name, text in {"lib/netplan/00.yaml": NICS, **files}.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
    (ours,) = load([str(place)]).bonds
    ran = run(find("generate"), "--root-dir", place)
    assert not ran.status, ran.said
    (theirs,) = load([str(place / "run/systemd/network")]).bonds
    assert _facts(ours) == _facts(theirs)


@pytest.mark.parametrize("seats", SEATS)
@pytest.mark.parametrize("case", CASES)
def test_netplan_makes_of_two_files_what_we_read(case: str, seats: str, tmp_path: Path) -> None:
    _hold(dict(zip(SEATS[seats], CASES[case], strict=True)), tmp_path)


@pytest.mark.parametrize(("read", "idle"), SHADOWED)
def test_netplan_reads_one_of_two_files_of_a_name(read: str, idle: str, tmp_path: Path) -> None:
    first = CASES["the last word of an option"][0]
    _hold({read: first, idle: SECOND % ("mtu: 1234", "mode: broadcast")}, tmp_path)

"""What the driver tells as text is read as values that can be compared with those of netlink."""

from __future__ import annotations

import pytest

from harness.bonding import Setting
from harness.bonding.texts import Proc, of_sysfs

PROC = """\
Ethernet Channel Bonding Driver: v7.2.13

Bonding Mode: fault-tolerance (active-backup)
Primary Slave: eth1 (primary_reselect always)
Currently Active Slave: None
MII Polling Interval (ms): 100
ARP IP target/s (n.n.n.n form):
NS IPv6 target/s (xx::xx form): fe80::1, 2001:db8::1

Slave Interface: eth0
MII Status: going down
Permanent HW addr: 02:00:00:00:00:00

Slave Interface: eth1
MII Status: up
"""


@pytest.mark.parametrize(
    ("name", "text", "setting"),
    [
        ("mode", "active-backup 1", "active-backup"),
        ("miimon", "100", 100),
        ("all_slaves_active", "0", "off"),
        ("ad_actor_system", "02:00:00:00:00:0a", "02:00:00:00:00:0a"),
        ("arp_ip_target", "192.0.2.1 192.0.2.2", ("192.0.2.1", "192.0.2.2")),
        ("arp_ip_target", "", ()),
        ("primary", "", ""),
        ("primary", "eth1", "eth1"),
    ],
)
def test_a_file_of_sysfs_is_a_setting(name: str, text: str, setting: Setting) -> None:
    assert of_sysfs(name, text) == setting


def test_proc_has_lines_of_the_bond_and_of_each_slave() -> None:
    proc = Proc.parse(PROC)
    assert proc["Bonding Mode"] == "fault-tolerance (active-backup)"
    assert proc["ARP IP target/s (n.n.n.n form)"] == ""
    assert proc["NS IPv6 target/s (xx::xx form)"] == "fe80::1, 2001:db8::1"
    assert "MII Status" not in proc
    assert list(proc.slaves) == ["eth0", "eth1"]
    assert proc.slaves["eth0"] == {
        "MII Status": "going down",
        "Permanent HW addr": "02:00:00:00:00:00",
    }


def test_of_two_lines_with_one_name_the_first_counts() -> None:
    text = "Slave Interface: eth0\n    port key: 1\ndetails partner lacp pdu:\n    port key: 2\n"
    assert Proc.parse(text).slaves["eth0"]["port key"] == "1"

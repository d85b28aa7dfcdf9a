"""harness check --against: a configuration beside what a bond was seen to run with."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from tests.configs import PROC

IP = """\
[{"ifname":"bond0","addr_info":[{"local":"192.0.2.1","prefixlen":24,"scope":"global"}],
  "linkinfo":{"info_kind":"bond","info_data":{"mode":"active-backup","miimon":100,"updelay":200}}},
 {"ifname":"eth0","master":"bond0","linkinfo":{"info_slave_data":{"prio":2}}},
 {"ifname":"eth1","master":"bond0","linkinfo":{}}]
"""
NMSTATE = """\
interfaces:
- name: bond0
  type: bond
  ipv4: {enabled: true, address: [{ip: 192.0.2.1, prefix-length: 24}]}
  link-aggregation:
    mode: active-backup
    options: {miimon: 100, updelay: 200}
    port: [eth0, eth1]
    ports-config: [{name: eth0, priority: 2}]
"""


def against(tmp_path: Path, file: str, runs: str, name: str = "runs.json") -> Result:
    """Check a file against what a bond runs with."""
    (tmp_path / "file").write_text(file)
    (tmp_path / name).write_text(runs)
    words = ["check", "--against", str(tmp_path / name), str(tmp_path / "file")]
    return CliRunner().invoke(main, words)


@pytest.mark.process
def test_what_is_applied_has_no_remark(tmp_path: Path) -> None:
    ran = against(tmp_path, NMSTATE, IP)
    assert ran.exit_code == 0, ran.output
    assert ran.output.endswith("0 errors, 0 warnings, 0 notes\n")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("miimon: 100", "miimon: 50", "miimon: 50 is not applied: bond0 runs with miimon: 100"),
        ("updelay: 200", "updelay: 250", ""),  # the driver makes 200 of it
        ("miimon: 100, updelay: 200", "arp_interval: 100", "arp_interval: 100 is not applied"),
        ("mode: active-backup", "mode: balance-xor", "bond0 runs with mode: active-backup"),
        ("eth0, eth1", "eth0, eth1, eth2", "eth2 is no slave of bond0 as it runs"),
        ("priority: 2", "priority: 7", "priority: 7 of eth0 is not applied: it is 2"),
        ("192.0.2.1", "192.0.2.9", "bond0 runs without its address 192.0.2.9/24"),
    ],
)
def test_what_is_not_applied_is_an_error(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    ran = against(tmp_path, NMSTATE.replace(before, after), IP)
    assert said in ran.output
    assert ran.exit_code == bool(said), ran.output


def test_what_no_file_sets_is_a_warning(tmp_path: Path) -> None:
    ran = against(tmp_path, NMSTATE.replace(", updelay: 200", ""), IP)
    assert "bond0 runs with updelay: 200, which no file sets" in ran.output
    assert ran.exit_code == 0


def test_what_proc_does_not_show_is_not_missed(tmp_path: Path) -> None:
    options = "mode=1 miimon=100 updelay=5000 primary=eth0 fail_over_mac=1"
    file = f"DEVICE=bond0\nBONDING_OPTS='{options} resend_igmp=3'\n"
    assert against(tmp_path, file, PROC, "bond0").exit_code == 0
    ran = against(tmp_path, file.replace("5000", "4000"), PROC, "bond0")
    assert "updelay=4000 is not applied: bond0 runs with updelay=5000" in ran.output
    assert "hint: echo 4000 > /sys/class/net/bond0/bonding/updelay" in ran.output


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        (IP.replace("bond0", "bond7"), "no bond is called bond7 in what is given"),
        ("mode=1 miimon=100", "this is a configuration, no bond that runs"),
        ("hello\n", "the format is none of the known"),
    ],
)
def test_what_cannot_be_held_against_a_file_is_reported(
    tmp_path: Path, runs: str, said: str
) -> None:
    ran = against(tmp_path, NMSTATE, runs)
    assert ran.exit_code == 2
    assert said in ran.output

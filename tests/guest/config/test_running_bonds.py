"""Bonds that really run read back as they were made: /proc/net/bonding and sysfs of a kernel."""

from __future__ import annotations

import ctypes
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from harness.bonding import BondOptions
from harness.cli import main
from harness.config import (
    Addressing,
    BondConfig,
    Configuration,
    Given,
    Place,
    SlaveConfig,
    Source,
    load,
    parse,
)
from harness.config.write import write
from harness.record.net import Stage
from harness.topology import DUT
from scenarios.topologies import OneSwitch
from tests.wire import network_of

pytestmark = pytest.mark.guest
HERE = Place("made up")
DETACH = 2
OPTIONS = (
    "mode=1 miimon=100 updelay=200 primary=eth1 primary_reselect=failure fail_over_mac=active",
    "mode=1 arp_interval=100 arp_ip_target=192.0.2.254,192.0.2.7 arp_validate=all num_grat_arp=3",
    "mode=0 miimon=50 packets_per_slave=7 resend_igmp=0",
    "mode=2 miimon=100 xmit_hash_policy=layer3+4",
    "mode=4 lacp_rate=fast min_links=2 ad_select=bandwidth xmit_hash_policy=layer2+3",
    "mode=6 miimon=100 lp_interval=5",
)


def given(text: str) -> Configuration:
    """Return what a bond of the topology is asked to be."""
    options = BondOptions.parse(text).text()
    pairs = [word.split("=", 1) for word in options.split()]
    made = tuple(Given.read(name, value, HERE, "") for name, value in pairs)
    slaves = (SlaveConfig("eth0"), SlaveConfig("eth1"))
    return Configuration((BondConfig("bond0", made, slaves, Addressing(("192.0.2.1/24",))),))


def asked(text: str) -> dict[str, Any]:
    """Return options as a scenario gives them; what the topology would add is left out."""
    return {"miimon": None, **BondOptions.parse(text).asked}


@contextmanager
def sysfs(place: Path) -> Iterator[Path]:
    """Mount sysfs for the namespace that we are in."""
    libc = ctypes.CDLL(None, use_errno=True)
    place.mkdir()
    if libc.mount(b"sysfs", os.fsencode(place), b"sysfs", 0, None):
        pytest.skip(f"sysfs cannot be mounted: {os.strerror(ctypes.get_errno())}")
    try:
        yield place
    finally:
        libc.umount2(os.fsencode(place), DETACH)


@pytest.mark.parametrize("text", OPTIONS)
def test_proc_of_a_bond_that_runs(stage: Stage, text: str) -> None:
    with OneSwitch(stage) as net:
        net.dut.bond(**asked(text))
        with network_of(net).spaces[DUT].inside():
            shown = Path("/proc/thread-self/net/bonding/bond0").read_text(encoding="ascii")
    (bond,) = parse([Source("bond0", shown)]).bonds
    assert bond.format == "proc"
    assert bond == write(given(text), "proc").reread.bonds[0], shown


@pytest.mark.parametrize("text", OPTIONS)
def test_sysfs_of_a_bond_that_runs(stage: Stage, tmp_path: Path, text: str) -> None:
    with OneSwitch(stage) as net:
        net.dut.bond(**asked(text))
        with network_of(net).spaces[DUT].inside(), sysfs(tmp_path / "sys") as place:
            found = load([str(place / "class/net/bond0/bonding")])
    assert found.bonds[0].format == "sysfs"
    assert found.bonds[0] == write(given(text), "sysfs").reread.bonds[0]
    assert not list(found.everything_unknown())


@contextmanager
def over_sys() -> Iterator[None]:
    """Show the sysfs of the namespace that we are in at its usual place."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"sysfs", b"/sys", b"sysfs", 0, None):
        pytest.skip(f"sysfs cannot be mounted: {os.strerror(ctypes.get_errno())}")
    try:
        yield
    finally:
        libc.umount2(b"/sys", DETACH)


FILE = """\
auto bond0
iface bond0 inet static
    address {address}
    bond-slaves {slaves}
    bond-mode active-backup
    bond-miimon {miimon}
    bond-updelay {updelay}
"""


def differences(stage: Stage, file: Path) -> tuple[int, dict[str, str]]:
    """Return exit status and findings of a check of a file against a bond that really runs."""
    with OneSwitch(stage) as net:
        bond = net.dut.bond(mode="active-backup", miimon=100, updelay=200)
        with network_of(net).spaces[DUT].inside(), over_sys():
            words = ["check", "--format", "json", "--against", bond.name, str(file)]
            ran = CliRunner().invoke(main, words)
    assert ran.exit_code in (0, 1), ran.output
    return ran.exit_code, {one["message"]: one["rule"] for one in json.loads(ran.stdout)}


@pytest.mark.parametrize(
    ("changes", "rule", "said"),
    [
        ({}, "", ""),
        ({"updelay": "400"}, "not-applied", "bond0 runs with bond-updelay 200"),
        ({"miimon": "50"}, "not-applied", "bond0 runs with bond-miimon 100"),
        ({"slaves": "eth0 eth1 eth9"}, "slaves-differ", "eth9 is no slave of bond0"),
        ({"slaves": "eth0"}, "slaves-differ", "eth1 is a slave that no file names"),
        ({"address": "203.0.113.9/24"}, "addresses-differ", "without its address 203.0.113.9/24"),
    ],
)
def test_a_bond_that_runs_beside_its_file(
    stage: Stage, tmp_path: Path, changes: dict[str, str], rule: str, said: str
) -> None:
    as_it_is = {"slaves": "eth0 eth1", "miimon": "100", "updelay": "200"}
    as_it_is["address"] = f"{OneSwitch.plan.bonds[0].address}/24"
    file = tmp_path / "interfaces"
    file.write_text(FILE.format(**(as_it_is | changes)))
    status, found = differences(stage, file)
    assert sorted(set(found.values())) == ([rule] if rule else [])
    assert said in " ".join(found)
    assert status == bool(rule and not said.startswith("eth1"))

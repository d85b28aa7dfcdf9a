"""Bonds that really run read back as they were made: /proc/net/bonding and sysfs of a kernel."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.bonding import BondOptions
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
from harness.record.run import Stage
from harness.topology import DUT
from scenarios.topologies import OneSwitch

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
        with net._built.namespaces[DUT].inside():
            shown = Path("/proc/thread-self/net/bonding/bond0").read_text(encoding="ascii")
    (bond,) = parse([Source("bond0", shown)]).bonds
    assert bond.format == "proc"
    assert bond == write(given(text), "proc").said.bonds[0], shown


@pytest.mark.parametrize("text", OPTIONS)
def test_sysfs_of_a_bond_that_runs(stage: Stage, tmp_path: Path, text: str) -> None:
    with OneSwitch(stage) as net:
        net.dut.bond(**asked(text))
        with net._built.namespaces[DUT].inside(), sysfs(tmp_path / "sys") as place:
            found = load([str(place / "class/net/bond0/bonding")])
    assert found.bonds[0].format == "sysfs"
    assert found.bonds[0] == write(given(text), "sysfs").said.bonds[0]
    assert not list(found.everything_unknown())

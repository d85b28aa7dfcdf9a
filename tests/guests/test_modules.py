"""Modules are inserted in an order in which each finds what it needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.guests import modules
from harness.session import where_it_runs

DEP = """\
kernel/drivers/net/bonding/bonding.ko: kernel/net/ipv6/ipv6.ko kernel/lib/crc-ccitt.ko
kernel/net/ipv6/ipv6.ko: kernel/lib/crc-ccitt.ko
kernel/lib/crc-ccitt.ko:
kernel/net/bridge/bridge.ko.xz: kernel/net/802/stp.ko kernel/net/llc/llc.ko
kernel/net/802/stp.ko: kernel/net/llc/llc.ko
kernel/net/llc/llc.ko:
"""


def _names(*wanted: str) -> list[str]:
    return [Path(path).name for path in modules.order(modules.parse(DEP), wanted)]


def test_each_module_comes_after_all_it_depends_on() -> None:
    assert _names("bonding") == ["crc-ccitt.ko", "ipv6.ko", "bonding.ko"]
    assert _names("bridge") == ["llc.ko", "stp.ko", "bridge.ko.xz"]


def test_what_two_modules_share_comes_once() -> None:
    names = _names("bonding", "ipv6", "bridge", "stp")
    assert sorted(names) == sorted(set(names))
    assert len(names) == 6


def test_dash_and_underscore_are_the_same() -> None:
    assert _names("crc_ccitt") == _names("crc-ccitt") == ["crc-ccitt.ko"]


def test_what_is_built_in_has_no_file_and_is_passed_over() -> None:
    assert _names("af_packet", "llc") == ["llc.ko"]


def test_nothing_is_loaded_where_the_kernel_loads_its_own() -> None:
    before = Path("/proc/modules").read_text() if Path("/proc/modules").exists() else ""
    modules.need("bonding", "no_such_module")
    assert (Path("/proc/modules").read_text() if before else "") == before


MODULAR = Path("/proc/modules").exists()
modular = pytest.mark.skipif(
    where_it_runs.in_guest() and not MODULAR, reason="this kernel has everything built in"
)


@modular
@pytest.mark.guest
def test_a_guest_has_what_topologies_are_made_of_and_no_stray_interface() -> None:
    loaded = {path.name for path in Path("/sys/module").iterdir()}
    assert set(modules.USUAL) <= loaded
    stray = {path.name for path in Path("/sys/class/net").iterdir() if path.is_dir()}
    assert stray == {"lo"}


@modular
@pytest.mark.guest
def test_a_guest_loads_more_on_demand() -> None:
    modules.need("8021q", "macvlan", "ifb")
    assert Path("/sys/module/macvlan").exists()
    assert not Path("/sys/class/net/ifb0").exists()

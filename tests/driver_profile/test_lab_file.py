"""`harness driver-profile --lab FILE` on a rack of two namespaces, over a real SSH server."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir

import pytest
from click.testing import CliRunner

from harness.commands.driver_profile import driver_profile
from tests.rack import NO_RACK, Rack, environment, inside, standing
from tests.switched_rack import switched_rack

racked = pytest.mark.skipif(bool(NO_RACK), reason=NO_RACK)
WORDS = (sys.executable, "-m", "harness", "driver-profile", "--repeat", "1", "--json")


@pytest.fixture
def rack(tmp_path: Path) -> Iterator[Rack]:
    """A rack of this test's own."""
    with standing(tmp_path) as found:
        yield found


def state(rack: Rack) -> list[str]:
    """Return what both machines say of their links."""
    return [rack.run(one, "ip", "-d", "link").stdout for one in (rack.tester, rack.dut)]


def left() -> list[Path]:
    """Return what is left of the code that was sent."""
    return list(Path(gettempdir()).glob("tmp.*/harness/driver_profile"))


@racked
def test_a_driver_is_measured_over_ssh_and_everything_is_put_back(rack: Rack) -> None:
    before = state(rack)
    done = rack.run(rack.tester, *WORDS, "--lab", str(rack.lab()), "eth2")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)
    assert found["interface"] == "eth2"
    assert found["identity"]["driver"] == "veth"
    assert found["carrier"]["how"] == "far2 (here) set down and up"
    assert None not in found["carrier"]["down_flag"]["ns"] + found["carrier"]["up_event"]["ns"]
    assert found["mac_up"]["hears"] is True
    assert state(rack) == before
    assert not list(Path(gettempdir()).glob("tmp.*/harness/driver_profile")), (
        "the code was left there"
    )


@racked
def test_a_switch_in_the_cable_cuts_it_too(tmp_path: Path) -> None:
    pytest.importorskip("netmiko", reason="no netmiko here: pip install -e '.[netmiko]'")
    with switched_rack(tmp_path) as switched:
        words = (*WORDS, "--lab", str(switched.lab), "eth1")
        done = switched.rack.run(switched.rack.tester, *words)
        assert done.returncode == 0, done.stderr
        (found,) = json.loads(done.stdout)
        assert (
            found["carrier"]["how"] == "far1 (here) set down and up, and its cable cut by switch"
        )
        assert None not in found["carrier"]["down_flag"]["ns"] + found["carrier"]["up_flag"]["ns"]
        assert switched.up() == [True, True]
        text = switched.lab.read_text(encoding="utf-8").replace('cut = "switch"', "", 1)
        switched.lab.write_text(text, encoding="utf-8")
        done = switched.rack.run(switched.rack.tester, *words)  # control: nobody cuts it
        (found,) = json.loads(done.stdout)
        assert found["carrier"]["down_flag"]["ns"] == [None]


@racked
def test_what_must_be_left_alone_is(rack: Rack) -> None:
    rack.ip(rack.dut, "address add 203.0.113.9/24 dev eth1")
    rack.ip(rack.tester, "address add 203.0.113.7/24 dev far2")
    before = state(rack)
    for nic, why in (
        ("eth1", "error: dut: eth1 has the address 203.0.113.9"),
        ("eth2", "error: the far end far2 has the address 203.0.113.7"),
        ("mgmt", "rack.toml has no test NIC mgmt\nhint: it has: eth1, eth2, eth3, eth4"),
    ):
        done = rack.run(rack.tester, *WORDS, "--lab", str(rack.lab()), nic)
        assert done.returncode in (1, 4)
        assert why in done.stderr
        assert "Traceback" not in done.stderr
    assert state(rack) == before


@racked
def test_a_killed_tester_leaves_nothing_behind(rack: Rack) -> None:
    before = state(rack)
    argv = [*inside(rack.tester), *WORDS, "--lab", str(rack.lab()), "eth3"]
    with subprocess.Popen(
        argv, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment()
    ) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if "cable out and in" in line:
                break
        assert state(rack) != before
        running.kill()
    until = time.monotonic() + 20
    while state(rack) != before and time.monotonic() < until:
        time.sleep(0.1)
    assert state(rack) == before
    while left() and time.monotonic() < until:
        time.sleep(0.1)
    assert left() == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("--lab qemu --kernel virtual", "--lab excludes the other options"),
        ("--lab qemu eth0", "the DUT in QEMU has no eth0"),
        ("--lab qemu --nic veth", "QEMU has no veth"),
        ("--lab x.toml --nic e1000", "--nic is for QEMU"),
        ("--lab nowhere.toml", "nowhere.toml cannot be read: No such file"),
        ("--lab netns2", 'there is no lab "netns2"'),
        ("--lab netns", "profiles are made in qemu or on the machines of a lab file"),
        ("--kernel virtual --nic e1000", "only QEMU has a e1000"),
    ],
)
def test_options_that_contradict_each_other(words: str, why: str) -> None:
    done = CliRunner().invoke(driver_profile, words.split())
    assert done.exit_code == 4
    assert why in done.stderr
    assert "hint: " in done.stderr

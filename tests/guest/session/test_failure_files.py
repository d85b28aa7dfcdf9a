"""A scenario that fails leaves frames, kernel log and console; one that passes leaves none."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from scapy.utils import RawPcapNgReader

from harness.results.conformance import Result, load
from tests.tiny import FIXTURES, Tiny
from tests.virtual_kernel import virtual_kernel

pytestmark = pytest.mark.guest(inside=False)

SCENARIOS = """
    from harness import claim, ms

    @claim("MIIMON-1")
    def test_fine(one_switch):
        bond = one_switch.dut.bond(miimon=100)
        with one_switch.watch() as run:
            one_switch.eth0.cut()
        assert run.detection <= bond.miimon

    @claim("MIIMON-1")
    def test_wrong(one_switch):
        bond = one_switch.dut.bond(miimon=100)
        with one_switch.watch() as run:
            one_switch.eth0.cut()
        assert run.detection > 2 * bond.miimon

    @claim("MIIMON-1")
    def test_panic(one_switch):
        with one_switch.watch() as run:
            one_switch.eth0.cut()
            one_switch.after(400 * ms)
            open("/proc/sysrq-trigger", "w").write("c")
"""
FAULT = "cut eth0"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, dict[str, Result]]:
    virtual_kernel()
    tiny = Tiny.make(tmp_path_factory.mktemp("captures"), conftest=FIXTURES, a=SCENARIOS)
    code, said = tiny.run("--kernel=virtual", "--guests=1")
    assert code == 1, said
    place = tiny.root / "results/latest"
    return said, place, {one.scenario.rpartition("_")[2]: one for one in load(place).results}


def captured(place: Path, name: str) -> list[Path]:
    return list(place.glob(f"test_a.test_{name}/*.pcapng"))


def test_only_a_failure_leaves_its_frames(found: tuple[str, Path, dict[str, Result]]) -> None:
    said, place, results = found
    assert results["fine"].verdict == "conforms", results["fine"].reason
    assert results["wrong"].verdict == "contradicts", results["wrong"].reason
    assert captured(place, "fine") == []
    (path,) = captured(place, "wrong")
    assert f"tshark -r results/{place.resolve().name}/test_a.test_wrong/{path.name}" in said
    page = (place / "index.html").read_text()
    assert f'href="test_a.test_wrong/{path.name}"' in page
    assert 'href="test_a.test_wrong/kernel.log"' in page
    log = (place / "test_a.test_wrong/kernel.log").read_text()
    assert re.search(r"^\[ +\d+\.\d{6}\] bond0: .*link status definitely down", log, re.MULTILINE)
    assert not (place / "test_a.test_fine/kernel.log").exists()
    assert f"test_a.test_wrong/{path.name}" in (place / str(results["wrong"].page)).read_text()


def test_the_bonds_before_and_after_are_kept_with_their_difference(
    found: tuple[str, Path, dict[str, Result]],
) -> None:
    said, place, _ = found
    states = json.loads((place / "test_a.test_wrong/state.json").read_text())
    slaves = [states[when]["netlink"]["bond0"]["active_slave"] for when in ("before", "after")]
    assert slaves == ["eth0", "eth1"]
    assert "Currently Active Slave: eth1" in states["after"]["proc"]["bond0"]
    sysfs = states["failure"]["sysfs"]
    assert states["failure"]["at"] >= states["after"]["at"]
    assert (sysfs["bond0"]["active_slave"], sysfs["bond0"]["slaves"]) == ("eth1", "eth0 eth1")
    assert (sysfs["eth0"]["mii_status"], sysfs["eth0"]["link_failure_count"]) == ("down", "1")
    changed = "netlink eth0, mii_status: up -> down\n"
    assert changed in said
    page = (place / "index.html").read_text()
    assert html.escape(changed.strip()) in page
    assert 'href="test_a.test_wrong/state.json"' in page
    assert not (place / "test_a.test_fine/state.json").exists()


def test_a_guest_that_died_left_the_frames_until_then(
    found: tuple[str, Path, dict[str, Result]],
) -> None:
    _, place, results = found
    assert results["panic"].history is None
    console = str(results["panic"].console)
    assert "Kernel panic" in (place / console).read_text()
    assert f'href="{console}"' in (place / "index.html").read_text()
    (path,) = captured(place, "panic")
    with RawPcapNgReader(str(path)) as reader:
        packets = [(about.ifname.decode(), data) for data, about in reader]
    assert ("faults", FAULT.encode()) in packets
    after = packets[packets.index(("faults", FAULT.encode())) :]
    assert len(after) > 1, "what followed the fault is there too"
    assert f'href="test_a.test_panic/{path.name}"' in (place / "index.html").read_text()


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_shows_ports_faults_and_frames(
    found: tuple[str, Path, dict[str, Result]],
) -> None:
    (path,) = captured(found[1], "wrong")
    argv = ["tshark", "-r", str(path), "-T", "fields"]
    for field in ("frame.interface_name", "frame.comment", "arp.opcode", "icmp.type"):
        argv += ["-e", field]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert ["faults", FAULT, "", ""] in rows
    ports = {port for port, *_ in rows}
    assert {"sw/eth0", "sw/eth1", "dut/eth0"} <= ports
    assert {icmp for *_, icmp in rows} >= {"8", "0"}
    assert any(port == "sw/eth1" and arp == "1" for port, _, arp, _ in rows), "its gratuitous ARP"

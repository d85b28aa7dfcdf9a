"""With `pcap`, a recording has a capture file: what it holds agrees with the history."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from scapy.utils import RawPcapNgReader

from harness import ms
from harness.history import load
from harness.record.net import Stage
from scenarios.topologies import OneSwitch

pytestmark = pytest.mark.guest


def packets(path: Path) -> list[tuple[int, str, bytes]]:
    """Return time in ns, interface and bytes of each packet."""
    with RawPcapNgReader(str(path)) as reader:
        return [
            ((about.tshigh << 32) + about.tslow, about.ifname.decode(), data)
            for data, about in reader
        ]


def test_frames_and_faults_have_the_times_of_the_history(stage: Stage, tmp_path: Path) -> None:
    """The second recording of a scenario has files of its own."""
    with OneSwitch(replace(stage, folder=tmp_path, pcap=True)) as net:
        net.dut.bond(miimon=100)
        for _ in range(2):
            cut = net.eth1.cut()
            cut.end()
            with net.watch():
                cut = net.eth0.cut()
                net.after(300 * ms)
            cut.end()
    for number in ("", "-2"):
        history = load(tmp_path / f"history{number}.jsonl")
        seen = packets(tmp_path / f"capture{number}.pcapng")
        faults = [(at, data.decode()) for at, name, data in seen if name == "faults"]
        known = history.select("fault")
        assert [at for at, _ in faults] == [event.at for event in known]
        assert {"cut eth1", "heal eth1", "cut eth0"} <= {text for _, text in faults}
        arps = sorted((at, name) for at, name, data in seen if data[12:14] == b"\x08\x06")
        assert arps or number  # the second recording has no failover
        assert arps == sorted((event.at, event.where) for event in history.select("arp"))

"""Capture files are read by scapy and, where it is installed, by tshark."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from scapy.utils import RawPcapNgReader

from harness.errors import LabError
from harness.lab import OTHERHOST, TAGGED, Seen
from harness.record.pcapng import Capture

START = 1_000_000_000_000
LATE = (1 << 32) + 123_456_789  # ns: needs both halves of a time stamp
ARP = bytes.fromhex("ffffffffffff0200000001020806") + b"\0" * 28
IPV4 = bytes.fromhex("0200000001020200000001030800") + b"\x45\0\x01\0" + b"\0" * 110
IPV6 = bytes.fromhex("02000000010202000000010386dd") + b"\x60\0\0\0\x01\0" + b"\0" * 108


def written(path: Path) -> Capture:
    """Return a capture that was flushed but not closed, as one of a process that died."""
    capture = Capture(path, START)
    capture.frame(Seen(START + LATE, 3, 1, ARP), "sw/eth0")
    capture.frame(Seen(START + 5, 4, OTHERHOST | TAGGED, IPV4), "dut/größe")
    capture.fault(START + 6, "cut eth0")
    capture.flush()
    capture.frame(Seen(START + LATE + 1, 3, 0, IPV6), "sw/eth0")
    capture.flush()
    return capture


def test_a_file_that_was_not_closed_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "any" / "capture.pcapng"
    capture = written(path)
    with RawPcapNgReader(str(path)) as reader:
        packets = list(reader)
    capture.close()
    seen = []
    for data, about in packets:
        name = about.ifname.decode() if isinstance(about.ifname, bytes) else about.ifname
        at = (about.tshigh << 32) + about.tslow
        seen.append((at, about.tsresol, name, about.wirelen, data))
    assert seen == [
        (5, 10**9, "dut/größe", 14 + 256, IPV4),
        (6, 10**9, "faults", 8, b"cut eth0"),
        (LATE, 10**9, "sw/eth0", 42, ARP),
        (LATE + 1, 10**9, "sw/eth0", 54 + 256, IPV6),
    ]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "capture.pcapng"
    written(path).close()
    fields = ("frame.time_epoch", "frame.interface_name", "frame.len", "frame.comment")
    argv = ["tshark", "-r", str(path), "-T", "fields", "-E", "separator=|"]
    argv += [
        part for field in (*fields, "frame.packet_flags_reception_type") for part in ("-e", field)
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "0.000000005|dut/größe|270||4",
        "0.000000006|faults|8|cut eth0|",
        "4.418424085|sw/eth0|42||3",
        "4.418424086|sw/eth0|310||1",
    ]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match=r"capture\.pcapng cannot be written: Not a dir"):
        Capture(tmp_path / "file" / "any" / "capture.pcapng", START)


def test_a_full_disk_is_named() -> None:
    with pytest.raises(LabError, match="/dev/full cannot be written: No space left on device"):
        Capture(Path("/dev/full"), START)


def test_what_is_kept_for_a_failure_only_is_written_at_faults_and_at_the_end(
    tmp_path: Path,
) -> None:
    path = tmp_path / "capture.pcapng"
    capture = Capture(path, START, every_frame=False)
    capture.frame(Seen(START + 5, 3, 0, ARP), "sw/eth0")
    capture.flush()
    assert path.read_bytes() == b""
    capture.fault(START + 6, "cut eth0")
    capture.flush()
    assert numbers(path) == [5, 6]
    capture.frame(Seen(START + 7, 3, 0, ARP), "sw/eth0")
    capture.flush()
    assert numbers(path) == [5, 6]
    capture.close()
    assert numbers(path) == [5, 6, 7]


def numbers(path: Path) -> list[int]:
    """Return the times of the packets in a file, in ns."""
    with RawPcapNgReader(str(path)) as reader:
        return [about.tslow for _, about in reader]

"""Records of /dev/kmsg become lines of text."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.log import kmsg


@pytest.mark.parametrize(
    ("record", "lines"),
    [
        (b"6,120,3370000,-;bond0: active interface up!\n", ["bond0: active interface up!"]),
        (b"4,1,2,c,caller=T42; bond_open+0x1/0x2\n SUBSYSTEM=net\n", [" bond_open+0x1/0x2"]),
        (b"4,1,2,-;one\\x0atwo; three\n", ["one", "two; three"]),
        (b"4,1,2,-;caf\\xc3\\xa9 \\x5c\n", ["café \\"]),
        (b"4,1,2,-;\n", [""]),
        (kmsg.LOST, ["(lines of the kernel log were overwritten before they could be read)"]),
    ],
)
def test_a_record_is_its_text(record: bytes, lines: list[str]) -> None:
    assert kmsg.decode(record) == lines


def test_a_log_that_cannot_be_opened_says_why_and_is_empty(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(kmsg, "DEVICE", str(tmp_path / "file/kmsg"))
    log = kmsg.Kmsg()
    assert (log.fileno(), log.read()) == (-1, [])
    assert kmsg.refusal() == log.refusal == "Not a directory"


@pytest.mark.guest
def test_a_guest_without_the_device_file_makes_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(kmsg, "DEVICE", str(tmp_path / "kmsg"))
    log = kmsg.Kmsg()
    Path("/dev/kmsg").write_text("a line for a test\n")
    assert log.read() == ["a line for a test"]
    assert log.refusal == ""
    assert not list(tmp_path.iterdir())

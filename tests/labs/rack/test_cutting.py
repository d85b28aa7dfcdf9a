"""A slow command that cuts a cable: a loop is served meanwhile, and errors reach the caller."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from harness.errors import LabError
from harness.labs.description.model import LabFile, LabNic
from harness.labs.fabric.wiring import by_wire
from harness.labs.rack.cutting import Cutters, cutters, in_thread, pulling
from harness.labs.ssh.address import SshAddress
from harness.loop import Loop
from harness.units import MS


class SlowCutter:
    """Cuts a cable within 50 ms, unless it is `broken`."""

    def __init__(self, broken: str = "") -> None:
        self.lost = ""
        self.broken = broken
        self.told: list[tuple[str, bool]] = []

    def carrier(self, nic: str, *, up: bool) -> None:
        time.sleep(0.05)
        if self.broken:
            raise LabError(self.broken)
        self.told.append((nic, up))

    def close(self) -> None:
        self.told.append(("all", True))


def test_a_loop_is_served_while_a_cable_is_cut(tmp_path: Path) -> None:
    loop, slow = Loop(), SlowCutter()
    ticks: list[int] = []
    found = Cutters(tmp_path / "cut")
    found.add(lambda _: slow)
    loop.every(5 * MS, ticks.append)
    pulling(found, {"eth0": LabNic("enp1s0", "far1")}, loop)("eth0", up=False)
    assert slow.told == [("enp1s0", False)]
    assert len(ticks) > 1
    found.close()
    assert slow.told[-1] == ("all", True)


def test_an_error_of_the_command_is_the_callers() -> None:
    with pytest.raises(LabError, match="no answer"):
        in_thread(Loop(), lambda: SlowCutter("no answer").carrier("eth1", up=False))


def test_links_of_other_nics_are_left_alone(tmp_path: Path) -> None:
    slow, found = SlowCutter(), Cutters(tmp_path / "cut")
    found.add(lambda _: slow)
    pulling(found, {"eth0": LabNic("enp1s0", "far1")})("target", up=False)
    assert slow.told == []


def test_where_far_ends_cut_nothing_else_is_asked(tmp_path: Path) -> None:
    nics = (LabNic("eth1", "far1"),)
    found = cutters(
        LabFile(Path("x"), "rack", SshAddress("dut"), "mgmt", nics), {}, tmp_path / "cut"
    )
    assert not found
    assert pulling(found, {"eth0": nics[0]}, Loop()) is by_wire
    found.close()

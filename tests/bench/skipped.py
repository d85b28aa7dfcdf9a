"""How much faster than the wall clock virtual time passes: idle, recorded, and for the suite."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from harness.labs.netns.lab import NetnsLab
from tests.bench.guest import Bench, Line, measured, reporting
from tests.bench.table import Cell, Table

NAME = "skipped"
HOUR = 3600
WATCHED = 30  # seconds: three thousand probes each way


@dataclass(frozen=True, slots=True)
class Passed:
    """A stretch of virtual time and what it took by the wall clock, both in seconds."""

    what: str
    virtual: float
    wall: float

    @property
    def cells(self) -> dict[str, Cell]:
        """The row of the table."""
        return {
            "what": self.what,
            "virtual s": self.virtual,
            "wall s": f"{self.wall:.2f}",
            "virtual s a wall s": round(self.virtual / self.wall),
        }


def table(bench: Bench) -> Table:
    """Return what some stretches of virtual time took by the wall clock of the host."""
    begin = time.monotonic()
    heard: list[tuple[float, Line]] = [(begin, {"passed": "", "at": 0.0})]

    def hear(_: object, line: Line) -> None:
        if "passed" in line:
            heard.append((time.monotonic(), line))

    bench.guest("tests.bench.skipped:inside", hear, options={})
    rows = [
        Passed(line["passed"], line["at"] - before["at"], wall - earlier).cells
        for (earlier, before), (wall, line) in pairwise(heard)
    ]
    all_of_it = Passed("all", heard[-1][1]["at"], heard[-1][0] - begin)
    return Table(NAME, "virtual time against the wall clock", (*rows, all_of_it.cells))


def inside(directory: Path) -> None:
    """In the guest: let an hour pass over a bond, then record half a minute; tell when."""
    with reporting(directory) as (_, say):
        facts = asdict(measured(directory))
        from harness.record.net import Stage  # noqa: PLC0415  (the host does without)
        from harness.units import s  # noqa: PLC0415
        from scenarios.topologies import TwoSwitches  # noqa: PLC0415  (only a checkout has them)

        say(passed="boot, imports", at=time.monotonic())
        with TwoSwitches(Stage("bench", facts, NetnsLab())) as net:
            net.dut.bond()
            say(passed="two switches and a bond, built", at=time.monotonic())
            time.sleep(HOUR)
            say(passed="an hour of miimon=100", at=time.monotonic())
            with net.watch() as run:
                net.after(WATCHED * s)
                net.eth0.cut()
            say(passed=f"{run.outage} of outage, recorded", at=time.monotonic())

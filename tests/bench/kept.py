"""What a recording costs by what is kept of it, in virtual time by the wall clock of the host."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice, pairwise
from pathlib import Path
from statistics import median

from harness.history.files import CAPTURES
from harness.labs.netns.lab import NetnsLab
from tests.bench.guest import Bench, Line, measured, reporting
from tests.bench.table import Cell, Table

NAME = "kept"
MEMORY, HISTORY, FRAMES, ALL_FRAMES = "nothing", "history", "and frames", "and all frames (--pcap)"
WAYS = (MEMORY, HISTORY, FRAMES, ALL_FRAMES)


def table(bench: Bench) -> Table:
    """Return the median duration of a short scenario for each way; they take turns."""
    heard: list[tuple[float, Line]] = []

    def hear(_: object, line: Line) -> None:
        if "way" in line:
            heard.append((time.monotonic(), line))

    bench.guest("tests.bench.kept:inside", hear, options={"rounds": bench.rounds})
    took = defaultdict[str, list[float]](list)
    for (before, _), (after, line) in islice(pairwise(heard), len(WAYS) - 1, None):  # whole rounds
        took[line["way"]].append(after - before)
    notes = ("its failover by miimon=100 takes 1.5 s of virtual time; capture files are removed",)
    return Table(NAME, "a scenario by what is kept of it", tuple(_rows(took)), notes)


def _rows(took: dict[str, list[float]]) -> Iterator[dict[str, Cell]]:
    """Yield the median of each way, and of its differences from the same round without files.

    The machine has faster and slower spells, longer than a round: medians of the ways apart
    would compare spells.
    """
    usual = median(took[MEMORY])
    for way in WAYS:
        more = median(
            spent - without for spent, without in zip(took[way], took[MEMORY], strict=True)
        )
        yield {
            "kept": way,
            "ms": f"{median(took[way]) * 1000:.1f}",
            "more than nothing": f"{100 * more / usual:+.1f} %",
        }


def inside(directory: Path) -> None:
    """In the guest: run a scenario in each way in turn, and report the end of each."""
    from harness.record.net import Stage  # noqa: PLC0415  (the host does without)
    from scenarios.topologies import OneSwitch  # noqa: PLC0415  (only a checkout has them)

    class WithoutFrames(Stage):
        def capture(self, number: int, start: int) -> None:
            """Keep no frames."""

    with reporting(directory) as (options, say):
        facts, folder = asdict(measured(directory)), directory / "kept"
        stages = {
            MEMORY: Stage(NAME, facts, NetnsLab()),
            HISTORY: WithoutFrames(NAME, facts, NetnsLab(), folder),
            FRAMES: Stage(NAME, facts, NetnsLab(), folder),
            ALL_FRAMES: Stage(NAME, facts, NetnsLab(), folder, pcap=True),
        }
        for _ in range(options["rounds"] + 1):
            for way, stage in stages.items():
                with OneSwitch(stage) as net:
                    net.dut.bond()
                    with net.watch():
                        net.eth0.cut()
                for path in folder.glob(CAPTURES):  # as a session does where nothing failed
                    path.unlink()
                say(way=way)

"""What a lab adds to a scenario: the DUT behind an agent (`pipe`) beside namespaces (`netns`)."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from pathlib import Path
from statistics import median

from harness.errors import Inconclusive
from harness.labs.registry import BRINGS_KERNEL, NAMES, open_lab
from harness.loop import now
from harness.record.net import Stage
from harness.units import MS
from tests.bench.guest import Bench, measured, reporting
from tests.bench.table import Table, left_out

HERE = tuple(name for name in NAMES if name not in BRINGS_KERNEL)
NAME = "labs"
COSTS = ("wall", "processor")
TICK = 1000 // os.sysconf("SC_CLK_TCK")  # ms in which /proc counts processor time


def table(bench: Bench) -> Table:
    """Return wall and processor time of one scenario in each lab, medians, and their ratio."""
    said = bench.lines("tests.bench.labs:inside", rounds=max(4, bench.rounds // 2))
    found = [line for line in said if "lab" in line]
    notes = left_out(said)
    if {line["lab"] for line in found} != set(HERE):
        return Table(NAME, "one scenario in each lab, ms", notes=notes)
    rows = {name: _row([line for line in found if line["lab"] == name]) for name in HERE}
    first = rows[HERE[0]]
    shown: list[dict[str, str | int | float]] = []
    for name, row in rows.items():
        ratios = {f"{cost}, ratio": row[cost] / max(first[cost], 1) for cost in COSTS}
        shown.append({"lab": name, **row, **ratios})
    title = "one scenario (miimon=100, eth0 cut) in ms, medians, labs in turns"
    return Table(NAME, title, tuple(shown), notes)


def _row(lines: list[dict[str, float]]) -> dict[str, float]:
    return {
        "wall": median(line["wall"] for line in lines) / MS,
        "processor": median(line["processor"] for line in lines),
        "clock error": max(line["error"] for line in lines) / MS,
    }


def inside(directory: Path) -> None:
    """In the guest: run a scenario in each lab in turns and report what it took."""
    with reporting(directory) as (options, say):
        facts = asdict(measured(directory))
        labs = {name: open_lab(name, lambda *_: None, {}) for name in HERE}
        for round_ in range(options["rounds"] + 1):
            for name, lab in labs.items():
                try:
                    took = _run(Stage("bench", facts, lab))
                except Inconclusive as error:
                    say(unfit=error.message)
                    continue
                if round_:  # the first one loads what it needs
                    say(lab=name, **took)
        for lab in labs.values():
            lab.close()


def _run(stage: Stage) -> dict[str, float]:
    from scenarios.topologies import OneSwitch  # noqa: PLC0415  (only a checkout has them)

    begin, spent = now(), _processor()
    with OneSwitch(stage) as net:
        bond = net.dut.bond()
        with net.watch() as run:
            net.eth0.cut()
        _ = run.detection <= bond.miimon
    clocks = run.history.about.clocks
    return {
        "wall": now() - begin,
        "processor": _processor() - spent,
        "error": max((one.error for one in clocks.values()), default=0),
    }


def _processor() -> float:
    """Return the processor time of all processes of this guest so far, in ms."""
    total = time.process_time() * 1000
    for place in Path("/proc").glob("[0-9]*"):
        if place.name != str(os.getpid()):
            try:
                fields = (place / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has ended
                continue
            total += (int(fields[11]) + int(fields[12])) * TICK
    return total

"""By how much the reported outage is wrong: links are silenced for a known time."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from statistics import median

from harness import ms
from harness.errors import Inconclusive
from harness.labs.netns.lab import NetnsLab
from harness.record.net import Stage
from harness.units import MS
from tests.bench.guest import Bench, measured, reporting
from tests.bench.table import Table, left_out, spread

NAME = "outage"
LENGTHS = (200, 500, 2000)  # ms


def table(bench: Bench) -> Table:
    """Return reported minus true outage for each length of silence."""
    rounds = max(3, bench.rounds // 4)
    found: dict[int, list[dict[str, int]]] = {}
    said = bench.lines("tests.bench.outage:inside", rounds=rounds)
    for line in said:
        if "silent" in line:
            found.setdefault(line["silent"], []).append(line["times"])
    rows = tuple(
        {
            "silent for": f"{length} ms",
            **spread("error", [one["reported"] - one["true"] for one in times]),
            "tolerance ms": median(one["tolerance"] for one in times) / MS,
        }
        for length, times in found.items()
    )
    notes: tuple[str, ...] = (
        "error = reported - true; true = the time between the two faults in the history",
    )
    notes += left_out(said)
    return Table(NAME, f"measured outage, ms ({rounds} rounds, medians)", rows, notes)


def inside(directory: Path) -> None:
    """In the guest: silence the active slave's link for each length and report what was seen."""
    with reporting(directory) as (options, say):
        stage = Stage("bench", asdict(measured(directory)), NetnsLab())
        for length in LENGTHS * options["rounds"]:
            try:
                say(silent=length, times=_silence(stage, length))
            except Inconclusive as error:
                say(unfit=error.message)


def _silence(stage: Stage, length: int) -> dict[str, int]:
    from scenarios.topologies import OneSwitch  # noqa: PLC0415  (only a checkout has them)

    with OneSwitch(stage) as net:
        net.dut.bond()
        with net.watch() as run, net.eth0.lose():
            net.after(length * ms)
    begin, end = (event.at for event in run.history.select("fault"))
    seen = run.outage
    return {"reported": seen.ns, "true": end - begin, "tolerance": seen.tolerance}

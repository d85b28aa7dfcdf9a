"""By how much the reported outage is wrong: links are silenced for a known time."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from statistics import median

from harness import ms
from harness.bench.guest import Bench, measured, reporting
from harness.bench.table import Table, spread
from harness.run import Stage
from harness.units import MS

NAME = "outage"
LENGTHS = (200, 500, 2000)  # ms


def table(bench: Bench) -> Table:
    """Return reported minus true outage for each length of silence."""
    rounds = max(3, bench.rounds // 4)
    found: dict[int, list[dict[str, int]]] = {}
    for line in bench.lines("harness.bench.outage:inside", rounds=rounds):
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
    notes = ("error = reported - true; true = the time between the two faults in the history",)
    return Table(NAME, f"measured outage, ms ({rounds} rounds, medians)", rows, notes)


def inside(directory: Path) -> None:
    """In the guest: silence the active slave's link for each length and report what was seen."""
    from scenarios.topologies import OneSwitch  # noqa: PLC0415  (only a checkout has them)

    with reporting(directory) as (options, say):
        stage = Stage("bench", asdict(measured(directory)))
        for length in LENGTHS * options["rounds"]:
            with OneSwitch(stage) as net:
                net.dut.bond()
                with net.watch() as run, net.eth0.lose():
                    net.after(length * ms)
            begin, end = (event.at for event in run.history.select("fault"))
            seen = run.outage
            times = {"reported": seen.ns, "true": end - begin, "tolerance": seen.tolerance}
            say(silent=length, times=times)

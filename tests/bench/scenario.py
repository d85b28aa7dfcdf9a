"""Where the time of one scenario goes: a cut and its failover on one_switch."""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from statistics import median

from harness.errors import Inconclusive
from harness.judge.bond_states import StateReader
from harness.judge.run import Run
from harness.labs.netns.lab import NetnsLab
from harness.loop import now
from harness.record.net import Stage
from harness.units import MS
from tests.bench.guest import Bench, measured, reporting
from tests.bench.table import Table, left_out

NAME = "scenario"
STRETCHES = {
    "built": "build",
    "bonded": "make the bond, read it back",
    "recording": "open the recorder",
    "baseline": "wait until the path is healthy",
    "disturb": "baseline",
    "settle": "disturb (the block)",
    "end": "horizon",
    "kept": "last answers, close, decode, save",
    "judged": "judge 3 figures",
    "closed": "close",
}


def table(bench: Bench) -> Table:
    """Return what the first scenario of a guest took, and the median of the later ones."""
    said = bench.lines("tests.bench.scenario:inside", rounds=max(3, bench.rounds // 4))
    found = [line["times"] for line in said if "times" in line]
    notes = left_out(said)
    if len(found) < 2:
        return Table(NAME, "one scenario, ms", notes=notes)
    first, *later = found
    rows = [
        {
            "miimon=100, eth0 cut": text,
            "first ms": first[name] / MS,
            "later ms": median(one[name] for one in later) / MS,
        }
        for name, text in STRETCHES.items()
    ]
    recorded = ("baseline", "disturb", "settle", "end")
    for text, names in (("recorded", recorded), ("all", tuple(STRETCHES))):
        first_ms = sum(first[name] for name in names) / MS
        later_ms = median(sum(one[name] for name in names) for one in later) / MS
        rows.append({"miimon=100, eth0 cut": text, "first ms": first_ms, "later ms": later_ms})
    title = f"one scenario, ms (the guest's first, median of {len(later)} later ones)"
    return Table(NAME, title, tuple(rows), notes)


def inside(directory: Path) -> None:
    """In the guest: run a scenario several times and report the length of each stretch."""
    with reporting(directory) as (options, say):
        facts = asdict(measured(directory))
        for _ in range(options["rounds"] + 1):
            try:
                say(times=_run(facts, directory / "tmp"))
            except Inconclusive as error:
                say(unfit=error.message)


def _run(facts: dict[str, object], folder: Path) -> dict[str, int]:
    from scenarios.topologies import OneSwitch  # noqa: PLC0415  (only a checkout has them)

    kept: list[int] = []

    def keep(_run: Run, _path: Path | None, _states: StateReader) -> None:
        kept.append(now())

    begin = now()
    with OneSwitch(Stage("bench", facts, NetnsLab(), folder, keep=keep)) as net:
        built = now()
        bond = net.dut.bond()
        bonded = now()
        with net.watch() as run:
            net.eth0.cut()
        _ = (run.detection <= bond.miimon, run.outage <= bond.miimon, run.active_slaves)
        judged = now()
    marks = {event["name"]: event.at for event in run.history.select("mark")}
    ends = {"built": built, "bonded": bonded, **marks, "kept": kept[0], "judged": judged}
    times = [begin, *({**ends, "closed": now()}[name] for name in STRETCHES)]
    return dict(zip(STRETCHES, (b - a for a, b in pairwise(times)), strict=True))

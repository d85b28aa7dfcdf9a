"""What a stream of probes costs the machine, and whether it keeps its pace."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from harness import ms
from harness.guests.guests import Guest
from harness.history import Event, History
from harness.labs.netns.lab import NetnsLab
from harness.loop import now
from harness.record.net import Stage
from harness.units import MS
from tests.bench.guest import Bench, Line, measured, reporting
from tests.bench.table import Cell, Table

NAME = "probes"
INTERVALS = (10, 5, 2, 1)  # ms
LENGTH = 3000  # ms
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Meter:
    """Reads the processor time of a guest's processes where its lines say begin and end."""

    burnt: dict[str, float] = field(default_factory=dict)
    _begun: tuple[float, float] = (0.0, 0.0)

    def heard(self, guest: Guest, line: Line) -> None:
        """Take a line of a guest."""
        if "begin" in line:
            self._begun = (time.monotonic(), processor_time(guest.group))
        elif "end" in line:
            at, spent = time.monotonic(), processor_time(guest.group)
            self.burnt[line["end"]] = 100 * (spent - self._begun[1]) / (at - self._begun[0])


def processor_time(group: int) -> float:
    """Return the seconds of processor time that a process group's living processes have had."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if int(fields[2]) == group else 0
    return ticks / TICK


def table(bench: Bench) -> Table:
    """Return rate, lateness, losses and cost of probing at each interval."""
    meter, said = Meter(), list[Line]()

    def heard(guest: Guest, line: Line) -> None:
        meter.heard(guest, line)
        said.append(line)

    bench.guest("tests.bench.probes:inside", heard)
    idle = meter.burnt["idle"]
    rows = tuple(
        _row(line["probes"], line["seen"], meter.burnt[line["probes"]], idle)
        for line in said
        if "probes" in line
    )
    notes = (
        f"idle: a bond, its recorder and no probes burn {idle:.1f} % of a core",
        (
            "late: median behind the grid; worst gap: between two probes of a direction; "
            "lost: not answered on a healthy path; dropped: frames the recorder missed"
        ),
    )
    title = f"probes both ways for {LENGTH / 1000:g} s on one_switch"
    return Table(NAME, title, rows, notes)


def _row(name: str, seen: dict[str, Any], burnt: float, idle: float) -> dict[str, Cell]:
    return {
        "interval": name,
        "probes/s": seen["rate"],
        "of wanted %": 100 * seen["rate"] / seen["wanted"],
        "late ms": seen["late"] / MS,
        "worst gap ms": seen["gap"] / MS,
        "lost": seen["lost"],
        "dropped": seen["dropped"],
        "core %": burnt,
        "above idle %": burnt - idle,
    }


def inside(directory: Path) -> None:
    """In the guest: hold each interval for a while, the host reading what it costs meanwhile."""
    from scenarios.topologies import OneSwitch  # noqa: PLC0415  (only a checkout has them)

    with reporting(directory) as (_, say):
        facts = asdict(measured(directory))
        _idle(OneSwitch(Stage("bench", facts, NetnsLab())), say)
        for interval in INTERVALS:
            name = f"{interval} ms"
            with OneSwitch(Stage("bench", facts, NetnsLab(), interval=interval * MS)) as net:
                net.dut.bond()
                with net.watch() as run:
                    say(begin=name)
                    net.after(LENGTH * ms)
                    say(end=name)
            assert run.recording is not None
            say(probes=name, seen=seen(run.recording, interval * MS))


def _idle(net: Any, say: Any) -> None:
    """Record without probing: what the loop, the taps and the bond's own timers cost."""
    from harness.loop import Loop  # noqa: PLC0415
    from harness.record.journal import AddedAddresses  # noqa: PLC0415
    from harness.record.recorder import Recorder  # noqa: PLC0415
    from harness.record.subject import Subject  # noqa: PLC0415

    with net:
        bond = net.dut.bond()
        loop = Loop()
        subject = Subject((bond.plan,), frozenset((bond.name,)), 10 * MS, net.plan.path)
        recorder = Recorder(net._network, loop, subject, AddedAddresses())
        recorder.start()
        loop.pump(now() + 500 * MS)
        say(begin="idle")
        loop.pump(now() + LENGTH * MS)
        say(end="idle")
        recorder.close()


def seen(history: History, interval: int) -> dict[str, float]:
    """Return rate, lateness and losses of the probes of a recording's block, times in ns."""
    start, stop = history.mark("disturb"), history.mark("settle")
    assert start is not None
    assert stop is not None
    sent = [event for event in history.select("probe") if start <= event.at < stop]
    late = [one for way in ("out", "in") for one in _lateness(history, way, interval)]
    gaps = [one for way in ("out", "in") for one in _gaps(sent, way)]
    return {
        "rate": len(sent) * 1000 * MS / (stop - start),
        "wanted": 2 * 1000 * MS / interval,
        "late": sorted(late)[len(late) // 2],
        "gap": max(gaps),
        "lost": sum(event["reply"] is None for event in sent),
        "dropped": history.about.dropped,
    }


def _lateness(history: History, way: str, step: int) -> list[int]:
    """Return how many ns behind its place on the grid each probe left; the first one sets it."""
    times = [event.at for event in history.select("probe", way)]
    return [(at - times[0]) % step for at in times[1:]]


def _gaps(sent: list[Event], way: str) -> list[int]:
    times = [event.at for event in sent if event.where == way]
    return [after - before for before, after in pairwise(times)]

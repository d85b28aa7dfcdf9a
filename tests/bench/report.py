"""What timelines and the HTML report cost: a long recording, and results of 2,000 scenarios."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from harness import picture
from harness.history import History, load, save
from harness.html import page
from harness.judge import lanes, timeline
from harness.results import conformance, rejudge
from tests.bench.guest import Bench
from tests.bench.table import Cell, Table
from tests.result_directories import figure, place, result
from tests.stories import INITIAL, Line, active, failover, fault, garp, marks, probing, slave, tell

NAME = "report"
FAULTS, EVERY, REPAIRED, DARK = 20, 30_000.0, 12_000.0, 93.0  # ms
ITEMS = 2000
MEGABYTE = 1_000_000
T = TypeVar("T")


def table(_: Bench) -> Table:
    """Return what each step took; nothing runs in a guest."""
    with tempfile.TemporaryDirectory() as directory:
        rows = (*_long(Path(directory)), *_reports(Path(directory)))
    notes = (
        f"{FAULTS} faults in {FAULTS * EVERY / 60_000:.0f} minutes, probes every 10 ms each way",
        f"{ITEMS} items, each with a recording of 1.3 s; 24 timelines where they contradict",
    )
    return Table(NAME, "timeline of a long recording, report of many items", rows, notes)


def _long(directory: Path) -> Iterator[dict[str, Cell]]:
    """Yield the rows of a long recording."""
    path = directory / "history.jsonl"
    save(long_story(), path)
    history, row = _timed("read the recording", lambda: load(path), path.stat().st_size)
    yield row
    again = load(path)  # the first that needs the silences computes them for all that follow
    text, row = _timed("timeline as text", lambda: _text(again))
    yield row
    svg, row = _timed("timeline as SVG", lambda: picture.draw(history))
    yield {**row, "MB": len(svg.encode()) / MEGABYTE}
    assert text.count("cut eth") >= FAULTS


def _text(history: History) -> str:
    return f"{timeline.table(history)}\n{lanes.draw(history)}"


def _reports(directory: Path) -> Iterator[dict[str, Cell]]:
    """Yield a row for the report of many items, all contradicting or all conforming."""
    for verdict in ("contradicts", "conforms"):
        items = [
            result(
                f"test_case[{n}]",
                verdict=verdict,
                history=f"{n}/history.jsonl",
                outage=figure(390.0),
                settings={"bond0": {"miimon": "100"}},
            )
            for n in range(ITEMS)
        ]
        where = place(directory / verdict, *items)
        for n in range(ITEMS):
            (where / f"{n}" / "history.jsonl").unlink()
            (where / f"{n}" / "history.jsonl").hardlink_to(_recording(directory))
        found = conformance.load(where)
        output = where / page.NAME
        _, row = _timed(f"report, {verdict}", lambda: page.write(found, where, output))  # noqa: B023
        yield {**row, "MB": output.stat().st_size / MEGABYTE}
    _, row = _timed("recordings judged again", lambda: rejudge.again(found, where))
    yield row


def _recording(directory: Path) -> Path:
    path = directory / "failover.jsonl"
    if not path.exists():
        save(failover(), path)
    return path


def _timed(what: str, work: Callable[[], T], size: int = 0) -> tuple[T, dict[str, Cell]]:
    begin = time.perf_counter()
    done = work()
    return done, {
        "what": what,
        "seconds": f"{time.perf_counter() - begin:.2f}",
        "MB": size / MEGABYTE,
    }


def long_story() -> History:
    """Return a recording of many faults, each repaired before the next, with probes all along."""
    end = FAULTS * EVERY
    lines: list[Line] = [*marks(end), *INITIAL]
    for n in range(FAULTS):
        when, gone, other = n * EVERY, f"eth{n % 2}", f"eth{(n + 1) % 2}"
        lines += [fault(when, gone), slave(when + 92, gone, "down"), active(when + DARK, other)]
        lines += [garp(when + 94, f"sw/{other}"), fault(when + REPAIRED, gone, "heal", "repair")]
        lines += [slave(when + REPAIRED + 90, gone, "up")]
    for when, kind, stream, data in probing(stop=end):
        dark = when >= 0 and when % EVERY < DARK
        lost = {"request": None, "reply": None} if dark else {}
        lines.append((when, kind, stream, {**data, **lost}))
    return tell(lines)

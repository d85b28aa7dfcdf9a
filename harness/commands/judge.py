"""`harness judge`: compute and print the figures of recordings."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from harness.errors import HarnessError, Inconclusive, NotTestable, UsageError
from harness.history import History, load
from harness.judge import fitness, paint, report, timeline
from harness.judge.layout import WIDTH
from harness.judge.run import Run
from harness.units import MS, Measured, in_ms

BROKEN = (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError, AttributeError)
Unfit = Inconclusive | NotTestable


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each file.")
@click.pass_context
def judge(context: click.Context, /, files: tuple[Path, ...], *, as_json: bool) -> None:
    """Compute the figures of recordings again, such as results/latest/*/history.jsonl.

    What a recording cannot tell, such as an outage of 802.3ad without a partner, is listed.

    Exit status: 0 all recordings were judged, 1 one or more are inconclusive or not testable here,
    2 the command line is wrong, 4 a file is no recording.
    """
    status = 0
    for path in files:
        try:
            text, sound = _judged(path, as_json=as_json)
        except HarnessError as error:
            click.echo(f"error: {error}", err=True)
            status = 4
            continue
        status = max(status, 0 if sound else 1)
        click.echo(text)
    context.exit(status)


def _judged(path: Path, *, as_json: bool) -> tuple[str, bool]:
    """Return the text of a recording, and whether it is conclusive; raises UsageError."""
    history = load(path)
    try:
        unfit = _unfit(history)
        if as_json:
            return json.dumps({"file": str(path), **_examined(history, unfit)}), unfit is None
        return _text(path, history, unfit), unfit is None
    except BROKEN as error:
        raise UsageError(
            f"{path} is incomplete: {error!r}",
            hint="give a history.jsonl that `pytest scenarios/` wrote",
        ) from error


def _examined(history: History, unfit: Unfit | None) -> dict[str, Any]:
    """Return the figures of a recording as plain JSON values; times in ms."""
    facts, reasons = _facts(history)
    if isinstance(unfit, NotTestable):
        reasons = {"recording": unfit.message, **reasons}
    return {
        "scenario": history.about.scenario,
        "kernel": history.about.kernel.release,
        "inconclusive": unfit.message if isinstance(unfit, Inconclusive) else None,
        "times": {name: _plain(measured) for name, measured in _times(history)},
        "facts": facts,
        "not_testable": reasons,
    }


def _unfit(history: History) -> Unfit | None:
    """Return why nothing can be concluded from a recording."""
    try:
        fitness.demand_evidence(history)
    except (Inconclusive, NotTestable) as error:
        return error
    return None


def _times(history: History) -> list[tuple[str, Measured]]:
    return list(report.times(history)) if history.mark("disturb") is not None else []


def _facts(history: History) -> tuple[dict[str, Any], dict[str, str]]:
    """Return counts and sequences of states, and why others cannot be told, both by name.

    Both are empty if nothing was disturbed.
    """
    facts: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    if history.mark("disturb") is None:
        return facts, reasons
    for name, read in _readers(history):
        try:
            facts[name] = read()
        except NotTestable as error:
            reasons[name] = error.message
    return facts, reasons


def _readers(history: History) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield each fact by name, and how it is read; figures of an inconclusive recording, too."""
    run = Run.of(history, vetted=True)
    yield "recovered", lambda: bool(run.recovered)
    yield "sent", lambda: run.sent
    yield "loss out", lambda: str(run.loss_out)
    yield "loss in", lambda: str(run.loss_in)
    yield "outages", lambda: [repr(outage) for outage in run.outages]
    yield "lost requests", lambda: run.lost_requests
    yield "lost replies", lambda: run.lost_replies
    yield "duplicates", lambda: run.duplicates
    yield "reordered", lambda: run.reordered
    for name in history.about.bonds:
        yield from _readers_of_bond(name, run[name])


def _readers_of_bond(name: str, bond: Run) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield f"{name} active slaves", lambda: bond.active_slaves
    yield f"{name} link states", lambda: bond.link_states
    yield f"{name} addresses", lambda: bond.mac_addresses
    yield f"{name} gratuitous ARPs", lambda: len(bond.garps)


def _plain(measured: Measured) -> dict[str, Any]:
    took = round(measured.ns / MS, 3)
    return {
        "ms": took if measured.happened else None,
        "watched_ms": None if measured.happened else took,
        "tolerance_ms": round(measured.tolerance / MS, 3),
        "tolerance": measured.why,
    }


def _text(path: Path, history: History, unfit: Unfit | None) -> str:
    """Return the figures of a recording as text."""
    width = shutil.get_terminal_size((WIDTH, 0)).columns
    lines = [str(path), history.about.scenario]
    lines.append(report.settings(history.about, width))
    word = "INCONCLUSIVE" if isinstance(unfit, Inconclusive) else "NOT TESTABLE HERE"
    lines += ["", f"{word}: {unfit.message}"] if unfit else [""]
    for name, measured in _times(history):
        tolerance = f"+- {in_ms(measured.tolerance)} ({measured.why})"
        lines.append(f"  {name:<22}{measured!s:>12}   {tolerance}")
    facts, reasons = _facts(history)
    lines += [f"  {name:<22}{_words(value):>12}" for name, value in facts.items()]
    lines += _not_testable(reasons, width)
    if history.mark("disturb") is not None:
        _, zero = timeline.origin(history)
        page = report.drawn(history, (), width)
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        lines += ["", f"0 = {zero}", paint.page(page) if colour else page]
    return "\n".join([*lines, ""])


def _not_testable(reasons: Mapping[str, str], width: int) -> Iterator[str]:
    """Yield what cannot be told, by the reason."""
    for reason in dict.fromkeys(reasons.values()):
        names = ", ".join(name for name, why in reasons.items() if why == reason)
        text = f"not testable: {names}: {reason}"
        yield textwrap.fill(text, width, initial_indent="  ", subsequent_indent=" " * 4)


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " -> ".join("none" if part is None else str(part) for part in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {part}" for name, part in value.items())
    return str(value)

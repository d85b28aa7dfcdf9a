"""The figures, options and reads of a scenario's recording, as plain values in its report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.bonding import BondOptions, Window, spans
from harness.errors import HarnessError
from harness.history import BondAbout, History
from harness.judge import measure, report
from harness.judge.figure import Limit
from harness.judge.run import Run
from harness.units import MS, Measured, Span

FAILED = (HarnessError, LookupError, TypeError, ValueError, AttributeError)
PLACE = "end of the "


def of(
    run: Run, path: Path | None, results: Path | None, *, phased: bool = False
) -> dict[str, Any]:
    """Return figures, options that the kernel knows, what was read, and where the history lies.

    `phased` says that the fault came at a phase of the monitor that differs from run to run.
    """
    history = run.recording
    if history is None:
        return {}
    inside = path is not None and results is not None and path.is_relative_to(results)
    return {
        "figures": _figures(run, phased=phased),
        "options": known_options(history),
        "settings": settings(history),
        "reads": [asdict(read) for read in run.reads.values()],
        "history": str(path.relative_to(results)) if inside and path and results else None,
    }


def known_options(history: History) -> list[str]:
    """Return the names of the options that the kernel read back, of all bonds."""
    try:
        bonds = measure.bonds(history).values()
        return sorted({name for bond in bonds for name in bond.seen})
    except FAILED:
        return []


def settings(history: History) -> dict[str, dict[str, str]]:
    """Return for each bond the options that differ from their defaults, as text."""
    try:
        bonds = measure.bonds(history).items()
        return {
            name: {option: report.word(value) for option, value in bond.changed.items()}
            for name, bond in bonds
        }
    except FAILED:
        return {}


def _figures(run: Run, *, phased: bool) -> dict[str, dict[str, Any]]:
    """Return all figures of the recording and those read by the scenario, with bounds, in ms."""
    try:
        found = {**run.asked, **dict(report.times(run.history))}
        return {
            name: figure(name, one, run.limits, run.history, phased=phased)
            for name, one in found.items()
        }
    except FAILED:
        return {}  # unreliable figures are omitted


def figure(
    name: str,
    measured: Measured,
    limits: Iterable[Limit],
    history: History,
    *,
    phased: bool = False,
) -> dict[str, Any]:
    """Return one figure with its tolerance, its bounds, and its leeway, all in ms.

    The leeway is how much it may vary between runs on one kernel: it depends on the phase of the
    monitor at which the fault happens. In virtual time the phase is fixed, unless it was varied
    on purpose (`phased`).
    """
    bounds = [limit for limit in limits if limit.what.removeprefix(PLACE) == name]
    took = _ms(measured.ns)
    fixed = history.about.virtual and not phased
    return {
        "ms": took if measured.happened else None,
        "watched_ms": None if measured.happened else took,
        "tolerance_ms": _ms(measured.tolerance),
        "leeway_ms": 0.0 if fixed else _ms(max(_between(bounds), _phase(name, history))),
        "bounds": [_bound(limit) for limit in bounds],
    }


def _bound(limit: Limit) -> dict[str, Any]:
    span = limit.bound
    return {
        "op": limit.op,
        "ms": _ms(span.ns),
        "slack_ms": _ms(_slack(limit)),
        "own": span.own,
    }


def _slack(limit: Limit) -> int:
    return limit.bound.slack if limit.op in ("<=", ">") else limit.bound.early


def _between(limits: Iterable[Limit]) -> int:
    """Return the width (ns) of the range that a scenario's bounds allow."""
    high = [limit.bound.ns + limit.bound.slack for limit in limits if limit.op in ("<=", "<")]
    low = [limit.bound.ns - limit.bound.early for limit in limits if limit.op in (">=", ">")]
    return max(0, min(high) - max(low, default=0)) if high else 0


def _phase(name: str, history: History) -> int:
    """Return the width (ns) of the window of a figure, by the bond's monitor."""
    kind = name.partition(" ")[0]
    found = [0]
    for bond, changes in _in_force(history):
        options = BondOptions.unchecked(**changes)
        lag = Span(bond.lag)
        times = spans(options, history.about.kernel.hz, lag)
        if not options["miimon"] and not options["arp_interval"]:
            continue
        if kind in ("detection", "outage", "dark"):
            found.append(_width(times.detection))
        if kind in ("reversion", "outage", "dark"):
            found.append(_width(times.reversion()))
    return max(found)


def _in_force(history: History) -> Iterator[tuple[BondAbout, Mapping[str, Any]]]:
    """Yield each bond with its options at the start, and at the end if they changed."""
    for bond in measure.bonds(history).values():
        yield bond, bond.changed
        if bond.later:
            yield bond, {**bond.changed, **bond.later}


def _width(window: Window) -> int:
    return window.latest.ns + window.latest.slack - window.earliest.ns + window.earliest.early


def _ms(ns: int) -> float:
    return round(ns / MS, 3)

"""All figures of a recording, by their names in the results."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial

from harness.errors import HarnessError
from harness.judge import measure, report
from harness.judge.run import Run
from harness.judge.views import Slave
from harness.units import Measured

OF_TRAFFIC = ("outage", "outage_out", "outage_in", "dark", "dark_out", "dark_in")
OF_BOND = ("detection", "switchover", "first_reply", "reversion", "announcement", "garp_gaps")
OF_SLAVE = ("detection", "recovery", "arp_probe_gaps")
BETWEEN = re.compile(r"time from gratuitous ARP (\d+) to (\d+)")


def by_name(run: Run, wanted: Iterable[str] = ()) -> dict[str, Measured]:
    """Return the figures of a vetted run; of several alike the longest, as a run has them.

    Those that were read of it before are among them (harness.judge.reads); of older results, which
    do not store what was read, the times between two gratuitous ARPs whose names are `wanted`.
    What the recording cannot tell is left out.
    """
    for reader in _readers(run, wanted):
        with suppress(HarnessError):
            reader()
    return {**run.asked, **dict(report.times(run.history))}


def _readers(run: Run, wanted: Iterable[str]) -> Iterator[Callable[[], object]]:
    for view, names in _views(run):
        yield from (partial(getattr, view, name) for name in names)
    for match in filter(None, map(BETWEEN.fullmatch, wanted)):
        first, last = map(int, match.groups())
        yield partial(run.garps_between, first, last)


def _views(run: Run) -> Iterator[tuple[Run | Slave, tuple[str, ...]]]:
    yield run, OF_TRAFFIC
    for name, bond in measure.bonds(run.history).items():
        yield run[name], OF_BOND
        yield from ((run.slave(slave), OF_SLAVE) for slave in bond.slaves)

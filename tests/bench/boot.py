"""How long it takes from starting a guest to its first scenario, and where that time goes."""

from __future__ import annotations

import time
from itertools import pairwise
from statistics import median

from tests.bench.guest import Bench, Line
from tests.bench.table import Table

NAME = "boot"
BOOTS = 5
ITEM = "scenarios/test_miimon.py::test_default_of_miimon[balance-rr-0]"
# What ends each stretch, in order, and what the stretch is called.
STRETCHES = {
    "kernel": "process to kernel clock",
    "init": "kernel boot",
    "python": "python start, imports of init",
    "mounted": "mounts, job",
    "modules": "bonding and other modules",
    "called": "loopback, import of the work",
    "pytest": "import pytest",
    "worker": "import harness.session.worker",
    "facts": "facts (200 sleeps)",
    "run": "import harness.record.net (pyroute2)",
    "collected": "pytest start, collection",
    "begun": "to the first scenario",
}


def table(bench: Bench) -> Table:
    """Return the medians of all stretches of a boot, in seconds."""
    count = min(BOOTS, bench.rounds)
    boots = [_boot(bench) for _ in range(count)]
    rows = [
        {"from start to first scenario": text, "s": _s(median(one[name] for one in boots))}
        for name, text in STRETCHES.items()
    ]
    sums = [sum(one[name] for name in STRETCHES) for one in boots]
    text = f"all (min {min(sums):.2f}, max {max(sums):.2f})"
    rows.append({"from start to first scenario": text, "s": _s(median(sums))})
    text = "later, at the first ARP frame: import scapy.layers.l2"
    rows.append({"from start to first scenario": text, "s": _s(median(b["scapy"] for b in boots))})
    return Table(NAME, f"boot to first scenario ({count} boots, medians)", tuple(rows))


def _s(seconds: float) -> str:
    return f"{seconds:.2f}"


def _boot(bench: Bench) -> dict[str, float]:
    """Boot once; return the length of each stretch in seconds."""
    said: list[Line] = []
    guest = bench.guest(
        "tests.bench.booted:inside",
        lambda _, line: said.append(line),
        files=(str(bench.root / "scenarios/test_miimon.py"),),
        ids=(ITEM,),
        arguments=(
            *("-p", "harness.plugin", "-p", "no:cacheprovider", "-p", "tests.bench.phases"),
            *(f"--rootdir={bench.root}", "--import-mode=importlib"),
            *("-c", str(bench.root / "pyproject.toml"), "-o", "addopts="),
        ),
    )
    reached = next(line["reached"] for line in said if "reached" in line)
    started = time.time() - time.monotonic() + guest.started - reached["zero"]
    times = [started]
    for name in STRETCHES:  # on the host's kernel there is no boot, nor modules to load
        times.append(reached.get(name, times[-1]))
    lengths = [after - before for before, after in pairwise(times)]
    return {**dict(zip(STRETCHES, lengths, strict=True)), "scapy": reached["scapy"]}

"""`python -m tests.bench`: what building, booting, probing and measuring cost here."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console

from harness import kernels
from harness.errors import HarnessError, UsageError
from harness.units import in_ms
from tests.bench import (
    boot,
    kept,
    kept_scenarios,
    labs,
    outage,
    probes,
    qemu,
    report,
    scenario,
    selftests,
    skipped,
    suite,
    topologies,
)
from tests.bench.guest import Bench
from tests.bench.table import Table

FIGURES: dict[str, Callable[[Bench], Table]] = {
    module.NAME: module.table
    for module in (
        boot,
        topologies,
        selftests,
        scenario,
        labs,
        qemu,
        probes,
        outage,
        report,
        suite,
    )
}
ON_REQUEST = {suite.NAME, kept_scenarios.NAME}  # they run scenarios for minutes
# In virtual time work takes no time: what runs in the guest says 0.
VIRTUAL = {
    skipped.NAME: skipped.table,
    kept.NAME: kept.table,
    kept_scenarios.NAME: kept_scenarios.table,
    report.NAME: report.table,
}
ROOT = Path(__file__).resolve().parents[2]


@click.command()
@click.option(
    "--kernel",
    default="uml",
    show_default=True,
    help="As for pytest (see its --help). With a virtual clock only `skipped` can be measured.",
)
@click.option(
    "--rounds",
    default=20,
    show_default=True,
    type=click.IntRange(min=2),
    help="How often what is short is repeated.",
)
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write all figures to FILE.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([*FIGURES, *VIRTUAL]),
    help="Measure this figure; may be given several times.",
)
@click.option("--suite", "whole", is_flag=True, help="Run all scenarios too: takes minutes.")
def main(
    kernel: str, rounds: int, file: Path | None, only: tuple[str, ...], *, whole: bool
) -> None:
    """Print what the harness costs on this machine; nothing is asserted, the exit status is 0.

    Nothing else should run meanwhile: each figure boots guests of its own, one after the other.
    """
    try:
        _check_root()
        kernels.check(kernel)
        chosen = kernels.resolve(kernel, lambda line: click.echo(line, err=True))
        names = _names(chosen, only, whole=whole)
        tables = _measure(Bench(chosen, kernel, rounds, ROOT), names)
    except HarnessError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(4)
    if file:
        file.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")


def _check_root() -> None:
    if not (ROOT / "scenarios" / "topologies.py").is_file():
        raise HarnessError(
            f"{ROOT} has no scenarios/topologies.py to measure",
            hint="run the benchmark in a checkout: pip install -e .",
        )


def _names(kernel: kernels.Kernel, only: tuple[str, ...], *, whole: bool) -> tuple[str, ...]:
    """Return the figures to measure; raises UsageError for those that this clock cannot show."""
    virtual = kernel.clock == "virtual"
    can = VIRTUAL if virtual else FIGURES
    if wrong := [name for name in only if name not in can]:
        raise UsageError(
            f"{kernel.name} has a {kernel.clock} clock, which cannot show: {', '.join(wrong)}",
            hint=f"choose from {', '.join(can)}, or a kernel with another clock",
        )
    return only or tuple(name for name in can if whole or name not in ON_REQUEST)


def _measure(bench: Bench, names: tuple[str, ...]) -> dict[str, object]:
    """Measure and print one figure after the other; return them all."""
    console = Console(highlight=False)
    found: dict[str, object] = {}
    for name in names:
        with console.status(f"measuring {name} ..."):
            table = _table(bench, name)
        table.show(console)
        found[name] = table.plain()
    machine = _machine(bench)
    console.print(" ".join(f"{name} {value}," for name, value in machine.items()).rstrip(","))
    return {"machine": machine, **found}


def _table(bench: Bench, name: str) -> Table:
    """Return a figure; where it could not be measured, why."""
    try:
        return {**FIGURES, **VIRTUAL}[name](bench)
    except HarnessError as error:
        return Table(name, name, notes=(f"not measured: {error}",))


def _machine(bench: Bench) -> dict[str, str | int]:
    """Return what the figures were measured on."""
    facts = bench.facts
    return {
        "cores": len(os.sched_getaffinity(0)),
        "host": os.uname().release,
        "guest": bench.kernel.name,
        "HZ": facts.get("hz", "unknown"),
        "jitter": in_ms(facts["jitter"]) if "jitter" in facts else "unknown",
        "load": f"{os.getloadavg()[0]:.1f}",
        "python": sys.version.partition(" ")[0],
    }


if __name__ == "__main__":
    main(prog_name="python -m tests.bench")

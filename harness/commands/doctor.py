"""`harness doctor`: what this machine supports, and the commands that add what is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.commands.exit_status import Command
from harness.doctor import kernels, tools
from harness.doctor.check import BAD, GOOD, LACKING, CheckResult, TimedCheck
from harness.errors import UsageError

LOOKS = (
    TimedCheck("processor", tools.this_processor),
    TimedCheck("host bonding", kernels.this_kernel),
    TimedCheck("user namespaces", tools.namespaces),
    TimedCheck("kernels cached", kernels.cached, 45.0),
    TimedCheck("package sources", kernels.package_sources, 45.0),
    TimedCheck("cache", kernels.disk),
    TimedCheck("guest memory", kernels.memory),
    TimedCheck("compiler", tools.compiler, 20.0),
    TimedCheck("QEMU", kernels.emulator),
    TimedCheck("/dev/kvm", kernels.virtualisation, 15.0),
    TimedCheck("tun", tools.tun),
    TimedCheck("tc classifiers", tools.classifiers),
    TimedCheck("nftables", tools.nftables),
)
COLOURS = {GOOD: "green", LACKING: "yellow", BAD: "red"}
# Without these no kernel can be booted or fetched.
NEEDED = ("cache", "guest memory")


@click.command(cls=Command)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--lab", type=click.Path(path_type=Path), help="Check the lab of this file.")
@click.option("--up", is_flag=True, help="With --lab: test cables whose NICs are down, too.")
@click.pass_context
def doctor(context: click.Context, /, *, as_json: bool, lab: Path | None, up: bool) -> None:
    """Check what this machine supports, and print the commands that add what is missing.

    With --lab: what the machines of a lab file lack, and which NIC is cabled to which far end. A
    NIC that is down is not tested, unless --up: then free ones are up for at most 10 s.

    Nothing else is installed or changed. Each check has a time limit. A cached kernel is booted,
    for a second or two.

    Exit status: 0 scenarios can run here (--lab: all checks passed), 1 they cannot, 4 the lab file
    is wrong.
    """
    if lab is not None:
        _of_lab(context, lab, as_json=as_json, up=up)
    if up:
        raise UsageError("--up tests the cables of a lab", hint="name its file: --lab FILE")
    rows = dict(_check_all(quiet=as_json))
    kernel = runs_in(rows)
    if as_json:
        found = {name: asdict(row) for name, row in rows.items()}
        click.echo(json.dumps({"rows": found, "kernel": kernel}, indent=1))
    else:
        Console().print(table(rows))
        click.echo(verdict(kernel, rows))
    context.exit(0 if kernel else 1)


def _of_lab(context: click.Context, path: Path, *, as_json: bool, up: bool) -> NoReturn:
    """Check a lab's machines, print the results, and exit."""
    from harness.doctor import lab  # noqa: PLC0415  (paramiko and pyroute2 take a second)
    from harness.labs.description.read import read  # noqa: PLC0415

    rows = dict(lab.rows(read(path), up=up))
    bad = [name for name, row in rows.items() if row.state == BAD]
    if as_json:
        click.echo(
            json.dumps({"rows": {name: asdict(row) for name, row in rows.items()}}, indent=1)
        )
    else:
        Console().print(table(rows))
        click.echo(f"in the way: {', '.join(bad)}" if bad else "nothing is in the way")
    context.exit(1 if bad else 0)


def _check_all(*, quiet: bool) -> Iterator[tuple[str, CheckResult]]:
    with Console(stderr=True, quiet=quiet).status("") as status:
        for look in LOOKS:
            status.update(f"{look.name}, at most {look.limit:g} s")
            yield look.name, look.take()


def runs_in(rows: dict[str, CheckResult]) -> str:
    """Return in which kernel scenarios can run, "" for none."""
    for name in ("host bonding", "kernels cached"):
        if rows[name].kernel:
            return rows[name].kernel
    sound = all(rows[name].state != BAD for name in NEEDED)
    sources = rows["package sources"].kernel if sound and not _unfit(rows) else ""
    return sources or rows["QEMU"].kernel


def _unfit(rows: dict[str, CheckResult]) -> bool:
    """Return whether what is offered is cached already, and does not boot."""
    return rows["kernels cached"].state == BAD


def table(rows: dict[str, CheckResult]) -> Table:
    """Return the page."""
    made = Table(box=None, pad_edge=False, show_header=True, header_style="bold")
    made.add_column("", no_wrap=True)
    made.add_column("", no_wrap=True)
    made.add_column("found", overflow="fold", ratio=3)
    made.add_column("to mend or add it", overflow="fold", ratio=2)
    for name, row in rows.items():
        state = Text(row.state, style=COLOURS[row.state])
        made.add_row(name, state, Text(row.found), Text(row.remedy))
    return made


def verdict(kernel: str, rows: dict[str, CheckResult]) -> str:
    """Return the last line: what to run, or what to do first."""
    if kernel == "host":
        return "scenarios run in this machine's kernel: pytest scenarios/"
    if kernel:
        fetched = "" if rows["kernels cached"].kernel == kernel else ", which is fetched first"
        return f"scenarios run in {kernel}{fetched}: pytest scenarios/"
    mend = [row.remedy for row in rows.values() if row.state == BAD and row.remedy]
    mend += [row.remedy for row in rows.values() if row.state == LACKING and row.remedy]
    first = f"; begin with: {mend[0]}" if mend else ""
    return f"nothing can run here: no kernel with a bonding driver can be had{first}"

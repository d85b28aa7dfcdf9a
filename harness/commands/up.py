"""`harness up`: a topology to work in by hand."""

from __future__ import annotations

from dataclasses import asdict

import click

from harness.commands.exit_status import Command
from harness.commands.progress import say
from harness.guests.errand import job_for
from harness.guests.guests import Guests
from harness.guests.job import interpreter_path
from harness.interactive import terminal, topologies
from harness.interactive.kernels import with_terminal
from harness.kernels import Kernel, host, specs, trial

WORK = "harness.interactive.prompt:main"


@click.command(cls=Command)
@click.argument("topology")
@click.option(
    "--kernel",
    metavar="SPEC",
    help="The kernel to work in; default: this machine's where it has bonding, else uml.",
)
def up(topology: str, kernel: str | None) -> None:
    """Build TOPOLOGY and give a Python prompt in it: cut cables by hand, look at the bond.

    TOPOLOGY is one of the scenarios' (one_switch, blade_chassis, ...) or FILE.py:CLASS.
    The prompt has the links, switches and machines by name, records with `net.watch()`, and opens
    shells in a machine's network. Leaving it leaves nothing behind.

    Exit status: 0 done, 1 the topology could not be built, 2 the command line is wrong, 4 there is
    no such topology, or the kernel cannot have a prompt.
    """
    place = topologies.find(topology)
    chosen = _with_terminal(kernel)
    with terminal.pair() as (ours, guests_end):
        job = job_for(
            chosen,
            WORK,
            path=(place.directory, *interpreter_path()),
            options={"topology": asdict(place)},
        )
        say(f"{topology} in {chosen.name}")
        with Guests(chosen, terminal=guests_end) as guests:
            guest = guests.boot("up", job)
            terminal.attend(guests, guest, ours)


def _with_terminal(spec: str | None) -> Kernel:
    """Return a kernel that can have a prompt; raises UsageError for another."""
    spec = spec or ("host" if not host.refusal() else "uml")
    return with_terminal(trial.fit(specs.resolve(spec, say), say))

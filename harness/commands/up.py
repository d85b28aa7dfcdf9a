"""`harness up`: a topology to work in by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import click

from harness.commands.exit_status import Command
from harness.commands.progress import say
from harness.drivers import DEFAULT_MODEL
from harness.errors import UsageError
from harness.guests.errand import job_for
from harness.guests.guests import Guests
from harness.guests.job import interpreter_path
from harness.interactive import terminal, topologies
from harness.interactive.kernels import with_terminal
from harness.kernels import Kernel, host, specs, trial
from harness.kernels.host import HostKernel
from harness.labs import registry

WORK = "harness.interactive.prompt:main"


@click.command(cls=Command)
@click.argument("topology")
@click.option(
    "--kernel",
    metavar="SPEC",
    help="The kernel to work in; default: this machine's where it has bonding, else uml.",
)
@click.option(
    "--lab",
    default=registry.DEFAULT,
    show_default=True,
    help=f"Where it is built: {', '.join(registry.NAMES)}; a lab file only runs scenarios.",
)
@click.option("--nic", metavar="MODEL,...", help="The DUT's NICs with --lab qemu.")
def up(topology: str, kernel: str | None, lab: str, nic: str | None) -> None:
    """Build TOPOLOGY and give a Python prompt in it: cut cables by hand, look at the bond.

    TOPOLOGY is one of the scenarios' (one_switch, blade_chassis, ...) or FILE.py:CLASS. With
    --lab qemu the DUT is Debian's stock kernel in QEMU, for which this must be root.
    The prompt has the links, switches and machines by name, records with `net.watch()`, and opens
    shells in a machine's network. Leaving it leaves nothing behind.

    Exit status: 0 done, 1 the topology could not be built, 2 the command line is wrong, 4 there is
    no such topology, or the kernel cannot have a prompt.
    """
    place = topologies.find(topology)
    dut = _dut(lab, kernel, nic)
    chosen = HostKernel() if dut else _with_terminal(kernel)
    with terminal.pair() as (ours, guests_end):
        job = job_for(
            chosen,
            WORK,
            path=(place.directory, *interpreter_path()),
            options={"topology": asdict(place)},
            lab=lab,
            dut=dut,
        )
        say(f"{topology} in {dut.get('release') or chosen.name}")
        with Guests(chosen, terminal=guests_end) as guests:
            guest = guests.boot("up", job)
            terminal.attend(guests, guest, ours)


def _dut(lab: str, kernel: str | None, nic: str | None) -> Mapping[str, str]:
    """Return what a lab has to know of the DUT that it brings, {} for none; raises UsageError."""
    if registry.is_file(lab):
        raise UsageError(
            f"{lab} describes a lab with machines of its own, where only scenarios run",
            hint=f"choose --lab {', '.join(registry.NAMES)}",
        )
    registry.known(lab)
    if not registry.brings_kernel(lab):
        if nic:
            raise UsageError(
                f"--lab {lab} has no NICs of other models",
                hint="add --lab qemu, or leave --nic out",
            )
        return {}
    registry.demand_no_kernel(lab, kernel)
    from harness.kernels.dut import image  # noqa: PLC0415  (only for this lab)

    return image.for_job(say, nic or DEFAULT_MODEL)


def _with_terminal(spec: str | None) -> Kernel:
    """Return a kernel that can have a prompt; raises UsageError for another."""
    spec = spec or ("host" if not host.refusal() else "uml")
    return with_terminal(trial.fit(specs.resolve(spec, say), say))

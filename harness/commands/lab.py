"""`harness lab`: what labs need before scenarios run there."""

from __future__ import annotations

import time

import click

from harness.commands.exit_status import Group


@click.group(cls=Group)
def lab() -> None:
    """Make what labs need."""


@lab.command()
@click.argument("name", type=click.Choice(["qemu"]))
@click.option("--again", is_flag=True, help="Build it even if it is in the cache.")
def build(name: str, *, again: bool) -> None:
    """Build what a lab starts its machines from.

    NAME is qemu: the image of a DUT, Debian's kernel with SSH and Python in an initramfs. It is
    made of packages that are only unpacked, so no root is needed, and kept in the user's cache.
    `pytest scenarios/ --lab qemu` builds it by itself where it is missing.

    Exit status: 0 it is in the cache, 1 it could not be built, 4 the command line is wrong.
    """
    from harness.kernels.dut import image  # noqa: PLC0415  (for --help it need not be there)

    began = time.monotonic()
    found = image.image(lambda line: click.echo(line, err=True), again=again)
    took = time.monotonic() - began
    click.echo(f"the DUT is linux {found.release}, by {found.accelerator} ({took:.0f} s): {name}")
    click.echo(f"pytest scenarios/ --lab {name}")

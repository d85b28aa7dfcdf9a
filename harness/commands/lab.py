"""`harness lab`: prepare what labs need."""

from __future__ import annotations

import time
from pathlib import Path

import click

from harness.commands.exit_status import CommandGroup
from harness.commands.progress import say


@click.group(cls=CommandGroup)
def lab() -> None:
    """Prepare what labs need."""


@lab.command()
@click.argument("name", type=click.Choice(["qemu", "box"]))
@click.option("--again", is_flag=True, help="Build it even if it is in the cache.")
@click.option(
    "--to", type=click.Path(path_type=Path), default="box", help="Where a box goes (box)."
)
def build(name: str, *, again: bool, to: Path) -> None:
    """Build the image from which a lab boots its machines.

    NAME is qemu: the image of a DUT, Debian's kernel with SSH and Python in an initramfs. Packages
    are only unpacked, so root is not needed; the image is kept in the user's cache.
    `pytest scenarios/ --lab qemu` builds it if it is missing.

    box: a Vagrant box for libvirt of the same image, with the key and the host key of its machine,
    in a directory for the Vagrantfile and labs/libvirt.toml.

    Exit status: 0 it is there, 1 it could not be built, 4 the command line is wrong.
    """
    from harness.kernels.dut import image  # noqa: PLC0415  (for --help it need not be there)

    began = time.monotonic()
    found = image.image(say, again=again)
    took = time.monotonic() - began
    click.echo(f"the DUT is linux {found.release}, by {found.accelerator} ({took:.0f} s): {name}")
    if name == "box":
        from harness.kernels.dut import box  # noqa: PLC0415

        made = box.box(found, to)
        click.echo(f"vagrant box add --force --name {box.NAME} {made}")
        return
    click.echo(f"pytest scenarios/ --lab {name}")

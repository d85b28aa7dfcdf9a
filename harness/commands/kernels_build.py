"""`harness kernels build`: a kernel with virtual time, made once and kept in the cache."""

from __future__ import annotations

import click


@click.command()
@click.argument("spec")
@click.option("--again", is_flag=True, help="Build it even if it is in the cache.")
@click.pass_context
def build(context: click.Context, /, spec: str, *, again: bool) -> None:
    """Build a kernel with virtual time.

    SPEC is virtual@7.2, or debug@7.2 for one that watches itself (lockdep, KASAN, fault
    injection).

    The source is Debian's linux-source package of whichever suite has that version; the options
    are those of labs/virtual.config and its neighbours. It takes some minutes once. Interrupted,
    the same command goes on where it was; into the cache a kernel comes whole or not at all.

    Exit status: 0 the kernel is in the cache, 1 it could not be built, 4 the SPEC is wrong.
    """
    from harness.kernels import build as builder  # noqa: PLC0415  (for --help it need not be there)

    try:
        entry = builder.build(spec, lambda line: click.echo(line, err=True), again=again)
    except KeyboardInterrupt:
        click.echo("stopped; the same command goes on where it was", err=True)
        context.exit(130)
    click.echo(f"{entry.spec} is linux {entry.release}: pytest scenarios/ --kernel {entry.spec}")

"""`harness kernels build`: build a kernel with virtual time into the cache."""

from __future__ import annotations

import click

from harness.commands.progress import say


@click.command()
@click.argument("spec")
@click.option("--again", is_flag=True, help="Build it even if it is in the cache.")
@click.pass_context
def build(context: click.Context, /, spec: str, *, again: bool) -> None:
    """Build a kernel with virtual time.

    SPEC is virtual@7.2, or debug@7.2 for one with lockdep, KASAN and fault injection.

    The source is Debian's linux-source package of that version, from any suite; the options are
    in labs/*.config. It takes some minutes. An interrupted build is resumed by the same command;
    only a complete kernel is put into the cache.

    Exit status: 0 the kernel is in the cache, 1 it could not be built, 4 the SPEC is wrong.
    """
    from harness.kernels import build as builder  # noqa: PLC0415  (for --help it need not be there)

    try:
        entry = builder.build(spec, say, again=again)
    except KeyboardInterrupt:
        click.echo("interrupted; the same command resumes the build", err=True)
        context.exit(130)
    click.echo(f"{entry.spec} is linux {entry.release}: pytest scenarios/ --kernel {entry.spec}")

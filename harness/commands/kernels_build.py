"""`harness kernels build`: build a kernel with virtual time into the cache."""

from __future__ import annotations

from pathlib import Path

import click

from harness.commands.exit_status import INTERRUPTED
from harness.commands.progress import say
from harness.errors import UsageError
from harness.kernels.cached_kernel import CachedKernel


@click.command()
@click.argument("source", metavar="SPEC|TREE")
@click.option(
    "--patch",
    "patches",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Apply a patch first; given again, one after another.",
)
@click.option("--name", default="", help="The name that --kernel knows it by.")
@click.option("--debug", is_flag=True, help="Build a TREE with lockdep, KASAN, fault injection.")
@click.option("--again", is_flag=True, help="Compile everything, even if it was compiled before.")
@click.pass_context
def build(
    context: click.Context,
    /,
    source: str,
    patches: tuple[Path, ...],
    name: str,
    *,
    debug: bool,
    again: bool,
) -> None:
    """Build a kernel with virtual time.

    SPEC is virtual@7.2, debug@7.2 for one with lockdep, KASAN and fault injection, or coverage@7.2
    for one that counts which lines of the driver run: Debian's linux-source package of that
    version, from any suite. It takes some minutes. An interrupted
    build is resumed by the same command; only a complete kernel is put into the cache.

    TREE is the directory of a kernel tree: what is not committed counts, and nothing is written to
    it. Such a kernel, and one with patches, has a name: by default that of the directory, or of
    the first patch. The second build compiles only what has changed.

    Exit status: 0 the kernel is in the cache, 1 it could not be built, 4 the SPEC, the TREE, a
    patch or the name is wrong.
    """
    try:
        entry = _build(source, list(patches), name, debug=debug, again=again)
    except KeyboardInterrupt:
        click.echo("interrupted; the same command resumes the build", err=True)
        context.exit(INTERRUPTED)
    click.echo(f"{entry.spec} is linux {entry.release}: pytest scenarios/ --kernel {entry.spec}")


def _build(
    source: str, patches: list[Path], name: str, *, debug: bool, again: bool
) -> CachedKernel:
    # For --help they need not be there.
    from harness.kernels import build as builder  # noqa: PLC0415
    from harness.kernels import own_build  # noqa: PLC0415

    is_tree = bool(source) and Path(source).is_dir()
    if debug and not is_tree:
        raise UsageError("--debug is for the directory of a tree", hint="give debug@7.2")
    if is_tree or patches or name:
        return own_build.build_own(source, patches, name, say, debug=debug, again=again)
    return builder.build(source, say, again=again)

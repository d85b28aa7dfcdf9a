"""`harness kernels`: list, fetch, remove and check kernels."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import click

from harness.commands.exit_status import CommandGroup
from harness.commands.progress import say
from harness.errors import KernelUnavailable, LabError, UsageError
from harness.kernels import Kernel, cache, cached_kernel, host, offers, specs, trial
from harness.kernels.cached_kernel import CachedKernel
from harness.units import in_ms

FIELDS = ("kernel", "release", "clock", "flavour", "size", "state")


@click.group(cls=CommandGroup)
def kernels() -> None:
    """List, fetch, build, remove and check the kernels that scenarios run in.

    A SPEC is host, uml, uml@6.12, virtual@7.2, stock@6.1 (Debian's own, in QEMU), 6.12 (the best
    there is of that version), a name of labs/kernels.toml or of `harness kernels build`, or the
    path of a User-Mode Linux kernel, of its .deb, or of a vmlinuz with its modules.

    Exit status: 0 done, 1 it could not be done or the kernel cannot be used, 2 the command line is
    wrong, 4 the SPEC or labs/kernels.toml is wrong.
    """


@kernels.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.option("--cached", is_flag=True, help="Only cached kernels: do not query package sources.")
@click.option(
    "--refresh", is_flag=True, help="Query the package sources even if they were queried today."
)
def list_(*, as_json: bool, cached: bool, refresh: bool) -> None:
    """List cached kernels and those that the machine's package sources offer.

    Sources are queried once a day. The size is that of a kernel in the cache.
    """
    rows = [_host(), *map(_kept, cached_kernel.entries())]
    if not cached:
        rows += _offered(rows, refresh=refresh)
    click.echo(json.dumps(rows, indent=1) if as_json else _table(rows))


@kernels.command()
@click.argument("spec")
def fetch(spec: str) -> None:
    """Fetch a kernel into the cache, unless an undamaged one is there.

    Only the cache is written; root is not needed, and apt's state is not changed.
    """
    specs.check(spec)
    kernel = specs.resolve(spec, say)
    click.echo(f"{spec} is {kernel.name}")


@kernels.command()
@click.argument("spec")
def remove(spec: str) -> None:
    """Remove kernels from the cache: all that match a SPEC, or one by its directory's name.

    Kernels that are in use by a run are kept.
    """
    with cache.locked(say):
        found = [entry for entry in cached_kernel.entries() if _means(spec, entry)]
        if not found:
            _demand_cacheable(spec)
            raise LabError(
                f"{spec} is not in the cache", hint="harness kernels list --cached shows what is"
            )
        for entry in found:
            freed = cached_kernel.remove(entry)
            click.echo(f"removed {entry.spec} ({entry.place.name}): {_mb(freed)} freed")


@kernels.command()
def clean() -> None:
    """Remove the sources and objects that `harness kernels build` keeps to build faster.

    Kernels in the cache remain.
    """
    from harness.kernels import own_build  # noqa: PLC0415  (what only this command needs)

    click.echo(f"{_mb(own_build.clean(say))} freed")


@kernels.command()
@click.argument("spec", metavar="FILE|SPEC")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def check(context: click.Context, /, spec: str, *, as_json: bool) -> None:
    """Boot a kernel and report what it supports: bonding, HZ, missing options.

    Exit status: 0 scenarios can run in it, 1 they cannot, 4 the SPEC is wrong.
    """
    from harness.commands import checkup  # noqa: PLC0415  (imports what only this command needs)

    specs.check(spec)
    kernel = specs.resolve(spec, say)
    cause = ""
    try:
        kernel = trial.fit(kernel, say)
    except KernelUnavailable as error:
        cause = str(error)
    say(f"booting {kernel.name} ...")
    found = checkup.examine(kernel)
    data = asdict(found) | {"usable": found.usable, "cause": "" if found.usable else cause}
    click.echo(json.dumps(data, indent=1) if as_json else "\n".join(_told(kernel, data)))
    context.exit(0 if found.usable else 1)


def _host() -> dict[str, Any]:
    refused = host.refusal()
    found = host.HostKernel()
    release = found.name.removeprefix("host ")
    return _row("host", release, "real", "host", 0, refused or "can be used")


def _kept(entry: CachedKernel) -> dict[str, Any]:
    row = _row(entry.spec, entry.release, entry.clock, entry.flavour, entry.size(), _state(entry))
    names = ("suite", "version", "origin", "digest")
    return row | {"directory": str(entry.place)} | {name: getattr(entry, name) for name in names}


def _state(entry: CachedKernel) -> str:
    damage = entry.damage()
    if damage:
        return f"damaged: {damage}"
    built = f", built from {entry.origin}" if entry.origin else ""
    return f"cached, in use{built}" if cached_kernel.in_use(entry) else f"cached{built}"


def _offered(rows: list[dict[str, Any]], *, refresh: bool) -> Iterator[dict[str, Any]]:
    """Yield the kernels that suites offer and the cache does not have."""
    have = {row["version"] for row in rows}
    for offer in offers.all_suites(say, fresh=refresh):
        if offer.version not in have:
            have.add(offer.version)
            flavour = "stock" if offer.package == offers.STOCK else "uml"
            size = 0 if flavour == "stock" else offer.installed  # stock: a metapackage
            spec = f"{flavour}@{offer.series}"
            row = _row(spec, offer.series, "real", flavour, size, f"in {offer.suite}")
            yield row | {"suite": offer.suite, "version": offer.version}


def _row(
    kernel: str, release: str, clock: str, flavour: str, size: int, state: str
) -> dict[str, Any]:
    values = (kernel, release, clock, flavour, size, state)
    others = dict.fromkeys(("directory", "suite", "version", "origin", "digest"), "")
    return dict(zip(FIELDS, values, strict=True)) | others


def _table(rows: list[dict[str, Any]]) -> str:
    rows_shown: list[dict[str, str]] = [{name: name for name in FIELDS}]
    for row in rows:
        size = _mb(row["size"]) if row["size"] else "-"
        rows_shown.append({name: str(row[name]) for name in FIELDS} | {"size": size})
    width = {name: max(len(line[name]) for line in rows_shown) for name in FIELDS}
    shown = ("  ".join(line[name].ljust(width[name]) for name in FIELDS) for line in rows_shown)
    return "\n".join([*(line.rstrip() for line in shown), "", f"cache: {cache.directory()}"])


def _means(spec: str, entry: CachedKernel) -> bool:
    flavour, _, version = spec.partition("@")
    if flavour == entry.flavour and version:
        return entry.is_of(version)
    return spec in (entry.place.name, entry.name)


def _demand_cacheable(spec: str) -> None:
    """Raise UsageError for a spec that no cached kernel can match."""
    flavour = specs.parse(spec).flavour
    if flavour not in ("uml", "stock", *specs.BUILT) or "@" not in spec:
        raise UsageError(
            f"{spec} is not one kernel of the cache",
            hint="write it like uml@6.12, or give the name of its directory in the cache",
        )


def _told(kernel: Kernel, found: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that describe the results of a check."""
    line: Callable[[str, str], str] = "{:<10}{}".format
    facts = found["facts"]
    yield line("kernel", kernel.name)
    if not found["boots"]:
        yield line("boots", f"no: {found['trouble']}")
        yield from ("the end of its console:", *(f"  {text}" for text in found["console"]))
        yield from found["cause"].splitlines() if trial.TOO_OLD in found["cause"] else ()
        return
    yield line("boots", f"yes, in {found['seconds']:.1f} s")
    yield line("release", facts["kernel"])
    yield line("HZ", str(facts["hz"]))
    yield line("clock", f"{facts['clock']}, jitter {in_ms(facts['jitter'])} (p99)")
    yield line("bonding", f"yes, {facts['bonding']}" if found["bonding"] else found["trouble"])
    if found["bonding"]:
        lacks = found["lacks"]
        yield line("options", f"{found['options'] - len(lacks)} of {found['options']} tried work")
        for name, trouble in lacks.items():
            surprise = " (a kernel of its release should)" if name in found["unexpected"] else ""
            yield line("lacks", f"{name}{surprise}: {trouble}")
        for name in found["unexpected"]:
            if name not in lacks:
                yield line("has", f"{name}, though its release is not known to: a back-port")
    if found["bonding"] and found["trouble"]:
        yield line("trouble", found["trouble"])


def _mb(size: int) -> str:
    return f"{size / 1e6:.0f} MB"

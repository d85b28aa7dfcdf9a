"""`harness claims`: the catalogue of claims, and which scenarios test them."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from harness.claim_index import scenarios_by_claim
from harness.claims import FOLDER, Claim, catalogue, find
from harness.claims import difference as known_difference
from harness.commands.exit_status import CommandGroup
from harness.errors import UsageError
from harness.plural import counted

Index = Mapping[str, list[str]]
NARROWEST = 40


SCENARIOS = click.option(
    "--scenarios",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The directory of the scenarios (default: scenarios/).",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=CommandGroup)
def claims() -> None:
    """Show what the documentation of bonding promises, and which scenarios test it.

    Exit status: 0 done, 1 nothing was found, 2 the command line is wrong, 4 there is no such claim
    or no scenario.
    """


@claims.command("list")
@click.option("--untried", is_flag=True, help="Only claims that no scenario tests.")
@SCENARIOS
@JSON
@click.pass_context
def list_(
    context: click.Context, /, folders: tuple[Path, ...], *, untried: bool, as_json: bool
) -> None:
    """List all claims by section, with the number of scenarios of each."""
    index = _index(folders, needed=untried)
    _print(context, (one for one in _all() if not (untried and one.id in index)), index, as_json)


@claims.command()
@click.argument("text", nargs=-1, required=True)
@SCENARIOS
@JSON
@click.pass_context
def search(
    context: click.Context, /, text: tuple[str, ...], folders: tuple[Path, ...], *, as_json: bool
) -> None:
    """List the claims that contain every word of TEXT in id, section, text, quote or figure."""
    wanted = [word.lower() for part in text for word in part.split()]
    found = (one for one in _all() if all(word in _words(one) for word in wanted))
    _print(context, found, _index(folders), as_json)


@claims.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@SCENARIOS
@JSON
def show(ids: tuple[str, ...], folders: tuple[Path, ...], *, as_json: bool) -> None:
    """Show claims in full: text, kernels, figures, scenarios, known differences."""
    index = _index(folders)
    found = [find(name.upper()) for name in ids]
    if as_json:
        click.echo(json.dumps([_plain(one, index) for one in found], indent=1))
        return
    click.echo("\n\n".join("\n".join(_page(one, index)) for one in found))


@claims.command()
@SCENARIOS
@JSON
def coverage(folders: tuple[Path, ...], *, as_json: bool) -> None:
    """Count, for each section, the claims that scenarios test."""
    index = _index(folders, needed=True)
    sections: dict[str, list[Claim]] = {}
    for one in _all():
        sections.setdefault(one.section, []).append(one)
    rows = [
        (name, sum(one.id in index for one in own), len(own)) for name, own in sections.items()
    ]
    tried, total = sum(row[1] for row in rows), sum(row[2] for row in rows)
    if as_json:
        plain = [{"section": name, "tried": some, "claims": all_} for name, some, all_ in rows]
        click.echo(json.dumps({"claims": total, "tried": tried, "sections": plain}, indent=1))
        return
    for name, some, all_ in rows:
        click.echo(f"{some:>4} of {all_:>3}  {name}")
    needing = sum(bool(one.needs) for one in _all())
    rest = f"{total - tried} have no scenario; {needing} need what no lab here has"
    click.echo(f"{tried:>4} of {total:>3}  claims are tested; {rest}")


@claims.command()
@click.argument("number", type=int)
@click.argument("directories", nargs=-1, type=click.Path(path_type=Path, file_okay=False))
def difference(number: int, directories: tuple[Path, ...]) -> None:
    """Write the page of known difference NUMBER in Markdown, from results in DIRECTORIES.

    The page has the claims, the verdict of each kernel in the results (default: results/latest),
    the scenario, the timeline of its recording, and a text for the kernel's mailing list.
    """
    from harness.results import conformance, difference_page  # noqa: PLC0415  (only this needs it)

    found = {
        directory: conformance.load(directory)
        for directory in directories or (Path("results/latest"),)
    }
    here = Path.cwd() if Path("scenarios").is_dir() else FOLDER.parent.parent
    click.echo(difference_page.page(known_difference(number), here, found))


def _all() -> Iterable[Claim]:
    return catalogue().claims.values()


def _words(claim: Claim) -> str:
    texts = (claim.id, claim.section, claim.text, claim.quote, claim.figure, claim.test)
    return " ".join(texts).lower()


def _index(folders: tuple[Path, ...], *, needed: bool = False) -> Index:
    """Return the scenarios of each claim, in the given folders or else in scenarios/."""
    # The catalogue of a checkout lies in its scenarios/, that of a wheel does not.
    own = [FOLDER.parent] if FOLDER.parent.name == "scenarios" else []
    here = [Path("scenarios")] if Path("scenarios").is_dir() else []
    chosen = folders or here or own
    if needed and not chosen:
        raise UsageError(
            "there are no scenarios here",
            hint="give their directory: --scenarios DIR, or run it in a checkout of the harness",
        )
    return scenarios_by_claim(place.resolve() for place in chosen)


def _print(
    context: click.Context,
    found: Iterable[Claim],
    index: Index,
    as_json: bool,  # noqa: FBT001
) -> None:
    listed = list(found)
    if as_json:
        click.echo(json.dumps([_plain(one, index) for one in listed], indent=1))
    elif listed:
        click.echo("\n".join(_table(listed, index)))
        click.echo(f"{len(listed)} of {counted(len(catalogue().claims), 'claim')}")
    else:
        click.echo("no claim matches", err=True)
    context.exit(0 if listed else 1)


def _table(listed: Iterable[Claim], index: Index) -> Iterator[str]:
    section = ""
    for one in listed:
        if one.section != section:
            section = one.section
            yield section
        count = len(index.get(one.id, ()))
        needs = f" [needs {one.needs}]" if one.needs else ""
        tried = f" [{counted(count, 'scenario')}]" if count else needs
        yield from _wrapped(f"  {one.id:<11} ", f"{one.text}{tried}")


def _page(claim: Claim, index: Index) -> Iterator[str]:
    yield f"{claim.id}  {claim.section}"
    for name in ("text", "kind", "modes", "kernels", "test", "figure", "difficulty"):
        yield from _wrapped(f"  {name:<11} ", str(getattr(claim, name)))
    if claim.quote:
        where = "" if claim.quoted == "all" else f" (kernels {claim.quoted})"
        yield from _wrapped("  bonding.rst ", f'"{claim.quote}"{where}')
    if claim.needs:
        yield from _wrapped("  needs       ", claim.needs)
    for one in catalogue().about(claim.id):
        differs = f"the documentation: {one.documentation}; the kernel: {one.kernel}"
        yield from _wrapped("  differs     ", f"{differs} ({one.status})")
    tests = index.get(claim.id, [])
    yield from (f"  {'scenarios' if not n else '':<11} {name}" for n, name in enumerate(tests))
    if not tests:
        yield "  scenarios   none"


def _wrapped(head: str, text: str) -> list[str]:
    width = max(NARROWEST, shutil.get_terminal_size().columns)
    return textwrap.wrap(
        text, width, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    )


def _plain(claim: Claim, index: Index) -> dict[str, Any]:
    return asdict(claim) | {"scenarios": index.get(claim.id, [])}

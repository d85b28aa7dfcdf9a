"""`harness check` and `harness convert`: look a configuration over, write it in another format."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from harness.bonding.options import Series
from harness.claims import Release
from harness.commands import exit_status
from harness.config.gather import sources
from harness.config.left_behind import left_behind
from harness.config.lint import LEVELS, Around, Finding, Rule, lint, status
from harness.config.live import running
from harness.config.model import ConfigError, Configuration
from harness.config.place import Place
from harness.config.read import READERS, load, parse
from harness.config.rules import APPLIED, RULES
from harness.config.rules.surroundings import ENVIRONMENTS
from harness.config.sarif import sarif
from harness.config.source import Source
from harness.config.tool_support import FORMATS
from harness.config.write import REMARKS, Written, listed, write
from harness.errors import UsageError
from harness.plural import counted

COLOURS = {"error": "bold red", "warning": "yellow", "note": "cyan"}
INDENT = " " * 4
UNREADABLE = 2
# NetworkManager refuses profiles that others can read, and netplan warns of such files.
SECRETS = frozenset({"nm", "netplan"})
PRIVATE, PUBLIC = 0o600, 0o666


class FilesCommand(exit_status.Command):
    """A command that exits with status 2 where its input cannot be read."""

    misuse = UNREADABLE


def _series(_: click.Context, __: click.Parameter, text: str | None) -> Series | None:
    if text is None:
        return None
    try:
        return Release.parse(text.rpartition("@")[2]).series
    except UsageError as error:
        raise click.BadParameter(f"{error.message} (hint: {error.hint})") from None


FROM = click.option(
    "--from",
    "format_",
    type=click.Choice(tuple(READERS)),
    help="Read CONFIG as this format; by default it is recognised by name and content.",
)


@click.command(cls=FilesCommand)
@click.argument("config", nargs=-1, required=True)
@FROM
@click.option(
    "--environment",
    type=click.Choice(tuple(ENVIRONMENTS)),
    help="The network that the bond runs in, where its ports are bound to MAC addresses.",
)
@click.option("--kernel", callback=_series, help="The kernel it is for, such as 5.10 or uml@6.1.")
@click.option(
    "--format",
    "shape",
    type=click.Choice(("text", "json", "sarif")),
    default="text",
    show_default=True,
    help="For people, for programs, or for code hosts.",
)
@click.option(
    "--against",
    metavar="BOND",
    help="Hold CONFIG against a bond that runs, or ip -d -j addr of one: what is not applied?",
)
@click.option("--strict", is_flag=True, help="Count warnings as errors.")
@click.option(
    "--ignore",
    multiple=True,
    type=click.Choice(tuple(rule.id for rule in (*RULES, *APPLIED))),
    metavar="RULE",
    help="Leave out a rule; may be given again.",
)
@click.pass_context
def check(
    context: click.Context,
    /,
    config: tuple[str, ...],
    format_: str | None,
    environment: str | None,
    kernel: Series | None,
    shape: str,
    against: str | None,
    *,
    strict: bool,
    ignore: tuple[str, ...],
) -> None:
    """Look over the configuration of bonds: what will not work, and what was hardly meant.

    CONFIG is a file, a directory, the name of a bond that runs here (bond0), options such as
    "mode=1 miimon=100", or - for standard input. Several are one configuration. Every remark has
    its file and line, and the claim of the bonding documentation that it follows from.

    With --against bond0, CONFIG is held against that bond as it runs instead: which options,
    slaves and addresses are not applied?

    Exit status: 0 no errors, 1 errors (with --strict: or warnings), 2 CONFIG cannot be read or the
    command line is wrong.
    """
    configuration, around = load(config, format_), Around(environment or "", kernel)
    rules: tuple[Rule, ...] = RULES
    if against:
        configuration, around = _beside_running(configuration, against)
        rules = APPLIED
    kept = [rule for rule in rules if rule.id not in ignore]
    found = lint(configuration, kept, around)
    if shape == "sarif":
        click.echo(sarif(found, rules))
    elif shape == "json":
        click.echo(json.dumps([_plain(finding) for finding in found], indent=1))
    else:
        _tell(configuration, found)
    context.exit(status(found, strict=strict))


def _beside_running(configuration: Configuration, argument: str) -> tuple[Configuration, Around]:
    """Return the one bond that also runs, and that bond; raises ConfigError where none does."""
    runs = running(argument)
    bonds = tuple(bond for bond in configuration.bonds if bond.name == runs.name)
    if not bonds:
        names = ", ".join(bond.name for bond in configuration.bonds)
        problem = f"no bond is called {runs.name} in what is given (there is {names})"
        raise ConfigError(problem, Place(argument), hint="give the files of the bond that runs")
    return Configuration(bonds, configuration.remarks), Around(running=runs)


def _plain(finding: Finding) -> dict[str, Any]:
    plain = asdict(finding)
    plain.pop("place")
    place = {"file": finding.place.file, "line": finding.place.line}
    return {**plain, **place, "promised": finding.promised}


def _tell(configuration: Configuration, found: Sequence[Finding]) -> None:
    """Print remarks for people: where, how bad, why, what to do; each claim and advice once."""
    console = Console(highlight=False, soft_wrap=True)
    shown: set[str] = set()
    for finding in found:
        head = Text(f"{finding.place}  ")
        head.append(finding.level, COLOURS[finding.level])
        head.append(f"  {finding.message}")
        head.append(f"  [{finding.rule}]", "dim")
        _print(console, head)
        claim = f"    {finding.claim}: {finding.in_short}" if finding.claim else ""
        hint = f"    hint: {finding.hint}" if finding.hint else ""
        for line, style in ((claim, "dim"), (hint, "")):
            if line and line not in shown:
                _print(console, Text(line, style))
        shown |= {claim, hint} if finding.level == "note" else {claim}
    for bond in configuration.bonds:
        selected = [f"those of {match.spelled}" for match in bond.matches]
        slaves = ", ".join([*bond.slave_names, *selected]) or "not told here"
        has = bond.unchecked.text() or "no option"
        _print(console, Text(f"{bond.name}: {has}; slaves {slaves}"))
    console.print(Text(_counted(found)))


def _print(console: Console, text: Text) -> None:
    """Print a text as one line, on a terminal with its further lines indented."""
    if not console.is_terminal:
        console.print(text)  # one line each for grep and the like
        return
    lines = text.wrap(console, max(console.width - len(INDENT), len(INDENT)))
    for nth, line in enumerate(lines):
        line.rstrip()
        console.print(Text.assemble(INDENT if nth else "", line))


def _counted(found: Iterable[Finding]) -> str:
    counts = Counter(finding.level for finding in found)
    parts = [counted(counts[level], level) for level in LEVELS]
    return ", ".join(parts)


@click.command(cls=FilesCommand)
@click.argument("config", nargs=-1, required=True)
@click.option("--to", "target", type=click.Choice(FORMATS), required=True, help="The new format.")
@FROM
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write files into this directory; by default they are printed.",
)
@click.option("--lossy", is_flag=True, help="Write what can be said, and leave out the rest.")
@click.pass_context
def convert(
    context: click.Context,
    /,
    config: tuple[str, ...],
    target: str,
    format_: str | None,
    into: Path | None,
    *,
    lossy: bool,
) -> None:
    """Write the configuration of bonds in another format.

    CONFIG is what `harness check` takes. What the new format has no words for is listed on
    standard error; without --lossy nothing is written then. Options, slaves and addresses are
    carried over; whatever else CONFIG says, such as routes, name servers and hooks, is left behind
    and listed line by line.

    Exit status: 0 written, 1 something cannot be said, 2 CONFIG cannot be read or the command line
    is wrong.
    """
    given = sources(config)
    configuration = parse(given, format_)
    written = write(configuration, target)
    for left in left_behind(given, configuration, format_):
        click.echo(f"left behind: {left.place}: {left.spelled}", err=True)
    for _, remark in configuration.everything_unknown():
        if remark.level in REMARKS:
            click.echo(f"{remark.place}: {remark.message}", err=True)
    for cannot in written.cannot:
        click.echo(f"cannot be said in {target}: {cannot}", err=True)
    for finding in reviewed(written, target):
        click.echo(f"harness check calls this an error: {finding.message}", err=True)
    if written.cannot and not lossy:
        click.echo("hint: --lossy writes the rest", err=True)
        context.exit(1)
    if into is None:
        click.echo("\n".join(listed(written)), nl=False)
        return
    for path in _save(written.files.items(), into, PRIVATE if target in SECRETS else PUBLIC):
        click.echo(path)


def reviewed(written: Written, target: str) -> list[Finding]:
    """Return what check calls an error in the files that are written."""
    texts = [Source(name, text) for name, text in written.files.items()]
    found = lint(parse(texts, target), RULES)
    return [finding for finding in found if finding.level == "error"]


def _save(files: Iterable[tuple[str, str]], into: Path, mode: int) -> list[Path]:
    """Write files that are not there yet; raises UsageError, before any is written.

    `mode` holds from the start: a profile may have a password later.
    """
    made = [(into / name, text) for name, text in files]
    for path, _ in made:
        if path.exists():
            raise UsageError(f"{path} is there already", hint="give an empty directory")
    try:
        for path, text in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{into} cannot be written: {error.strerror}", hint="give a directory that can"
        ) from error
    return [path for path, _ in made]


def register(group: click.Group) -> None:
    """Add the commands to the program."""
    group.add_command(check)
    group.add_command(convert)

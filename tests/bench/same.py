"""`python -m tests.bench.same DIR DIR ...`: are the histories of several runs the same bytes?

In virtual time nearly all are, whatever else the machine does (docs/pages/kernels.md). A directory
is one of `--results`, or one run in it. Exit status: 0 the same, 1 not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

import click

from harness.errors import HarnessError, UsageError

SHOWN = 160  # characters of a line that differs


def histories(directory: Path) -> dict[str, Path]:
    """Return the histories of a run by their place in its results; raises UsageError."""
    run = directory / "latest" if (directory / "latest").is_dir() else directory
    found = {str(path.relative_to(run)): path for path in sorted(run.glob("*/history*.jsonl"))}
    if not found:
        raise UsageError(
            f"{directory} has no histories",
            hint="give what a run was given as --results, or the directory of one run",
        )
    return found


def difference(a: Path, b: Path) -> str:
    """Return the first line in which two files differ, "" where they are the same bytes."""
    if (one := a.read_bytes()) == (other := b.read_bytes()):
        return ""
    pairs = zip_longest(one.splitlines(), other.splitlines())
    for number, (left, right) in enumerate(pairs, start=1):
        if left != right:
            return f"line {number}\n    {_shown(left, right)}\n    {_shown(right, left)}"
    return "line ends"


def _shown(line: bytes | None, other: bytes | None) -> str:
    """Return a line from a little before where it differs from another."""
    if line is None:
        return "(no such line)"
    pairs = enumerate(zip(line, other or b"", strict=False))
    at = next((place for place, (x, y) in pairs if x != y), min(len(line), len(other or b"")))
    begin = max(0, at - SHOWN // 2) if len(line) > SHOWN else 0
    return ("... " if begin else "") + line[begin : begin + SHOWN].decode(errors="replace")


def differences(first: Mapping[str, Path], other: Mapping[str, Path]) -> Iterator[str]:
    """Yield each history that two runs do not have alike, with the first line that differs."""
    for name in sorted({*first, *other}):
        if name not in first or name not in other:
            yield f"{name}: only in the {'first' if name in first else 'other'} run"
        elif found := difference(first[name], other[name]):
            yield f"{name}: {found}"


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def main(runs: tuple[Path, ...]) -> None:
    """Compare the histories of RUNS with those of the first one, byte for byte."""
    try:
        if len(runs) < 2:
            raise UsageError("one run has nothing to be compared with", hint="give two or more")
        first, *others = [histories(run) for run in runs]
    except HarnessError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(4)
    same = True
    for run, found in zip(runs[1:], others, strict=True):
        lines = list(differences(first, found))
        for line in lines:
            click.echo(line)
        total = len({*first, *found})
        click.echo(f"{runs[0]} and {run}: {len(lines)} of {total} histories differ")
        same = same and not lines
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main(prog_name="python -m tests.bench.same")

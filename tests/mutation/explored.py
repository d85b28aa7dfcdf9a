"""`python -m tests.mutation.explored`: which faults the search finds alone, and how soon.

For each fault a kernel is built, and `harness explore` searches it until it finds something.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from tests.mutation import fault, judge
from tests.mutation.__main__ import choose, say
from tests.mutation.fault import Fault


@click.command()
@click.option("--area", "areas", multiple=True, help="Only this area; may be given again.")
@click.option("--only", multiple=True, metavar="ID", help="Only this fault; may be given again.")
@click.option("--minutes", default=5.0, show_default=True, help="How long to search each.")
@click.option("--guests", default=1, show_default=True, help="How many guests search at a time.")
@click.option("--seed", default=0, show_default=True)
@click.option("--modes", default="all", show_default=True, help="As for harness explore.")
def main(areas: tuple[str, ...], only: tuple[str, ...], **search: Any) -> None:
    """Print a line for each fault: the rule that found it and after how many seconds, or missed.

    Exit status: 0 all were found, 1 some were not, 4 the command line or a fault is wrong.
    """
    judge.remove_left_behind(say)
    tree = judge.source(say)
    chosen = [one for one in choose(fault.load(), areas, only) if not one.unfound]
    found = 0
    for one in chosen:
        rule, seconds = _explored(one, one.patch(tree), search)
        found += bool(rule)
        click.echo(f"{one.name:<30} {rule or 'missed':<28} {seconds:6.1f} s")
    click.echo(f"{found} of {len(chosen)} found within {search['minutes']:g} minutes each")
    sys.exit(0 if found == len(chosen) else 1)


def _explored(one: Fault, patch: str, search: Mapping[str, Any]) -> tuple[str, float]:
    """Return the rule that found a fault, "" for none, and how long the search took (s)."""
    with tempfile.TemporaryDirectory() as place:
        file, corpus = Path(place, "fault.patch"), Path(place, "corpus")
        file.write_text(patch, encoding="utf-8")
        with judge.built(one, file, say) as kernel:
            argv = [sys.executable, "-m", "harness", "explore", "--until-found"]
            argv += ["--kernel", kernel, "--corpus", str(corpus)]
            argv += [word for name, value in search.items() for word in (f"--{name}", str(value))]
            begun = time.monotonic()
            subprocess.run(argv, cwd=judge.ROOT, capture_output=True, check=False)
            took = time.monotonic() - begun
        folders = sorted(path.name for path in corpus.glob("findings/*"))
    return (folders[0].rpartition("-")[0] if folders else ""), took


if __name__ == "__main__":
    main()

"""The kernel's own bonding topology, `bond_topo_2d1c.sh`, set up in the same guest as ours.

The script comes from Debian's linux-source package (since 6.4 it is there), at the time of the
benchmark, into the user's cache. It needs `bash`, `ip` and `tc`, as nothing else of ours does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

from harness.errors import HarnessError
from harness.guests.init import mount
from harness.labs.netns.lab import NetnsLab
from harness.record.net import Stage
from tests.bench import source
from tests.bench.guest import Bench, measured, reporting
from tests.bench.table import Cell, Table, spread
from tests.bench.topologies import Witnesses, round_of

NAME = "selftests"
TOOLS = ("bash", "ip", "tc")
SCRIPT = source.DIRECTORY / "drivers/net/bonding/bond_topo_2d1c.sh"
ROUNDS = r"""
rounds=$2; cd "$1"; source ./bond_topo_2d1c.sh  # it takes the arguments for its own
for _ in $(seq "$rounds"); do
    begin=${EPOCHREALTIME/[.,]/}; setup_prepare
    built=${EPOCHREALTIME/[.,]/}; cleanup
    echo "$begin $built ${EPOCHREALTIME/[.,]/}"
done
"""


def table(bench: Bench) -> Table:
    """Return set-up and clean-up of the selftests' topology and of one_switch, in one guest."""
    title = "set-up beside the kernel selftests' bond_topo_2d1c.sh, ms"
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        return Table(NAME, title, notes=(f"left out: this machine has no {', '.join(missing)}",))
    try:
        place = source.selftests()
    except HarnessError as error:
        return Table(NAME, title, notes=(f"left out: {error.message}",))
    rounds = max(3, bench.rounds // 4)
    said = bench.lines("tests.bench.selftests:inside", place=str(place), rounds=rounds)
    sides = [line for line in said if "side" in line]
    trouble = sides[0]["trouble"]
    if len(sides) != 2:
        return Table(NAME, title, notes=(f"left out: the script failed: {trouble}",))
    rows = tuple(_row(line["side"], line["times"]) for line in sides)
    theirs, ours = (row["set-up ms"] for row in rows)
    ratio = f"ratio of the medians: {float(theirs) / float(ours):.0f} to 1"
    notes = (f"{ratio} ({rounds} rounds, {place.name})",)
    return Table(NAME, title, rows, notes + ((f"it said: {trouble}",) if trouble else ()))


def _row(name: str, times: list[list[int]]) -> dict[str, Cell]:
    leave = spread("t", [pair[1] for pair in times])["t ms"]
    return {"topology": name, **spread("set-up", [one[0] for one in times]), "clean-up ms": leave}


def inside(directory: Path) -> None:
    """In the guest: set both topologies up in turns of the same number."""
    from scenarios.topologies import OneSwitch  # noqa: PLC0415  (only a checkout has them)

    with reporting(directory) as (options, say):
        mount("tmpfs", "/run", "tmpfs")  # for the names that `ip netns add` gives
        theirs, trouble = _theirs(options["place"], options["rounds"])
        say(side="bond_topo_2d1c.sh", times=theirs, trouble=trouble)
        if not theirs:
            return
        stage, witnesses = Stage("bench", asdict(measured(directory)), NetnsLab()), Witnesses()
        round_of(OneSwitch, stage, witnesses)
        rounds = [round_of(OneSwitch, stage, witnesses) for _ in range(options["rounds"])]
        say(side="one_switch", times=[(one["built"], one["gone"]) for one in rounds])


def _theirs(place: str, rounds: int) -> tuple[list[tuple[int, int]], str]:
    """Return set-up and clean-up times of the script in ns, and what it complained of."""
    folder = (Path(place) / SCRIPT).parent
    done = subprocess.run(
        ["bash", "-c", ROUNDS, "bash", str(folder), str(rounds)],
        env=os.environ | {"REQUIRE_JQ": "no", "TMPDIR": "/run"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    times = [[int(part) * 1000 for part in line] for line in lines if _stamps(line)]
    said = [*(" ".join(line) for line in lines if not _stamps(line)), *done.stderr.splitlines()]
    spent = [(built - begin, end - built) for begin, built, end in times]
    return spent, "; ".join(dict.fromkeys(said))[:200]


def _stamps(words: list[str]) -> bool:
    return len(words) == 3 and all(word.isdigit() for word in words)

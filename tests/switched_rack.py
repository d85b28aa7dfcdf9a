"""A rack with a managed switch between two of its cables' ends.

The switch is a namespace with a bridge for each cable, so that a far end that goes down alone
takes no carrier from the DUT; its command line is behind an SSH server.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rack import ROOT, Rack, inside, machine, standing
from tests.sshd import serving

PORT = 2223
SWITCHED = 2
# A command line has a terminal, and these guests' /dev has none.
MOUNT = "mkdir -p /dev/pts && mount -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts"
TERMINALS = ["unshare", "--mount", "sh", "-c", f'{MOUNT} && exec "$@"', "sh"]


@dataclass(frozen=True, slots=True)
class SwitchedRack:
    """A rack, its switch (a process that keeps its namespace alive), and its lab file."""

    rack: Rack
    switch: int
    place: Path
    lab: Path

    def up(self) -> list[bool]:
        """Return which ports towards the DUT are open."""
        said = [
            self.rack.run(self.switch, "ip", "-o", "link", "show", f"port{n}").stdout
            for n in range(1, SWITCHED + 1)
        ]
        return [",UP" in line for line in said]


@contextmanager
def switched_rack(place: Path) -> Iterator[SwitchedRack]:
    """Have a rack whose first two cables go through a switch, until the end of the block."""
    places = [place / name for name in ("rack", "switch")]
    for one in places:
        one.mkdir()
    with ExitStack() as undo:
        rack = undo.enter_context(standing(places[0]))
        switch = undo.enter_context(machine())
        for number in range(1, SWITCHED + 1):
            between(rack, switch, number)
        cli = f"{sys.executable} -m tests.switch_command_line {places[1]} {switch}"
        more = f"ForceCommand cd {ROOT} && exec {cli}\n"
        undo.enter_context(
            serving(places[1], [*inside(rack.tester), *TERMINALS], port=PORT, more=more)
        )
        lab = rack.lab(*changes(places[1]))
        yield SwitchedRack(rack, switch, places[1], lab)


def between(rack: Rack, switch: int, number: int) -> None:
    """Put a bridge of the switch between the ends of a cable: port and up of that number."""
    rack.ip(rack.tester, f"link del far{number}")
    rack.ip(
        rack.tester,
        f"link add far{number} type veth peer name up{number} netns {switch}",
        f"link set far{number} up",
    )
    rack.ip(
        rack.dut,
        f"link add eth{number} type veth peer name port{number} netns {switch}",
        f"link set eth{number} up",
    )
    rack.ip(
        switch,
        f"link add br{number} type bridge",
        *(f"link set {end}{number} master br{number} up" for end in ("up", "port")),
        f"link set br{number} up",
    )


def changes(place: Path) -> list[tuple[str, str]]:
    """Return the changes of a rack's lab file that describe the switch, known by its keys."""
    table = f"""\
[switch]
address = "127.0.0.1"
port = {PORT}
user = "root"
key = "{place}/id"
known_hosts = "{place}/known"
type = "cisco_ios"
"""
    found = [("[[nic]]", f"{table}[[nic]]")]
    for n in range(1, SWITCHED + 1):
        old = f'far_end = "far{n}"\n'
        found.append((old, f'{old}cut = "switch"\nswitch_port = "Gi1/0/{n}"\n'))
    return found

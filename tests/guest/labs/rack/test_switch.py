"""Scenarios on a rack with a managed switch between two of its cables' ends.

The switch is a namespace with a bridge for each cable, so that a far end that goes down alone
takes no carrier from the DUT; its command line is behind an SSH server.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.session import worker
from tests.rack import NO_RACK, Rack, inside, machine, pytest_on, standing
from tests.sshd import serving
from tests.waiting import comes_true

pytest.importorskip("netmiko", reason="no netmiko here: pip install -e '.[netmiko]'")
ROOT = Path(__file__).parents[4]
pytestmark = [pytest.mark.guest, pytest.mark.skipif(bool(NO_RACK), reason=NO_RACK)]
CHOSEN = ("scenarios/test_miimon.py", "-k", "lost_carrier")
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

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run pytest on the tester; return its status and all that it said."""
        words = ("--yes", *(arguments or CHOSEN))
        process = pytest_on(self.rack.tester, self.rack.place, self.lab, *words)
        said, _ = process.communicate(timeout=300)
        return process.returncode, said


@pytest.fixture
def switched(tmp_path: Path) -> Iterator[SwitchedRack]:
    """A rack of this test's own whose first two cables go through a switch."""
    if worker.facts().lab.startswith("netns in uml"):
        pytest.skip("starting programs takes minutes in this kernel: choose --kernel virtual@7.2")
    places = [tmp_path / name for name in ("rack", "switch")]
    for place in places:
        place.mkdir()
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


def test_scenarios_pass_whose_cuts_are_the_switchs(switched: SwitchedRack) -> None:
    status, said = switched.run()
    assert "4 passed" in said, said
    assert status == 0
    assert switched.up() == [True, True]


def test_without_it_the_far_ends_take_no_carrier(switched: SwitchedRack) -> None:
    """The control: through a switch, a far end that goes down is not seen by the DUT."""
    text = switched.lab.read_text(encoding="utf-8")
    switched.lab.write_text(text.replace('cut = "switch"', 'cut = "far-end"'), encoding="utf-8")
    _, said = switched.run(*CHOSEN[:2], "lost_carrier and 100")
    assert "DUT eth1 keeps its carrier though far1 is down" in said, said


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended_opens_all_ports(switched: SwitchedRack, sign: int) -> None:
    rack = switched.rack
    with pytest_on(rack.tester, rack.place, switched.lab, "--yes", *CHOSEN) as process:
        assert comes_true(lambda: switched.up() != [True, True], 60)
        process.send_signal(sign)
    assert comes_true(lambda: switched.up() == [True, True], 60)


@pytest.mark.parametrize("fault", ["hang", "refuse", "drop"])
def test_a_command_line_that_fails_is_a_lab_error(switched: SwitchedRack, fault: str) -> None:
    (switched.place / "fault").write_text(fault, encoding="ascii")
    status, said = switched.run(*CHOSEN[:2], "lost_carrier and 100")
    assert status == pytest.ExitCode.TESTS_FAILED, said
    assert "the switch root@127.0.0.1:2223" in said, said
    (switched.place / "fault").unlink()
    status, said = switched.run(*CHOSEN[:2], "lost_carrier and 100")
    assert "1 passed" in said, said
    assert switched.up() == [True, True]

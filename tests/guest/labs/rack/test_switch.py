"""Scenarios on a rack with a managed switch between two of its cables' ends."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.session import worker
from tests.rack import NO_RACK, pytest_on
from tests.switched_rack import SwitchedRack, switched_rack
from tests.waiting import comes_true

pytest.importorskip("netmiko", reason="no netmiko here: pip install -e '.[netmiko]'")
pytestmark = [pytest.mark.guest, pytest.mark.skipif(bool(NO_RACK), reason=NO_RACK)]
CHOSEN = ("scenarios/test_miimon.py", "-k", "lost_carrier")


@pytest.fixture
def switched(tmp_path: Path) -> Iterator[SwitchedRack]:
    """A rack of this test's own."""
    if worker.facts().lab.startswith("netns in uml"):
        pytest.skip("starting programs takes minutes in this kernel: choose --kernel virtual@7.2")
    with switched_rack(tmp_path) as found:
        yield found


def run(switched: SwitchedRack, *arguments: str) -> tuple[int, str]:
    """Run pytest on the tester; return its status and all that it said."""
    words = ("--yes", *(arguments or CHOSEN))
    process = pytest_on(switched.rack.tester, switched.rack.place, switched.lab, *words)
    said, _ = process.communicate(timeout=300)
    return process.returncode, said


def test_scenarios_pass_whose_cuts_are_the_switchs(switched: SwitchedRack) -> None:
    status, said = run(switched)
    assert "4 passed" in said, said
    assert status == 0
    assert switched.up() == [True, True]


def test_without_it_the_far_ends_take_no_carrier(switched: SwitchedRack) -> None:
    """The control: through a switch, a far end that goes down is not seen by the DUT."""
    text = switched.lab.read_text(encoding="utf-8")
    switched.lab.write_text(text.replace('cut = "switch"', 'cut = "far-end"'), encoding="utf-8")
    _, said = run(switched, *CHOSEN[:2], "lost_carrier and 100")
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
    status, said = run(switched, *CHOSEN[:2], "lost_carrier and 100")
    assert status == pytest.ExitCode.TESTS_FAILED, said
    assert "the switch root@127.0.0.1:2223" in said, said
    (switched.place / "fault").unlink()
    status, said = run(switched, *CHOSEN[:2], "lost_carrier and 100")
    assert "1 passed" in said, said
    assert switched.up() == [True, True]

"""What a network does by itself stands in the history, and no figure counts from it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.judge import lanes, measure, timeline
from harness.judge.run import Run
from harness.record.journal import Schedule
from harness.units import MS, ms
from tests.stories import Line, failover, fault

ROOT = Path(__file__).parents[2]
WHY = "port security: saw 02:00:00:00:99:99, allowed 02:00:00:00:00:01"


def shut(when: float, where: str = "eth1", role: str = "reaction") -> Line:
    at, kind, place, data = fault(when, where, "shut_port", role)
    return at, kind, place, {**data, "why": WHY}


def test_a_reaction_is_reported_in_order_with_its_place() -> None:
    run = Run.of(failover(shut(120), shut(300, "eth0")))
    assert run.reactions == ["shut_port eth1", "shut_port eth0"]
    assert Run.of(failover()).reactions == []


def test_an_action_of_the_scenario_is_no_reaction() -> None:
    assert Run.of(failover(shut(120, role="fault"))).reactions == []


def test_no_figure_counts_from_a_reaction() -> None:
    plain, reacting = failover(), failover(shut(-4, "eth0"))
    assert measure.first_fault(reacting) == measure.first_fault(plain)
    assert Run.of(reacting).detection == Run.of(plain).detection
    assert Run.of(failover(shut(-4, "eth0", "fault"))).detection != Run.of(plain).detection


def test_a_reaction_is_in_the_table_with_its_reason_whatever_else_is_left_out() -> None:
    crowd = [fault(200 + n, "eth1", f"noise{n}", "stimulus") for n in range(100)]
    text = timeline.table(failover(shut(250.5), *crowd), width=120)
    (line,) = [line for line in text.splitlines() if "REACTION" in line]
    assert line.split(maxsplit=5) == ["250.5", "REACTION", "shut", "port", "eth1", WHY]
    assert "stimuli)" in text, "there was more to tell than there was room"


def test_a_reaction_draws_no_lane_of_its_own() -> None:
    assert lanes.draw(failover(shut(120))) == lanes.draw(failover())


def test_a_schedule_starts_with_nothing_to_expect() -> None:
    schedule = Schedule()
    schedule.expected = max(schedule.expected, 300 * MS)
    assert schedule.after(0 * ms, 100 * MS) == 100 * MS, "steps are not put off by it"
    assert schedule.expected == 300 * MS


@pytest.mark.skipif(not shutil.which("ruby"), reason="no ruby to read it: apt-get install ruby")
def test_the_vagrantfile_is_ruby() -> None:
    said = subprocess.run(
        ["ruby", "-wc", str(ROOT / "Vagrantfile")], capture_output=True, text=True, check=False
    )
    assert (said.stdout.strip(), said.stderr) == ("Syntax OK", "")

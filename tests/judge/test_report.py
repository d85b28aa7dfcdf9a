"""The blocks below a failure, the figures for JUnit, and what figures remember."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import claims
from harness.judge import report
from harness.judge.figure import Limit, Truth
from harness.judge.report import Failure
from harness.judge.run import Run
from harness.units import ms
from tests.stories import ABOUT, described, failover, fault, tell


def blocks(**known: object) -> dict[str, str]:
    return dict(report.sections(Failure(**known)))  # type: ignore[arg-type]


def test_a_failure_is_explained_in_this_order() -> None:
    run = Run.of(failover())
    assert not run.detection <= 50 * ms
    found = blocks(
        claims=(claims.find("MIIMON-2"),),
        history=run.recording,
        limits=run.limits,
        command="pytest x",
        path=Path("a b/history.jsonl"),
    )
    titles = ["claim", "not at their defaults", "timeline, 0 = cut eth0", "failover"]
    titles += ["reproduce"]
    assert list(found) == titles
    assert found["claim"].startswith("MIIMON-2, ")
    assert "asserted at most 50.0" in found["timeline, 0 = cut eth0"]
    assert "asserted detection" in found["timeline, 0 = cut eth0"]
    assert found["reproduce"] == "pytest x\nharness judge 'a b/history.jsonl'"


def test_what_is_not_known_is_left_out() -> None:
    assert blocks() == {}
    assert list(blocks(history=tell([]))) == ["not at their defaults"]


def test_settings_name_what_was_changed() -> None:
    bond = {**ABOUT["bonds"]["bond0"], "changed": {"arp_ip_target": ["192.0.2.254", "192.0.2.9"]}}
    text = report.settings(described(bonds={"lan": bond, "wan": {**bond, "changed": {}}}))
    assert "lab netns, topology one_switch, linux 6.1.176 (HZ=100, real clock)" in text
    assert "lan: arp_ip_target=192.0.2.254,192.0.2.9" in text
    assert "wan: all at their defaults" in text


def test_claims_that_only_the_code_makes_are_said_to_be() -> None:
    assert "(only the code says so)" in report.claim_text(claims.find("MIIMON-4"))
    assert "(only" not in report.claim_text(claims.find("MIIMON-2"))


def test_the_command_can_be_pasted_into_a_shell() -> None:
    said = report.command("scenarios/test_x.py::test_y[a b]", ["--kernel=uml"])
    assert said == "pytest 'scenarios/test_x.py::test_y[a b]' --kernel=uml"


def test_a_run_remembers_what_its_figures_were_held_against() -> None:
    run = Run.of(failover())
    assert 20 * ms <= run.detection <= 100 * ms
    assert run.slave("eth0").detection <= 100 * ms
    assert run.limits == (
        Limit("detection", ">=", 20 * ms),
        Limit("detection", "<=", 100 * ms),
        Limit("detection on eth0", "<=", 100 * ms),
    )
    first, second = report.windows_of(run.limits)
    assert str(first) == "asserted 20.0..100.0"
    assert str(second) == "asserted at most 100.0"


def test_strict_comparisons_are_remembered_as_such() -> None:
    run = Run.of(failover())
    assert run.detection > 20 * ms
    assert run.detection < 900 * ms
    assert [limit.op for limit in run.limits] == [">", "<"]
    assert not run.detection > 92 * ms
    assert not run.detection < 92 * ms


def test_figures_for_junit() -> None:
    run = Run.of(failover(fault(300, "eth0", "heal", "repair")))
    assert run.outage <= 200 * ms
    found = dict(report.figures(failover(fault(300, "eth0", "heal", "repair")), run.limits))
    assert found["detection_ms"] == pytest.approx(92.0)
    assert found["reversion_ms"] == "never"
    assert found["outage_limit"] == "asserted at most 200.0"
    assert (found["kernel"], found["lab"]) == ("6.1.176", "netns")
    assert found["lost"] == 20


def test_several_bonds_have_figures_of_their_own() -> None:
    wan = {"slaves": ["eth2"], "options": {}, "changed": {}}
    history = failover(bonds={"lan": ABOUT["bonds"]["bond0"], "wan": wan})
    found = dict(report.figures(history))
    assert found["detection_lan_ms"] == pytest.approx(92.0)
    assert found["detection_wan_ms"] == "never"


def test_a_finding_is_true_or_false_and_says_why() -> None:
    run = Run.of(failover())
    assert repr(run.detected) == "eth0 declared down after 92.0 ms"
    assert run.detected == True  # noqa: E712
    assert repr(run.slave("eth1").detected).startswith("eth1 declared down never (watched")
    assert not run.slave("eth1").detected
    assert repr(Run.of(failover(dark={"out": (0.0, 9999.0)})).recovered) == (
        "traffic dark at the end"
    )
    assert hash(Truth(holds=True)) == hash(Truth(holds=True, seen="x"))
    assert Truth(holds=False) != "text"

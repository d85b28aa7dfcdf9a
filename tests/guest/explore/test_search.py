"""A search in real guests: it finds a known difference that it is given, and keeps it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.virtual_kernel import virtual_kernel

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.guest(inside=False)
# Difference 8: without validation, arp_all_targets=all takes every slave down.
DIFFERENCE: dict[str, Any] = {
    "slaves": 3,
    "options": {
        "mode": "active-backup",
        "arp_interval": 100,
        "arp_ip_target": "192.0.2.254",
        "num_grat_arp": 3,
    },
    "steps": [
        {"after": 400, "action": "cut", "where": "eth0"},
        {"after": 400, "action": "set", "where": "arp_all_targets", "value": "all"},
        {"after": 400, "action": "heal", "where": "eth0"},
    ],
}

# Difference 63: under fail_over_mac=follow, the slave that took over is replaced.
KNOWN: dict[str, Any] = {
    "slaves": 3,
    "options": {"mode": "active-backup", "miimon": 100, "fail_over_mac": "follow"},
    "steps": [
        {"after": 400, "action": "cut", "where": "eth0"},
        {"after": 400, "action": "release", "where": "eth1"},
        {"after": 400, "action": "enslave", "where": "eth1"},
    ],
}


def harness(*arguments: str, corpus: Path) -> list[str]:
    command = [sys.executable, "-m", "harness", "explore", "--kernel", virtual_kernel()]
    return [*command, "--corpus", str(corpus), "--guests", "1", *arguments]


def explore(*arguments: str, corpus: Path) -> subprocess.CompletedProcess[str]:
    argv = harness(*arguments, corpus=corpus)
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_search_of_a_kernel_that_conforms_finds_nothing(tmp_path: Path) -> None:
    done = explore("--schedules", "25", corpus=tmp_path / "corpus")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "25 schedules" in done.stdout
    assert "0 findings" in done.stdout


def given(schedule: dict[str, Any], corpus: Path) -> Path:
    """Make a corpus in which a schedule was found; it is performed first."""
    earlier = corpus / "findings" / "given"
    earlier.mkdir(parents=True)
    (corpus / "corpus.json").write_text('{"format": 1}')
    (earlier / "schedule.json").write_text(json.dumps({"schedule": schedule}))
    return corpus


def performed_again(folder: Path, results: Path) -> subprocess.CompletedProcess[str]:
    """Run the scenario of a finding."""
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--guests", "1"]
    argv += ["--kernel", virtual_kernel(), "--results", str(results), str(folder)]
    fixtures = ROOT / "scenarios" / "conftest.py"
    (folder / "conftest.py").write_text(fixtures.read_text())
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_known_difference_is_counted_and_no_finding(tmp_path: Path) -> None:
    done = explore("--schedules", "1", corpus=given(KNOWN, tmp_path / "corpus"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "shows known difference 63, after" in done.stdout


def test_what_is_refused_is_shrunk_and_becomes_a_scenario(tmp_path: Path) -> None:
    corpus = given(DIFFERENCE, tmp_path / "corpus")
    done = explore("--schedules", "1", corpus=corpus)
    assert done.returncode == 1, done.stdout + done.stderr
    (folder,) = (path for path in corpus.glob("findings/service-*"))
    found = json.loads((folder / "schedule.json").read_text())["schedule"]
    assert (found["slaves"], found["steps"]) == (2, DIFFERENCE["steps"][1:2])
    assert "num_grat_arp" not in found["options"]
    again = performed_again(folder, tmp_path / "results")
    assert again.returncode == 1, again.stdout
    assert "no slave is active" in again.stdout


def test_a_bond_that_never_passes_traffic_is_found(tmp_path: Path) -> None:
    """By difference 8 as well, with which the bond begins."""
    options = {**DIFFERENCE["options"], "arp_all_targets": "all"}
    dark = {**DIFFERENCE, "options": options}
    corpus = given(dark, tmp_path / "corpus")
    done = explore("--schedules", "1", corpus=corpus)
    assert done.returncode == 1, done.stdout + done.stderr
    (folder,) = (path for path in corpus.glob("findings/never-healthy-*"))
    found = json.loads((folder / "schedule.json").read_text())["schedule"]
    assert (found["slaves"], found["steps"]) == (2, [])
    again = performed_again(folder, tmp_path / "results")
    assert again.returncode == 1, again.stdout
    assert "traffic dark at the end" in again.stdout


def test_an_interrupt_ends_it_and_keeps_what_was_found(tmp_path: Path) -> None:
    argv = harness("--minutes", "5", corpus=tmp_path / "corpus")
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as search:
        while not (tmp_path / "corpus" / "corpus.json").exists():
            time.sleep(0.2)
        time.sleep(3)
        search.send_signal(signal.SIGINT)
        out, _ = search.communicate(timeout=60)
    assert search.returncode == 130
    assert "interrupted" in out


def test_a_kernel_without_fault_injection_is_an_error_with_a_hint(tmp_path: Path) -> None:
    done = explore("--allocations", "--schedules", "1", corpus=tmp_path / "corpus")
    assert done.returncode == 1
    assert "does not let allocations fail: no fault injection" in done.stderr
    assert "hint: choose a kernel that has it: --kernel debug@7.2" in done.stderr


def test_a_failing_allocation_of_the_corpus_is_not_judged_where_none_can(tmp_path: Path) -> None:
    """It was found on a kernel with fault injection."""
    step = {"after": 400, "action": "release", "where": "eth0", "fails": 3}
    failing = {"slaves": 2, "options": KNOWN["options"], "steps": [step]}
    done = explore("--schedules", "1", corpus=given(failing, tmp_path / "corpus"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 schedules" in done.stdout
    assert "1 not judged" in done.stdout


def test_what_cannot_be_searched_is_an_error_with_a_hint(tmp_path: Path) -> None:
    for wrong in (("--modes", "balance-all"), ("--modes", ",")):
        done = explore(*wrong, corpus=tmp_path / "corpus")
        assert done.returncode == 4
        assert "hint: known: all, active-backup, balance-rr" in done.stderr

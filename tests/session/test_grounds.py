"""pytest in pytest: whose fault a failed assertion is, the kernel's or the scenario's own."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

HISTORIES = Path(__file__).parents[1] / "histories"
PRELUDE = f"""
from pathlib import Path
import pytest
from harness import claim, ms
from harness.session import verdicts
from harness.history import load
from harness.judge.run import Run
from harness.units import MS, Span

due = Span(MS)  # as times come from a bond's options: documented

def watch(name):
    path = Path({str(HISTORIES)!r}) / name
    run = Run()
    run.freeze(load(path))
    verdicts.note_run(run, path)
    return run
"""


@pytest.mark.parametrize(
    ("asserted", "verdict"),
    [
        ("1 == 2", "not judged"),
        ("due == 1", "not judged"),
        ('watch("failover.jsonl").detection == 5 * ms', "misses own bound"),
        ('not watch("failover.jsonl").detection <= 500 * ms', "misses own bound"),
        ('watch("failover.jsonl").detection >= 500 * ms', "misses own bound"),
        ('watch("failover.jsonl").loss >= 0.9', "misses own bound"),
        ('not watch("failover.jsonl").loss <= 0.9', "misses own bound"),
        ('watch("failover.jsonl").detection >= 500 * due', "contradicts"),
        ('watch("failover.jsonl").active_slaves == ["nobody"]', "contradicts"),
    ],
)
def test_the_kernel_answers_for_what_is_documented_only(
    pytester: pytest.Pytester, asserted: str, verdict: str
) -> None:
    body = f"@claim('MIIMON-2')\ndef test_it():\n    assert {asserted}\n"
    pytester.makepyfile(test_it=PRELUDE + body)
    done = pytester.runpytest_inprocess(
        "-p", "harness.plugin", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"
    )
    done.stdout.fnmatch_lines([f"claims: 1 {verdict}"])

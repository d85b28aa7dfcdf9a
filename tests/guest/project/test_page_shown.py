"""The page of a failure that the documentation shows is the one that is printed."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from harness import claims, units
from harness.judge import report
from harness.judge.report import Failure
from harness.record.net import Stage
from scenarios.topologies import BladeChassis

pytestmark = pytest.mark.guest

PAGE = Path(__file__).parents[3] / "docs" / "pages" / "first-run.md"
WIDTH = 90
NEIGHBOUR = "foreign ARP request"


def shown() -> str:
    """Return the page shown: from the sentence to the legend."""
    text = PAGE.read_text(encoding="utf-8")
    start = text.index("    E       assert detection did not come")
    return textwrap.dedent(text[start : text.index("The width is that of the terminal")])


def from_the_fault(text: str) -> str:
    """Return a page without what is sent before the fault: that depends on what ran before.

    So do the neighbour's frames, which have a phase of their own; other times are in whole ms.
    """
    lines = text.splitlines()
    head = next(n for n, line in enumerate(lines) if line.startswith("  time (ms)"))
    fault = next(n for n, line in enumerate(lines) if " FAULT " in line)
    kept = [*lines[: head + 1], *(line for line in lines[fault:] if NEIGHBOUR not in line)]
    text = "\n".join(kept).rstrip()
    return re.sub(r"\d+\.\d\b", lambda found: f"{float(found[0]):.0f}", text)


def test_the_page_shown_is_the_one_that_is_printed(stage: Stage) -> None:
    if stage.facts["clock"] != "virtual" or not str(stage.facts["kernel"]).startswith("7.2."):
        pytest.skip("the documentation shows a recording of virtual@7.2")
    with BladeChassis(stage) as net:
        bond = net.dut.bond(arp_interval=100, arp_validate="none")
        with net.neighbour.arping("target"), net.watch() as run:
            net.uplink1.cut()
    assert bond.detection.earliest <= run.detection
    assert not run.detection <= bond.detection.latest
    said = units.sentence("<=", run.detection, bond.detection.latest)
    known = (claims.find("ARPVAL-9"),)
    page = list(report.sections(Failure(known, run.recording, run.limits), WIDTH))
    lines = [f"{f' {title} ':-^{WIDTH}}\n{text}" for title, text in page]
    expected = shown()
    assert said is not None
    assert said in " ".join(expected.split("\n\n")[0].split())
    got, page_shown = from_the_fault("\n".join(lines)), from_the_fault(expected)
    assert [line for line in got.splitlines() if line not in page_shown.splitlines()] == []
    assert got in page_shown

"""The page of a failure that the README shows is the one that is printed."""

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

README = Path(__file__).parents[3] / "README.md"
WIDTH = 90


def shown() -> str:
    """Return the README's page: from the sentence to the legend."""
    text = README.read_text(encoding="utf-8")
    start = text.index("    E       assert detection did not come")
    return textwrap.dedent(text[start : text.index("The width is that of the terminal")])


def rounded(text: str) -> str:
    """Return a text with times in whole ms: what is sent before a recording is not on its grid."""
    return re.sub(r"-?\d+\.\d\b", lambda found: f"{float(found[0]):.0f}", text)


def test_the_readmes_page_is_the_one_that_is_printed(stage: Stage) -> None:
    if stage.facts["clock"] != "virtual" or not str(stage.facts["kernel"]).startswith("7.2."):
        pytest.skip("the README shows a recording of virtual@7.2")
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
    assert rounded("\n".join(lines)) in rounded(expected)

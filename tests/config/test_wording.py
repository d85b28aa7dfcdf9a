"""The shape of every remark: what the file has, what is wrong with it, and what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.bonding import OPTIONS
from harness.config import Source, parse
from harness.config.lint import Finding, lint
from harness.config.rules import RULES
from harness.config.rules.misspelt import implied
from harness.config.spelling import CLOSE, OPEN, translated, verbatim
from tests.config.rule_pairs import PAIRS
from tests.config.test_causes import CASES
from tests.config_lines import cases, written

TEXTS = [*(broken for _, broken, _ in PAIRS), *(text for text, _, _ in CASES)]
# One of something that are.
PLURAL = re.compile(r"(?<![\w.])1 (?:\w+ )?are\b|(?<![\w.])1 (?:slaves|links|files|bonds)\b")


def found(text: str) -> list[Finding]:
    """Return all that the rules say of a text."""
    return lint(parse([Source("file", text)]), RULES)


def demand_shape(one: Finding) -> None:
    """Hold a remark to one line for the message and one for the hint, each a plain sentence."""
    assert one.message
    assert one.hint or one.level == "note", one
    assert not one.message.endswith((":", ",", ";", " ")), one
    for part in (one.message, one.hint):
        assert part == part.strip(), one
        assert "\n" not in part
        assert "::" not in re.sub(r"[0-9a-f]*::[0-9a-f]*", "", part), one  # but for IPv6
        assert "  " not in part
        assert not PLURAL.search(part), one
        assert OPEN not in part
        assert CLOSE not in part


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_rule_says_has_a_place_and_a_hint(text: str) -> None:
    assert found(text)
    for one in found(text):
        demand_shape(one)
        assert one.place.line
        assert one.hint


@pytest.mark.parametrize("table", ["findings", "kinds", "new", "trees"])
def test_what_is_said_of_what_people_write_has_the_same_shape(table: str, tmp_path: Path) -> None:
    said = 0
    for number, (files, _) in enumerate(cases(f"config_{table}.txt").values()):
        for one in lint(written(tmp_path / str(number), files), RULES):
            demand_shape(one)
            said += 1
    assert said > 5


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_remark_says_of_the_file_is_how_the_file_has_it(text: str) -> None:
    """An option with the value that the file gives it stands in no other spelling."""
    for given in (one for bond in parse([Source("file", text)]).bonds for one in bond.given):
        other = translated(f"{given.name}={given.text}", given.format)
        if given.spelled.strip() == other or given.wrong or implied(given):
            continue
        for one in found(text):
            assert other not in one.message, (one, given.spelled)


def test_verbatim_is_left_alone_in_every_format() -> None:
    for format_ in ("networkd", "netplan", "interfaces", "nmstate", "nm", "ip-link", ""):
        text = f"{verbatim('miimon=100')} and miimon=100"
        said = translated(text, format_)
        assert said.startswith("miimon=100 and ")
        assert OPEN not in said
    assert translated(f"{verbatim('bond_miimon 1')}: miimon=1", "networkd") == (
        "bond_miimon 1: MIIMonitorSec=1ms"
    )
    assert verbatim("") == ""


def test_every_option_has_a_spelling() -> None:
    for name in OPTIONS:
        assert translated(f"{name}=1", "interfaces").startswith("bond-")

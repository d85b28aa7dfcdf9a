"""What the documented claims quote stands in bonding.rst: a changed sentence of it shows here.

Held against each kernel's source at hand: those that `harness kernels build` unpacked, and what
distributions unpack in /usr/src.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from harness.claims import Claim, Release, catalogue, find, matches
from harness.kernels import build, source_tree

CLAIMS = catalogue().claims
WORDS = 20
TREES = [*build.builds().glob("linux-*/source"), *Path("/usr/src").glob("linux-*")]
PAGES = [page for tree in TREES if (page := tree / source_tree.DOCUMENTATION).is_file()]


def misquoted(claims: Iterable[Claim], page: str, release: str) -> list[str]:
    """Return the claims whose quote a release's page lacks, or has although it should lack it."""
    text = " ".join(page.split())
    return [
        one.id
        for one in claims
        if one.quote and (one.quote in text) is not matches(release, one.quoted)
    ]


def release_of(tree: Path) -> str:
    """Return the release that a tree's Makefile says."""
    lines = (tree / "Makefile").read_text(encoding="utf-8")
    number = r"VERSION = (\d+)\nPATCHLEVEL = (\d+)\nSUBLEVEL = (\d+)\n"
    found = re.search(number, lines)
    assert found, f"{tree}/Makefile names no release"
    return ".".join(found.groups())


def test_each_documented_claim_quotes_the_documentation_and_no_other_does() -> None:
    for one in CLAIMS.values():
        assert bool(one.quote) is (one.kind == "documented"), one.id
        assert len(one.quote.split()) <= WORDS, one.id
        assert one.quote == " ".join(one.quote.split()), one.id


def test_a_quote_of_some_kernels_only_names_them() -> None:
    newest = Release.parse("7.2.13")
    for one in CLAIMS.values():
        matches(newest, one.quoted)  # raises for what is no predicate
        assert one.quote or one.quoted == "all", one.id


@pytest.mark.parametrize(
    ("page", "release", "wrong"),
    [
        ("The\n\tonly valid  setting is 1.", "7.2.13", []),
        ("Any setting is valid.", "7.2.13", ["USECARR-1"]),
        ("Any setting is valid.", "6.1.192", []),
        ("The only valid setting is 1.", "6.1.192", ["USECARR-1"]),
    ],
)
def test_a_quote_that_a_page_lacks_is_found(page: str, release: str, wrong: list[str]) -> None:
    assert misquoted([find("USECARR-1"), find("MIIMON-4")], page, release) == wrong


@pytest.mark.skipif(not PAGES, reason="no kernel's source here has bonding.rst")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parents[3].name)
def test_the_documentation_of_this_kernel_has_each_quote(page: Path) -> None:
    tree = page.parents[2]
    text = page.read_text(encoding="utf-8")
    assert misquoted(CLAIMS.values(), text, release_of(tree)) == []

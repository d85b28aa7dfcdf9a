"""The catalogue is whole and sound, and releases compare as their numbers do."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

import harness
from harness.claims import Catalogue, ClaimKind, Release, catalogue, find, matches, promised_on
from harness.errors import UsageError

DIFFICULTIES = {
    "netns-easy": 412,
    "needs LACP partner": 65,
    "needs switch feature": 18,
    "needs own kernel (module load)": 9,
    "needs hardware": 6,
    "not testable": 4,
}

CLAIM = """
title = "1 a section"
[NEW-1]
text = "t"
kind = "code"
modes = "all"
kernels = "all"
test = "t"
figure = "f"
difficulty = "netns-easy"
"""


def test_the_catalogue_has_every_claim_and_every_difference() -> None:
    assert len(catalogue().claims) == 514
    assert [difference.number for difference in catalogue().differences] == [*range(1, 75)]


def test_every_kind_and_every_difficulty_is_as_counted() -> None:
    claims = catalogue().claims.values()
    assert Counter(claim.kind for claim in claims) == {
        "documented": 329,
        "code": 134,
        "differs": 51,
    }
    assert {claim.kind for claim in claims} == set(get_args(ClaimKind))
    assert Counter(claim.difficulty for claim in claims) == DIFFICULTIES


def test_every_difference_is_about_claims_that_exist() -> None:
    known = catalogue().claims
    named = {name for difference in catalogue().differences for name in difference.ids}
    assert named
    assert named <= known.keys()


def test_no_field_is_empty_and_no_markup_is_left() -> None:
    for claim in catalogue().claims.values():
        fields = [claim.text, claim.modes, claim.kernels, claim.test, claim.figure, claim.section]
        assert all(fields), claim.id
        assert not any("**" in field or "|" in field for field in fields), claim.id


def test_a_claim_knows_its_section_and_the_differences_about_it() -> None:
    claim = find("ARPALL-3")
    assert (claim.section, claim.kind) == ("2.12 arp_all_targets", "differs")
    assert [difference.number for difference in catalogue().about("ARPALL-3")] == [8]
    assert catalogue().about("MIIMON-1") == ()


@pytest.mark.parametrize(
    ("id", "hint"),
    [
        ("MIMON-1", "did you mean MIIMON-1"),
        ("arpval-4", "did you mean ARPVAL-4"),
        ("???", "scenarios/claims/ lists them"),
    ],
)
def test_an_unknown_id_names_the_nearest_ones(id: str, hint: str) -> None:  # noqa: A002
    with pytest.raises(UsageError, match="is no claim of the catalogue") as caught:
        find(id)
    assert caught.value.hint.startswith(hint)


def read(folder: Path, **files: str) -> Catalogue:
    for name, content in files.items():
        (folder / f"{name}.toml").write_text(content, encoding="utf-8")
    return catalogue(folder)


def test_a_claim_needs_no_more_than_its_table(tmp_path: Path) -> None:
    assert read(tmp_path, miimon=CLAIM).claims["NEW-1"].section == "1 a section"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a": CLAIM, "b": CLAIM}, "NEW-1 is also in 1 a section"),
        ({"a": CLAIM.replace('kind = "code"\n', "")}, "a.toml, NEW-1: .*kind"),
        ({"a": CLAIM + 'colour = "red"\n'}, "a.toml, NEW-1: .*colour"),
        ({"a": "[NEW-1"}, "a.toml cannot be read"),
        ({"differences": "[[difference]]\nnumber = 1\n"}, "difference 1: 'ids'"),
    ],
)
def test_a_broken_catalogue_is_a_usage_error(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        read(tmp_path, **files)
    assert caught.value.hint


def test_a_missing_catalogue_says_how_to_install(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no claim is known") as caught:
        catalogue(tmp_path / "claims")
    assert "pip install" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("6.1.176", (6, 1, 176)),
        ("6.1.0-56-amd64", (6, 1, 0)),
        ("7.2.13+", (7, 2, 13)),
        ("5.10", (5, 10)),
    ],
)
def test_a_release_is_its_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert Release.parse(text).numbers == numbers
    assert Release.parse(text).series == numbers[:2]
    assert str(Release.parse(text)) == ".".join(map(str, numbers))


def test_releases_order_by_number_not_by_letter() -> None:
    assert Release.parse("5.10.46") < Release.parse("6.1.176") < Release.parse("6.12.101")


@pytest.mark.parametrize(
    ("release", "predicate", "holds"),
    [
        ("6.1.176", ">=6.1", True),
        ("5.10.46", ">=6.1", False),
        ("6.12.101", ">=6.1", True),
        ("5.10.46", "5.10", True),
        ("5.100.1", "5.10", False),
        ("7.2.13", "<7.2", False),
        ("6.12.101", "<7.2", True),
        ("6.1.176", "<=6.1", True),
        ("6.1.176", ">6.1", False),
        ("6.1.176", "!=6.1", False),
        ("6.1.176", ">=6.1.177", False),
        ("6.1", ">=6.1.0", True),
        ("6.12.101", ">=6.1, <7.2", True),
        ("7.2.7", ">=6.1, <7.2", False),
        ("7.2.7", "all", True),
        ("7.2.7", ">=7", True),
    ],
)
def test_a_predicate_compares_as_many_numbers_as_it_has(
    release: str, predicate: str, *, holds: bool
) -> None:
    assert matches(release, predicate) is holds
    assert matches(Release.parse(release), predicate) is holds


@pytest.mark.parametrize("predicate", ["", "new", ">=", "6.1+", ">=6.1 <7.2", "~6.1"])
def test_what_is_no_predicate_is_rejected(predicate: str) -> None:
    with pytest.raises(UsageError, match="is no predicate on kernels"):
        matches("6.1", predicate)


@pytest.mark.parametrize("release", ["", "linux", "6", "v6.1"])
def test_what_is_no_release_is_rejected(release: str) -> None:
    with pytest.raises(UsageError, match="is no kernel release"):
        Release.parse(release)


@pytest.mark.parametrize(
    ("id", "release", "covered"),
    [
        ("MIIMON-1", "5.10.46", True),  # all
        ("ARPMISS-1", "5.10.46", False),  # 6.1+ (5.10: fixed 2)
        ("ARPMISS-1", "6.1.176", True),
        ("ARPINT-12", "6.1.176", False),  # 5.10 only
        ("BCN-1", "6.12.101", False),  # 7.2 (...)
        ("BCN-1", "7.3", True),
        ("USECARR-2", "6.1.176", True),  # 5.10, 6.1, 6.12
        ("USECARR-2", "7.2.7", False),
        ("DELAY-4", "6.1.176", None),  # words
    ],
)
def test_the_kernels_of_a_claim_are_understood_where_they_are_plain(
    id: str,  # noqa: A002
    release: str,
    *,
    covered: bool | None,
) -> None:
    assert promised_on(find(id), release) is covered


def test_few_claims_leave_their_kernels_to_words() -> None:
    unclear = [c.id for c in catalogue().claims.values() if promised_on(c, "6.1.176") is None]
    assert len(unclear) == 13


def test_the_marks_of_a_scenario_carry_their_arguments() -> None:
    mark = harness.claim("MIIMON-1", "MIIMON-4").mark
    assert (mark.name, mark.args) == ("claim", ("MIIMON-1", "MIIMON-4"))
    known = harness.contradicted("MIIMON-5", kernels=">=6.1", evidence="read back 0").mark
    assert (known.name, known.args) == ("contradicted", ("MIIMON-5",))
    assert known.kwargs == {"kernels": ">=6.1", "nics": "", "evidence": "read back 0"}


def test_the_vocabulary_is_there() -> None:
    assert all(hasattr(harness, name) for name in harness.__all__)


def test_the_vocabulary_imports_nothing_heavy() -> None:
    code = "import sys, harness, harness.claims, harness.bonding; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(harness.__file__).parents[1],
    ).stdout.split()
    assert "harness.bonding.wire" in loaded
    assert not {"pyroute2", "scapy", "rich", "pytest", "click"} & set(loaded)

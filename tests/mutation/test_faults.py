"""The faults: each has its place in the source, breaks a claim of the catalogue, and is unique."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.kernels import build, source_tree
from tests.mutation import batches, explored, fault, page, score, switched
from tests.mutation.__main__ import choose
from tests.mutation.fault import DRIVER, REASONS, Fault
from tests.mutation.judge import FOUND, MISSED, NOTICED, ROOT, Outcome
from tests.mutation.score import Outcomes

FAULTS = fault.load()
CLAIMS = {
    name
    for path in (ROOT / "scenarios" / "claims").glob("*.toml")
    for name in tomllib.loads(path.read_text(encoding="utf-8"))
}
SOURCE = """\
static int first(struct bonding *bond);
static int first(struct bonding *bond)
{
\tint delay = 1;
\treturn delay;
}

static int second(void)
{
\tint delay = 1;
\treturn 0;
}
"""


def a_fault(**fields: str) -> Fault:
    given = {"name": "x", "area": "y", "file": "bond_main.c", "shows": "z", "old": "", "new": ""}
    return Fault(**given | fields)  # type: ignore[arg-type]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / DRIVER).mkdir(parents=True)
    (tmp_path / DRIVER / "bond_main.c").write_text(SOURCE)
    return tmp_path


def test_each_has_a_name_of_its_own_and_says_what_a_user_sees() -> None:
    assert len(FAULTS) >= 80
    assert not [name for name, count in Counter(one.name for one in FAULTS).items() if count > 1]
    assert all(one.shows and one.old != one.new for one in FAULTS)


def test_each_breaks_a_claim_of_the_catalogue() -> None:
    assert not {one.name: one.claims for one in FAULTS if not CLAIMS.issuperset(one.claims)}
    assert not [one.name for one in FAULTS if not one.claims]


def test_a_fault_without_a_scenario_has_a_reason() -> None:
    assert not [one.name for one in FAULTS if one.unfound and not one.unfound.startswith(REASONS)]


@pytest.fixture
def source() -> Path:
    """The source of the kernel that faults are put into, skipped where it is not unpacked."""
    _, version = build.parse(fault.SPEC)
    place = build.builds() / f"linux-{version}"
    if not source_tree.unpacked(place):
        pytest.skip(f"the source of linux {version} is not unpacked: python -m tests.mutation")
    return place / "source"


def test_each_has_a_place_of_its_own_in_the_source(source: Path) -> None:
    texts = {one.path: (source / one.path).read_text() for one in FAULTS}
    made: dict[tuple[str, str], list[str]] = {}
    for one in FAULTS:
        text = "".join(one.applied(texts[one.path]).split())
        made.setdefault((one.path, text), []).append(one.name)
    assert [names for names in made.values() if len(names) > 1] == []


def test_a_fault_is_in_its_function_only(tree: Path) -> None:
    patch = a_fault(function="second", old="delay = 1", new="delay = 2").patch(tree)
    assert patch.splitlines()[2:] == [
        "@@ -9,3 +9,3 @@",
        " {",
        "-\tint delay = 1;",
        "+\tint delay = 2;",
        " \treturn 0;",
    ]


def test_faults_that_share_a_kernel_are_copies_of_their_functions(tree: Path) -> None:
    """Each call of the function goes to the copy that the command line has chosen."""
    one = a_fault(function="first", old="delay = 1", new="delay = 2")
    other = a_fault(function="first", old="return delay", new="return 3")
    lines = switched.patch([(7, one), (9, other)], tree).splitlines()
    added = [line[1:] for line in lines if line.startswith("+")]
    calls = [line.strip() for line in added if "return first_" in line]
    assert calls == [
        "case 7: return first_7(bond);",
        "case 9: return first_9(bond);",
        "default: return first_sound(bond);",
    ]
    assert {f"static int first_{copy}(struct bonding *bond)" for copy in (7, 9)} <= set(added)
    assert {"\tint delay = 2;", "\treturn 3;"} <= set(added)


def test_each_fault_in_a_function_can_share_a_kernel(source: Path) -> None:
    numbered = [(number, one) for number, one in enumerate(FAULTS, 1) if one.function]
    text = switched.patch(numbered, source)
    assert [number for number, _ in numbered if f"case {number}: " not in text] == []


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"old": "delay = 1"}, "2 places in bond_main.c have the text 'delay = 1'"),
        ({"function": "first", "old": "return 0"}, "0 places in first of bond_main.c"),
        ({"function": "third", "old": "x"}, "has no function third"),
        ({"file": "bond_none.c", "old": "x"}, "No such file"),
    ],
)
def test_a_fault_without_one_place_is_rejected(
    tree: Path, fields: dict[str, str], cause: str
) -> None:
    with pytest.raises(UsageError, match=cause):
        a_fault(**fields).patch(tree)


def test_faults_are_chosen_by_area_and_name() -> None:
    one, other = a_fault(name="a", area="lacp"), a_fault(name="b", area="alb")
    assert choose([one, other], ("alb",), ()) == [other]
    assert choose([one, other], (), ("a",)) == [one]
    with pytest.raises(UsageError, match="no fault or area c, rr"):
        choose([one, other], ("rr",), ("c",))


def test_scenarios_of_the_claims_are_run_first() -> None:
    first, rest = batches.of(Fault("x", "y", "z", "", "", "", claims=("MIIMON-1",)), ROOT)
    assert first[0] == "scenarios/test_miimon.py"
    assert "scenarios/test_num_grat_arp.py" in rest
    assert not set(first) & set(rest)
    near = Fault("x", "y", "z", "", "", "", claims=("MIIMON-1",))
    assert batches.of(near, ROOT, near=True) == [first]


def test_what_was_found_stays_so_and_what_was_missed_is_tried_with_new_scenarios(
    tmp_path: Path,
) -> None:
    outcomes = Outcomes.load(tmp_path / "outcomes.json")
    outcomes.note("a", Outcome(FOUND, digest=score.digest("patch"), suite="old"))
    outcomes.note("b", Outcome(MISSED, digest=score.digest("patch"), suite="old"))
    again = Outcomes.load(tmp_path / "outcomes.json")
    assert again.holds("a", "patch", "new")
    assert not again.holds("a", "other patch", "new")
    assert again.holds("b", "patch", "old")
    assert not again.holds("b", "patch", "new")
    assert not again.holds("c", "patch", "old")


@pytest.mark.parametrize("store", [score.STORE, explored.STORE])
def test_what_is_kept_is_of_faults_that_exist(store: Path) -> None:
    assert set(Outcomes.load(store).known) <= {one.name for one in FAULTS}


def test_the_table_of_the_search_is_of_those_judged() -> None:
    faults = [a_fault(name=name) for name in "abcd"]
    known = {
        "a": Outcome(FOUND, "delay", judge_seconds=4),
        "b": Outcome(FOUND, "silence", judge_seconds=8),
        "c": Outcome(MISSED),
    }
    assert list(explored.table(faults, known))[1:] == [
        "| y | 2 of 3 | 6 s | `delay`, `silence` | `c` |",
        "| all | 2 of 3 | 6 s |  |  |",
    ]


def test_the_page_has_the_table_of_the_search() -> None:
    table = "\n".join(explored.table(FAULTS, Outcomes.load(explored.STORE).known))
    assert table in (ROOT / "docs" / "pages" / "explore.md").read_text(encoding="utf-8"), (
        "python -m tests.mutation.explored --list prints it"
    )


def test_the_score_is_of_those_that_can_be_found() -> None:
    faults = [a_fault(name=name) for name in "abcd"]
    faults.append(a_fault(name="e", unfound="equivalent: no difference"))
    known = {"a": Outcome(FOUND), "b": Outcome(MISSED), "c": Outcome(NOTICED)}
    known["e"] = Outcome(MISSED)
    rows = [dict(zip(score.HEAD, one.cells(), strict=True)) for one in score.scores(faults, known)]
    wanted = {"faults": 5, "with a reason": 1, "judged": 3, "found": 1, "noticed": 1, "missed": 1}
    cells = {name: str(count) for name, count in wanted.items()} | {"score": "33%"}
    assert rows == [{"area": "y"} | cells, {"area": "all"} | cells]


def test_the_page_of_the_score_is_as_written() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.text(), (
        "python -m tests.mutation.page writes the page"
    )

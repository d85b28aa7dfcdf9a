"""Scenarios can fail: each has a control that comes out the other way, and is written to rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness import claims
from harness.drivers import models
from tests.tiny import Tiny

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "scenarios").rglob("test_*.py"))
ITEMS = 60
UNITS = {"ms", "s"}
# A time that is not in the documentation has no place in a judgement.
MARGINS = {"approx", "isclose", "abs", "round", "min", "max"}
INSIDES = {"ns", "slack", "early", "tolerance", "jitter"}
WAITING = {"sleep", "wait", "retry", "time", "monotonic"}


@dataclass(frozen=True)
class Scenario:
    """A scenario as it is written: its function, and the arguments of its marks by their names."""

    file: Path
    function: ast.FunctionDef
    marks: dict[str, list[ast.Call]] = field(default_factory=dict)

    @property
    def where(self) -> str:
        return f"{self.file.name}::{self.function.name}"

    def words(self, mark: str) -> list[str]:
        """Return the texts that a mark was given, over all its uses."""
        return [
            argument.value
            for call in self.marks.get(mark, [])
            for argument in call.args
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        ]


def scenarios(path: Path) -> Iterator[Scenario]:
    """Yield the scenarios of a file."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            found = Scenario(path, node)
            for mark in node.decorator_list:
                assert isinstance(mark, ast.Call), f"{found.where}: a mark is called"
                name = mark.func.attr if isinstance(mark.func, ast.Attribute) else mark.func.id  # type: ignore[attr-defined]
                found.marks.setdefault(name, []).append(mark)
            yield found


ALL = [scenario for path in FILES for scenario in scenarios(path)]


def test_there_are_scenarios() -> None:
    assert {path.stem for path in FILES} >= {
        "test_miimon",
        "test_arp_validate",
        "test_fail_over_mac",
    }
    assert len(ALL) > 40


def test_no_two_scenarios_of_a_file_have_the_same_name() -> None:
    names = [scenario.where for scenario in ALL]
    assert sorted(set(names)) == sorted(names)


def test_every_control_names_another_scenario_of_its_file() -> None:
    known = {(scenario.file, scenario.function.name) for scenario in ALL}
    for scenario in ALL:
        for name in scenario.words("control"):
            assert (scenario.file, name) in known, f"{scenario.where} controls {name}"
            assert name != scenario.function.name, f"{scenario.where} is its own control"


def values(row: ast.expr) -> list[ast.expr]:
    """Return the values of a row of parameters, a tuple or `pytest.param(...)`."""
    if isinstance(row, ast.Tuple):
        return row.elts
    return row.args if isinstance(row, ast.Call) else []


def outcomes(scenario: Scenario) -> set[str]:
    """Return the outcomes a scenario is given: values of a parameter that only asserts use."""
    found: set[str] = set()
    for call in scenario.marks.get("parametrize", []):
        names, rows = call.args[0], call.args[1]
        if not (isinstance(names, ast.Tuple) and isinstance(rows, ast.List)):
            continue
        for place, name in enumerate(ast.literal_eval(names)):
            users = [node for node in scenario.function.body if name in names_in(node)]
            if users and all(isinstance(node, ast.Assert) for node in users):
                found |= {ast.unparse(row[place]) for row in map(values, rows.elts) if row}
    return found


def test_every_scenario_has_a_control_or_is_one() -> None:
    """A scenario whose parameters make it come out in different ways is its own control."""
    controlled = {
        f"{scenario.file.name}::{name}" for scenario in ALL for name in scenario.words("control")
    }
    alone = {
        scenario.where
        for scenario in ALL
        if scenario.where not in controlled and "control" not in scenario.marks
        if len(outcomes(scenario)) < 2
    }
    assert alone == set()


def test_every_scenario_puts_known_claims_to_the_proof() -> None:
    for scenario in ALL:
        names = [claims.find(name).id for name in scenario.words("claim")]
        given = [argument for call in scenario.marks.get("claim", []) for argument in call.args]
        assert given, f"{scenario.where} names no claim"
        assert len(set(names)) == len(names), f"{scenario.where} names a claim twice"


def test_every_scenario_says_in_one_line_what_is_so() -> None:
    for scenario in ALL:
        said = ast.get_docstring(scenario.function)
        assert said, f"{scenario.where} has no docstring"
        assert "\n" not in said, scenario.where
        assert said.endswith("."), scenario.where


def test_every_contradiction_names_claim_kernel_or_driver_and_evidence() -> None:
    marked = [
        (scenario, call) for scenario in ALL for call in scenario.marks.get("contradicted", [])
    ]
    assert marked
    for scenario, call in marked:
        (claim,) = scenario.words("contradicted")
        assert claim in scenario.words("claim"), scenario.where
        said = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
        assert len(said.pop("evidence").split()) >= 5, f"{scenario.where}: a sentence"
        if "nics" in said:  # a driver's fault: it says nothing of bonding
            assert models(said.pop("nics"))
        else:
            assert claims.catalogue().about(claim), f"{claim} is in no known difference"
        assert claims.matches("99.0", said.pop("kernels", "all")) in (True, False)
        assert not said, scenario.where


def names_in(node: ast.AST) -> set[str]:
    """Return all names and attributes used below a node."""
    found = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
    return found | {inner.attr for inner in ast.walk(node) if isinstance(inner, ast.Attribute)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_scenario_waits_by_itself(path: Path) -> None:
    assert not names_in(ast.parse(path.read_text(encoding="utf-8"))) & WAITING


def times(node: ast.AST) -> set[str]:
    """Return the times and numbers below a node, as they are written."""
    found = set()
    for inner in ast.walk(node):
        is_product = isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Mult)
        if is_product and names_in(inner) <= UNITS:
            found.add(ast.unparse(inner))
    return found


def test_no_judgement_brings_a_tolerance_of_its_own() -> None:
    """Compared times carry their tolerance; what is added to them is what the fault was given."""
    for scenario in ALL:
        everything = list(ast.walk(scenario.function))
        asserts = [node for node in everything if isinstance(node, ast.Assert)]
        assert asserts, f"{scenario.where} judges nothing"
        given = {
            time
            for node in scenario.function.body
            if not isinstance(node, ast.Assert)
            for time in times(node)
        }
        for node in asserts:
            assert not names_in(node) & (MARGINS | INSIDES), scenario.where
            for part in ast.walk(node.test):
                if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add | ast.Sub):
                    assert times(part) <= given, f"{scenario.where}: {ast.unparse(part)}"


def test_at_least_sixty_items_are_collected(tmp_path: Path) -> None:
    status, said = Tiny.checkout(tmp_path).run("--collect-only", "-q", "scenarios")
    assert status == 0, said
    items = [line for line in said.splitlines() if "::" in line]
    assert len(items) >= ITEMS
    assert len(set(items)) == len(items)

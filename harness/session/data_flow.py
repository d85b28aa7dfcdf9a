"""Which expressions and names of a scenario depend on the values that it observed."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from harness.claim_index import Function
from harness.judge.observations import Observation, ObservationKind, Observations
from harness.session import syntax
from harness.session.syntax import CodePlace, Module

Kinds = frozenset[ObservationKind]
Names = Mapping[str, Kinds]
NONE: Kinds = frozenset()


class Observed:
    """All observations of a scenario, by place."""

    def __init__(self, seen: Observations) -> None:
        self.seen = list(seen)

    @cached_property
    def places(self) -> list[tuple[Observation, list[CodePlace]]]:
        """Each observation with its places, the innermost first."""
        return [
            (
                observation,
                [
                    place
                    for instruction in observation.trail
                    if (place := syntax.place_of(instruction))
                ],
            )
            for observation in self.seen
        ]

    def within(self, module: Module, node: ast.AST) -> Kinds:
        """Return the kinds that an expression or statement observed, itself or in calls."""
        return frozenset(
            observation.kind
            for observation, places in self.places
            if any(place.module is module and place.lies_in(node) for place in places)
        )

    def held(self, module: Module, node: ast.Compare) -> list[Observation]:
        """Return the comparisons that an expression makes itself, each with its last result."""
        last: dict[object, Observation] = {}
        for observation, places in self.places:
            mine = places and places[0].module is module and places[0].is_of(node)
            if mine and observation.holds is not None:
                last[observation.trail] = observation
        found: dict[object, Observation] = {}
        for observation in last.values():  # one instruction makes it, from whichever calls
            found[observation.trail[0]] = observation
        return list(found.values())

    def elsewhere(self, function: Function, module: Module) -> Kinds:
        """Return the kinds observed outside of a function: by the fixtures that it requests."""
        return frozenset(
            observation.kind
            for observation, places in self.places
            if not any(place.module is module and place.lies_in(function) for place in places)
        )

    def of(self, module: Module, node: ast.AST, names: Names) -> Kinds:
        """Return the kinds that an expression depends on, observed in it or held by its names."""
        used = (names.get(name, NONE) for name in syntax.read_names(node))
        return self.within(module, node).union(*used)

    def names(self, module: Module, function: ast.AST, given: Names) -> Names:
        """Return the kinds that a function's names depend on; those of parameters are `given`."""
        outer = module.function(function)
        known: dict[str, Kinds] = {**(self.names(module, outer, {}) if outer else {}), **given}
        changed = True
        while changed:
            changed = False
            for statement in syntax.statements(function):
                for targets, sources in _flows(statement):
                    kinds = NONE.union(*(self.of(module, source, known) for source in sources))
                    for name in targets:
                        if not kinds <= known.get(name, NONE):
                            known[name] = known.get(name, NONE) | kinds
                            changed = True
        return known


def _flows(statement: ast.stmt) -> Iterator[tuple[Iterable[str], Iterable[ast.AST]]]:
    """Yield the names that a statement sets, and the expressions that decide their values."""
    for inner in ast.walk(statement) if not _compound(statement) else ():
        if isinstance(inner, ast.NamedExpr):
            yield syntax.set_names(inner.target), [inner.value]
    if isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr):
        yield syntax.set_names(statement), [statement]
    elif isinstance(statement, ast.For):
        yield syntax.set_names(statement.target), [statement.iter]
    elif isinstance(statement, ast.If | ast.While):
        yield syntax.set_names(statement), [statement.test]
    elif isinstance(statement, ast.Match):
        yield syntax.set_names(statement), [statement.subject]
    elif isinstance(statement, ast.Try):
        after = [*statement.handlers, *statement.orelse]
        yield set().union(*map(syntax.set_names, after)), statement.body


def _compound(statement: ast.stmt) -> bool:
    return hasattr(statement, "body")

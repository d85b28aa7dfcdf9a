"""What a failed assertion is based on: the documentation, the scenario's numbers, or neither.

A kernel is to blame only where what failed is a fact, or a measured time against one that follows
from a bond's options. Where another number of the scenario's own would have made it hold, or where
that cannot be told, it is the scenario's own bound that was missed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from enum import Enum
from types import TracebackType
from typing import Any, NamedTuple

import pytest

from harness.claim_index import Function
from harness.errors import ScenarioError
from harness.judge import counts, observations
from harness.judge.observations import Instruction, ObservationKind, Observations
from harness.session import syntax
from harness.session.data_flow import Kinds, Names, Observed
from harness.session.syntax import Module

OBSERVATIONS = pytest.StashKey[Observations]()
ORDERED = ast.Lt | ast.LtE | ast.Gt | ast.GtE
SAFE = (
    *(ast.Name, ast.Constant, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Tuple),
    *(ast.List, ast.Set, ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop),
)
ACCEPTED = "DID NOT RAISE"  # pytest.raises, of what was not raised
REFUSAL = "KernelRefused"


class Basis(Enum):
    """What an assertion is based on."""

    NOTHING = "nothing that was read of a run or of the kernel"
    COARSE = "a comparison that holds by the tolerance of the measurement alone"
    OWN = "a number of the scenario's own"
    DOCUMENTED = "what is documented"


def of(error: BaseException | None, seen: Observations) -> Basis | None:
    """Return the basis of a failed assertion, None for any other error."""
    if isinstance(error, pytest.fail.Exception):
        message = str(error.msg or "")
        return Basis.DOCUMENTED if ACCEPTED in message and REFUSAL in message else None
    if not isinstance(error, AssertionError):
        return None
    with observations.paused():
        return _of(_calls(error.__traceback__), Observed(seen))


# The verdict on an assertion that failed; None: any other error.
WRONG = {
    Basis.DOCUMENTED: counts.CONTRADICTS,
    Basis.OWN: counts.OWN_BOUND,
    Basis.NOTHING: counts.NOT_JUDGED,
    Basis.COARSE: counts.INCONCLUSIVE,
    None: counts.NOT_JUDGED,
}


def is_other_than_known(basis: Basis | None) -> bool:
    """Return whether an assertion failed for a reason other than the contradiction on record."""
    return basis in (Basis.OWN, Basis.NOTHING, Basis.COARSE)


def unfounded(made: pytest.TestReport) -> ScenarioError:
    """Note in a report that its failed assertion is no evidence on a claim; return why."""
    why = "the assertion that failed depends on nothing that was read of a run or of the kernel"
    made.sections.append(("not judged", f"{why}: the kernel is not to blame"))
    return ScenarioError(why)


class Call(NamedTuple):
    """A function on the way to a failure: the instruction reached, and the values of its names."""

    instruction: Instruction
    module: str
    values: Mapping[str, Any]


def _calls(step: TracebackType | None) -> list[Call]:
    found: list[Call] = []
    while step is not None:
        frame = step.tb_frame
        module = str(frame.f_globals.get("__name__", ""))
        values = {**frame.f_globals, **frame.f_locals}
        found.append(Call(Instruction(frame.f_code, step.tb_lasti), module, values))
        step = step.tb_next
    return found


def _of(calls: list[Call], observed: Observed) -> Basis:
    """Return the basis of a failure; outer calls count by the arguments of inner ones."""
    if calls and calls[-1].module.partition(".")[0] == "harness":
        return Basis.NOTHING  # a bug of the harness
    own = [call for call in calls if call.module.partition(".")[0] not in observations.PASSED_OVER]
    given: Kinds = frozenset()
    found = Basis.NOTHING
    first = True
    for call in own:
        place = syntax.place_of(call.instruction)
        statement = place.module.statement(place) if place else None
        if place is None or statement is None:
            return _from(frozenset(observation.kind for observation in observed.seen), None)
        function = place.module.function(statement)
        names: Names = {}
        if function is not None:
            if first:
                given = observed.elsewhere(function, place.module)
            arguments = [
                argument for argument in ast.walk(function.args) if isinstance(argument, ast.arg)
            ]
            names = observed.names(
                place.module, function, {argument.arg: given for argument in arguments if given}
            )
        first = False
        judge = _FailedStatement(observed, place.module, names, call.values)
        here = judge.statement(statement)
        if here is not Basis.NOTHING or isinstance(statement, ast.Assert):
            found = here
        given = judge.handed_on(place.start, place.stop)
    return found


class _FailedStatement:
    """Finds what made one statement fail."""

    def __init__(
        self, observed: Observed, module: Module, names: Names, values: Mapping[str, Any]
    ) -> None:
        self._observed = observed
        self._module = module
        self._names = names
        self._values = values

    def statement(self, statement: ast.stmt) -> Basis:
        """Return what a statement failed for, else the conditions under which it was reached."""
        if isinstance(statement, ast.Assert) and not _is_constant(statement.test):
            return self.why_not(statement.test, truth=True)
        for above, child in self._module.around(statement):
            found = Basis.NOTHING
            if isinstance(above, ast.If | ast.While) and child is not above.test:
                found = self.why_not(above.test, truth=child in above.orelse)
            elif isinstance(above, ast.Try) and isinstance(child, ast.ExceptHandler):
                found = self._any(above.body)
            elif isinstance(above, Function):
                break
            if found is not Basis.NOTHING:
                return found
        return Basis.NOTHING if isinstance(statement, ast.Raise) else self._any([statement])

    def handed_on(self, start: syntax.Position, stop: syntax.Position) -> Kinds:
        """Return what the arguments of the call at a place depend on."""
        calls = (call for call in ast.walk(self._module.tree) if isinstance(call, ast.Call))
        at = [call for call in calls if syntax.extent(call) == (start, stop)]
        given = [part for call in at for part in (*call.args, *call.keywords)]
        return frozenset().union(
            *(self._observed.of(self._module, part, self._names) for part in given)
        )

    def why_not(self, node: ast.expr, *, truth: bool) -> Basis:
        """Return the basis of an expression that should have had the value `truth`."""
        match node:
            case ast.NamedExpr(value=inner) | ast.Call(func=ast.Name(id="bool"), args=[inner]):
                found = self.why_not(inner, truth=truth)
            case ast.UnaryOp(op=ast.Not()):
                found = self.why_not(node.operand, truth=not truth)
            case ast.BoolOp() if isinstance(node.op, ast.And) == truth:
                found = self._decisive(node.values, truth=truth)
            case ast.BoolOp():
                found = _worst(self.why_not(operand, truth=truth) for operand in node.values)
            case ast.Compare():
                found = self._compared(node, truth=truth)
            case ast.Call(
                func=ast.Name(id="all" | "any" as name),
                args=[ast.GeneratorExp(elt=each) | ast.ListComp(elt=each)],
            ) if (name == "all") == truth:
                found = self.why_not(each, truth=truth)
            case _:
                found = self._any([node])
        return found

    def _any(self, nodes: Iterable[ast.AST]) -> Basis:
        return _worst(
            _from(self._observed.of(self._module, node, self._names), node) for node in nodes
        )

    def _decisive(self, operands: list[ast.expr], *, truth: bool) -> Basis:
        """Return the basis of the operand that decided alone: the last that read anything."""
        last: ast.expr | None = None
        for operand in operands:
            known = self._truth(operand)
            if known is (not truth):
                return self.why_not(operand, truth=truth)
            if known is None and self._observed.of(self._module, operand, self._names):
                last = operand
        return self.why_not(last, truth=truth) if last is not None else Basis.NOTHING

    def _compared(self, node: ast.Compare, *, truth: bool) -> Basis:
        held = self._observed.held(self._module, node)
        wrong = [observation.kind for observation in held if observation.holds is not truth]
        if not wrong or (not truth and len(wrong) < len(held)):
            return self._any([node])
        if ObservationKind.COARSE in wrong:
            return Basis.COARSE
        return Basis.OWN if ObservationKind.OWN in wrong else Basis.DOCUMENTED

    def _truth(self, node: ast.expr) -> bool | None:
        """Return whether an expression was true, None where that is not known."""
        match node:
            case ast.NamedExpr():
                return self._truth(node.value)
            case ast.UnaryOp(op=ast.Not()):
                inner = self._truth(node.operand)
                return None if inner is None else not inner
            case ast.BoolOp():
                known = [self._truth(operand) for operand in node.values]
                decides = isinstance(node.op, ast.Or)
                if decides in known:
                    return decides
                return None if None in known else not decides
            case ast.Compare() if held := self._observed.held(self._module, node):
                return all(observation.holds for observation in held)
        return None if self._observed.within(self._module, node) else self._value(node)

    def _value(self, node: ast.expr) -> bool | None:
        """Return the truth of an expression that nothing depends on but local values."""
        if not all(isinstance(part, SAFE) for part in ast.walk(node)):
            return None
        code = compile(ast.Expression(node), "<operand>", "eval")
        try:
            return bool(eval(code, dict(self._values)))  # noqa: S307  (operators on values alone)
        except Exception:  # noqa: BLE001
            return None


def _is_constant(test: ast.expr) -> bool:
    while isinstance(test, ast.UnaryOp):
        test = test.operand
    return isinstance(test, ast.Constant)


def _worst(found: Iterable[Basis]) -> Basis:
    """Return the basis of several expressions, each of which alone could have decided."""
    bases = set(found)
    order = (Basis.COARSE, Basis.OWN, Basis.DOCUMENTED)
    return next((basis for basis in order if basis in bases), Basis.NOTHING)


def _from(kinds: Kinds, node: ast.AST | None) -> Basis:
    """Return the basis of an expression that read observations of these kinds."""
    if ObservationKind.COARSE in kinds:
        return Basis.COARSE
    compares = [part for part in ast.walk(node) if isinstance(part, ast.Compare)] if node else []
    own = (
        kinds & {ObservationKind.OWN, ObservationKind.NUMBER}
        or (
            ObservationKind.SHARE in kinds and ObservationKind.DOCUMENTED not in kinds and compares
        )
        or (ObservationKind.COUNT in kinds and any(map(_bounds_a_count, compares)))
    )
    if own:
        return Basis.OWN
    return Basis.DOCUMENTED if kinds else Basis.NOTHING


def _bounds_a_count(compare: ast.Compare) -> bool:
    """Return whether a comparison has a number on one side, such as `run.lost <= 5`."""
    if not any(isinstance(operator, ORDERED) for operator in compare.ops):
        return False
    sides = [compare.left, *compare.comparators]
    numbers = [side.value for side in sides if isinstance(side, ast.Constant)]
    return any(isinstance(number, int | float) and number for number in numbers)

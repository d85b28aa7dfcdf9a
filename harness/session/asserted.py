"""Whether a scenario that passed has judged anything: did an assertion depend on what it read."""

from __future__ import annotations

import ast
import builtins
import inspect
import re
from collections.abc import Iterable, Iterator
from types import FunctionType
from typing import NamedTuple

import pytest

from harness.claim_index import Function
from harness.judge import observations
from harness.judge.observations import Observations
from harness.session import syntax
from harness.session.data_flow import Names, Observed
from harness.session.syntax import CodePlace, Module

# A call whose source cannot be read judges if its name begins with one of these.
JUDGING = re.compile(r"^_*(assert|check|verify|expect|ensure|must|should|fail|demand|require)")
SHOWING = {"debug", "info", "warning", "error", "critical", "exception", "log", "write"}
SHOWING |= {"append", "add", "extend", "update", "insert", "setdefault", "writelines", "warn"}
CATCHES = {"AssertionError", "Exception", "BaseException"}
DEPTH = 3  # of helpers that call helpers
READ = "assert what the run shows: assert run.outage <= bond.miimon"


class NothingJudged(NamedTuple):
    """Why nothing was judged, and what helps."""

    why: str
    hint: str


def unread(*, recorded: bool) -> NothingJudged:
    """Return why nothing was judged where neither a run nor an answer of the kernel was read."""
    found = (
        "the run was recorded, but nothing of it was read" if recorded else "nothing was recorded"
    )
    return NothingJudged(
        found, "disturb in `with net.watch() as run:`, then assert what the run shows"
    )


def missing(item: pytest.Item, seen: Observations) -> NothingJudged | None:
    """Return why a scenario that read something judged nothing, None where it judged.

    Where that cannot be determined, as without the source, it counts as judged.
    """
    with observations.paused():
        return _Passed(item, Observed(seen)).missing()


class _Passed:
    def __init__(self, item: pytest.Item, observed: Observed) -> None:
        self._item = item
        self._observed = observed
        self._globals = getattr(getattr(item, "function", None), "__globals__", {})

    @property
    def _name(self) -> str:
        return str(getattr(self._item, "originalname", self._item.name))

    def _is_scenario(self, function: Function | None) -> bool:
        return function is not None and function.name == self._name

    def missing(self) -> NothingJudged | None:
        known = [places for _, places in self._observed.places]
        if not known or any(not places for places in known):
            return None
        if wrong := self._without_effect(known):
            return wrong
        uncaught = [places for places in known if not any(map(_swallowed, places))]
        if any(self._judges(place) for places in uncaught for place in places):
            return None
        if any(self._depends(module, function) for module, function in self._functions(known)):
            return None
        return self._why(known, uncaught)

    def _without_effect(self, known: list[list[CodePlace]]) -> NothingJudged | None:
        """Return the first statement that looks like an assertion and cannot fail."""
        for place in (place for places in known for place in places):
            statement = place.module.statement(place)
            if isinstance(statement, ast.Expr) and _is_comparison(statement.value):
                text = place.module.text(statement.value)
                line = f"line {statement.lineno} compares without `assert`: {text}"
                return NothingJudged(line, f"write: assert {text}")
            if isinstance(statement, ast.Assert) and _always(statement.test):
                text = place.module.text(statement.test)
                line = f"line {statement.lineno} holds whatever was measured: assert {text}"
                return NothingJudged(line, READ)
        return None

    def _why(self, known: list[list[CodePlace]], uncaught: list[list[CodePlace]]) -> NothingJudged:
        if len(uncaught) < len(known):
            at = next(p.start[0] for places in known for p in places if _swallowed(p))
            caught = f"what is asserted in line {at} is caught by the scenario itself"
            return NothingJudged(caught, "let the assertion fail: no try or suppress() around it")
        for place in (place for places in known for place in places):
            statement = place.module.statement(place)
            if not isinstance(statement, ast.Return) or not statement.value:
                continue
            if self._is_scenario(place.module.function(statement)):
                text = place.module.text(statement.value)
                line = f"line {statement.lineno} returns what it should assert: {text}"
                return NothingJudged(line, f"write: assert {text}")
        return NothingJudged("a run or the kernel was read, but no assertion depends on it", READ)

    def _functions(self, known: list[list[CodePlace]]) -> Iterator[tuple[Module, Function]]:
        """Yield each function that read an observation, and the scenario itself."""
        found: dict[Function, Module] = {}
        for place in (place for places in known for place in places):
            statement = place.module.statement(place)
            function = place.module.function(statement) if statement else None
            if function is not None:
                found[function] = place.module
        module = syntax.module_of(str(self._item.path))
        if module is not None:
            found.update(dict.fromkeys(module.functions(self._name), module))
        yield from ((module, function) for function, module in found.items())

    def _judges(self, place: CodePlace) -> bool:
        """Return whether the code at a place lets the scenario fail for what it reads."""
        module, statement = place.module, place.module.statement(place)
        if statement is None:
            return False
        match statement:
            case ast.Assert():
                judges = place.lies_in(statement.test)
            case ast.If() | ast.While():
                judges = _fails([*statement.body, *statement.orelse])
            case ast.Match():
                judges = _fails(statement.cases)
            case ast.Expr(value=ast.BoolOp()):  # run.detected or pytest.fail(...)
                judges = _fails([statement])
            case ast.Expr(value=ast.Call() as call):
                judges = not place.is_of(call.func) and self._asserts(module, call)
            case _:
                judges = _fails_after(module, statement)
        return judges or any(_expects_refusal(node) for node, _ in module.around(statement))

    def _depends(self, module: Module, function: Function) -> bool:
        """Return whether an assertion of a function depends on names that hold what was read."""
        own = self._is_scenario(function)
        elsewhere = self._observed.elsewhere(function, module) if own else frozenset()
        arguments = [
            argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)
        ]
        names = self._observed.names(
            module, function, dict.fromkeys(arguments, elsewhere) if elsewhere else {}
        )
        return any(
            self._uses(module, statement, names)
            for statement in syntax.statements(function)
            if not _caught(module, statement)
        )

    def _uses(self, module: Module, statement: ast.stmt, names: Names) -> bool:
        def read(node: ast.AST) -> bool:
            return any(names.get(name) for name in syntax.read_names(node))

        match statement:
            case ast.Assert():
                return read(statement.test) and not _always(statement.test)
            case ast.If() | ast.While():
                return read(statement.test) and _fails([*statement.body, *statement.orelse])
            case ast.For():
                return read(statement.iter) and _fails(statement.body)
            case ast.Match():
                return read(statement.subject) and _fails(statement.cases)
            case ast.Expr(value=ast.Call() as call):
                given = [*call.args, *call.keywords]
                return any(map(read, given)) and self._asserts(module, call)
        return False

    def _asserts(self, module: Module, call: ast.Call, depth: int = DEPTH) -> bool:
        """Return whether a call may fail an assertion; where the code is unknown, by its name."""
        name = syntax.called(call)
        if not name or depth == 0 or JUDGING.match(name):
            return True
        here = module.functions(name) or self._imported(name)
        if here:
            return any(self._function_asserts(module, called, depth) for called in here)
        return name not in SHOWING and not (
            isinstance(call.func, ast.Name) and hasattr(builtins, name)
        )

    def _function_asserts(self, module: Module, function: Function, depth: int) -> bool:
        if _fails(function.body):
            return True
        calls = (node for node in ast.walk(function) if isinstance(node, ast.Expr))
        inner = [node.value for node in calls if isinstance(node.value, ast.Call)]
        return any(self._asserts(module, call, depth - 1) for call in inner)

    def _imported(self, name: str) -> list[Function]:
        found = self._globals.get(name)
        if not isinstance(found, FunctionType):
            return []
        module = syntax.module_of(inspect.getsourcefile(found) or "")
        return module.functions(found.__name__) if module else []


def _is_comparison(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not)
    return isinstance(node, ast.Compare) or (isinstance(node, ast.BoolOp) and not _fails([node]))


def _always(test: ast.expr) -> bool:
    """Return whether a condition holds whatever its names mean."""
    match test:
        case ast.Constant():
            holds = bool(test.value)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Constant(value=value)):
            holds = not value
        case ast.Tuple() | ast.List() | ast.Set():
            holds = bool(test.elts)
        case ast.GeneratorExp() | ast.Lambda():
            holds = True
        case ast.JoinedStr():
            holds = bool(test.values)
        case ast.BoolOp(op=ast.Or()):
            holds = any(map(_always, test.values))
        case ast.BoolOp():
            holds = all(map(_always, test.values))
        case ast.IfExp():
            holds = _always(test.body) and _always(test.orelse)
        case ast.NamedExpr():
            holds = _always(test.value)
        case _:
            holds = False
    return holds


def _fails(nodes: Iterable[ast.AST]) -> bool:
    """Return whether code may raise by itself."""
    for inner in (inner for node in nodes for inner in ast.walk(node)):
        if isinstance(inner, ast.Raise) or (
            isinstance(inner, ast.Assert) and not _always(inner.test)
        ):
            return True
        if isinstance(inner, ast.Call) and JUDGING.match(syntax.called(inner)):
            return True
    return False


def _fails_after(module: Module, statement: ast.stmt) -> bool:
    """Return whether a scenario fails if what a statement tried is not refused."""
    for above, child in module.around(statement):
        if isinstance(above, ast.Try) and child in above.body:
            return _fails(above.orelse) or _fails(above.body[above.body.index(child) + 1 :])
    return False


def _expects_refusal(node: ast.AST) -> bool:
    """Return whether a block must raise: pytest.raises."""
    calls = (item.context_expr for item in getattr(node, "items", ()))
    return any(isinstance(call, ast.Call) and syntax.called(call) == "raises" for call in calls)


def _swallowed(place: CodePlace) -> bool:
    statement = place.module.statement(place)
    return statement is not None and _caught(place.module, statement)


def _caught(module: Module, statement: ast.stmt) -> bool:
    """Return whether an AssertionError of a statement does not leave its function."""
    for above, child in module.around(statement):
        if isinstance(above, ast.Try) and child in above.body:
            if any(
                _catches(handler.type) and not _fails(handler.body) for handler in above.handlers
            ):
                return True
        elif isinstance(above, ast.With | ast.AsyncWith):
            calls = (item.context_expr for item in above.items)
            if any(
                isinstance(call, ast.Call)
                and syntax.called(call) == "suppress"
                and any(map(_catches, call.args))
                for call in calls
            ):
                return True
    return False


def _catches(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(map(_catches, kind.elts))
    return kind is None or (isinstance(kind, ast.Name | ast.Attribute) and _last(kind) in CATCHES)


def _last(node: ast.Name | ast.Attribute) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id

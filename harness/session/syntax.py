"""Scenarios as syntax trees: which statement is at a place, and what is around it."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from harness.claim_index import Function
from harness.judge.observations import Instruction

Position = tuple[int, int]  # line from 1, column in bytes from 0, as `ast` has them


class Module:
    """One source file."""

    def __init__(self, path: Path, tree: ast.Module) -> None:
        self.path = path
        self.tree = tree
        self._above = {child: node for node in ast.walk(tree) for child in _children(node)}
        self._statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]

    def statement(self, place: CodePlace) -> ast.stmt | None:
        """Return the innermost statement that a place lies in."""
        # ast.walk goes from the outermost inwards.
        found = [node for node in self._statements if place.lies_in(node)]
        return found[-1] if found else None

    def around(self, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
        """Yield each node above another with the child on the way there, innermost first."""
        while (above := self._above.get(node)) is not None:
            yield above, node
            node = above

    def function(self, node: ast.AST) -> Function | None:
        """Return the function around a node."""
        return next((outer for outer, _ in self.around(node) if isinstance(outer, Function)), None)

    def functions(self, name: str) -> list[Function]:
        """Return the functions and methods of a name."""
        found = (statement for statement in self._statements if isinstance(statement, Function))
        return [statement for statement in found if statement.name == name]

    def text(self, node: ast.AST) -> str:
        """Return the source of a node on one line."""
        return " ".join(ast.unparse(node).split())


class CodePlace(NamedTuple):
    """Where an instruction comes from: a stretch of a source file."""

    module: Module
    start: Position
    stop: Position

    def lies_in(self, node: ast.AST) -> bool:
        """Return whether a node of this place's module covers it."""
        first, last = extent(node)
        return first <= self.start and self.stop <= last

    def is_of(self, node: ast.AST) -> bool:
        """Return whether a node has exactly this extent."""
        return (self.start, self.stop) == extent(node)


def extent(node: ast.AST) -> tuple[Position, Position]:
    """Return where a node begins and ends; (1, 0) to (0, 0) for what has no place."""
    first = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    last = getattr(node, "end_lineno", None) or 0, getattr(node, "end_col_offset", None) or 0
    return first, last


def place_of(instruction: Instruction) -> CodePlace | None:
    """Return where an instruction is in its source; None where that cannot be read."""
    module = module_of(instruction.code.co_filename)
    positions = list(instruction.code.co_positions())
    number = instruction.offset // 2
    if module is None or not 0 <= number < len(positions):
        return None
    line, last, column, end = positions[number]
    if line is None or last is None or column is None or end is None:
        return None
    return CodePlace(module, (line, column), (last, end))


def module_of(path: str) -> Module | None:
    """Return a source file's syntax; None if it is not readable Python."""
    try:
        return _parsed(path, Path(path).stat().st_mtime_ns)
    except (OSError, ValueError, SyntaxError):
        return None


@lru_cache(maxsize=64)
def _parsed(path: str, _changed: int) -> Module:
    with tokenize.open(path) as file:
        return Module(Path(path), ast.parse(file.read()))


def statements(node: ast.AST) -> list[ast.stmt]:
    """Return all statements below a node, the outer ones first."""
    return [inner for inner in ast.walk(node) if isinstance(inner, ast.stmt) and inner is not node]


def read_names(node: ast.AST) -> set[str]:
    """Return the names whose values an expression uses."""
    names = (part for part in ast.walk(node) if isinstance(part, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Load)}


def set_names(node: ast.AST) -> set[str]:
    """Return the names that code below a node gives values to, or adds to their values."""
    found: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            found.add(inner.id)
        elif isinstance(inner, ast.Subscript | ast.Attribute) and isinstance(inner.ctx, ast.Store):
            found |= {base(inner)} - {""}
        elif isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Call):
            found |= {base(inner.value.func)} - {"", called(inner.value)}
    return found


def base(node: ast.AST) -> str:
    """Return the name that attributes and items are of: `a` of `a.b[0].c`."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def called(call: ast.Call) -> str:
    """Return the last name of what is called: `f` of `a.f()`."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else base(function)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    return ast.iter_child_nodes(node)

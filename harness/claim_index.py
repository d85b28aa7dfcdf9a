"""The scenarios that test each claim, read from their source without running any."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.errors import UsageError

Function = ast.FunctionDef | ast.AsyncFunctionDef


def scenarios_by_claim(folders: Iterable[Path]) -> dict[str, list[str]]:
    """Return for each claim that tests below some folders name the ids of those tests, in order.

    Raises UsageError for a file that is not Python.
    """
    found: dict[str, list[str]] = {}
    for folder in folders:
        for path in sorted(folder.rglob("test_*.py")):
            for name, claims in _tests(path):
                for claim in claims:
                    found.setdefault(claim, []).append(f"{shown(path)}::{name}")
    return found


def shown(path: Path) -> str:
    """Return a path relative to the current directory."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _tests(path: Path) -> Iterator[tuple[str, list[str]]]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}", hint="correct the file") from error
    for_all = [name for node in tree.body if _is_pytestmark(node) for name in _named(node)]
    for node in tree.body:
        if isinstance(node, Function) and node.name.startswith("test"):
            yield node.name, [*for_all, *_marked(node)]
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            for inner in node.body:
                if isinstance(inner, Function) and inner.name.startswith("test"):
                    marks = [*for_all, *_marked(node), *_marked(inner)]
                    yield f"{node.name}::{inner.name}", marks


def _is_pytestmark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
    )


def _marked(node: Function | ast.ClassDef) -> list[str]:
    """Return the claims of what is above a test, parameters with marks of their own included."""
    return [name for mark in node.decorator_list for name in _named(mark)]


def _named(node: ast.AST) -> Iterator[str]:
    """Yield the arguments of each `claim(...)` or `pytest.mark.claim(...)` below a node."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and _last_name(call.func) == "claim":
            yield from (
                argument.value
                for argument in call.args
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            )


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""

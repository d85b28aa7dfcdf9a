"""The files of the repository as Python reads them, and what they import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeGuard

ROOT = Path(__file__).parents[1]


@cache
def tree_of(path: Path) -> ast.Module:
    """Return what a file of the repository contains."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported(path: Path, *, at_once: bool = False) -> tuple[str, ...]:
    """Return the modules that a file imports: anywhere, or outside of functions (types' too)."""
    return tuple(_imported(path, at_once=at_once))


def _imported(path: Path, *, at_once: bool) -> Iterator[str]:
    tree = tree_of(path)
    outside = [one for node in tree.body for one in (node.body if _is_for_types(node) else [node])]
    for node in outside if at_once else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: import by the full name"
            assert node.module is not None
            for alias in node.names:
                inner = Path(ROOT, *node.module.split("."), alias.name)
                is_module = inner.is_dir() or inner.with_suffix(".py").exists()
                yield f"{node.module}.{alias.name}" if is_module else node.module


def _is_for_types(node: ast.stmt) -> TypeGuard[ast.If]:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"

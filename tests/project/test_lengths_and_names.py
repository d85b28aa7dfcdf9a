"""How long files and functions are, that a class has its name alone, and what has a docstring."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.project.test_architecture import FILES, HARNESS, named
from tests.source_files import ROOT, tree_of

LINES, FUNCTION_LINES = 300, 40


def test_a_class_has_its_name_alone() -> None:
    """A reader who meets Machine or Row need not look which of several it is."""
    places: dict[str, list[str]] = {}
    for path in HARNESS:
        for node in tree_of(path).body:
            for name in _types(node):
                places.setdefault(name, []).append(named(path))
    assert len(places) > 300
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def _types(node: ast.stmt) -> list[str]:
    """Return the public class or type alias that a statement defines, by its name's case."""
    if isinstance(node, ast.ClassDef):
        names = [node.name]
    elif isinstance(node, ast.Assign):
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
    else:
        return []
    return [name for name in names if name[0].isupper() and not name.isupper()]


def test_files_are_short() -> None:
    lengths = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert len(lengths) > 80
    assert {name: lines for name, lines in lengths.items() if lines > LINES} == {}


def test_functions_are_short() -> None:
    lengths = {
        f"{named(path)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in FILES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert len(lengths) > 800
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def public(tree: ast.Module) -> Iterator[ast.Module | ast.ClassDef | ast.FunctionDef]:
    """Yield a module and its public classes, functions and methods."""
    yield tree
    todo: list[ast.stmt] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield node
            todo += node.body if isinstance(node, ast.ClassDef) else []


def test_everything_public_has_a_docstring() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{getattr(node, 'name', 'module')}"
        for path in FILES
        if not path.is_relative_to(ROOT / "tests") and path.read_text(encoding="utf-8").strip()
        for node in public(tree_of(path))
        if ast.get_docstring(node) is None
    ]
    assert bare == []

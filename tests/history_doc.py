"""The tables of docs/pages/history-format.md: `python -m tests.history_doc` prints them anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields
from types import NoneType, UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from harness.history import About, BondAbout, ClockAbout, KernelAbout
from harness.history.kinds import KINDS, EventKind

PARTS = {KernelAbout: "kernel", BondAbout: "bond", ClockAbout: "clock"}
WORDS: dict[object, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "list",
    dict: "object",
    NoneType: "null",
    Any: "any",
}


def tables() -> Iterator[str]:
    """Yield each table: of the header, of its parts, of the kinds of events, of their fields."""
    yield _table(("key", "type", "if absent", "what it says"), _keys(About))
    for part in PARTS:
        yield _table(("key", "type", "if absent", "what it says"), _keys(part))
    rows = [(f"`{k.name}`", k.text, k.where, k.clock) for k in KINDS]
    yield _table(("kind", "what happened", "where", "clock of `at`"), rows)
    for kind in KINDS:
        yield f"### {kind.name}\n\n" + _table(("field", "type", "what it says"), _fields(kind))


def _keys(part: type[Any]) -> Iterator[tuple[str, ...]]:
    hints = get_type_hints(part, include_extras=True)
    for one in fields(part):
        hint, text = get_args(hints[one.name])
        yield f"`{one.name}`", _type(hint), _default(one), text


def _default(one: Any) -> str:
    if one.default is MISSING and one.default_factory is MISSING:
        return "an error"
    default = one.default_factory() if one.default is MISSING else one.default
    words = {None: "null", True: "true", (): "empty", "": "empty"}
    if isinstance(default, Mapping):
        return "empty"
    if isinstance(default, tuple) and default:
        return ", ".join(default)
    return words.get(default, str(default)) if default != 0 else "0"


def _type(hint: Any) -> str:
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    inner = get_args(hint)
    if get_origin(hint) is Mapping:
        return f"object of {_type(inner[1])}"
    if get_origin(hint) is tuple:
        return "list of string" if inner[-1] is Ellipsis else f"list of {len(inner)} strings"
    if isinstance(hint, UnionType):
        return " or ".join(map(_type, inner))
    return PARTS.get(hint) or WORDS[hint]


def _fields(kind: EventKind) -> Iterator[tuple[str, ...]]:
    for one in kind.fields:
        exact = [each for each in one.types if each is not int or float not in one.types]
        types = " or ".join(WORDS[each] for each in exact)
        yield f"`{one.name}`", types + " (optional)" * one.optional, one.text


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    print("\n\n".join(tables()))

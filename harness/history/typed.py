"""Read JSON values into frozen dataclasses; errors name the key, its type and the expected one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from harness.suggest import meant

T = TypeVar("T")
WORDS: dict[object, str] = {
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


class Malformed(ValueError):
    """The content of a file does not have the format's types."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def read(kind: type[T], data: object, place: str = "") -> T:
    """Return an instance of a dataclass; raises Malformed."""
    if type(data) is not dict:
        raise wrong(place or "the header", data, dict)
    hints, before = get_type_hints(kind), f"{place}." if place else ""
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    if unknown := [name for name in data if name not in known]:
        raise Malformed(
            f'the header has an unknown key "{before}{unknown[0]}"',
            f"{meant(unknown[0], known)}; or use the version of the harness that wrote the file",
        )
    for field in fields(kind):  # type: ignore[arg-type]
        needed = field.default is MISSING and field.default_factory is MISSING
        if needed and field.name not in data:
            raise Malformed(f'the header lacks "{before}{field.name}"')
    return kind(**{name: _value(hints[name], one, before + name) for name, one in data.items()})


def wrong(place: str, value: object, *expected: object) -> Malformed:
    """Return the error for a value of another type than the expected ones."""
    wanted = " or ".join(dict.fromkeys(WORDS[kind] for kind in expected))
    return Malformed(f"{place} is {WORDS[type(value)]}, expected {wanted}")


def _value(hint: Any, value: object, place: str) -> object:
    if hint is Any:
        return value
    if is_dataclass(hint):
        return read(hint, value, place)  # type: ignore[arg-type]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _sequence(inner, value, place)
    if origin is Mapping:
        if type(value) is not dict:
            raise wrong(place, value, dict)
        return {name: _value(inner[1], one, f"{place}.{name}") for name, one in value.items()}
    allowed = inner if origin is UnionType else (hint,)
    if type(value) not in allowed:
        raise wrong(place, value, *allowed)
    return value


def _sequence(inner: tuple[Any, ...], value: object, place: str) -> tuple[object, ...]:
    """Return a list as a tuple; raises Malformed for another type or length."""
    if type(value) is not list:
        raise wrong(place, value, list)
    repeated = inner[-1] is Ellipsis
    if not repeated and len(value) != len(inner):
        raise Malformed(f"{place} has {len(value)} values, expected {len(inner)}")
    kinds = [inner[0]] * len(value) if repeated else inner
    return tuple(
        _value(kind, one, f"{place}[{number}]")
        for number, (kind, one) in enumerate(zip(kinds, value, strict=True))
    )

"""Keep what a scenario reads of its recording, with the values of states and counts.

A verdict follows from what was read. A later version reads it again in the recording: figures to
compare them with their bounds, which are kept elsewhere; others to compare the values.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from types import FunctionType
from typing import Any, Protocol, TypeVar, cast

from harness.history import History
from harness.judge.figure import Truth
from harness.units import MS, Measured

FIRST = 20  # of a long list, as one of frames, this many are kept, with their number
LITERALS = (str, int, float, bool, type(None))
NOT_SCENARIOS = ("harness", "_pytest", "pluggy")
Json = Any  # a JSON value
V = TypeVar("V")
Viewing = TypeVar("Viewing", bound=type)


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a run, or of one of its slaves, and by which name.

    `bond` and `slave` are None where the first bond, or no slave, was asked; `arguments` and
    `keywords` are those of a method. `value` is JSON, of figures their name (see `_value`).
    """

    bond: str | None
    slave: str | None
    name: str
    arguments: tuple[Json, ...]
    keywords: Mapping[str, Json]
    value: Json

    def __str__(self) -> str:
        of = "run" if self.bond is None else f"run[{self.bond!r}]"
        if self.slave is not None:
            of = f"run.slave({self.slave!r})"
        keywords = [f"{name}={value!r}" for name, value in self.keywords.items()]
        given = ", ".join([*map(repr, self.arguments), *keywords])
        return f"{of}.{self.name}{f'({given})' if given else ''}"


class ReadView(Protocol):
    """A view of a run: which bond and slave it is of, and where it keeps what is read."""

    @property
    def subject(self) -> tuple[str | None, str | None]:
        """The names of its bond and of its slave."""

    @property
    def reads(self) -> dict[str, Read]:
        """What was read, by its text."""


def keeping_reads(view: Viewing) -> Viewing:
    """Make a class of views keep each public value that a scenario reads of it."""
    for name, member in list(vars(view).items()):
        if name.startswith("_"):
            continue
        if isinstance(member, property) and member.fget:
            setattr(view, name, property(_keeping(name, member.fget), doc=member.__doc__))
        elif isinstance(member, FunctionType):
            setattr(view, name, _keeping(name, member))
    return view


def _keeping(name: str, reader: Callable[..., V]) -> Callable[..., V]:
    @wraps(reader)
    def keeping(view: ReadView, *arguments: Json, **keywords: Json) -> V:
        value = reader(view, *arguments, **keywords)
        if _by_scenario() and _can_be_read_again(value, [*arguments, *keywords.values()]):
            read = Read(*view.subject, name, arguments, keywords, _value(value))
            view.reads[str(read)] = read
        return value

    return keeping


def _by_scenario() -> bool:
    """Return whether the reader's caller is code of a scenario."""
    module = str(sys._getframe(2).f_globals.get("__name__", ""))  # noqa: SLF001
    return module.partition(".")[0] not in NOT_SCENARIOS


def _can_be_read_again(value: object, given: Sequence[object]) -> bool:
    """Return whether it is a value, no view or recording, and read with literal arguments."""
    is_value = not isinstance(value, History) and not hasattr(value, "reads")
    return is_value and all(isinstance(argument, LITERALS) for argument in given)


def _value(found: object) -> Json:
    """Return what is kept of a value: of figures the name and number, not the time."""
    match found:
        case Measured():
            return {"figure": found.what}
        case [Measured(what=what), *_]:
            return {"figure": what, "number": len(cast("Sequence[Measured]", found))}
    return plain(found)


def plain(value: object) -> Json:
    """Return a value as JSON; times in ms, None where the event did not happen.

    Of a list longer than FIRST the result is `{"number": N, "first": [...]}`.
    """
    match value:
        case Truth():
            found: Json = value.holds
        case Measured():
            found = round(value.ns / MS, 3) if value.happened else None
        case str() | int() | float() | None:
            found = value
        case Mapping():
            found = {str(name): plain(item) for name, item in value.items()}
        case frozenset() | set():
            found = sorted(map(str, value))
        case tuple() if hasattr(value, "_asdict"):
            found = plain(value._asdict())
        case Sequence():
            found = [plain(item) for item in value[:FIRST]]
            if len(value) > FIRST:
                found = {"number": len(value), "first": found}
        case _ if is_dataclass(value):
            found = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            found = str(value)
    return found


def again(run: ReadView, read: Mapping[str, Json]) -> Json:
    """Read a value again from a run, and return it; raises what reading it raises."""
    view = cast("Any", run)
    if read["slave"] is not None:
        view = view.slave(read["slave"])
    elif read["bond"] is not None:
        view = view[read["bond"]]
    found = getattr(view, read["name"])
    if callable(found):
        found = found(*read["arguments"], **read["keywords"])
    return _value(found)


def same(before: Json, now: Json) -> bool:
    """Return whether two values are equal; fields that a later version adds are no change."""
    if isinstance(before, dict) and isinstance(now, dict):
        return all(name in now and same(item, now[name]) for name, item in before.items())
    if isinstance(before, list) and isinstance(now, list):
        return len(before) == len(now) and all(map(same, before, now))
    return bool(before == now)

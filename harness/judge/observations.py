"""Record which values a scenario reads while it runs, and where in its code.

Whether a scenario judged anything, and what a failed assertion is based on, follows from it
(harness.session.assertion_basis). Nothing is recorded outside of scenarios.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from types import CodeType, FrameType
from typing import NamedTuple

COMPARES = dis.opmap["COMPARE_OP"]
ENDS = ("_pytest.python", "_pytest.fixtures", "_pytest.runner")  # they call scenario and fixtures
EXPLAINS = "_pytest.assertion"  # reads values again, for the text of a failure
PASSED_OVER = ("_pytest", "pluggy", "harness")


class ObservationKind(Enum):
    """What was read."""

    FACT = "something that happened, or an answer of the kernel"
    COUNT = "a number of frames"
    SHARE = "a share of frames"
    NUMBER = "a measured time as a bare number or text"
    OWN = "a comparison with a number of the scenario's own"
    DOCUMENTED = "a comparison with a time that follows from a bond's options"
    COARSE = "a comparison that holds by the tolerance of the measurement alone"


class Instruction(NamedTuple):
    """A place in code: an instruction, by its offset in bytes."""

    code: CodeType
    offset: int


class Observation(NamedTuple):
    """One reading: its kind, the calls from the innermost on, and whether a comparison held."""

    kind: ObservationKind
    trail: tuple[Instruction, ...]
    holds: bool | None = None


Observations = dict[Observation, None]  # in the order of their last occurrence

_collections: list[Observations] = []


def start(seen: Observations) -> None:
    """Note observations in `seen` from now on; earlier collections get none meanwhile."""
    _collections.append(seen)


def stop(seen: Observations) -> None:
    """Note nothing more in `seen`."""
    _collections[:] = [noted for noted in _collections if noted is not seen]


@contextmanager
def paused() -> Iterator[None]:
    """Note no observations within the block."""
    _collections.append({})
    try:
        yield
    finally:
        _collections.pop()


def note(kind: ObservationKind, *, holds: bool | None = None) -> None:
    """Note that a value was read, with the calls that lead to it."""
    if not _collections:
        return
    trail = _trail(sys._getframe(1))  # noqa: SLF001  (the standard library's name for it)
    if trail:
        observation = Observation(kind, trail, holds)
        _collections[-1].pop(observation, None)
        _collections[-1][observation] = None


def note_compared(kind: ObservationKind, *, holds: bool) -> None:
    """Note a comparison that the scenario itself makes, none of the harness's own."""
    if _collections and not _is_harness(_caller()):
        note(kind, holds=holds)


def note_number() -> None:
    """Note that a scenario uses a figure as a bare number, or as text."""
    if _collections and not _is_harness(sys._getframe(2)):  # noqa: SLF001
        note(ObservationKind.NUMBER)


def is_compared() -> bool:
    """Return whether an operator compares two values: max() and sorted() use none."""
    frame = _caller()
    return frame is None or frame.f_code.co_code[frame.f_lasti] == COMPARES


def _caller() -> FrameType | None:
    """Return the caller that used a value: the first frame outside of its own methods."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001
    while frame is not None and frame.f_globals.get("__name__") in VALUES:
        frame = frame.f_back
    return frame


VALUES = ("harness.judge.figure", "harness.judge.observations", "harness.units")


def _is_harness(frame: FrameType | None) -> bool:
    return frame is None or _module(frame).partition(".")[0] == "harness"


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _trail(frame: FrameType | None) -> tuple[Instruction, ...]:
    """Return the calls that led to a reading, without the harness's; () for readings by pytest."""
    instructions: list[Instruction] = []
    while frame is not None and (module := _module(frame)) not in ENDS:
        if module.startswith(EXPLAINS):
            return ()
        if module.partition(".")[0] not in PASSED_OVER:
            instructions.append(Instruction(frame.f_code, frame.f_lasti))
        frame = frame.f_back
    return tuple(instructions) if frame is not None else ()

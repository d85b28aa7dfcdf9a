"""What a failing scenario prints below its sentence: titled blocks of plain text."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from harness.claims import Claim
from harness.history import About, History
from harness.judge import (
    bond_states,
    failover,
    fitness,
    lanes,
    measure,
    outages,
    timeline,
    traffic,
)
from harness.judge.figure import Limit
from harness.judge.layout import WIDTH
from harness.judge.timeline import Allowed
from harness.units import MS, Measured, Span, in_ms

PROSE = 100  # columns beyond which sentences are hard to read
EMPTY: Mapping[str, Measured] = MappingProxyType({})
KINDS = {
    "code": "only the code says so",
    "differs": "documentation and kernel differ",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """The facts about a scenario that failed; `states` as in `harness.judge.bond_states`."""

    claims: tuple[Claim, ...] = ()
    history: History | None = None
    limits: tuple[Limit, ...] = ()
    command: str = ""
    path: Path | None = None
    capture: Path | None = None
    states: Mapping[str, Any] = field(default_factory=dict)


def sections(failure: Failure, width: int = WIDTH) -> Iterator[tuple[str, str]]:
    """Yield title and text of each block that has content.

    No line is longer than `width` except for commands, which are for copying.
    """
    if failure.claims:
        yield "claim", "\n".join(claim_text(claim, width) for claim in failure.claims)
    if failure.history is not None:
        yield "not at their defaults", settings(failure.history.about, width)
    if failure.history is not None and failure.history.mark("disturb") is not None:
        windows = windows_of(failure.limits)
        _, zero = timeline.origin(failure.history)
        yield f"timeline, 0 = {zero}", drawn(failure.history, windows, width)
        parts = [_fill(line, width) for line in failover.lines(failure.history)]
        if parts:
            yield "failover", "\n".join(parts)
    if changed := bond_states.differences(failure.states):
        yield "bonds before and after", "\n".join(_fill(line, width) for line in changed)
    if failure.command:
        yield "reproduce", "\n".join(_reproduce(failure))


def drawn(history: History, windows: Iterable[Allowed] = (), width: int = WIDTH) -> str:
    """Return the timeline of a recording: the table of its events, and its lanes."""
    windows = tuple(windows)
    return f"{timeline.table(history, windows, width)}\n\n{lanes.draw(history, windows, width)}"


def claim_text(claim: Claim, width: int = WIDTH) -> str:
    """Return a claim as its id, section, text, and the quoted words that promise it."""
    kind = f" ({KINDS[claim.kind]})" if claim.kind in KINDS else ""
    texts = [claim.text]
    if claim.quote:
        texts.append(f'bonding.rst: "{claim.quote}"')
    indented = [textwrap.indent(_fill(text, width - 2, ""), "  ") for text in texts]
    return "\n".join([_fill(f"{claim.id}, {claim.section}{kind}", width), *indented])


def settings(about: About, width: int = WIDTH) -> str:
    """Return lab and kernel, and each bond's options that differ from their defaults."""
    where = f"lab {about.lab}, topology {about.topology}"
    kernel = f"linux {about.kernel.release} (HZ={about.kernel.hz}"
    lines = [f"{where}, {kernel}, {about.kernel.clock} clock)"]
    for name, bond in about.bonds.items():
        meanwhile = f", set meanwhile: {_pairs(bond.later)}" if bond.later else ""
        lines.append(f"{name}: {_pairs(bond.changed) or 'all at their defaults'}{meanwhile}")
    return "\n".join(_fill(line, width) for line in lines)


def _pairs(options: Mapping[str, Any]) -> str:
    return " ".join(f"{option}={word(value)}" for option, value in options.items())


def _fill(text: str, width: int, indent: str = "  ") -> str:
    room = min(width, PROSE)
    return textwrap.fill(text, room, subsequent_indent=indent, break_on_hyphens=False)


def windows_of(limits: Iterable[Limit]) -> list[Allowed]:
    """Return the bounds that each figure was compared with as a window."""
    low: dict[str, Span] = {}
    high: dict[str, Span] = {}
    for limit in limits:
        side = high if limit.op in ("<=", "<") else low
        side[limit.what.removeprefix("end of the ")] = limit.bound
    return [Allowed(what, low.get(what), high.get(what)) for what in dict.fromkeys([*low, *high])]


def command(nodeid: str, options: Iterable[str] = (), program: Sequence[str] = ("pytest",)) -> str:
    """Return the command line that runs one scenario again."""
    return shlex.join([*program, nodeid, *options])


def figures(
    history: History, limits: Iterable[Limit] = (), asked: Mapping[str, Measured] = EMPTY
) -> Iterator[tuple[str, str | float]]:
    """Yield name and value of what a recording shows, for JUnit: times in ms or `never`.

    `asked` are the figures that a scenario read by name. The bounds of figures follow.
    """
    yield "kernel", history.about.kernel.release
    yield "lab", history.about.lab
    for name, measured in {**asked, **dict(times(history))}.items():
        yield f"{_snake(name)}_ms", round(measured.ns / MS, 1) if measured.happened else "never"
    if not fitness.without_partner(history):
        yield "sent", traffic.sent(history)
        yield "lost", traffic.lost_requests(history) + traffic.lost_replies(history)
    for window in windows_of(limits):
        slack = window.high.slack if window.high else 0
        timers = f" (kernel timers {in_ms(slack)} more)" if slack else ""
        yield f"{_snake(window.what)}_limit", f"{window}{timers}"


def times(history: History) -> tuple[tuple[str, Measured], ...]:
    """Return every time that a recording shows, by name, and by bond where there are several.

    They are computed once: a scenario's properties and its evidence have the same.
    """
    return history.derived("times", lambda: tuple(_times(history)))


def _times(history: History) -> Iterator[tuple[str, Measured]]:
    bonds = measure.bonds(history)
    probed = traffic.interval(history) and not fitness.without_partner(history)
    for bond in bonds:
        suffix = f" {bond}" if len(bonds) > 1 else ""
        fault = measure.fault_at(history, measure.slaves_of(history, bond))
        hit = measure.concerned(history, bond)
        yield f"detection{suffix}", measure.detection(history, hit, fault)
        switchover = failover.switchover(history, bond)
        yield f"switchover{suffix}", switchover
        if switchover.happened and probed:
            yield f"{failover.FIRST_REPLY}{suffix}", failover.first_reply(history, bond)
        if measure.faults(history, "repair"):
            yield f"reversion{suffix}", measure.reversion(history, bond)
    if probed:
        yield from outages.figures(history)


def _snake(what: str) -> str:
    return what.replace(" ", "_")


def word(value: object) -> str:
    """Return an option's value as the kernel writes it."""
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _reproduce(failure: Failure) -> Iterator[str]:
    yield failure.command
    if failure.path is not None:
        path = shlex.quote(str(failure.path))
        yield f"harness judge {path}"
    if failure.capture is not None:
        yield f"tshark -r {shlex.quote(str(failure.capture))}"

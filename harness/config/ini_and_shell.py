"""Parse INI sections and shell variables, with line numbers.

The parsers of the standard library do not keep line numbers, and do not allow a section to occur
twice, as in systemd's files.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.config.draft import Draft
from harness.config.model import ConfigError
from harness.config.place import Place
from harness.config.source import Source

VARIABLE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Assignment:
    """KEY=VALUE of an INI file, and its place."""

    key: str
    value: str
    place: Place

    @property
    def spelled(self) -> str:
        """As it was written."""
        return f"{self.key}={self.value}"


@dataclass(frozen=True, slots=True)
class Section:
    """One section of an INI file; names may repeat."""

    name: str
    entries: tuple[Assignment, ...]
    place: Place

    def get(self, key: str) -> str:
        """Return the last value of a key, "" where there is none."""
        return next((e.value for e in reversed(self.entries) if e.key == key), "")


IniSections = list[tuple[str, list[Assignment], Place]]


def ini(source: Source, draft: Draft, *, joins: bool = False) -> list[Section]:
    r"""Return the sections of an INI file; a malformed line is a finding of the draft.

    With `joins`, a backslash at the end of a line continues it, as in systemd.
    """
    found: IniSections = []
    for number, line in logical_lines(source.text) if joins else physical_lines(source.text):
        text = line.strip()
        if text and text[0] not in "#;":
            with draft.tolerant():
                _ini_line(found, text, source.at(number))
    return [Section(name, tuple(entries), place) for name, entries, place in found]


def _ini_line(found: IniSections, text: str, place: Place) -> None:
    if text.startswith("["):
        if not text.endswith("]") or len(text) < 3:
            raise ConfigError(f"{text!r} is no section", place, hint="write [Bond]")
        found.append((text[1:-1].strip(), [], place))
        return
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"{text!r} is no KEY=VALUE", place, hint="write Mode=active-backup")
    if not found:
        raise ConfigError(f"{text!r} is before any section", place, hint="write [NetDev]")
    found[-1][1].append(Assignment(key.strip(), value.strip(), place))


def variables(source: Source, draft: Draft) -> Iterator[Assignment]:
    """Yield the assignments of a file of shell variables; anything else is a finding of the draft.

    Quotes may span lines, as BONDING_OPTS of several lines do.
    """
    pending, start = "", 0
    for number, line in physical_lines(source.text):
        start = start if pending else number
        text = f"{pending}\n{line}" if pending else line
        if not pending and (not line.strip() or line.lstrip().startswith("#")):
            continue
        try:
            words = shlex.split(text, comments=True)
        except ValueError:
            pending = text
            continue
        pending = ""
        with draft.tolerant():
            yield from _assigned(text, words, source.at(start))
    if pending:
        why = "a quotation that begins here never ends"
        draft.note_unknown("", why, source.at(start), "close it", "error")


def _assigned(text: str, words: list[str], place: Place) -> Iterator[Assignment]:
    for nth, word in enumerate(words):
        match = VARIABLE.fullmatch(word)
        if match is not None:
            yield Assignment(match[1], match[2], replace(place, column=nth))
        elif word != "export":
            raise ConfigError(
                f"{text.strip()!r} is no NAME=VALUE", place, hint='write BONDING_OPTS="mode=1"'
            )


def physical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield number and text of every line; only line feeds end lines."""
    for number, line in enumerate(text.split("\n"), 1):
        yield number, line.rstrip("\r")


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield number and text of every logical line: a backslash at its end joins the next one."""
    pending, start = "", 0
    for number, line in physical_lines(text):
        start = start if pending else number
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        yield start, pending + line
        pending = ""
    if pending:
        yield start, pending

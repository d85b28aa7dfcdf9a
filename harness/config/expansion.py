"""Expand words as a shell does before it runs a command, as far as the text allows."""

from __future__ import annotations

import re
from collections.abc import Iterator

# $x, ${x}, ${x[@]}, and ${x:-default} with its relatives; of "$1" only the default is known.
VARIABLE = re.compile(r"\$(?:\{(\w+)(?:\[[@*]\])?(?:(:?[-=+])([^{}]*))?\}|(\w+))")
NUMBERS = re.compile(r"\{(\d{1,4})\.\.(\d{1,4})\}")
CHOICE = re.compile(r"\{([\w.@/-]*(?:,[\w.@/-]*)+)\}")
SEQUENCE = re.compile(r"(?:\$\(|`)\s*seq\s+(\d{1,4})(?:\s+(\d{1,4}))?\s*(?:\)|`)")
COUNTED = re.compile(
    r"for\s*\(\(\s*(\w+)\s*=\s*(\d{1,4})\s*;\s*\1\s*(<=?)\s*(\d{1,4})\s*;"
    r"\s*(?:\1\s*\+\+|\+\+\s*\1|\1\s*\+=\s*1)\s*\)\)"
)
ARRAY = re.compile(r"(?<![\w$])(\w+)=\(([^()`;]*)\)")
QUOTES = re.compile(r"[\"']")
DEEPEST = 8  # of defaults in defaults
MOST = 256  # words of one word


def unrolled(text: str) -> str:
    """Return a line with its counted loops, sequences and arrays as plain words."""
    text = COUNTED.sub(_counted, text)
    text = SEQUENCE.sub(_sequence, text)
    return ARRAY.sub(lambda match: f'{match[1]}="{QUOTES.sub("", match[2])}"', text)


def _counted(match: re.Match[str]) -> str:
    last = int(match[4]) + (match[3] == "<=")
    return f"for {match[1]} in {_range(int(match[2]), last)}"


def _sequence(match: re.Match[str]) -> str:
    first, last = (match[1], match[2]) if match[2] else ("1", match[1])
    return _range(int(first), int(last) + 1)


def _range(first: int, end: int) -> str:
    return " ".join(map(str, range(first, min(end, first + MOST))))


def expanded(word: str, known: dict[str, str]) -> str:
    """Return a word with the variables that are known, or have a default, replaced.

    `${x:=value}` makes a variable known.
    """

    def value(match: re.Match[str]) -> str:
        name, sign, text = match[1] or match[4], match[2] or "", match[3] or ""
        if sign.endswith("+"):
            return text if known.get(name) else ""
        if name in known and (known[name] or sign[:1] != ":"):
            return known[name]
        if not sign:
            return match[0]
        if sign.endswith("="):
            known[name] = text
        return text

    for _ in range(DEEPEST):
        word, before = VARIABLE.sub(value, word), word
        if word == before:
            break
    return word


def words_of(word: str, known: dict[str, str]) -> list[str]:
    """Return the words to which one word expands: a list in a variable, eth{0..3}, eth{a,b}."""
    text = expanded(word, known)
    parts = text.split() if VARIABLE.fullmatch(word) else [text]
    return [brace for part in parts for brace in _braces(part)][:MOST]


def _braces(word: str) -> Iterator[str]:
    match = NUMBERS.search(word) or CHOICE.search(word)
    if match is None or word[: match.start()].endswith("$"):
        yield word
        return
    choices = match[1].split(",")
    if match.re is NUMBERS:
        choices = _range(int(match[1]), int(match[2]) + 1).split()
    for choice in choices:
        yield from _braces(word[: match.start()] + choice + word[match.end() :])

"""Lists of interfaces in interfaces files: names, `none`, `all`, ifupdown2's glob and regex."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from harness.config.draft_bond import DraftBond
from harness.config.place import Place

# As in parse_glob of ifupdown2 (ifupdownaddons/modulebase.py), which knows no more than these.
TWO = re.compile(r"([A-Za-z0-9\-]+)\[(\d+)-(\d+)\]([A-Za-z0-9\-]+)\[(\d+)-(\d+)\](.*)")
RANGE = re.compile(r"([A-Za-z0-9\-]+[A-Za-z])(\d+)-(\d+)(.*)")
BRACKETS = re.compile(r"([A-Za-z0-9\-]+)\[(\d+)-(\d+)\](.*)")
MOST = 128


def ports(bond: DraftBond, text: str, place: Place) -> Iterator[str]:
    """Yield the names of a list; what selects interfaces by a rule goes to the bond's matches.

    `glob` and `regex` are about the word behind them, `all` is whatever has eth in its name.
    """
    words = iter(text.split())
    for word in words:
        if word == "none":
            continue
        if word == "all":
            bond.match("name", "eth*", place, f"bond-slaves {text}")
        elif word == "regex":
            expression = next(words, "")
            bond.match("regex", expression, place, f"regex {expression}")
        elif word == "glob":
            yield from expanded(next(words, ""))
        elif word not in ("noglob", "noregex"):
            yield word


def named(text: str) -> Iterator[str]:
    """Yield the names of a list, less what selects interfaces by a rule."""
    words = iter(text.split())
    for word in words:
        if word == "regex":
            next(words, "")
        elif word == "glob":
            yield from expanded(next(words, ""))
        elif word not in ("none", "all", "noglob", "noregex"):
            yield word


def expanded(word: str) -> Iterator[str]:
    """Yield the interfaces that ifupdown2's glob means: swp1-3 is swp1, swp2, swp3."""
    if match := TWO.fullmatch(word):
        pairs = product(_numbers(match[2], match[3]), _numbers(match[5], match[6]))
        yield from (f"{match[1]}{first}{match[4]}{second}{match[7]}" for first, second in pairs)
    elif match := RANGE.fullmatch(word) or BRACKETS.fullmatch(word):
        yield from (f"{match[1]}{n}{match[4]}" for n in _numbers(match[2], match[3]))
    elif word:
        yield word


def _numbers(low: str, high: str) -> range:
    first, last = int(low[:6]), int(high[:6])
    return range(first, min(last, first + MOST) + 1)

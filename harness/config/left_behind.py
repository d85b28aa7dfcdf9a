"""What files say that their bonds do not: it is in no other format when the bonds are written.

Nothing is looked for by name. Whatever a file says and no reader took is left behind, be it known
here or not: a machine without its gateway, or without its name servers, is lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress

from harness.config.containers import unpacked
from harness.config.detect import detect
from harness.config.model import ConfigError, Configuration, Extra, Spot
from harness.config.source import Source
from harness.config.statements import Statement, statements

MANY = 8  # values below one key, of which nothing is taken: they are told as one


def left_behind(
    sources: Iterable[Source], configuration: Configuration, format_: str | None = None
) -> list[Extra]:
    """Return the statements of some files that their configuration has not, in their order."""
    found = list(configuration.left)
    given = sources if format_ else [part for source in sources for part in unpacked(source)]
    for source in given:
        with suppress(ConfigError):  # which is a finding already
            told = list(statements(source, format_ or detect(source) or ""))
            found += _left(told, configuration.taken)
    once = {(extra.place, extra.spelled): extra for extra in found}
    return sorted(once.values(), key=lambda extra: extra.place)


def _left(told: list[Statement], taken: frozenset[Spot]) -> Iterator[Extra]:
    kept = {path for one in told if one.taken(taken) for path in _paths(one)}
    below = Counter(path for one in told for path in _paths(one))
    summed: set[tuple[str, ...]] = set()
    for one in told:
        if one.taken(taken):
            continue
        root = next((path for path in _paths(one) if path not in kept), ())
        if below[root] <= MANY:
            yield Extra(one.spelled, "", one.place)
        elif root not in summed:
            summed.add(root)
            yield Extra(f"{'.'.join(root)}: ({below[root]} values)", "", one.place)


def _paths(one: Statement) -> Iterator[tuple[str, ...]]:
    """Yield where a statement of YAML stands, from the outermost key on."""
    yield from (one.path[: nth + 1] for nth in range(len(one.path)))

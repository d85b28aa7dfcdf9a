"""The statements of files that are not in the configuration and are lost when it is converted.

Nothing is searched by name: any statement that no reader took is left behind, whether it is known
here or not. A machine without its gateway, or without its name servers, is lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress

from harness.config.containers import unpacked
from harness.config.detect import detect
from harness.config.model import ConfigError, Configuration, Extra
from harness.config.place import StatementId
from harness.config.source import Source
from harness.config.statements import Statement, statements

MANY = 8  # values below one key, none of which is taken: they are reported together


def left_behind(
    sources: Iterable[Source], configuration: Configuration, format_: str | None = None
) -> list[Extra]:
    """Return the statements of files that are not in their configuration, in order."""
    found = list(configuration.left)
    given = sources if format_ else [part for source in sources for part in unpacked(source)]
    for source in given:
        with suppress(ConfigError):  # which is a finding already
            told = list(statements(source, format_ or detect(source) or ""))
            found += _left(told, configuration.taken)
    once = {(extra.place, extra.spelled): extra for extra in found}
    return sorted(once.values(), key=lambda extra: extra.place)


def _left(told: list[Statement], taken: frozenset[StatementId]) -> Iterator[Extra]:
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
    """Yield the keys that contain a statement of YAML, from the outermost on."""
    yield from (one.path[: nth + 1] for nth in range(len(one.path)))

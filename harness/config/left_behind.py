"""The statements of files that are not in the configuration and are lost when it is converted.

Nothing is searched by name: any statement that no reader used is left behind, whether it is known
here or not. A machine without its gateway or name servers cannot be reached.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress

from harness.config.containers import unpacked
from harness.config.detect import detect
from harness.config.model import ConfigError, Configuration, Remark
from harness.config.place import StatementId
from harness.config.source import Source
from harness.config.statements import Statement, statements

MANY = 8  # values below one key, none of which is used: they are reported together


def left_behind(
    sources: Iterable[Source], configuration: Configuration, format_: str | None = None
) -> list[Remark]:
    """Return the statements of files that are not in their configuration, in order."""
    found = list(configuration.lost)
    given = sources if format_ else [part for source in sources for part in unpacked(source)]
    for source in given:
        with suppress(ConfigError):  # which is a finding already
            all_statements = list(statements(source, format_ or detect(source) or ""))
            found += _unused(all_statements, configuration.used)
    once = {(remark.place, remark.spelled): remark for remark in found}
    return sorted(once.values(), key=lambda remark: remark.place)


def _unused(all_statements: list[Statement], used: frozenset[StatementId]) -> Iterator[Remark]:
    kept = {
        path
        for statement in all_statements
        if statement.is_used(used)
        for path in _paths(statement)
    }
    below = Counter(path for statement in all_statements for path in _paths(statement))
    summed: set[tuple[str, ...]] = set()
    for statement in all_statements:
        if statement.is_used(used):
            continue
        root = next((path for path in _paths(statement) if path not in kept), ())
        if below[root] <= MANY:
            yield Remark(statement.spelled, "", statement.place)
        elif root not in summed:
            summed.add(root)
            yield Remark(f"{'.'.join(root)}: ({below[root]} values)", "", statement.place)


def _paths(one: Statement) -> Iterator[tuple[str, ...]]:
    """Yield the keys that contain a statement of YAML, from the outermost on."""
    yield from (one.path[: nth + 1] for nth in range(len(one.path)))

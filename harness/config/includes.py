"""Files that other files bring with them: `source` in interfaces, drop-ins of systemd's units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harness.config.detect import detect
from harness.config.ini_and_shell import joined
from harness.config.model import Place
from harness.config.source import STANDARD_INPUT, Source

SOURCING = frozenset({"source", "source-directory", "source-dir"})
IN_DIRECTORY = re.compile(r"[a-zA-Z0-9_-]+")  # interfaces(5): other names are passed over
WILD = frozenset("*?[")
UNITS = (".netdev", ".network")


def included(source: Source) -> Iterator[tuple[Path, Place]]:
    """Yield the files that an interfaces file sources, as wordexp(3) makes them of a pattern.

    A pattern that nothing matches is no file; a path without pattern need not exist.
    """
    if detect(source) not in ("interfaces", "ifupdown2"):
        return
    home = Path() if source.name == STANDARD_INPUT else Path(source.name).parent
    for number, line in joined(source.text):
        words = line.split()
        if len(words) > 1 and words[0] in SOURCING:
            for pattern in words[1:]:
                found = _expanded(home, pattern)
                if words[0] != "source":
                    found = [one for place in found for one in _in_directory(place)]
                yield from ((one, source.at(number)) for one in found)


def _expanded(home: Path, pattern: str) -> list[Path]:
    if not WILD & set(pattern):
        return [home / pattern]
    root, below = (Path("/"), pattern.lstrip("/")) if pattern.startswith("/") else (home, pattern)
    return sorted(root.glob(below))


def _in_directory(path: Path) -> Iterator[Path]:
    if path.is_dir():
        names = sorted(one for one in path.iterdir() if IN_DIRECTORY.fullmatch(one.name))
        yield from (one for one in names if one.is_file())


def drop_ins(path: Path) -> list[Path]:
    """Return the files that systemd adds to a unit: x.netdev.d/*.conf to x.netdev."""
    if path.suffix not in UNITS:
        return []
    return sorted(path.with_name(f"{path.name}.d").glob("*.conf"))

"""Files that other files include: `source` in interfaces, drop-ins of systemd's units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.config.detect import UNIT_ENDINGS, detect
from harness.config.ini_and_shell import logical_lines
from harness.config.model import Level
from harness.config.place import Place
from harness.config.source import STANDARD_INPUT, Source
from harness.config.stanzas import SOURCING

IN_DIRECTORY = re.compile(r"[a-zA-Z0-9_-]+")  # interfaces(5): other names are passed over
WILD = frozenset("*?[")
HOME = Path("/etc/network")


@dataclass(frozen=True, slots=True)
class Included:
    """A file that a line includes; `missing` says why there is none, with the level of that."""

    path: Path
    place: Place
    missing: str = ""
    hint: str = ""
    level: Level = "note"


def included(source: Source) -> Iterator[Included]:
    """Yield the files that an interfaces file sources, and remarks on those that are missing."""
    if detect(source) not in ("interfaces", "ifupdown2"):
        return
    for number, line in logical_lines(source.text):
        words = line.split()
        if len(words) > 1 and words[0] in SOURCING:
            for pattern in words[1:]:
                yield from _sourced(source, words[0], pattern, source.at(number))


def _sourced(source: Source, word: str, pattern: str, place: Place) -> Iterator[Included]:
    found = _expanded(source, pattern)
    if word != "source":
        found = [one for path in found for one in _in_directory(path)]
    yield from (Included(one, place) for one in found if one.is_file())
    if any(one.is_file() for one in found):
        return
    spelled = f"{word} {pattern}"
    if any(one.is_dir() for one in found):
        why, hint = "a directory, and source reads files", f"write source-directory {pattern}"
        yield Included(found[0], place, f"{spelled}: {why}", hint, "warning")
    elif WILD & set(pattern) or word != "source":
        yield Included(Path(pattern), place, f"{spelled}: there is no such file")
    else:
        why = f"{found[0]} does not exist, and ifupdown does not report that"
        yield Included(found[0], place, why, "correct the path", "warning")


def _expanded(source: Source, pattern: str) -> list[Path]:
    home = Path() if source.name == STANDARD_INPUT else Path(source.name).parent
    path = _in_tree(home, Path(pattern))
    if not WILD & set(pattern):
        return [home / path]
    root, below = (Path("/"), str(path).lstrip("/")) if path.is_absolute() else (home, str(path))
    return sorted(root.glob(below))


def _in_tree(home: Path, path: Path) -> Path:
    """Return a path in the tree of the file that names it.

    /etc/network/interfaces.d in a copy of another machine's files is not this machine's.
    """
    here = home.absolute()
    if not path.is_relative_to(HOME) or here.is_relative_to(HOME):
        return path
    places = [parent for parent in (here, *here.parents) if parent.parts[-2:] == HOME.parts[-2:]]
    return (places[0] if places else here) / path.relative_to(HOME)


def _in_directory(path: Path) -> Iterator[Path]:
    if path.is_dir():
        names = sorted(one for one in path.iterdir() if IN_DIRECTORY.fullmatch(one.name))
        yield from (name for name in names if name.is_file())


def drop_ins(path: Path) -> list[Path]:
    """Return the files that systemd adds to a unit: x.netdev.d/*.conf to x.netdev."""
    if path.suffix not in UNIT_ENDINGS:
        return []
    return sorted(path.with_name(f"{path.name}.d").glob("*.conf"))

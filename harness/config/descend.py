"""Search a directory tree for files that belong to a configuration of bonds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from harness.config.detect import DROP_INS, detect
from harness.config.includes import included
from harness.config.precedence import can_mask
from harness.config.source import Source

SOURCED = frozenset({"interfaces", "ifupdown2"})
LEFTOVERS = ("~", ".bak", ".orig", ".rpmsave", ".rpmnew", ".dpkg-old", ".dpkg-dist", ".swp")
DEEPEST = 6  # levels of directories: usr/local/lib/systemd/network/x.netdev.d
# Directories of programs: their files are no configuration of this machine.
PROGRAMS = ("if-pre-up.d", "if-up.d", "if-down.d", "if-post-down.d", "dispatcher.d", ".git")
# Formats in which files without a bond describe its slaves and its upper devices.
TOGETHER = frozenset({"netplan", "networkd", "ifcfg", "suse", "nm"})
HOMES = frozenset(
    ["netplan", "network", "network-scripts", "system-connections", "interfaces.d", "modprobe.d"]
)


def kept(path: Path) -> bool:
    """Return whether a file or directory is read: not hidden, and no backup copy."""
    return not path.name.startswith(".") and not path.name.endswith(LEFTOVERS)


def walk(path: Path, unreadable: Callable[[OSError], None]) -> Iterator[Path]:
    """Yield the files in the subdirectories of a directory, except in those of programs."""
    for top, directories, names in os.walk(path, onerror=unreadable):
        here = Path(top)
        deep = len(here.relative_to(path).parts)
        wanted = sorted(name for name in directories if name not in PROGRAMS)
        directories[:] = [name for name in wanted if kept(here / name)] if deep < DEEPEST else []
        if deep:
            yield from (here / name for name in sorted(names) if kept(here / name))


@dataclass(slots=True)
class Sifted:
    """Files of subdirectories: those that mention a bond, and others that may belong to these."""

    formats: dict[Path, str] = field(default_factory=dict)
    with_bond: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)

    def sift(self, path: Path, source: Source) -> None:
        """Classify a text."""
        self.formats[path] = detect(source) or ""
        mentions = bool(self.formats[path]) and _mentions_bond(source)
        (self.with_bond if mentions else self.others).append(path)

    def not_text(self, path: Path) -> None:
        """Note a file that is not text, such as a link to /dev/null that masks another file."""
        self.formats[path] = ""
        self.others.append(path)

    def wanted(self) -> Iterator[Path]:
        """Yield the files that mention a bond, those that belong to them or mask them."""
        homes = {(self.formats[path], _home(path)) for path in self.with_bond}
        names = {(_home(path), path.name) for path in self.with_bond}
        yield from self.with_bond
        for path in self.others:
            name = self.formats[path]
            together = name in TOGETHER and (name, _home(path)) in homes
            if together or ((_home(path), path.name) in names and can_mask(str(path))):
                yield path


def _mentions_bond(source: Source) -> bool:
    """Return whether a text mentions a bond, or a file that it includes does."""
    if "bond" in source.text.lower():
        return True
    paths = [one.path for one in included(source) if not one.missing]
    return any("bond" in path.read_text(errors="replace").lower() for path in paths)


def _home(path: Path) -> str:
    """Return the name of the directory whose files its tool reads together."""
    drop_in = path.parent.name.endswith(DROP_INS)
    return (path.parent.parent if drop_in else path.parent).name

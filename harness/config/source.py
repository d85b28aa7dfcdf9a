"""Where configurations come from: files, directories, a running bond, a string, standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.config.model import ConfigError, Place

RUNNING = Path("/sys/class/net")
COMMAND_LINE = "<command line>"
STANDARD_INPUT = "<standard input>"
BIGGEST = 4 * 1024 * 1024  # bytes; no configuration of bonds is that long
LEFTOVERS = ("~", ".bak", ".orig", ".rpmsave", ".rpmnew", ".dpkg-old", ".dpkg-dist", ".swp")


@dataclass(frozen=True, slots=True)
class Source:
    """One text and what to call it: a path, or words in angle brackets."""

    name: str
    text: str

    @property
    def base(self) -> str:
        """The last part of the name."""
        return Path(self.name).name

    @property
    def parent(self) -> str:
        """The last part but one of the name."""
        return Path(self.name).parent.name

    def at(self, line: int = 0) -> Place:
        """Return a line of it."""
        return Place(self.name, line)


def sources(arguments: Iterable[str]) -> list[Source]:
    """Return what arguments name; raises ConfigError where there is nothing to read.

    An argument is a file, a directory, `-`, the name of a bond that runs here, or options such as
    "mode=1 miimon=100" themselves.
    """
    return [source for argument in arguments for source in _named(argument)]


def _named(argument: str) -> Iterator[Source]:
    path = Path(argument)
    if argument == "-":
        yield Source(STANDARD_INPUT, sys.stdin.read())
    elif "=" in argument and not _exists(path):
        yield Source(COMMAND_LINE, argument)
    elif _exists(path) and path.is_dir():
        yield from _directory(path)
    elif _exists(path):
        yield _file(path)
    elif "/" not in argument and _exists(RUNNING / argument / "bonding"):
        yield from _running(RUNNING / argument / "bonding")
    else:
        raise ConfigError(
            "there is no such file, directory or running bond",
            Place(argument),
            hint='give a file, a directory, the name of a bond, or "mode=1 miimon=100"',
        )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _directory(path: Path) -> Iterator[Source]:
    """Yield what lies in a directory: a bond's in sysfs whole, else every file that is no copy."""
    for place in (path, path / "bonding"):
        if (place / "slaves").is_file() and (place / "mode").is_file():
            yield from _running(place)
            return
    files = sorted(one for one in path.iterdir() if one.is_file() and not one.name.startswith("."))
    kept = [one for one in files if not one.name.endswith(LEFTOVERS)]
    if not kept:
        raise ConfigError("the directory has no file", Place(str(path)), hint="give one that has")
    yield from (_file(one) for one in kept)


def _running(path: Path) -> Iterator[Source]:
    yield from (_file(one) for one in sorted(path.iterdir()) if one.is_file())


def _file(path: Path) -> Source:
    try:
        with path.open("rb") as file:
            data = file.read(BIGGEST + 1)
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}", Place(str(path)), hint="name a text file"
        ) from error
    if len(data) > BIGGEST:
        raise ConfigError(
            "is longer than 4 MB", Place(str(path)), hint="give a network configuration"
        )
    try:
        return Source(str(path), data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"byte {data[error.start]:#04x} is no UTF-8 text",
            Place(str(path), line),
            hint="give a text file",
        ) from error

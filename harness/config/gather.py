"""Read configurations from files, directories, a running bond, a string or standard input."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from harness.config.descend import HOMES, SOURCED, Sifted, kept, walk
from harness.config.includes import drop_ins, included
from harness.config.model import ConfigError, Level, Remark
from harness.config.place import Place
from harness.config.precedence import can_mask
from harness.config.source import COMMAND_LINE, STANDARD_INPUT, NoText, Source, decoded

SYS_CLASS_NET = Path("/sys/class/net")
BIGGEST = 4 * 1024 * 1024  # bytes; no configuration of bonds is that long
MOST = 4000  # files: /etc has fewer
NOTHING = "/dev/null"  # a link to it masks a file
# Descriptors that the shell hands over, as in `harness check <(ip -d -j link)`.
HANDED_OVER = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
NARROWER = "give a directory of a network's configuration, such as /etc/netplan"
KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def sources(arguments: Iterable[str]) -> list[Source]:
    """Return the sources that arguments name; one that cannot be read has a remark and no text.

    An argument is a file, a directory, `-`, the name of a running bond, or options such as
    "mode=1 miimon=100".
    """
    gathering = _SourceCollector()
    for argument in arguments:
        gathering.argument(argument)
    return gathering.found


@dataclass(slots=True)
class _SourceCollector:
    """Sources as they are found, each file once."""

    found: list[Source] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def argument(self, argument: str) -> None:
        path = Path(argument)
        with self.tolerant():
            if argument == "-":
                self.add(decoded(STANDARD_INPUT, _limited(STANDARD_INPUT, sys.stdin.buffer)))
            elif "=" in argument and not _exists(path):
                self.found.append(Source(COMMAND_LINE, argument))
            elif _exists(path) and path.is_dir():
                self.directory(path)
            elif _exists(path) or path.is_symlink():
                self.file(path)
            elif "/" not in argument and _exists(SYS_CLASS_NET / argument / "bonding"):
                self.running(SYS_CLASS_NET / argument / "bonding")
            else:
                raise ConfigError(
                    "there is no such file, directory or running bond",
                    Place(argument),
                    hint='give a file, a directory, the name of a bond, or "mode=1 miimon=100"',
                )

    @contextmanager
    def tolerant(self, not_text: Level = "error") -> Iterator[None]:
        """Keep an error as a remark; `not_text` is its level for a file that is not text."""
        try:
            yield
        except NoText as error:
            self.remark(error, not_text)
        except ConfigError as error:
            self.remark(error, "error")
        except OSError as error:
            self.remark(_unreadable(error, error.filename or "-"))

    def remark(self, error: ConfigError, level: Level = "error") -> None:
        """Add a remark instead of a text."""
        remark = Remark("", error.seen, error.place, error.hint, level=level)
        self.found.append(Source(error.place.file, "", (remark,)))

    def file(self, path: Path) -> None:
        """Add a file and those that it includes, once."""
        real = os.path.realpath(path)
        if real == NOTHING and can_mask(str(path)):
            self.found.append(Source(str(path), ""))
        elif real not in self.seen:
            self.seen.add(real)
            self.add(_read(path))
            for other in drop_ins(path):
                with self.tolerant():
                    self.file(other)

    def add(self, source: Source) -> None:
        """Add a text, and the files that it includes."""
        self.found.append(source)
        for one in included(source):
            with self.tolerant():
                if one.missing:
                    self.remark(ConfigError(one.missing, one.place, hint=one.hint), one.level)
                else:
                    self.file(one.path)

    def running(self, path: Path) -> None:
        """Add the files of a bond's directory in sysfs."""
        self.found += [_read(one) for one in sorted(path.iterdir()) if one.is_file()]

    def directory(self, path: Path) -> None:
        """Add the files of a directory: all of a bond's in sysfs, else all but backup copies.

        From subdirectories, add the files that mention a bond, and those that belong to them.
        """
        for place in (path, path / "bonding"):
            if (place / "slaves").is_file() and (place / "mode").is_file():
                self.running(place)
                return
        before, files = len(self.found), [one for one in sorted(path.iterdir()) if kept(one)]
        for file in files:
            if not file.is_dir():
                with self.tolerant("note"):
                    self.file(file)
        self.below(path)
        read_before = any(os.path.realpath(file) in self.seen for file in files)
        if len(self.found) == before and not read_before:
            raise ConfigError("the directory has no file", Place(str(path)), hint=NARROWER)

    def below(self, path: Path) -> None:
        """Add the files of subdirectories that mention a bond, and those that belong to them."""
        sifted = Sifted()
        for nth, one in enumerate(walk(path, self._unlisted)):
            if nth == MOST:
                why = f"more than {MOST} files lie below, and the rest is not read"
                self.remark(ConfigError(why, Place(str(path)), hint=NARROWER), "warning")
                break
            try:
                sifted.sift(one, _read(one))
            except NoText:
                sifted.not_text(one)
            except ConfigError as error:
                if one.parent.name in HOMES:
                    self.remark(error, "warning")
        for one in sifted.wanted():
            self._sifted(one, sifted.formats[one])

    def _unlisted(self, error: OSError) -> None:
        self.remark(_unreadable(error, error.filename), "warning")

    def _sifted(self, path: Path, name: str) -> None:
        """Add a file of a subdirectory, unless it would have to be included and is not."""
        if os.path.realpath(path) in self.seen:
            return
        mains = [place / "interfaces" for place in path.parents]
        main = next((main for main in mains if os.path.realpath(main) in self.seen), None)
        if main and name in SOURCED:
            why = f"{main} does not source it, so it is not in effect"
            error = ConfigError(why, Place(str(path)), hint="source interfaces.d/*")
            self.remark(error, "note")
        else:
            with self.tolerant("note"):
                self.file(path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _read(path: Path) -> Source:
    """Return a file; raises ConfigError if it cannot be read, NoText if it is not text."""
    try:
        mode = path.stat().st_mode
        regular = stat.S_ISREG(mode)
        if not regular and not str(path).startswith(HANDED_OVER):
            what = KINDS.get(stat.S_IFMT(mode), "no regular file")
            raise NoText(f"{what}, not a text file", Place(str(path)), hint="give a text file")
        with open(path, "rb", opener=_at_once if regular else None) as file:
            data = _limited(str(path), file)
    except OSError as error:
        if path.is_symlink() and not _exists(path):
            ring = error.errno == errno.ELOOP
            hint = "remove the link, or put a file where it leads"
            why = "the link leads to itself" if ring else "the link leads nowhere"
            raise NoText(why, Place(str(path)), hint=hint) from error
        raise _unreadable(error, path) from error
    return decoded(str(path), data)


def _at_once(path: str, flags: int) -> int:
    """Open a file without blocking reads, as some of /proc would (kmsg, trace_pipe)."""
    return os.open(path, flags | os.O_NONBLOCK)


def _unreadable(error: OSError, path: object) -> ConfigError:
    forbidden = isinstance(error, PermissionError)
    hint = "run as a user who may read it, such as root" if forbidden else "name a text file"
    return ConfigError(f"cannot be read: {error.strerror}", Place(str(path)), hint=hint)


def _limited(name: str, file: BinaryIO) -> bytes:
    data = file.read(BIGGEST + 1)
    if data is None:  # nothing is there to be read at once
        raise NoText("a stream, not a text file", Place(name), hint="give a text file")
    if len(data) > BIGGEST:
        raise NoText("is longer than 4 MB", Place(name), hint="give a network configuration")
    return data

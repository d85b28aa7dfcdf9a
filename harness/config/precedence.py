"""Which of several files of the same name is in effect: the search directories of tools.

A file in /etc replaces one of the same name in /usr/lib; an empty one, or a link to
/dev/null, masks it. Sources: systemd.network(5), modprobe.d(5), netplan(5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from harness.config.detect import DROP_INS, UNIT_ENDINGS
from harness.config.model import Remark
from harness.config.source import COMMAND_LINE, STANDARD_INPUT, Source

ETC_FIRST = ("etc", "run", "usr/local/lib", "usr/lib", "lib")


@dataclass(frozen=True, slots=True)
class Search:
    """Directories of one tool: `directory` below each of `roots`, the first of which counts."""

    tool: str
    directory: str
    roots: tuple[str, ...]
    endings: tuple[str, ...]


SEARCHES = (
    Search(
        "systemd-networkd",
        "systemd/network",
        ETC_FIRST,
        UNIT_ENDINGS + DROP_INS,
    ),
    Search("modprobe", "modprobe.d", ETC_FIRST, (".conf",)),
    Search("netplan", "netplan", ("run", "etc", "lib"), (".yaml",)),
)


@dataclass(frozen=True, slots=True)
class _Position:
    """The position of a file: the tree, its name there, and the rank of its directory."""

    tree: str
    tool: str
    name: str
    rank: int

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.tree, self.tool, self.name)


def can_mask(path: str) -> bool:
    """Return whether an empty file prevents another one of the same name from being read."""
    return _position(path) is not None


def effective(given: Sequence[Source]) -> tuple[list[Source], list[Remark]]:
    """Return the texts in effect, and remarks on the others."""
    positions = [(source, _position(source.name)) for source in given]
    best: dict[tuple[str, str, str], tuple[int, Source]] = {}
    for source, position in positions:
        if position and (position.key not in best or position.rank < best[position.key][0]):
            best[position.key] = (position.rank, source)
    kept, remarks = list[Source](), list[Remark]()
    for source, position in positions:
        why = _why_not_read(source, position, best) if position else ""
        if why:
            remarks.append(Remark("", why, source.at(), level="note"))
        else:
            kept.append(source)
    return kept, remarks


def _why_not_read(
    source: Source, position: _Position, best: dict[tuple[str, str, str], tuple[int, Source]]
) -> str:
    """Return why a file is not in effect, "" if it is."""
    first = best[position.key][1]
    if first is not source:
        return f"not in effect: {position.tool} reads {first.name} of the same name instead"
    if _empty(source):
        return f"masked: {position.tool} reads no file of this name"
    unit, drop_in, _ = position.name.partition(".d/")
    main = best.get((position.tree, position.tool, unit))
    if drop_in and main and _empty(main[1]):
        return f"not in effect: {main[1].name} masks the unit to which this adds"
    return ""


def _empty(source: Source) -> bool:
    return not source.text.strip() and not source.remarks


def _position(name: str) -> _Position | None:
    """Return the position of a file among the directories that its tool searches."""
    if name in (COMMAND_LINE, STANDARD_INPUT):
        return None
    path = Path(name).absolute()
    drop_in = path.parent.name.endswith(DROP_INS)
    home = path.parent.parent if drop_in else path.parent
    tail = str(path.relative_to(home))
    for search in SEARCHES:
        if not path.name.endswith(".conf" if drop_in else search.endings):
            continue
        found = next(_trees(home, search), None)
        if found:
            return _Position(found[0], search.tool, tail, found[1])
    if path.suffix in UNIT_ENDINGS or drop_in:
        return _Position(str(home), "systemd-networkd", tail, 0)
    return None


def _trees(home: PurePath, search: Search) -> Iterator[tuple[str, int]]:
    """Yield the tree in which a directory is one of those searched, and its rank there."""
    for rank, root in enumerate(search.roots):
        wanted = PurePath(root, search.directory).parts
        if home.parts[-len(wanted) :] == wanted:
            # usr/lib ends in lib: the longer match is the right one.
            if root == "lib" and home.parts[-len(wanted) - 1 : -len(wanted)] in (
                ("usr",),
                ("local",),
            ):
                continue
            yield str(PurePath(*home.parts[: -len(wanted)])), rank

"""Whatever a file says is in the files that are written of it, or is told: nothing vanishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.config import Configuration, Source, parse
from harness.config.draft_net import DraftNet
from harness.config.left_behind import left_behind
from harness.config.readers.netplan_keys import BOND
from harness.config.tool_support import FORMATS, RUNNING
from harness.config.write import write
from tests.config.test_roundtrip import machines
from tests.dialects import DIALECTS, SILENT, Dialect
from tests.referees import REFEREES

TARGETS = ("netplan", "networkd", "nm", "interfaces")
Chosen = Sequence[tuple[str, str]]
Files = tuple[tuple[str, str], ...]  # their names and texts
by_format = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.format)


def sources(files: Mapping[str, str]) -> list[Source]:
    """Return files as sources."""
    return [Source(name, text) for name, text in files.items()]


@cache  # a file is what is left of many others without one of their lines
def read(files: Files, format_: str) -> Configuration:
    """Return what is read of files."""
    return parse(sources(dict(files)), format_)


@cache
def written(files: Files, format_: str, target: str) -> tuple[object, ...]:
    """Return all that comes of files: those that are written, and what they cannot say."""
    made = write(read(files, format_), target)
    return (made.files, sorted(map(str, made.cannot)))


def made_of(dialect: Dialect, chosen: Chosen, target: str) -> tuple[object, ...]:
    """Return all that comes of the files of a dialect with some lines."""
    return written(tuple(dialect.files(chosen).items()), dialect.format, target)


def told(dialect: Dialect, chosen: Chosen) -> tuple[str, ...]:
    """Return what is told of a file, each by its line: what is left behind, and what is unread."""
    return told_of(tuple(dialect.files(chosen).items()), dialect.format)


@cache
def told_of(files: Files, format_: str) -> tuple[str, ...]:
    """Return the lines of files that are told."""
    found = read(files, format_)
    remarks = [*left_behind(sources(dict(files)), found, format_)]
    remarks += [remark for _, remark in found.everything_unknown()]
    lines = {name: text.splitlines() for name, text in files}
    return tuple(
        lines[one.place.file][one.place.line - 1].strip() for one in remarks if one.place.line
    )


def vanished(dialect: Dialect, chosen: Chosen, target: str) -> list[str]:
    """Return the lines without which everything would be the same, and that nobody tells."""
    whole, said = made_of(dialect, chosen, target), told(dialect, chosen)
    return [
        line
        for room, line in chosen
        if line not in said
        and made_of(dialect, [one for one in chosen if one != (room, line)], target) == whole
    ]


@by_format
@settings(max_examples=12, deadline=None)
@given(st.data())
def test_nothing_vanishes(dialect: Dialect, data: st.DataObject) -> None:
    """Known lines in any number: each changes what is written, or is told."""
    some = st.lists(st.sampled_from(dialect.all), min_size=1, max_size=5, unique_by=key_of)
    chosen = data.draw(some)
    assert not vanished(dialect, chosen, data.draw(st.sampled_from(TARGETS)))


def key_of(one: tuple[str, str]) -> tuple[str, str]:
    """Return room and key of a line, so that no key is given twice."""
    room, line = one
    return (room, line if room in ("command", "line") else line.split("=")[0].split(":")[0])


@by_format
def test_no_single_line_vanishes(dialect: Dialect) -> None:
    lost = [one for one in dialect.all for target in TARGETS if vanished(dialect, [one], target)]
    assert not lost


@by_format
def test_what_is_so_anyway_is_not_reported(dialect: Dialect) -> None:
    assert not set(told(dialect, SILENT.get(dialect.format, []))) & {
        line for _, line in SILENT.get(dialect.format, [])
    }


@pytest.mark.parametrize("format_", [name for name in FORMATS if name not in RUNNING])
@settings(max_examples=15, deadline=None)
@given(machines())
def test_nothing_is_left_of_what_we_write(format_: str, bond: object) -> None:
    """Our own files say what the normal form has, and no more."""
    files = write(Configuration((bond,)), format_).files  # type: ignore[arg-type]
    assert not left_behind(sources(files), parse(sources(files), format_), format_)


def test_all_keys_of_a_bond_in_netplan_are_tried() -> None:
    (netplan,) = (one for one in DIALECTS if one.format == "netplan")
    tried = {line.split(":")[0] for room, line in netplan.all if room == "bond"}
    apart = {"interfaces", "parameters", "addresses", "renderer", "gateway4", "gateway6"}
    # Which releases in use refuse for a bond, or which need further files.
    lately = {"neigh-suppress", "port-mac-learning", "hairpin", "ra-overrides",
              "openvswitch", "networkmanager", "ipv6-address-token"}  # fmt: skip
    assert tried == BOND - apart - lately


@pytest.mark.parametrize("format_", ["netplan", "networkd", "nm"])
def test_the_tools_know_these_lines(format_: str, tmp_path: Path) -> None:
    """The referee takes every line, so that it is one that people have."""
    (dialect,) = (one for one in DIALECTS if one.format == format_)
    for nth, one in enumerate(dialect.all if format_ == "netplan" else [None]):
        place = tmp_path / str(nth)
        place.mkdir()
        chosen = dialect.all if one is None else [one]
        verdict = REFEREES[format_](dialect.files(chosen), place)
        assert not verdict.refused, (one, verdict)
        # What netplan makes of a line is not always what systemd-networkd knows.
        unknown = [line for line in verdict.ignored if "Unknown" in line]
        assert format_ == "netplan" or not unknown, verdict


def test_a_reader_that_takes_and_forgets_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a line that is noted as taken, and is in no model, vanishes."""
    (netplan,) = (one for one in DIALECTS if one.format == "netplan")
    line = ("bond", "mtu: 1437")
    assert not vanished(netplan, [line], "networkd")
    monkeypatch.setattr(DraftNet, "set_mtu", lambda net, _, place: net.mark_used(place))
    try:
        forget()
        assert vanished(netplan, [line], "networkd") == [line[1]]
    finally:
        forget()


def forget() -> None:
    """Read all files again: a reader is another one now."""
    for known in (read, written, told_of):
        known.cache_clear()

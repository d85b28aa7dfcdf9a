"""All statements of a file, independent of its reader, to find those that no reader used.

A statement is a value of YAML, a KEY=VALUE, a line of a stanza, a command. It has the same kind of
place with which readers mark what they used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

import yaml

from harness.config.draft import Draft
from harness.config.ini_and_shell import ini, logical_lines, physical_lines, variables
from harness.config.place import Place, StatementId
from harness.config.readers import installers, nmcli
from harness.config.scripts import commands
from harness.config.source import Source
from harness.config.stanzas import HOOKS, Line
from harness.config.stanzas import lines as stanza_lines
from harness.config.wrappers import texts_within
from harness.config.yaml_nodes import NULLS, Node, documents

YAML = ("netplan", "nmstate", "cloud-init", "talos", "os-net-config")
DEEPEST = 40  # levels of YAML; an alias may contain itself


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; readers mark all of its `parts`, or `whole`."""

    place: Place
    spelled: str
    parts: tuple[StatementId, ...]
    path: tuple[str, ...] = ()

    def is_used(self, ids: frozenset[StatementId]) -> bool:
        """Return whether a reader used it."""
        return self.place.statement_id in ids or bool(self.parts and ids.issuperset(self.parts))


def statements(source: Source, format_: str) -> Iterator[Statement]:
    """Yield the statements of a file; output that shows a running bond has none.

    Raises ConfigError if the file is not of its format.
    """
    if kind := KINDS.get(format_):
        yield from kind(source)


def _yaml(source: Source) -> Iterator[Statement]:
    for node in documents(source):
        yield from _leaves(node, (), ())


def _leaves(
    node: Node, path: tuple[str, ...], above: tuple[StatementId, ...]
) -> Iterator[Statement]:
    """Yield the values below a node; `above` is the list of words that contains it."""
    raw = node.raw
    if len(path) > DEEPEST:
        return
    if isinstance(raw, yaml.MappingNode):
        for key, value in raw.value:
            yield from _leaves(Node(value, node.source), (*path, str(key.value)), ())
    elif isinstance(raw, yaml.SequenceNode):
        for value in raw.value:
            yield from _leaves(Node(value, node.source), path, (node.place.statement_id,))
    elif inner := texts_within(node):
        for one in inner:
            yield from _leaves(one, path, ())
    elif raw.value not in NULLS:
        spelled = f"{'.'.join(path)}: {raw.value}"
        yield Statement(node.place, spelled, above, path)


def _ini(source: Source, *, joins: bool = False) -> Iterator[Statement]:
    for section in ini(source, Draft(""), joins=joins):
        for entry in section.entries:
            if entry.value:
                yield Statement(entry.place, entry.spelled, ())


def _variables(source: Source) -> Iterator[Statement]:
    for entry in variables(source, Draft("")):
        if entry.value.strip():
            yield Statement(entry.place, entry.spelled, ())


def _stanzas(source: Source) -> Iterator[Statement]:
    known: dict[str, str] = {}
    for line in stanza_lines(source):
        if line.key == "iface":
            known = {"IFACE": next(iter(line.value.split()), "")}
        parts = tuple(place.statement_id for place in hooked(line, known))
        yield Statement(line.place, line.spelled, parts)


def hooked(line: Line, known: Mapping[str, str]) -> list[Place]:
    """Return the places of the commands of a line of a stanza, none where it is no hook."""
    if line.key not in HOOKS:
        return []
    found = commands(Source(line.place.file, line.value), known)
    return [replace(line.place, column=one.place.column) for one in found]


def _commands(source: Source) -> Iterator[Statement]:
    for command in commands(source):
        yield Statement(command.place, command.text, ())


def _options(source: Source) -> Iterator[Statement]:
    """Yield lines of options, or the properties that commands set, where there are commands."""
    if "nmcli" not in source.text:
        yield from _lines(source)
        return
    for command in commands(source):
        found = nmcli.parts(command) if command.name == "nmcli" else []
        yield from (Statement(one.place, one.spelled, ()) for one in found)
        if not found:
            yield Statement(command.place, command.text, ())


def _lines(source: Source) -> Iterator[Statement]:
    for number, text in logical_lines(source.text):
        if text.strip() and not text.lstrip().startswith("#"):
            yield Statement(source.at(number), text.strip(), ())


def _json(source: Source) -> Iterator[Statement]:
    yield from _yaml(replace(source, text=source.text.replace("\t", " ")))


def _networks(source: Source) -> Iterator[Statement]:
    for number, text in physical_lines(source.text):
        for entry in installers.options(text, source.at(number)).values():
            yield Statement(entry.place, f"--{entry.spelled.rstrip('=')}", ())


def _arguments(source: Source) -> Iterator[Statement]:
    for entry in installers.words_of(source):
        yield Statement(entry.place, entry.spelled, ())


def _vyos(source: Source) -> Iterator[Statement]:
    for number, text in physical_lines(source.text):
        if text.strip().startswith("set "):
            yield Statement(source.at(number), text.strip(), ())


StatementReader = Callable[[Source], Iterator[Statement]]
KINDS: Mapping[str, StatementReader] = MappingProxyType(
    {
        **dict.fromkeys(YAML, _yaml),
        "openstack": _json,
        "kickstart": _networks,
        "kernel-args": _arguments,
        "networkd": partial(_ini, joins=True),
        "nm": _ini,
        **dict.fromkeys(("ifcfg", "suse"), _variables),
        **dict.fromkeys(("interfaces", "ifupdown2"), _stanzas),
        **dict.fromkeys(("bonding-opts", "modprobe", "uci"), _lines),
        "ip-link": _commands,
        "nmcli": _options,
        "vyos": _vyos,
    }
)

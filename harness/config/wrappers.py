"""YAML in YAML: configurations in the input of other programs.

Cloud-init's user-data, Subiquity's autoinstall, policies of Kubernetes and the hosts of an agent's
installation carry a configuration of netplan, nmstate or cloud-init, as a mapping or as a text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import yaml

from harness.config.model import ConfigError
from harness.config.place import Place
from harness.config.source import Source
from harness.config.yaml_nodes import Node, documents

DEEPEST = 12
Predicate = Callable[[Node], bool]


@dataclass(frozen=True, slots=True)
class Inner:
    """A configuration, and the mappings and lists that contain it, the outermost first."""

    node: Node
    around: tuple[Node, ...]

    @property
    def wrapped(self) -> bool:
        """Whether it is contained in something else."""
        return bool(self.around)


def inner(source: Source, wanted: Predicate) -> list[Inner]:
    """Return the configurations in the documents of a YAML file, the outermost ones only."""
    return [one for node in documents(source) for one in _below(node, wanted, ())]


def configurations(
    sources: Sequence[Source], wanted: Predicate, absent: str, hint: str
) -> Iterator[Node]:
    """Yield the configurations of some files; raises ConfigError for a file that has none."""
    for source in sources:
        found = inner(source, wanted)
        yield from (one.node for one in found)
        if not found:
            raise ConfigError(absent, source.at(1), hint=hint)


def _below(node: Node, wanted: Predicate, around: tuple[Node, ...]) -> Iterator[Inner]:
    if isinstance(node.raw, yaml.MappingNode) and wanted(node):
        yield Inner(node, around)
    elif len(around) < DEEPEST:
        for member in _members(node):
            yield from _below(member, wanted, (*around, node))


def _members(node: Node) -> Iterator[Node]:
    raw = node.raw
    if isinstance(raw, yaml.MappingNode):
        yield from (Node(value, node.source) for _, value in raw.value)
    elif isinstance(raw, yaml.SequenceNode):
        yield from (Node(value, node.source) for value in raw.value)
    yield from texts_within(node)


def texts_within(node: Node) -> list[Node]:
    """Return the documents of a text in YAML that is YAML itself."""
    raw = node.raw
    if isinstance(raw, yaml.ScalarNode) and raw.style in ("|", ">") and ":" in raw.value:
        # The text begins in the line behind its sign.
        shift = node.source.shift + raw.start_mark.line + 1
        text = replace(node.source, text=raw.value, shift=shift)
        with suppress(ConfigError):  # a text of another kind
            return documents(text)
    return []


def scalars(source: Source) -> list[str]:
    """Return all words and texts of a YAML file."""
    left, found = documents(source), list[str]()
    for _ in range(DEEPEST):
        found += [str(node.raw.value) for node in left if isinstance(node.raw, yaml.ScalarNode)]
        left = [member for node in left for member in _members(node)]
    return found


def keys(node: Node) -> frozenset[str]:
    """Return the keys of a mapping, none where it is something else."""
    if not isinstance(node.raw, yaml.MappingNode):
        return frozenset()
    return frozenset(str(key.value) for key, _ in node.raw.value if isinstance(key.value, str))


def value(node: Node, key: str) -> Node | None:
    """Return the value of a key of a mapping, None where there is none."""
    if isinstance(node.raw, yaml.MappingNode):
        for name, found in node.raw.value:
            if name.value == key:
                return Node(found, node.source)
    return None


def mappings(node: Node | None) -> list[Node]:
    """Return the mappings of a list, none where it is something else."""
    if node is None or not isinstance(node.raw, yaml.SequenceNode):
        return []
    return [Node(one, node.source) for one in node.raw.value if isinstance(one, yaml.MappingNode)]


def places(node: Node, *keys: str) -> list[Place]:
    """Return the places of the values of some keys of a mapping."""
    return [found.place for key in keys if (found := value(node, key)) is not None]


def text(node: Node, key: str) -> str:
    """Return the word at a key, "" if there is none."""
    found = value(node, key)
    return str(found.raw.value) if found and isinstance(found.raw, yaml.ScalarNode) else ""

"""YAML with the line of every key and value, scalars as written.

PyYAML composes the document; its tags are not resolved, because in YAML 1.1 the kernel's words on
and off are booleans.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import yaml

from harness.config.model import ConfigError
from harness.config.place import Place
from harness.config.source import Source

NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of a YAML document."""

    raw: yaml.Node
    source: Source

    @property
    def place(self) -> Place:
        """The place where it begins."""
        mark = self.raw.start_mark
        return replace(self.source.at(mark.line + 1), column=mark.column + 1)

    @property
    def empty(self) -> bool:
        """Whether it is empty."""
        return isinstance(self.raw, yaml.ScalarNode) and (
            self.raw.style is None and self.raw.value in NULLS
        )

    def items(self, what: str) -> Iterator[tuple[str, Node]]:
        """Yield key and value of a mapping; raises ConfigError for anything else."""
        if self.empty:
            return
        if not isinstance(self.raw, yaml.MappingNode):
            raise self.expected(f"{what} is a mapping")
        seen = set()
        for key, value in self.raw.value:
            name = Node(key, self.source).text("a key")
            if name in seen:
                raise ConfigError(
                    f"{name} is given twice", Node(key, self.source).place, hint="keep one"
                )
            seen.add(name)
            yield name, Node(value, self.source)

    def get(self, key: str, what: str) -> Node | None:
        """Return the value of a key, None if there is none."""
        return next((value for name, value in self.items(what) if name == key), None)

    def list(self, what: str) -> list[Node]:
        """Return the members of a sequence; raises ConfigError for anything else."""
        if self.empty:
            return []
        if not isinstance(self.raw, yaml.SequenceNode):
            raise self.expected(f"{what} is a list")
        return [Node(one, self.source) for one in self.raw.value]

    def text(self, what: str) -> str:
        """Return a scalar as it was written; raises ConfigError for anything else."""
        if not isinstance(self.raw, yaml.ScalarNode):
            raise self.expected(f"{what} is one word or number")
        return str(self.raw.value)

    def joined(self, what: str) -> str:
        """Return a scalar, or the members of a list with commas between them."""
        if isinstance(self.raw, yaml.SequenceNode):
            return ",".join(one.text(what) for one in self.list(what))
        return "" if self.empty else self.text(what)

    def expected(self, what: str) -> ConfigError:
        """Return the error for a node of another kind than expected."""
        kinds = {"scalar": "a word", "sequence": "a list", "mapping": "a mapping"}
        kind = kinds.get(str(getattr(self.raw, "id", "")), "something else")
        return ConfigError(f"this is {kind}", self.place, hint=f"{what}")


def documents(source: Source) -> list[Node]:
    """Return the documents of a YAML file; raises ConfigError where it is none."""
    try:
        # A RecursionError is what PyYAML makes of thousands of nested brackets.
        found = list(yaml.compose_all(source.text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 0
        raise ConfigError(
            f"not YAML: {error.problem or error.context}", source.at(line), hint="correct the file"
        ) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        message = str(error).partition("\n")[0]
        raise ConfigError(f"not YAML: {message}", source.at(), hint="correct the file") from None
    return [Node(raw, source) for raw in found if raw is not None]


def dump(data: object) -> str:
    """Return plain data as YAML."""
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))

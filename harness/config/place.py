"""The place of a statement in a configuration file."""

from __future__ import annotations

from dataclasses import dataclass, field

StatementId = tuple[str, int, int]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a file, from 1 (0: the whole file), and the `column` of a part of it."""

    file: str
    line: int = 0
    column: int = field(default=0, compare=False, repr=False)

    @property
    def statement_id(self) -> StatementId:
        """The identity of one statement of a file."""
        return (self.file, self.line, self.column)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file

"""Faults of the bonding driver: what is replaced where, and what a user would see of it."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError

FAULTS = Path(__file__).with_name("faults")
DRIVER = Path("drivers/net/bonding")
SPEC = "virtual@7.2"  # the kernel whose source the faults are in
# Why nothing can find a fault, from the start of its `unfound`.
REASONS = ("equivalent: ", "needs hardware: ")


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: in `function` of `file`, the only `old` becomes `new`.

    `file` is a path in the tree, or a name in the driver's directory; `function` is "" for one
    place in the whole file. `area` is the file it is described in, `shows` what a user would see,
    `claims` are those that it breaks; `unfound` is why no scenario can find it, "" if one should.
    """

    name: str
    area: str
    file: str
    old: str
    new: str
    shows: str
    function: str = ""
    claims: tuple[str, ...] = ()
    unfound: str = ""

    @property
    def path(self) -> str:
        """The path of the file in the tree."""
        return self.file if "/" in self.file else str(DRIVER / self.file)

    def patch(self, tree: Path) -> str:
        """Return the fault as a patch of a kernel tree; raises UsageError."""
        try:
            before = (tree / self.path).read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{self.name}: {error.filename}: {error.strerror}") from error
        lines = difflib.unified_diff(
            before.splitlines(keepends=True),
            self.applied(before).splitlines(keepends=True),
            f"a/{self.path}",
            f"b/{self.path}",
            n=1,
        )
        return "".join(lines)

    def applied(self, text: str) -> str:
        """Return the text of the file with the fault; raises UsageError."""
        start, end = self.extent(text)
        count = text.count(self.old, start, end)
        if count != 1:
            where = f"{self.function} of {self.file}" if self.function else self.file
            raise UsageError(
                f"{self.name}: {count} places in {where} have the text {self.old!r}",
                hint="lengthen `old` until it is in one place only",
            )
        at = text.index(self.old, start, end)
        return text[:at] + self.new + text[at + len(self.old) :]

    def extent(self, text: str) -> tuple[int, int]:
        """Return where the definition of the function begins and ends."""
        if not self.function:
            return 0, len(text)
        # A definition begins at the margin and has no semicolon before its body.
        head = rf"^(?:\w[^\n;]*\W)?{re.escape(self.function)}\([^;{{]*\)\s*\n\{{"
        found = re.search(head, text, re.MULTILINE)
        if not found:
            raise UsageError(f"{self.name}: {self.file} has no function {self.function}")
        end = text.index("\n}", found.end()) + 2
        return found.start(), end


def load(place: Path = FAULTS) -> list[Fault]:
    """Return all faults, in the order of their files; raises UsageError for a wrong entry."""
    found = []
    for path in sorted(place.glob("*.toml")):
        for name, fields in tomllib.loads(path.read_text(encoding="utf-8")).items():
            try:
                claims = tuple(fields.pop("claims", ()))
                fault = Fault(name, path.stem, claims=claims, **fields)
            except TypeError as error:
                raise UsageError(f"{path}: {name}: {error}") from error
            found.append(fault)
    return found

"""The catalogue of claims: what the documentation and the code of the bonding driver promise.

It is kept as TOML under scenarios/claims/, one file per option or section, and read once.
"""

from __future__ import annotations

import operator
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from harness.errors import UsageError
from harness.suggest import alike

# In a checkout a link to scenarios/claims, in an installed wheel a copy of it.
FOLDER = (Path(__file__).parent / "data" / "claims").resolve()
DIFFERENCES = "differences.toml"

ClaimKind = Literal["documented", "code", "differs"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One testable sentence.

    `kind` is "documented", "code" (only the code says so) or "differs" (documentation and kernel,
    or two places of the documentation, disagree). `modes`, `kernels`, `test`, `figure` and
    `difficulty` are words for people; scenarios/claims/README.md has their abbreviations.
    `quote` has the words of Documentation/networking/bonding.rst that carry a documented claim,
    with single spaces; `quoted` is a predicate on the kernels whose text has them (`matches`).
    `needs` says what a trial needs that no lab here has, "" where one can try it.
    """

    id: str
    text: str
    kind: ClaimKind
    modes: str
    kernels: str
    test: str
    figure: str
    difficulty: str
    section: str
    quote: str = ""
    quoted: str = "all"
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between documentation and kernel, the claims it concerns, how it is known.

    `scenario` is the id of the smallest scenario that shows it, `cause` names the function of the
    driver, `report` is a text for the kernel's mailing list; all are "" where nobody wrote them.
    """

    number: int
    documentation: str
    kernel: str
    ids: tuple[str, ...]
    status: str
    scenario: str = ""
    cause: str = ""
    report: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All claims by id, and all known differences in order of their number."""

    claims: Mapping[str, Claim]
    differences: tuple[Difference, ...]

    def about(self, id: str) -> tuple[Difference, ...]:  # noqa: A002
        """Return the differences that concern a claim."""
        return tuple(difference for difference in self.differences if id in difference.ids)


@cache
def catalogue(folder: Path = FOLDER) -> Catalogue:
    """Return the catalogue, read on first use; raises UsageError if it is missing or invalid."""
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is not there, so no claim is known",
            hint="install the harness again: python3 -m pip install --force-reinstall DIRECTORY",
        )
    claims: dict[str, Claim] = {}
    for path in sorted(folder.glob("*.toml")):
        for claim in () if path.name == DIFFERENCES else _claims(path):
            if claim.id in claims:
                raise UsageError(
                    f"{path}: {claim.id} is also in {claims[claim.id].section}",
                    hint="give the claim an id of its own",
                )
            claims[claim.id] = claim
    return Catalogue(MappingProxyType(claims), _differences(folder / DIFFERENCES))


def find(id: str) -> Claim:  # noqa: A002
    """Return the claim of that id; raises UsageError, with the nearest ids, for any other."""
    known = catalogue().claims
    if id in known:
        return known[id]
    hint = alike(id.upper(), known, most=3) or "scenarios/claims/ lists them"
    raise UsageError(f"{id} is no claim of the catalogue", hint=hint)


def difference(number: int) -> Difference:
    """Return the known difference of that number; raises UsageError for any other."""
    known = {difference.number: difference for difference in catalogue().differences}
    if number in known:
        return known[number]
    raise UsageError(
        f"there is no difference {number}",
        hint=f"differences are numbered 1 to {max(known, default=0)}; see {DIFFERENCES}",
    )


def _claims(path: Path) -> Iterable[Claim]:
    content = _toml(path)
    section = content.pop("title", path.stem)
    for name, fields in content.items():
        try:
            yield Claim(id=name, section=section, **fields)
        except TypeError as error:
            raise _broken(path, name, error) from error


def _differences(path: Path) -> tuple[Difference, ...]:
    found = []
    for row in _toml(path).get("difference", ()) if path.exists() else ():
        try:
            found.append(Difference(**{**row, "ids": tuple(row["ids"])}))
        except (TypeError, KeyError) as error:
            raise _broken(path, f"difference {row.get('number')}", error) from error
    return tuple(found)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", hint="correct the file") from error


def _broken(path: Path, where: str, error: Exception) -> UsageError:
    fields = "text, kind, modes, kernels, test, figure, difficulty"
    more = "quote, quoted, needs"
    return UsageError(
        f"{path}, {where}: {error}", hint=f"a claim has {fields}; it may have {more}"
    )


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """The release of a kernel as numbers: 6.1.0-56-amd64 is (6, 1, 0)."""

    numbers: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Release:
        """Return the release that `uname -r` or a predicate names; raises UsageError."""
        match = re.match(r"\d+(\.\d+)+", text.strip())
        if match is None:
            raise UsageError(f"{text!r} is no kernel release", hint='one looks like "6.1.176"')
        return cls(tuple(int(number) for number in match[0].split(".")))

    @property
    def series(self) -> tuple[int, int]:
        """The first two numbers, which name a stable series."""
        return self.numbers[0], self.numbers[1]

    def __str__(self) -> str:
        return ".".join(map(str, self.numbers))


COMPARE: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        "": operator.eq,
        "==": operator.eq,
        "!=": operator.ne,
        ">=": operator.ge,
        "<=": operator.le,
        ">": operator.gt,
        "<": operator.lt,
    }
)


def matches(release: Release | str, predicate: str) -> bool:
    """Return whether a release satisfies a predicate such as ">=6.1,<7.2", "5.10" or "all".

    Commas mean "and". Only as many numbers as the predicate has are compared, so "5.10" and
    "<=5.10" hold for 5.10.46. Raises UsageError for what is no predicate.
    """
    if isinstance(release, str):
        release = Release.parse(release)
    if predicate.strip() == "all":
        return True
    return all(_holds(release, part.strip()) for part in predicate.split(","))


def _holds(release: Release, part: str) -> bool:
    match = re.fullmatch(r"(==|!=|>=|<=|>|<|)\s*(\d+(?:\.\d+)*)", part)
    if match is None:
        raise UsageError(
            f"{part!r} is no predicate on kernels", hint='write ">=6.1", "5.10" or ">=6.1,<7.2"'
        )
    wanted = tuple(int(number) for number in match[2].split("."))
    missing = (0,) * (len(wanted) - len(release.numbers))
    return COMPARE[match[1]]((release.numbers + missing)[: len(wanted)], wanted)


def promised_on(claim: Claim, release: Release | str) -> bool | None:
    """Return whether the `kernels` of a claim include a release, None if that is free text.

    "all", "6.1+", "5.10 only" and lists are understood; remarks in brackets stay unread. A claim
    that names the newest kernel only, as "7.2", holds from that one on.
    """
    words = re.sub(r"\s*\(.*\)$", "", claim.kernels)
    if words == "all":
        return True
    if match := re.fullmatch(r"(\d+\.\d+)\+", words):
        return matches(release, f">={match[1]}")
    if match := re.fullmatch(r"(\d+\.\d+) only", words):
        return matches(release, match[1])
    if re.fullmatch(r"\d+\.\d+", words):
        return matches(release, f">={words}")
    if re.fullmatch(r"\d+\.\d+(, \d+\.\d+)+", words):
        return any(matches(release, version) for version in words.split(", "))
    return None

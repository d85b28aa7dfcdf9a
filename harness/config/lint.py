"""Check a configuration: what will not work, what will not do what was meant, and why."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from harness import claims
from harness.bonding.options import Series
from harness.config.model import BondConfig, Configuration, Level, SlaveConfig
from harness.config.place import Place
from harness.config.spelling import translated

SHORT = 120  # characters of a claim
# The rules on options that are not applied: no other rule reports such an option.
ROOTS = (
    *("bad-value", "kernel-lacks", "tool-drops", "unsent", "refused", "tool-limits", "tool-words"),
    "unmonitored",
)
LEVELS: tuple[Level, ...] = ("error", "warning", "note")


Owners = list[tuple[BondConfig, SlaveConfig]]


@dataclass(frozen=True, slots=True)
class Around:
    """The environment of a bond: a kind of network or "", a kernel's series or None.

    `running` is the running bond, if its configuration is compared with it. `slaves` has, by the
    number of a machine and the name of an interface, each bond of which it is a slave.
    """

    environment: str = ""
    kernel: Series | None = None
    running: BondConfig | None = None
    slaves: Mapping[tuple[int, str], Owners] = field(default_factory=dict)


class Found(NamedTuple):
    """A finding of a rule: place and message; level, hint and claim if they are not the rule's.

    Options are translated to the spelling of the file, except what `verbatim` marks. `option` is
    the option that is the cause.
    """

    place: Place
    message: str
    level: Level | None = None
    hint: str = ""
    claim: str = ""
    option: str = ""


Check = Callable[[BondConfig, Around], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its id, its level, the claim that it follows from, what to do."""

    id: str
    level: Level
    title: str
    claim: str
    hint: str
    check: Check


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of `harness check`."""

    rule: str
    level: Level
    message: str
    place: Place
    bond: str
    claim: str
    hint: str

    @property
    def promised(self) -> str:
        """The claim's text, "" if the finding has none."""
        return claims.find(self.claim).text if self.claim else ""

    @property
    def in_short(self) -> str:
        """The claim's text, shortened for a list of findings."""
        return textwrap.shorten(self.promised, SHORT, placeholder=" ...")


def lint(
    configuration: Configuration, rules: Iterable[Rule], around: Around = Around()
) -> list[Finding]:
    """Return all findings, in the order of files and lines, without duplicates."""
    chosen, there = tuple(rules), replace(around, slaves=_slaves(configuration))
    found = [one for bond in configuration.bonds for one in _of_one(bond, chosen, there)]
    found += [
        Finding(
            "unread", remark.level or "note", remark.message, remark.place, "", "", remark.hint
        )
        for remark in configuration.remarks
    ]
    return sorted(
        dict.fromkeys(found), key=lambda one: (one.place, LEVELS.index(one.level), one.rule)
    )


def _slaves(configuration: Configuration) -> Mapping[tuple[int, str], Owners]:
    found: dict[tuple[int, str], Owners] = {}
    for bond in configuration.bonds:
        for slave in bond.slaves:
            found.setdefault((bond.machine, slave.name), []).append((bond, slave))
    return found


def _of_one(bond: BondConfig, rules: Iterable[Rule], around: Around) -> Iterator[Finding]:
    """Yield the findings on one bond, one for each cause.

    An option that its tool or the driver refuses has no further findings. The options of a bond
    that is created elsewhere are not checked.
    """
    if not bond.made:
        why = f"no file given here makes {bond.name}: it is known by its slaves only"
        yield Finding(
            "unread", "warning", why, bond.place, bond.name, "", "also give the file of the bond"
        )
        return
    found = [(rule, one) for rule in rules for one in rule.check(bond, around)]
    cause: dict[str, str] = {}
    for root in ROOTS:
        for rule, one in found:
            if rule.id == root and one.option:
                cause.setdefault(one.option, root)
    for rule, one in found:
        if cause.get(one.option, rule.id) == rule.id:
            yield _finding(rule, bond, one)


def _finding(rule: Rule, bond: BondConfig, found: Found) -> Finding:
    written = {option.place: option.format for option in bond.given}
    format_ = written.get(found.place) or bond.format
    return Finding(
        rule.id,
        found.level or rule.level,
        translated(found.message, format_),
        found.place,
        bond.name,
        found.claim or rule.claim,
        translated(found.hint or rule.hint, format_),
    )


def status(findings: Iterable[Finding], *, strict: bool = False) -> int:
    """Return the exit status: 1 if there are errors; `strict` counts warnings as errors."""
    bad = {"error", "warning"} if strict else {"error"}
    return 1 if any(finding.level in bad for finding in findings) else 0

"""One bond while it is being read: options, slaves and rules that select slaves are added."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.bonding import SLAVE_OPTIONS
from harness.bonding.values import option_called
from harness.config.draft_net import DraftNet
from harness.config.model import ConfigError, Given, Level, Match, Remark
from harness.config.names import interface
from harness.config.place import Place, StatementId
from harness.errors import ScenarioError


@dataclass(slots=True)
class DraftBond:
    """One bond of a draft."""

    name: str
    place: Place
    format: str
    net: DraftNet
    given: list[Given] = field(default_factory=list)
    slaves: dict[str, list[Given]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    matches: list[Match] = field(default_factory=list)
    renderer: str = ""
    shared: bool = False
    made: bool = False
    remarks: list[Remark] = field(default_factory=list)
    used: set[StatementId] = field(default_factory=set)

    def mark_used(self, *places: Place) -> None:
        """Mark statements as part of the bond, or as without effect."""
        self.used.update(place.statement_id for place in places)

    def option(
        self, name: str, raw: str, place: Place, spelled: str = "", format_: str = ""
    ) -> None:
        """Add an option by the kernel's name; an unknown one is kept as a remark.

        `format_` is its format if that is not the bond's, such as a command.
        """
        self.mark_used(place)
        try:
            option_called(name)  # those of a slave are refused here
            self.given.append(Given.read(name, raw, place, format_ or self.format, spelled))
        except ScenarioError as error:
            self.note_unknown(spelled or f"{name}={raw}", error.message, place, error.hint)

    def slave(self, name: str, place: Place) -> None:
        """Add a slave; a name that no interface can have is a finding instead."""
        self.mark_used(place)
        try:
            self.slaves.setdefault(interface(name, place), [])
        except ConfigError as error:
            self.note_unknown("", error.seen, place, error.hint, "error")
        else:
            self.places.setdefault(name, place)

    def slave_option(
        self, slave: str, name: str, raw: str, place: Place, spelled: str = ""
    ) -> None:
        """Add an option of a slave."""
        if name not in SLAVE_OPTIONS:
            self.note_unknown(spelled or f"{name}={raw}", f"{name} is no option of a slave", place)
            return
        self.slave(slave, place)
        if slave in self.slaves:
            self.slaves[slave].append(Given.read(name, raw, place, self.format, spelled))

    def match(self, by: str, value: str, place: Place, spelled: str, called: str = "") -> None:
        """Add a rule that selects slaves whose names are not in the files."""
        self.mark_used(place)
        match = Match(by, value, called, spelled, place)
        if match not in self.matches:
            self.matches.append(match)

    def note_unknown(
        self,
        spelled: str,
        why: str,
        place: Place,
        hint: str = "",
        level: Level | None = None,
        *,
        refused: bool = False,
    ) -> None:
        """Note an unknown statement; `refused` if the tool makes no bond because of it."""
        self.mark_used(place)
        self.remarks.append(Remark(spelled, why, place, hint, self.format, level, refused))

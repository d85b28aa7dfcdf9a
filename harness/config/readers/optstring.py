"""Options as a string: BONDING_OPTS="mode=1 miimon=100", of which other formats are made too."""

from __future__ import annotations

from collections.abc import Sequence

from harness.bonding.parse import split
from harness.config.draft import Draft
from harness.config.draft_bond import DraftBond
from harness.config.ini_and_shell import physical_lines
from harness.config.model import ConfigError
from harness.config.place import Place
from harness.config.source import Source
from harness.errors import ScenarioError

FORMAT = "bonding-opts"
NAMELESS = "bond0"  # what a bond is called where its configuration gives no name


def read(sources: Sequence[Source]) -> Draft:
    """Return the bond of each text of options; a string has no name for it and no slaves."""
    draft = Draft(FORMAT)
    for source in sources:
        for number, line in physical_lines(source.text):
            if line.strip() and not line.lstrip().startswith("#"):
                place = source.at(number)
                read_options(draft.bond(NAMELESS, place), line, place)
    return draft


def read_options(bond: DraftBond, text: str, place: Place) -> None:
    """Take the options of a string; raises ConfigError for a word that is no NAME=VALUE."""
    try:
        words = split(text)
    except ScenarioError as error:
        raise ConfigError(error.message, place, hint=error.hint) from None
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise ConfigError(
                f"{word!r} is no NAME=VALUE", place, hint='write "mode=1 miimon=100"'
            )
        bond.option(name, value, place)

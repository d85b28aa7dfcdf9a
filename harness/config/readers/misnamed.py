"""Sections of INI files that are ignored because their name is misspelt."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from harness.config.draft import Draft
from harness.config.draft_bond import DraftBond
from harness.config.ini_and_shell import Section

ALIKE = 0.72  # Bonds is like Bond, NetworkEmulator is not like Network


def misnamed(
    sections: Iterable[Section], wanted: Collection[str], tool: str, draft: Draft | DraftBond
) -> None:
    """Remark on sections whose name is similar to one that a bond needs.

    Other names are ignored: tools have sections for other purposes.
    """
    lower = {name.lower(): name for name in wanted}
    for section in sections:
        near = get_close_matches(section.name.lower(), lower, 1, ALIKE)
        if section.name not in wanted and near:
            why = f"{tool} has no such section and ignores it"
            hint = f"did you mean [{lower[near[0]]}]?"
            draft.note_unknown(f"[{section.name}]", why, section.place, hint, "error")

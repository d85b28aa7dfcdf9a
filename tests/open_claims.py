"""Claims that are open: no scenario tries them, and they do not say what a trial would need.

`python -m tests.open_claims` writes the list that may only become shorter.
"""

from __future__ import annotations

from pathlib import Path

from harness.claim_index import scenarios_by_claim
from harness.claims import catalogue

SCENARIOS = Path(__file__).parents[1] / "scenarios"
LIST = Path(__file__).with_suffix(".txt")


def tried() -> set[str]:
    """Return the claims that scenarios name."""
    return set(scenarios_by_claim([SCENARIOS]))


def found() -> list[str]:
    """Return the claims that are open now, in the order of the catalogue."""
    by_scenario = tried()
    claims = catalogue().claims.values()
    return [one.id for one in claims if one.id not in by_scenario and not one.needs]


def listed() -> list[str]:
    """Return the claims that the list has."""
    return LIST.read_text(encoding="utf-8").split()


if __name__ == "__main__":
    LIST.write_text("".join(f"{name}\n" for name in found()), encoding="utf-8")

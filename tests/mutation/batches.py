"""Which scenarios judge a fault, and in which order: first those whose claims it concerns."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

from harness import claim_index
from tests.mutation.fault import Fault

SCENARIOS = Path("scenarios")


def of(fault: Fault, root: Path, *, near: bool = False) -> list[list[str]]:
    """Return two lists of files below `root`: those near the fault, and all others.

    With `near`, only the first.
    """
    by_claim = claim_index.scenarios_by_claim([root / SCENARIOS])
    weights: Counter[str] = Counter()
    for claim, scenarios in by_claim.items():
        same = sum(3 if claim == one else family(claim) == family(one) for one in fault.claims)
        for scenario in scenarios if same else ():
            weights[scenario.partition("::")[0]] += same
    files = [claim_index.shown(path) for path in sorted((root / SCENARIOS).rglob("test_*.py"))]
    first = [file for file, _ in weights.most_common()]
    rest = [file for file in files if file not in weights]
    return [batch for batch in ([first] if near else [first, rest]) if batch]


def family(claim: str) -> str:
    """Return what a claim has in common with others of its option, as MIIMON of MIIMON-4."""
    return claim.rpartition("-")[0]


def digest(root: Path, *folders: Path) -> str:
    """Return a digest of all files of Python in some folders, by default of all scenarios."""
    found = hashlib.sha256()
    for folder in folders or (SCENARIOS,):
        for path in sorted((root / folder).rglob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()[:12]

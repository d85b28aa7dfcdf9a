"""`python -m tests.mutation.page` writes docs/pages/seeded-faults.md from the outcomes kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tests.mutation.fault import Fault, load
from tests.mutation.judge import FOUND, ROOT, Outcome
from tests.mutation.score import HEAD, STORE, Outcomes, scores

PAGE = ROOT / "docs" / "pages" / "seeded-faults.md"
INTRODUCTION = """\
# Seeded faults

Does a scenario fail when the driver breaks what the scenario claims? Each fault in
`tests/mutation/faults/` is a small change in one function of the driver, described by what a user
would see of it. The driver is built with one fault at a time, and all scenarios are run in virtual
time, those near the fault first, until one finds it. The faults of the area `fixes` are from the
driver's history: each puts back what a fix once removed.

* **found**: a scenario blames the kernel: an expectation fails, the kernel reports an error,
  crashes or does not boot.
* **noticed**: scenarios only end as inconclusive or not judged, so nobody knows whose fault it is.
* **missed**: no scenario sees a difference.
* **with a reason**: no scenario can find it, because nothing that a user sees differs
  (*equivalent*), or because guests lack the *hardware*.

The score is the share found of those judged that have no reason.
"""
REPEAT = """\
`python -m tests.mutation --resume` judges what was not judged yet, and again what was not found if
scenarios have changed since; `python -m tests.mutation.page` writes this page.
"""


def page(faults: list[Fault], known: Mapping[str, Outcome]) -> Iterator[str]:
    """Yield the parts of the page."""
    yield INTRODUCTION
    yield _when([known[one.name] for one in faults if one.name in known])
    yield REPEAT
    yield _row(HEAD)
    yield "|---|" + "---:|" * (len(HEAD) - 1)
    yield from (_row(one.cells()) for one in scores(faults, known))
    yield "\n## Not found\n\n| fault | what a user would see | |\n|---|---|---|"
    for fault in faults:
        outcome = known.get(fault.name)
        if fault.unfound or (outcome and outcome.result != FOUND):
            yield _row((f"`{fault.name}`", fault.shows, fault.unfound or _missed(outcome)))
    yield "\n## Found\n\n| fault | what a user would see | first by |\n|---|---|---|"
    for fault in faults:
        outcome = known.get(fault.name)
        if outcome and outcome.result == FOUND:
            by = f"`{outcome.by.removeprefix('scenarios/')}`" if outcome.by else outcome.text
            yield _row((f"`{fault.name}`", fault.shows, by))


def _missed(outcome: Outcome | None) -> str:
    if outcome is None:
        return ""
    return outcome.result if outcome.suite else f"{outcome.result} by the scenarios near it"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _when(outcomes: list[Outcome]) -> str:
    """Return with which kernels the outcomes were made, and between which days."""
    if not outcomes:
        return "No fault was judged yet.\n"
    kernels = ", ".join(sorted({one.kernel for one in outcomes}))
    days = sorted(one.day for one in outcomes)
    span = days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
    return f"Judged with linux {kernels}, {span}.\n"


def text() -> str:
    """Return the page."""
    return "\n".join(page(load(), Outcomes.load(STORE).known)) + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")

"""What mkdocs adds to docs/pages: files that lie elsewhere, and pages made from the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from harness.claims import Claim, Difference, catalogue
from harness.html import claims_table
from harness.results import conformance, merge
from harness.results.conformance import Conformance

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "pages"
# A page for each difference that has a report; the table of findings links them.
DIFFERENCES = ROOT / "docs" / "findings"
# Pages whose text has its place elsewhere, as code hosts show it there.
ELSEWHERE = {
    "index.md": "README.md",
    "labs.md": "labs/README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
}
NO_RESULTS = (
    "This site was built without results. `pytest scenarios/`, then building it again, adds a "
    "column of verdicts for each kernel."
)


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the generated pages to those of docs/pages (a hook of mkdocs)."""
    found = _results(config)
    pages = {name: _moved(name, ROOT / source) for name, source in ELSEWHERE.items()}
    pages["catalogue.md"] = "\n".join(_catalogue(found))
    pages["findings.md"] = "\n".join(_findings(found))
    for place in DIFFERENCES.glob("*.md"):
        pages[f"findings/{place.name}"] = place.read_text(encoding="utf-8")
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def _results(config: MkDocsConfig) -> Conformance | None:
    """Return the results that `extra.results` names, joined; None where there are none."""
    start = Path(str(config["config_file_path"])).parent
    wanted = [(start / str(one)).resolve() for one in config["extra"].get("results", ())]
    places = [place for place in wanted if (place / conformance.NAME).is_file()]
    parts = merge.load(places) if places else {}
    return merge.joined({place.name: part for place, part in parts.items()}) if parts else None


def _moved(name: str, source: Path) -> str:
    """Return a file's text with its links as they are from docs/pages.

    What is no page of the site is shown as the name of a file.
    """
    pages = {(ROOT / place).resolve(): page for page, place in ELSEWHERE.items()}

    def link(found: re.Match[str]) -> str:
        text, target, anchor = found["text"], found["target"], found["anchor"] or ""
        if not target or "://" in target:
            return found[0]
        place = (source.parent / target).resolve()
        if place.is_relative_to(PAGES) and place.exists():
            return f"[{text}]({place.relative_to(PAGES)}{anchor})"
        if place in pages:
            return f"[{text}]({pages[place]}{anchor})"
        if not place.exists():
            raise ValueError(f"{source}: the link to {target} leads nowhere (page {name})")
        return f"`{place.relative_to(ROOT)}`"

    pattern = r"\[(?P<text>[^\]]+)\]\((?P<target>[^)#\s]*)(?P<anchor>#[^)\s]*)?\)"
    return re.sub(pattern, link, source.read_text(encoding="utf-8"))


def _catalogue(found: Conformance | None) -> Iterator[str]:
    """Yield the page of all claims by section, with their verdicts per kernel and lab."""
    claims = catalogue().claims.values()
    verdicts, heads = _verdicts(found)
    yield "# Catalogue of claims\n"
    yield (
        f"{len(claims)} testable claims about the bonding driver. *documented*: the kernel's "
        "documentation says so; *code*: only the code does; *differs*: the two, or two places of "
        "the documentation, disagree. An empty cell: no scenario tries the claim there.\n"
    )
    yield "" if found else NO_RESULTS + "\n"
    sections: dict[str, list[Claim]] = {}
    for one in claims:
        sections.setdefault(one.section, []).append(one)
    for section, group in sorted(sections.items(), key=lambda one: _number(one[0])):
        yield f"## {section}\n"
        yield _row(["claim", "what is promised", "source", "in its words", "kernels", *heads])
        yield _row(["---"] * (5 + len(heads)))
        for one in group:
            lacks = f" No lab here has what it needs: {one.needs}." if one.needs else ""
            cells = [one.id, one.text + lacks, one.kind, one.quote, one.kernels]
            yield _row([*cells, *verdicts.get(one.id, [])])
        yield ""


def _number(section: str) -> tuple[int, ...]:
    """Return a section's number, by which the documentation orders them: 2.9 before 2.10."""
    return tuple(int(part) for part in re.findall(r"\d+", section.split(maxsplit=1)[0]))


def _findings(found: Conformance | None) -> Iterator[str]:
    """Yield the page of known differences, and of what the results contradict."""
    yield "# Findings\n"
    yield "## Differences between documentation and kernel\n"
    yield _row(["number", "documentation", "kernel", "claims", "how it is known"])
    yield _row(["---"] * 5)
    for one in catalogue().differences:
        yield _row(_difference(one))
    if found is None:
        return
    yield "\n## What scenarios contradicted\n"
    yield _row(["scenario", "kernel", "claims", "evidence"])
    yield _row(["---"] * 4)
    for result in found.results:
        if result.verdict.startswith("contradicts"):
            claims = ", ".join(result.claims)
            yield _row([f"`{result.scenario}`", result.kernel, claims, result.reason])


def _difference(one: Difference) -> list[str]:
    page = f"findings/{one.number}.md"
    number = f"[{one.number}]({page})" if one.report else str(one.number)
    return [number, one.documentation, one.kernel, ", ".join(one.ids), one.status]


def _verdicts(found: Conformance | None) -> tuple[Mapping[str, list[str]], list[str]]:
    """Return the verdicts of each claim, a cell for each kernel and lab, and their heads."""
    if found is None:
        return {}, []
    columns = claims_table.columns(found)
    rows = {
        row.claim: [cell.verdict if cell else "" for cell in row.cells]
        for row in claims_table.rows(found)
    }
    return rows, [f"{kernel}, {lab}" for kernel, lab in columns]


def _row(cells: Sequence[Any]) -> str:
    return "| " + " | ".join(_text(str(cell)) for cell in cells) + " |"


def _text(cell: str) -> str:
    """Return text that stays text in a cell: no column, tag or emphasis of its own."""
    return re.sub(r"([|<>*_])", r"\\\1", cell) if not cell.startswith("`") else cell

"""The documentation agrees with the code: links lead somewhere, options and commands are named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from click import Group

from harness import plugin
from harness.cli import main

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "pages"
TEXTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "labs/README.md")),
    *sorted(PAGES.glob("*.md")),
]
# Pages that docs/site_pages.py makes or takes from elsewhere.
MADE = {"index.md", "labs.md", "contributing.md", "changelog.md", "catalogue.md", "findings.md"}
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.name)
def test_links_lead_to_a_file(text: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)", text.read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not _leads(text, link)]
    assert broken == []


def _leads(text: Path, link: str) -> bool:
    made = text.parent == PAGES and link in MADE
    return made or (text.parent / link).exists()


def test_the_menu_has_every_page_once() -> None:
    menu = yaml.safe_load((ROOT / "docs" / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    pages = [page for part in menu for entry in part.values() for page in _flat(entry)]
    assert sorted(pages) == sorted({path.name for path in PAGES.glob("*.md")} | MADE)


def _flat(entry: str | list[str]) -> list[str]:
    return [entry] if isinstance(entry, str) else entry


def test_every_option_of_pytest_is_in_the_table() -> None:
    parser = pytest.Parser(_ispytest=True)
    plugin.pytest_addoption(parser)
    group = parser.getgroup("harness")
    names = {option.names()[-1] for option in group.options}
    page = (PAGES / "options.md").read_text(encoding="utf-8")
    assert {name for name in names if f"`{name}" not in page} == set()


def test_every_command_is_named() -> None:
    assert isinstance(main, Group)
    page = (PAGES / "options.md").read_text(encoding="utf-8")
    assert {name for name in main.commands if f"`{name}`" not in page} == set()


@pytest.mark.parametrize(
    "command",
    ["pip install -e . && pytest scenarios/", "pip install -e '.[test]' && pytest tests/"],
)
def test_the_readme_has_the_two_commands_word_for_word(command: str) -> None:
    assert f"    {command}" in README.splitlines()
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace(
        "--quiet --disable-pip-version-check ", ""
    )


def test_the_readme_is_one_page() -> None:
    assert len(README.splitlines()) <= 90


def test_the_layout_has_each_package_and_nothing_else() -> None:
    text = (PAGES / "layout.md").read_text(encoding="utf-8")
    packages = {init.parent for init in (ROOT / "harness").rglob("__init__.py")}
    known = {path for path in packages if path.parent.name in ("harness", "labs")}
    paths = {ROOT / path for path in re.findall(r"^    (harness/\S+)/ ", text, re.MULTILINE)}
    assert paths == known - {ROOT / "harness" / "labs", ROOT / "harness"}

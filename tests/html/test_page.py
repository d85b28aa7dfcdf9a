"""The page of results: what is in it, in which order, and that all of it is text."""

from __future__ import annotations

import base64
import hashlib
import re
import webbrowser
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness import picture
from harness.claims import find
from harness.cli import main
from harness.history import save
from harness.html import page
from tests.result_directories import conformance, figure, place, result
from tests.stories import failover

HOSTILE = '"><script>alert(1)</script><b>\N{RIGHT-TO-LEFT OVERRIDE}{{ 7*7 }}'


class Elements(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["report", *(str(argument) for argument in arguments)])


def test_what_contradicts_comes_first_and_the_rest_is_folded(tmp_path: Path) -> None:
    where = place(
        tmp_path / "a",
        result("test_fine", outage=figure(60)),
        result("test_late", verdict="inconclusive", reason="the machine was busy"),
        result("test_skipped", verdict="not promised", reason="no such option"),
        result("test_wrong", verdict="contradicts", outage=figure(390)),
        planned=9,
    )
    done = run(where)
    assert done.output == f"report: {where}/index.html\n"
    text = (where / "index.html").read_text()
    elements = Elements(text)
    groups = [one for one in elements.all("details") if one["class"] == "group"]
    assert ["open" in one for one in groups] == [True, True, False, False]
    order = ["test_wrong", "test_late", "test_fine", "test_skipped"]
    assert sorted(order, key=text.index) == order
    assert "outage 390.0; bound \N{LESS-THAN OR EQUAL TO} 100.0 ms (+10.0)" in elements.text
    assert "pytest scenarios/test_a.py::test_wrong --kernel old" in elements.text
    assert "was cut short: 4 of 9 scenarios have a result" in elements.text


def test_a_documented_claim_is_shown_with_the_words_that_promise_it(tmp_path: Path) -> None:
    judged = replace(result("test_a"), claims=("MIIMON-2", "MIIMON-4"))
    where = place(tmp_path / "a", judged)
    assert run(where).exit_code == 0
    elements = Elements((where / "index.html").read_text())
    assert len(elements.all("q")) == 1
    assert find("MIIMON-2").quote in elements.text


def test_names_are_text_and_never_markup(tmp_path: Path) -> None:
    bad = result(
        HOSTILE,
        HOSTILE,
        "contradicts",
        reason=HOSTILE,
        lab=HOSTILE,
        settings={HOSTILE: {HOSTILE: HOSTILE}},
        history=f"{HOSTILE.replace('/', '')}/history.jsonl",
        **{f"{HOSTILE}figure": figure(390)},
    )
    where = place(tmp_path / "a", bad, sessions=({"command": HOSTILE, "host": HOSTILE},))
    assert run(where).exit_code == 0
    elements = Elements((where / "index.html").read_text())
    assert len(elements.all("script")) == 1
    assert not elements.all("b") or all(not one for one in elements.all("b"))
    assert elements.text.count("<script>alert(1)</script>") > 8
    assert "{{ 7*7 }}" in elements.text
    assert all(
        not name.startswith("on") for _, attributes in elements.found for name in attributes
    )
    (link,) = elements.all("a")
    assert link["href"] is not None
    assert not set(link["href"]) & set('"<>: \N{RIGHT-TO-LEFT OVERRIDE}')


def test_nothing_is_loaded_and_only_the_pages_own_script_runs(tmp_path: Path) -> None:
    text = page.render(conformance(result("test_x")), tmp_path, tmp_path / "index.html")
    elements = Elements(text)
    policy = elements.all("meta")[1]["content"]
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert not {"link", "img", "iframe"} & {name for name, _ in elements.found}
    assert not any(
        "src" in attributes or "style" in attributes for _, attributes in elements.found
    )


def test_a_recording_that_is_broken_costs_its_timeline_only(tmp_path: Path) -> None:
    where = place(
        tmp_path / "a", result("test_x", verdict="contradicts", history="x/history.jsonl")
    )
    assert run(where).exit_code == 0
    text = Elements((where / "index.html").read_text()).text
    assert "this recording cannot be drawn" in text
    assert "line 1: not a line of a history" in text


def recorded(directory: Path, name: str) -> None:
    save(failover(), directory / name)


def test_the_first_recordings_have_their_picture_and_text_all_others_the_command(
    tmp_path: Path,
) -> None:
    names = [f"r {n}/history.jsonl" for n in range(3)]
    bad = [
        result(f"test_{n}", verdict="contradicts", history=name, detection=figure(92, bound=50))
        for n, name in enumerate(names)
    ]
    where = place(tmp_path / "a", *bad, result("test_fine", history="f/history.jsonl"))
    for name in (*names, "f/history.jsonl"):
        recorded(where, name)
    assert run(where, "--timelines", "2").exit_code == 0
    elements = Elements((where / "index.html").read_text())
    assert len(elements.all("svg")) == 2
    assert elements.text.count("v fault") == 2
    assert elements.text.count("documented at most 50.0") == 6  # label, title, text
    assert "harness show 'r 2/history.jsonl' --svg timeline.svg" in elements.text
    assert "harness show f/history.jsonl --svg timeline.svg" in elements.text
    assert run(where).exit_code == 0
    assert len(Elements((where / "index.html").read_text()).all("svg")) == 4


def test_the_policy_allows_the_style_of_pictures_and_no_name_is_given_twice(
    tmp_path: Path,
) -> None:
    bad = [
        result(f"test_{n}", verdict="contradicts", history=f"{n}/history.jsonl") for n in range(2)
    ]
    where = place(tmp_path / "a", *bad)
    for n in range(2):
        recorded(where, f"{n}/history.jsonl")
    assert run(where).exit_code == 0
    text = (where / "index.html").read_text()
    elements = Elements(text)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert picture.style() in style
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in str(elements.all("meta")[1]["content"])
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert not any("style" in attributes for _, attributes in elements.found)


def test_all_recordings_of_a_scenario_are_linked(tmp_path: Path) -> None:
    where = place(tmp_path / "a", result("test_x", history="test_a.test_x/history-2.jsonl"))
    for name in ("history.jsonl", "history-2.jsonl"):
        save(failover(), where / "test_a.test_x" / name)
    run(where)
    links = [link["href"] for link in Elements((where / page.NAME).read_text()).all("a")]
    assert links[:2] == ["test_a.test_x/history-2.jsonl", "test_a.test_x/history.jsonl"]


def test_what_lies_elsewhere_is_neither_read_nor_linked(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a password\n")
    where = place(tmp_path / "a", result("test_x", verdict="contradicts", history="../secret"))
    assert run(where).exit_code == 0
    assert not Elements((where / "index.html").read_text()).all("a")


def test_several_directories_become_one_page_with_links_to_each(tmp_path: Path) -> None:
    file = "x [1]/history.jsonl"
    old = place(tmp_path / "old", result("test_x", "old", history=file))
    new = place(tmp_path / "new", result("test_x", "new", history=file))
    assert "give a file: --output FILE" in run(old, new).output
    assert run(old, new, "--output", tmp_path / "all.html").exit_code == 0
    links = Elements((tmp_path / "all.html").read_text()).all("a")
    assert [one["href"] for one in links] == [
        "old/x%20%5B1%5D/history.jsonl",
        "new/x%20%5B1%5D/history.jsonl",
    ]


@pytest.mark.parametrize("text", ['{"format": 1, "res', '{"format": 99, "results": []}', "[]"])
def test_what_is_no_result_of_this_version_is_an_error_and_no_page(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "conformance.json").write_text(text)
    done = run(tmp_path)
    assert done.exit_code == 4
    assert "hint: " in done.output
    assert not (tmp_path / "index.html").exists()


def test_a_place_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    where = place(tmp_path / "a", result("test_x"))
    done = run(where, "--output", tmp_path / "none" / "index.html")
    assert done.exit_code == 1
    assert "cannot be written: No such file or directory" in done.output
    assert "harness report --output FILE" in done.output


class Browser(webbrowser.BaseBrowser):
    """A browser that notes what it is told to open, and starts or does not."""

    def __init__(self, *, starts: bool) -> None:
        super().__init__()
        self.starts = starts
        self.opened: list[str] = []

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:  # noqa: FBT001, FBT002, ARG002
        self.opened.append(url)
        return self.starts


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    """The only browser of the machine."""
    only = Browser(starts=True)
    monkeypatch.setattr(webbrowser, "_tryorder", ["only"])
    monkeypatch.setattr(webbrowser, "_browsers", {"only": [None, only]})
    return only


def test_open_writes_the_page_and_hands_it_to_the_browser(
    browser: Browser, tmp_path: Path
) -> None:
    where = place(tmp_path / "a b", result("test_fine", outage=figure(60)))
    done = CliRunner().invoke(main, ["open", str(where)])
    assert done.exit_code == 0, done.output
    assert browser.opened == [(where / page.NAME).as_uri()]
    assert "test_fine" in (where / page.NAME).read_text()


def test_open_without_a_browser_names_the_file(browser: Browser, tmp_path: Path) -> None:
    browser.starts = False
    where = place(tmp_path / "a", result("test_fine", outage=figure(60)))
    done = CliRunner().invoke(main, ["open", str(where)])
    assert done.exit_code == 1
    assert str(where / page.NAME) in done.output
    assert "no browser could be started here\nhint: open the file" in done.output


def test_open_without_results_writes_nothing(browser: Browser, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["open", str(tmp_path)])
    assert done.exit_code == 4
    assert not browser.opened
    assert not list(tmp_path.iterdir())

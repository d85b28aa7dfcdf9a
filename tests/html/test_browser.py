"""The page in a real browser: filter, narrow screens, colours, accessibility, hostile names.

They need Chromium, and the extra `browser`: pip install -e '.[browser]'.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.history import save
from harness.html import page as results_page
from harness.results.conformance import Result, load
from tests.result_directories import figure, place, result
from tests.stories import failover

HOSTILE = '"><img src=x onerror="document.title=1"><script>document.title=1</script><b>bold'
SCHEMES = ("light", "dark")
SERIOUS = {"serious", "critical"}
pytestmark = pytest.mark.browser


def results() -> list[Result]:
    """Return results of each verdict, with recordings, repetitions and long names."""
    history = "test_a.test_late/history.jsonl"
    runs = [
        {"verdict": "conforms", "reason": "", "guest_seconds": 1.0, "attempts": 1, "history": None}
        | {"figures": {"outage": figure(60.0 + number)}}
        for number in range(8)
    ]
    long = "test_" + "a_name_without_an_end_" * 6
    return [
        replace(
            result("test_late", verdict="contradicts", history=history, outage=figure(390.0)),
            claims=("MIIMON-1", "MIIMON-2"),
            settings={"bond0": {"mode": "active-backup", "miimon": "100"}},
            docstring="The bond fails over in time.",
            reason="assert outage took 390.0 ms, expected at most 100.0 ms",
        ),
        replace(result("test_often", outage=figure(60.0)), runs=tuple(runs)),
        result("test_unclear", verdict="inconclusive", reason="the machine was busy"),
        result(long, verdict="not promised", reason="no such option"),
        replace(result(f"test_{HOSTILE}", reason=HOSTILE), reproduce=HOSTILE, docstring=HOSTILE),
        *(result(f"test_fine_{number}", outage=figure(60.0)) for number in range(30)),
    ]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of some results."""
    where = place(tmp_path_factory.mktemp("page") / "results", *results(), planned=40)
    save(failover(), where / "test_a.test_late/history.jsonl")
    output = where / results_page.NAME
    results_page.write(load(where), where, output)
    return output


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Start the browser once, without a network."""
    api = pytest.importorskip("playwright.sync_api", reason="pip install -e '.[browser]'")
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    with api.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def errors() -> list[str]:
    """What the browser complained of."""
    return []


@pytest.fixture
def shown(chromium: Any, written: Path, errors: list[str]) -> Iterator[Any]:
    """Open the page in a fresh context; it may ask for nothing."""
    context = chromium.new_context(offline=True)
    tab = context.new_page()
    tab.on("console", lambda message: errors.append(message.text))
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on(
        "request",
        lambda asked: None if asked.url == written.as_uri() else errors.append(asked.url),
    )
    tab.goto(written.as_uri())
    yield tab
    context.close()


def visible(tab: Any) -> list[str]:
    """Return the summaries of the entries that a reader sees."""
    found: list[str] = tab.locator(".entry:visible > summary").all_inner_texts()
    return found


def test_it_opens_without_an_error_or_a_request(shown: Any, errors: list[str]) -> None:
    assert shown.title().startswith("Failover results")
    assert "test_late" in visible(shown)[0]
    assert shown.locator("svg").first.is_visible()
    assert errors == []


def test_the_filter_works_by_keyboard(shown: Any) -> None:
    """From the beginning of the page, by Tab alone; arrow keys choose a verdict."""
    for _ in range(10):
        shown.keyboard.press("Tab")
        if shown.evaluate("document.activeElement.id") == "word":
            break
    else:
        pytest.fail("ten times Tab did not lead to the filter")
    shown.keyboard.type("MIIMON-2 late")
    assert len(visible(shown)) == 1
    assert shown.locator("#shown").inner_text() == "1 of 35 shown"
    for _ in "MIIMON-2 late":
        shown.keyboard.press("Backspace")
    assert shown.locator("#shown").inner_text() == "35 of 35 shown"
    shown.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.id") == "verdict"
    shown.keyboard.type("inconclusive")
    assert len(visible(shown)) == 1
    assert "test_unclear" in visible(shown)[0]


def test_an_entry_unfolds_by_keyboard(shown: Any) -> None:
    shown.locator(".entry > summary", has_text="test_late").focus()
    details = shown.locator(".entry", has_text="test_late").first
    before = details.get_attribute("open")
    shown.keyboard.press("Enter")
    assert (details.get_attribute("open") is None) == (before is not None)


@pytest.mark.parametrize("width", [400, 320])
def test_a_narrow_screen_scrolls_in_one_direction_only(shown: Any, width: int) -> None:
    """With everything unfolded; pictures and tables scroll within themselves (WCAG 1.4.10)."""
    shown.set_viewport_size({"width": width, "height": 800})
    shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    wide = """[...document.querySelectorAll('body *')].filter(one =>
        one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.scroll, pre')
        ).map(one => one.outerHTML.slice(0, 80))"""
    assert shown.evaluate("document.documentElement.scrollWidth") <= width, shown.evaluate(wide)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_serious(shown: Any, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="extra `browser`")
    shown.emulate_media(color_scheme=scheme)
    shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = axe.Axe().run(shown).response["violations"]
    serious = [one for one in found if one["impact"] in SERIOUS]
    assert not serious, [(one["id"], one["nodes"][0]["html"][:200]) for one in serious]


def test_the_colour_schemes_differ(shown: Any) -> None:
    paper = []
    for scheme in SCHEMES:
        shown.emulate_media(color_scheme=scheme)
        paper.append(shown.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert paper[0] == "rgb(255, 255, 255)"
    assert paper[1] != paper[0]


def test_hostile_names_are_text(shown: Any, errors: list[str]) -> None:
    assert shown.title() != "1"
    assert shown.locator("img, b b").count() == 0
    assert shown.locator("script").count() == 1
    assert HOSTILE in shown.locator("main").text_content()
    assert errors == []


def test_it_is_read_without_a_script(chromium: Any, written: Path) -> None:
    context = chromium.new_context(java_script_enabled=False, offline=True)
    tab = context.new_page()
    tab.goto(written.as_uri())
    assert tab.locator("#filter").is_hidden()
    assert "test_late" in tab.locator(".entry > summary").first.inner_text()
    context.close()

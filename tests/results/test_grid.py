"""The table of scenarios and kernels: literal results in, literal lines out."""

from __future__ import annotations

from harness.judge import counts
from harness.results import changes, grid
from tests.result_directories import conformance, figure, result

FOUND = conformance(
    result("test_cut[50]", "old", detection=figure(48), outage=figure(50, bound=None)),
    result("test_cut[100]", "old", detection=figure(92.4)),
    result("test_cut[50]", "new", detection=figure(40)),
    result("test_cut[100]", "new", "contradicts", detection=figure(499.4)),
    result("test_quiet", "old", detection=figure(None, bound=None)),
    result("test_quiet", "new"),
    result("test_strict", "old", "not promised"),
    result("test_strict", "new"),
    result("test_arp", "old", "not testable here"),
    result("test_late", "new", "inconclusive"),
    result("test_never", "old", outage=figure(None)),
    result("test_never", "new", outage=figure(None)),
)


def test_the_table_shows_verdict_worst_figure_and_what_differs() -> None:
    assert list(grid.text(FOUND, 72)) == [
        "                                 old (6.1.176)  new (6.12.101)",
        "scenarios/test_a.py",
        "  cut                 detection  + 92           x 499*",
        "  quiet                          +              +",
        "  strict                         .              + *",
        "  arp                            o              -",
        "  late                           -              ?",
        "  never                  outage  + never        + never",
        "- not run   o this lab cannot show it there",
        ". not promised by that kernel   + conforms   ? inconclusive",
        "x contradicts   * differs from the kernel to its left",
        "figures: the worst of all parameters, in ms",
    ]


def test_long_names_give_way_to_cells() -> None:
    long = conformance(
        result(f"test_{'very_' * 12}long", "old", detection=figure(92)),
        result(f"test_{'very_' * 12}long", "new", detection=figure(91)),
    )
    row = list(grid.text(long, 70))[2]
    assert row == "  very-very-very-very-ver..  detection  + 92           + 91"
    assert list(grid.text(long, 10))[2].startswith("  very-very-very-v..  detection  + 92")


def test_machines_get_the_same() -> None:
    found = grid.as_json(FOUND)
    assert found["kernels"] == [
        {"name": "old", "kernel": "6.1.176"},
        {"name": "new", "kernel": "6.12.101"},
    ]
    first = found["rows"][0]
    assert (first["scenario"], first["figure"]) == ("scenarios/test_a.py::test_cut", "detection")
    assert first["cells"]["new"] == {
        "verdict": "contradicts",
        "worst_ms": 499.4,
        "never": False,
        "count": 2,
        "differs": True,
    }
    assert found["rows"][4]["cells"]["old"]["verdict"] == "not run"


def test_every_verdict_has_a_glyph_of_its_own_and_a_badness() -> None:
    known = [word for word in counts.WORDS if word in grid.GLYPHS]
    assert len({grid.glyph(word) for word in known}) == len(known)
    assert all(grid.glyph(word) in "#-+xokbl.?!^" for word in counts.WORDS)
    assert set(changes.BADNESS) <= set(counts.WORDS)

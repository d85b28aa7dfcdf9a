"""A terminal to look at: what it shows of what was written to it."""

from __future__ import annotations

import pytest

pyte = pytest.importorskip("pyte", reason="pip install -e '.[test]'")
COLUMNS, LINES = 100, 30
SIZE = {"COLUMNS": str(COLUMNS), "LINES": str(LINES)}
UP = "\x1b[A"  # the cursor goes back from a line that was drawn


def screens(written: str) -> tuple[list[list[str]], list[str]]:
    """Return what a terminal shows each time the line is drawn, and what it shows at the end."""
    screen = pyte.HistoryScreen(COLUMNS, LINES, history=1000)
    stream = pyte.Stream(screen)
    *drawn, last = written.split(UP)
    seen = []
    for part in drawn:
        stream.feed(part)
        seen.append([text.rstrip() for text in screen.display])
        stream.feed(UP)
    stream.feed(last)
    above = ["".join(row[n].data for n in range(COLUMNS)).rstrip() for row in screen.history.top]
    return seen, above + [text.rstrip() for text in screen.display]

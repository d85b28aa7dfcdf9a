"""Progress of a long job: a bar on a terminal, else a line every 30 s."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from harness.kernels import Progress, Say

LINE_EVERY = (
    30.0  # seconds between two lines where there is no terminal, as pytest has none for us
)


@contextmanager
def bar(title: str, total: float, say: Say, *, every: float = LINE_EVERY) -> Iterator[Progress]:
    """Yield a function to call with the amount done of `total`; `every` is in seconds."""
    from rich.console import Console  # noqa: PLC0415  (what long jobs need, and nothing else)

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(title, total, say, every)
        return
    from rich import progress  # noqa: PLC0415

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task(title, total=total)
        yield lambda done: shown.update(task, completed=done)


class _Lines:
    """Prints a line at an interval, with an estimate of the remaining time."""

    def __init__(self, title: str, total: float, say: Say, every: float) -> None:
        self._title, self._total, self._say, self._every = title, total, say, every
        self._begun = self._told = time.monotonic()
        self._first: float | None = None

    def __call__(self, done: float) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = done
        if now - self._told < self._every or done <= self._first:
            return
        self._told = now
        left = (now - self._begun) / (done - self._first) * max(0.0, self._total - done)
        share = min(1.0, done / self._total)
        after = f"{left / 60:.1f} min" if left >= 60 else f"{left:.0f} s"
        self._say(f"{self._title}: {share:.0%}, about {after} left")

"""`harness show`: the timeline of one recording, as text or as a picture."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

import click

from harness.commands.exit_status import Command
from harness.errors import UsageError
from harness.history import History, files, load
from harness.judge import paint, report, timeline
from harness.judge.layout import WIDTH
from harness.picture import draw
from harness.results import windows
from harness.whole_file import replacing

BROKEN = (LookupError, TypeError, ValueError, AttributeError, ZeroDivisionError)
HINT = "free space, or write it elsewhere: --svg FILE"
PLACE = click.Path(path_type=Path)


@click.command(cls=Command)
@click.argument("recording", type=PLACE)
@click.option("--svg", type=PLACE, help="Write the picture to this file instead.")
def show(recording: Path, svg: Path | None) -> None:
    """Print the timeline of RECORDING, a history.jsonl or the directory that has it.

    Of a directory with several recordings the last one is shown, and the others are named.

    With --svg the timeline is written as a picture that browsers open: it needs no script and no
    other file, and the pointer shows time, source and event of each mark. Windows that figures
    were held against come from the conformance.json of the recording's results.

    Exit status: 0 done, 1 the picture cannot be written, 2 the command line is wrong, 4 the file
    is no recording, or nothing was disturbed in it.
    """
    path, others = _chosen(recording)
    history = load(path)
    if history.mark("disturb") is None:
        raise UsageError(
            f"nothing was disturbed in {path}: there is no time 0",
            hint="the last lines of the file show how far the recording came",
        )
    try:
        output = _picture(path, history, svg) if svg else _text(path, history)
    except BROKEN as error:
        raise UsageError(
            f"{path} is incomplete: {error!r}",
            hint="give a history.jsonl that `pytest scenarios/` wrote",
        ) from error
    click.echo(output)
    if others:
        names = ", ".join(shlex.quote(str(other)) for other in others)
        click.echo(
            f"note: {path.name} is the last of {len(others) + 1} recordings, before it {names}",
            err=True,
        )


def _chosen(recording: Path) -> tuple[Path, list[Path]]:
    """Return the history to show, and those of the same scenario before it."""
    if not recording.is_dir():
        return recording, []
    found = files.histories(recording) or [recording / files.HISTORY]
    return found[-1], found[:-1]


def _picture(path: Path, history: History, file: Path) -> str:
    text = draw(history, windows.of_recording(path))
    part = file.with_name(f".{file.name}-{os.getpid()}")
    with replacing(file, part, hint=HINT) as opened:
        opened.write(text)
    return f"picture: {file}"


def _text(path: Path, history: History) -> str:
    width = shutil.get_terminal_size((WIDTH, 0)).columns
    allowed = windows.of_recording(path)
    _, zero = timeline.origin(history)
    page = report.drawn(history, allowed, width)
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    head = [history.about.scenario, report.settings(history.about, width), "", f"0 = {zero}"]
    return "\n".join([*head, paint.page(page) if colour else page])

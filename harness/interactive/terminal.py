"""The user's terminal, passed on to a guest: keys go in, its output comes out.

The guest has a pseudo-terminal, so that Ctrl-C and line editing are its own; the user's terminal
is in raw mode meanwhile, and restored in any case.
"""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from harness.errors import LabError
from harness.guests.guests import Guest, Guests

ESCAPE, END = b"\x1d", b"\x04"  # Ctrl-] ends a guest that does not answer; Ctrl-D is end of input
ENDED = "it was ended with Ctrl-]"
LINES = 12  # of a guest's console, in an error
POLL, AGAIN = 0.05, 0.5  # seconds


@contextmanager
def pair() -> Iterator[tuple[int, int]]:
    """Open a pseudo-terminal of the user's terminal's size; yield our end and the guest's."""
    ours, guests = os.openpty()
    _resize(ours)

    def resized(_number: int, _frame: FrameType | None) -> None:
        _resize(ours)

    before = signal.signal(signal.SIGWINCH, resized)
    try:
        yield ours, guests
    finally:
        signal.signal(signal.SIGWINCH, before)
        for end in (ours, guests):
            with contextlib.suppress(OSError):
                os.close(end)


def attend(guests: Guests, guest: Guest, ours: int) -> None:
    """Copy between the user's terminal and a guest's until it ends.

    Raises LabError for an error of the guest, and if it ended by itself.

    Keys are passed on once the guest reports that it is ready: before, Ctrl-C ends the command.
    Nothing is shown until then, so that no prompt appears whose answer would be lost.
    """
    keyboard: Keyboard | None = None
    with contextlib.ExitStack() as restore:
        while guest.name in guests.running:
            guests.ended(POLL if keyboard is None else 0)
            for line in guest.lines():
                if "error" in line:
                    raise LabError(line["error"], hint=line["hint"])
                keyboard = Keyboard(sys.stdin.fileno())
                restore.enter_context(_raw(keyboard.terminal))
            if keyboard is not None and _exchange(ours, keyboard):
                guests.kill(guest, ENDED)
        _drain(ours)
    if keyboard is None or guest.killed or guest.reports():
        console = "".join(f"\n  {line}" for line in guest.cause_lines(LINES))
        when = "before the topology was built" if keyboard is None else "while you worked in it"
        raise LabError(
            f"the guest ended {when}: {guest.ending()}{console}",
            hint="`harness kernels check SPEC` shows whether the kernel works",
        )


def talk_until(over: Callable[[], bool], ours: int, end: Callable[[], None]) -> None:
    """Copy between the user's terminal and a guest's until `over`; Ctrl-] calls `end`."""
    keyboard = Keyboard(sys.stdin.fileno())
    with _raw(keyboard.terminal):
        while not over():
            if _exchange(ours, keyboard):
                end()
        _drain(ours)


def _exchange(ours: int, keyboard: Keyboard) -> bool:
    """Copy what is there both ways, waiting a moment for it; return whether Ctrl-] was typed."""
    watched = [ours, *([] if keyboard.over else [keyboard.terminal])]
    ready, _, _ = select.select(watched, [], [], POLL)
    if ours in ready:
        _write(sys.stdout.fileno(), os.read(ours, 65536))
    if not (keyboard.terminal in ready or keyboard.over):
        return False
    typed = keyboard.read()
    os.write(ours, typed)
    return ESCAPE in typed


class Keyboard:
    """Input of the user, or from a pipe or a file."""

    def __init__(self, terminal: int) -> None:
        self.terminal = terminal
        self.over = False
        self._sent_end_at = -math.inf

    def read(self) -> bytes:
        """Return what was typed; after the end of input Ctrl-D, again and again.

        One may be lost: a process that changes the mode of a terminal discards an end of input.
        """
        typed = b"" if self.over else os.read(self.terminal, 4096)
        self.over = self.over or not typed
        if self.over and time.monotonic() - self._sent_end_at > AGAIN:
            self._sent_end_at = time.monotonic()
            return END
        return typed


@contextmanager
def _raw(terminal: int) -> Iterator[None]:
    """Have a terminal hand on each key as it is; nothing to do for a pipe or a file."""
    if not os.isatty(terminal):
        yield
        return
    before = termios.tcgetattr(terminal)
    try:
        tty.setraw(terminal)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _drain(ours: int) -> None:
    """Show what the guest has printed last."""
    while select.select([ours], [], [], 0)[0]:
        try:
            data = os.read(ours, 65536)
        except OSError:  # the other end is closed
            return
        if not data:
            return
        _write(sys.stdout.fileno(), data)


def _write(output: int, data: bytes) -> None:
    while data:
        data = data[os.write(output, data) :]


def _resize(ours: int) -> None:
    with contextlib.suppress(OSError):  # no terminal has no size
        size = fcntl.ioctl(sys.stdout.fileno(), termios.TIOCGWINSZ, bytes(8))
        fcntl.ioctl(ours, termios.TIOCSWINSZ, size)

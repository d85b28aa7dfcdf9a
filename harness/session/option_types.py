"""Types of options that several modules of the session add."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def number_of(what: str, least: int, more: str = "") -> Callable[[str], int]:
    """Return the type of an option that takes a whole number of something, `least` or more."""

    def read(text: str) -> int:
        if not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(
                f'"{text}" is not a number of {what} (hint: give {least} or more{more})'
            )
        return int(text)

    return read

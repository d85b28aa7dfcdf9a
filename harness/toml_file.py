"""TOML files of users: every way in which one can be wrong is an error with its place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from harness.errors import UsageError

LONGEST = 1 << 20  # bytes: what is longer was not written by hand


def read(path: Path, hint: str) -> tuple[str, dict[str, Any]]:
    """Return a file's text and its content; raises UsageError, with the line where it is known.

    A byte order mark, which editors of Windows write, is no part of the text.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint=hint) from error
    if len(raw) > LONGEST:  # what was read may end within a character
        raise UsageError(f"{path} is longer than {LONGEST} bytes", hint=hint)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} cannot be read: {error}", hint=hint) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r" \(at line (\d+), column \d+\)$", str(error))
        problem = str(error)[: where.start()] if where else str(error)
        line = f":{where[1]}" if where else ""
        raise UsageError(f"{path}{line}: {problem}", hint=hint) from error
    except ValueError as error:  # a number of more digits than Python reads
        raise UsageError(f"{path}: a number has too many digits", hint=hint) from error
    except RecursionError as error:
        raise UsageError(
            f"{path}: its lists or tables are nested too deeply", hint=hint
        ) from error

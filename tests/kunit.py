"""The kernel's own reader of KTAP, tools/testing/kunit/kunit_parser.py.

`harness kernels build` keeps it beside the kernel that it builds.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from harness.kernels import cache

NAME = "kunit_parser.py"
SOURCE = "HARNESS_KUNIT"  # the directory tools/testing/kunit of any source of the kernel


def _places() -> Iterator[Path]:
    if given := os.environ.get(SOURCE):
        yield Path(given)
    yield from cache.places()
    builds = cache.directory().with_name("builds")  # of a build that goes on, or was interrupted
    yield from builds.glob("*/source/tools/testing/kunit")


def _fits(place: Path) -> bool:
    """Tell whether a parser is there that is given where to print: older ones are not."""
    try:
        return "printer: Printer)" in (place / NAME).read_text(encoding="utf-8")
    except OSError:
        return False


def parsed(lines: Iterable[str], monkeypatch: pytest.MonkeyPatch) -> tuple[Any, str]:
    """Return the parser's Test of a document, and what it printed; skip where it is not there."""
    place = next(filter(_fits, _places()), None)
    if place is None:
        pytest.skip(
            f"no {NAME} of a recent kernel in the cache: harness kernels build virtual@7.2, "
            f"or {SOURCE}=DIRECTORY"
        )
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # the cache is sealed
    printed = io.StringIO()
    printer = import_module("kunit_printer").Printer(output=printed)
    return import_module("kunit_parser").parse_run_tests(lines, printer), printed.getvalue()

"""TOML files that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import toml_file
from harness.errors import UsageError


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a = 1\nb =\n", "file.toml:2: Invalid value"),
        (b"a = " + 5000 * b"9", "file.toml: a number has too many digits"),
        (b"a = " + 5000 * b"[" + 5000 * b"]", "nested too deeply"),
        (b"# x" * 1_000_000, "is longer than 1048576 bytes"),
        ("#\u2026".encode() * 300_000, "is longer than 1048576 bytes"),
        (b"\xff\xfe", "cannot be read: 'utf-8' codec"),
        (b"a = 1\n\x00", "Invalid statement"),
    ],
    ids=[
        "syntax",
        "digits",
        "depth",
        "length",
        "cut-character",
        "encoding",
        "nul",
    ],
)
def test_a_broken_file_is_an_error_with_a_hint(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "file.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        toml_file.read(path, "look here")
    assert said in str(caught.value)
    assert caught.value.hint == "look here"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system(tmp_path: Path, end: str) -> None:
    path = tmp_path / "file.toml"
    path.write_bytes(f"a = 1{end}b = 2{end}".encode())
    assert toml_file.read(path, "") == ("a = 1\nb = 2\n", {"a": 1, "b": 2})


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        toml_file.read(tmp_path, "")

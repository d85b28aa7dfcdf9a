"""An executable gets another dynamic linker, and runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.kernels import elf

TRUE = Path(shutil.which("true") or "/bin/true")
LINKER = Path(elf.interpreter(TRUE) or "/nonexistent")

pytestmark = pytest.mark.skipif(not LINKER.is_file(), reason="no 64-bit dynamic executables here")


def test_an_executable_runs_with_the_linker_it_was_given(tmp_path: Path) -> None:
    place = tmp_path / ("a long name " * 15)
    place.mkdir()
    linker = Path(shutil.copy(LINKER, place / "ld.so"))
    program = Path(shutil.copy(TRUE, tmp_path / "program"))
    elf.set_interpreter(program, linker)
    assert elf.interpreter(program) == str(linker)
    assert subprocess.run([program], check=False).returncode == 0
    linker.unlink()
    with pytest.raises(FileNotFoundError):
        subprocess.run([program], check=False)


def test_the_processor_is_the_one_that_runs() -> None:
    assert elf.machine(TRUE) == elf.machine(Path("/proc/self/exe")) != 0


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"#!/bin/sh\n", b"\x7fELF\x02\x01" + bytes(60)])
def test_what_names_no_linker_is_rejected(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    assert elf.interpreter(path) == ""
    with pytest.raises(UsageError, match="is not a dynamically linked 64-bit executable"):
        elf.set_interpreter(path, LINKER)
    assert path.read_bytes() == data

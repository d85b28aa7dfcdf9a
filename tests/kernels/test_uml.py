"""What User-Mode Linux needs of the host, and what is no User-Mode Linux at all."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import KernelUnavailable, UsageError
from harness.kernels import check, uml

pytestmark = pytest.mark.process


def _answering(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\necho '{text}'\n")
    path.chmod(0o755)
    return path


def test_a_kernel_tells_its_release_and_brings_its_modules(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "lib/uml/modules/6.1.9").mkdir(parents=True)
    (tmp_path / "lib/uml/modules/6.1.9/modules.dep").write_text("")
    kernel = uml.identify(_answering(tmp_path / "bin/linux", "User Mode Linux v6.1.9"))
    assert kernel.name == "uml 6.1.9"
    assert kernel.modules == str(tmp_path / "lib/uml/modules/6.1.9")
    assert not kernel.seccomp


def test_a_kernel_without_modules_beside_it_has_them_built_in(tmp_path: Path) -> None:
    kernel = uml.identify(_answering(tmp_path / "linux", "User Mode Linux v7.2 seccomp=<on>"))
    assert kernel.modules == ""
    assert kernel.seccomp


def test_the_command_line_has_no_blank_in_it(tmp_path: Path) -> None:
    kernel = uml.identify(_answering(tmp_path / "linux", "User Mode Linux v7.2"))
    (tmp_path / "guest").mkdir()
    command = kernel.command(tmp_path / "guest")
    assert not [part for part in command.argv if " " in part]
    assert (tmp_path / "guest/python").resolve() == Path(sys.executable).resolve()


def test_the_name_of_the_root_is_that_of_no_block_device(tmp_path: Path) -> None:
    """Linux 6.1 without a block layer then mounts nothing, and every init= is missing (ENOENT)."""
    kernel = uml.identify(_answering(tmp_path / "linux", "User Mode Linux v6.1.176"))
    (tmp_path / "guest").mkdir()
    (root,) = [
        part for part in kernel.command(tmp_path / "guest").argv if part.startswith("root=")
    ]
    assert root.startswith("root=mtd")


@pytest.mark.parametrize("text", ["", "linux 6.1", "usage: linux"])
def test_another_program_is_no_kernel(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"is not a User-Mode Linux kernel(.|\n)*hint: "):
        check(str(_answering(tmp_path / "program", text)))


def test_a_file_that_cannot_run_is_no_kernel(tmp_path: Path) -> None:
    (tmp_path / "vmlinuz").write_bytes(b"\0MZ")
    with pytest.raises(UsageError, match="Permission denied"):
        check(str(tmp_path / "vmlinuz"))


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """Give a small tmpfs, mounted noexec: only a guest's root may do so."""
    libc = ctypes.CDLL(None, use_errno=True)
    target = os.fsencode(tmp_path)
    assert not libc.mount(b"none", target, b"tmpfs", 8, b"size=1m"), ctypes.get_errno()
    yield tmp_path
    libc.umount(target)


@pytest.mark.guest
def test_a_place_mounted_noexec_is_rejected_with_the_reason(
    mounted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uml, "PLACES", (str(mounted), "/nonexistent"))
    monkeypatch.setattr("tempfile.tempdir", str(mounted))
    with pytest.raises(KernelUnavailable) as caught:
        uml.memory_directory()
    assert f"{mounted} is mounted noexec" in str(caught.value)
    assert "/nonexistent (No such file or directory)" in str(caught.value)
    assert "hint: set TMPDIR to a directory with 512 MiB free" in str(caught.value)

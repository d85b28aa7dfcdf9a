"""The QEMU of a DUT: this machine's, or one of a later suite from an archive made here."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.errors import KernelUnavailable
from harness.kernels import apt, apt_sources, qemu
from harness.kernels.dut import emulator
from tests import packages

pytestmark = packages.needs_apt

LIBRARIES = "usr/lib/x86_64-linux-gnu"
LOADER = '#!/bin/sh\n[ "$1" = --library-path ] && [ -d "$2/qemu" ] && shift 2 && exec "$@"\n'
NEWER = """#!/bin/sh
echo "QEMU emulator version 10.0.2"
[ -d "$2" ] && [ -d "$4" ] && echo "given $5"
"""


@pytest.fixture(autouse=True)
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an archive with QEMU 10 and its C library, for every suite."""
    archive = tmp_path / "archive"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(apt, "PAUSE", 0.01)
    line = f"deb [trusted=yes] copy:{archive} ./\n"
    monkeypatch.setattr(apt_sources, "of_suite", lambda suite: {f"{suite}.list": line})
    program = {f"usr/bin/{qemu.QEMU}": NEWER, f"{LIBRARIES}/qemu/accel.so": ""}
    _pack(archive, emulator.PACKAGE, program, "Depends: libc6, qemu-system-data\n")
    _pack(archive, "libc6", {f"{LIBRARIES}/ld-linux-x86-64.so.2": LOADER})
    data = ("usr/share/qemu/pvh.bin", "usr/share/seabios/bios.bin")
    _pack(archive, "qemu-system-data", dict.fromkeys(data, ""))
    return archive


def _pack(archive: Path, name: str, files: dict[str, str], depends: str = "") -> None:
    built = archive.with_name(f"built-{name}")
    for path, text in files.items():
        (built / path).parent.mkdir(parents=True, exist_ok=True)
        (built / path).write_text(text)
        (built / path).chmod(0o755)
    packages.offer(archive, built, packages.control(name, "10-1", depends))


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make this machine's QEMU one that only says its version, 7.2."""
    program = tmp_path / "bin" / qemu.QEMU
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'QEMU emulator version 7.2.22 (Debian 1:7.2)'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return program


def test_a_nic_that_this_machines_qemu_has_needs_no_other(own: Path) -> None:
    said: list[str] = []
    assert emulator.program(["virtio-net-pci", "rtl8139"], said.append) == str(own)
    own.write_text("#!/bin/sh\necho 'QEMU emulator version 8.2.2'\n")
    assert emulator.program(["igb"], said.append) == str(own)
    assert said == []


@pytest.mark.usefixtures("own")
def test_a_newer_qemu_is_fetched_once_for_a_nic_that_needs_it() -> None:
    said: list[str] = []
    found = emulator.program(["rtl8139", "igb", "e1000e"], said.append)
    expected = "e1000e, igb: QEMU 8 or later is needed, this machine has 7: using that of trixie"
    assert said[0] == expected
    assert any("fetching" in line for line in said)
    said_by_it = subprocess.run([found, "-device"], check=True, capture_output=True, text=True)
    assert "given -device" in said_by_it.stdout
    place = Path(found).parent
    assert {path.name for path in place.parent.iterdir()} == {"lock", place.name}
    assert not (place / "apt").exists()
    again: list[str] = []
    assert emulator.program(["igb"], again.append) == found
    assert len(again) == 1


@pytest.mark.usefixtures("own")
def test_a_damaged_one_is_fetched_anew() -> None:
    found = Path(emulator.program(["igb"], lambda _: None))
    (found.parent / "usr/bin" / qemu.QEMU).write_text("")
    said: list[str] = []
    assert emulator.program(["igb"], said.append) == str(found)
    assert any("fetching" in line for line in said)


@pytest.mark.usefixtures("own")
def test_one_that_does_not_run_does_not_reach_the_cache(archive: Path) -> None:
    (archive / "Packages").write_text("")
    shutil.rmtree(archive.with_name("built-libc6"))
    loader = {f"{LIBRARIES}/ld-linux-x86-64.so.2": "#!/bin/sh\necho no such thing >&2; exit 3\n"}
    _pack(archive, "libc6", loader)
    shutil.rmtree(archive.with_name(f"built-{emulator.PACKAGE}"))
    _pack(archive, emulator.PACKAGE, {f"{LIBRARIES}/qemu/accel.so": ""}, "Depends: libc6\n")
    with pytest.raises(KernelUnavailable, match="--version failed: no such thing") as caught:
        emulator.program(["igb"], lambda _: None)
    assert "hint: " in str(caught.value)
    assert [path.name for path in (archive.parent / "cache").rglob("*")][-1] == "lock"


def test_what_cannot_be_fetched_is_an_error_only_for_a_nic_that_is_not_there(
    own: Path, archive: Path
) -> None:
    (archive / "Packages").write_text("")
    said: list[str] = []
    assert emulator.program(["e1000e"], said.append) == str(own)
    assert said[-1].endswith(": using QEMU 7, which reports no cut to e1000e")
    with pytest.raises(KernelUnavailable, match="offer no qemu-system-x86"):
        emulator.program(["e1000e", "igb"], said.append)


def test_a_qemu_without_a_version_is_an_error(own: Path) -> None:
    own.write_text("#!/bin/sh\nexit 127\n")
    with pytest.raises(KernelUnavailable, match="--version failed: status 127"):
        emulator.program(["igb"], lambda _: None)

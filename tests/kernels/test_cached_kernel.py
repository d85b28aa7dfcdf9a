"""Kernels in the cache: which this machine can run, which are in use, and what is left of one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import KernelUnavailable
from harness.kernels import cache, cached_kernel, elf
from harness.kernels.cached_kernel import CachedKernel

HOLD = """
import sys
from harness.kernels import cached_kernel
cached_kernel.hold(cached_kernel.entries()[0])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return cache.directory()


def keep(
    name: str, flavour: str, release: str, needs: str = "", libraries: str = ""
) -> CachedKernel:
    """Put a kernel into the cache."""
    with cache.locked(print), cache.building() as place:
        (place / "linux").write_text("kernel")
        record = CachedKernel(
            place, flavour, release, kernel="linux", needs=needs, libraries=libraries
        )
        return record.keep(name)


def test_a_kernel_is_found_by_what_it_is() -> None:
    old, new = keep("a", "uml", "6.1.176"), keep("b", "virtual", "7.2.13")
    assert cached_kernel.find(print, lambda entry: entry.flavour == "uml") == old
    assert cached_kernel.find(print, lambda entry: entry.is_of("7.2")) == new
    assert cached_kernel.find(print, lambda entry: entry.is_of("7")) == new
    assert cached_kernel.find(print, lambda entry: entry.is_of("6.12")) is None
    assert (old.spec, new.spec) == ("uml@6.1", "virtual@7.2")


def test_a_kernel_kept_before_there_were_records_is_known(own_cache: Path) -> None:
    place = own_cache / "user-mode-linux_6.1um4+b13"
    (place / "usr/lib/uml/modules/6.1.176").mkdir(parents=True)
    found = CachedKernel.read(place)
    assert found is not None
    assert (found.spec, found.release, found.version) == ("uml@6.1", "6.1.176", "6.1um4+b13")
    assert CachedKernel.read(own_cache / "something") is None


def test_a_machine_with_too_old_a_libc_does_not_see_the_kernel() -> None:
    keep("newer", "uml", "9.9.1", needs="99.1")
    own = keep("own", "uml", "9.9.1", needs="99.1", libraries="libc")
    assert cached_kernel.entries() == [own]


def test_a_kernel_for_another_processor_is_not_seen() -> None:
    entry = keep("foreign", "uml", "9.9.1")
    head = bytearray(b"\x7fELF\x02\x01" + bytes(14))
    head[18] = (elf.machine(Path(sys.executable)) + 1) % 256
    entry.file.write_bytes(head)
    assert cached_kernel.entries() == []


def test_a_kernel_with_libraries_that_was_moved_is_damaged(tmp_path: Path) -> None:
    with cache.locked(print), cache.building() as place:
        shutil.copy(shutil.which("true") or "/bin/true", place / "linux")
        elf.set_interpreter(place / "linux", tmp_path / "elsewhere/ld.so")
        CachedKernel(place, "uml", "9.9.1", kernel="linux", libraries="libc").keep("moved")
    said: list[str] = []
    assert cached_kernel.find(said.append, lambda _: True) is None
    assert "it was moved: " in said[0]


@pytest.mark.parametrize("record", ["", "[1]", '{"flavour": 3', '{"nothing": 1}'])
def test_a_kernel_whose_record_cannot_be_read_is_there_and_damaged(record: str) -> None:
    entry = keep("a", "uml", "6.1.176")
    (entry.place / cached_kernel.RECORD).write_text(record)
    (found,) = cached_kernel.entries()
    assert (found.place, found.spec) == (entry.place, "unknown")
    assert found.damage().startswith("kernel.json has")
    assert cached_kernel.find(lambda _: None, lambda _: True) is None


def test_removing_frees_what_is_reported(own_cache: Path) -> None:
    entry = keep("a", "uml", "6.1.176")
    size = entry.size()
    with cache.locked(print):
        assert cached_kernel.remove(entry) == size > 0
    assert [path.name for path in own_cache.iterdir()] == ["lock"]


def test_a_kernel_in_use_stays_until_its_run_has_ended() -> None:
    entry = keep("a", "uml", "6.1.176")
    user = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with user:
        assert user.stdout is not None
        assert user.stdout.readline() == "held\n"
        with pytest.raises(KernelUnavailable, match=r"a is in use by a run\nhint: wait"):
            cached_kernel.remove(entry)
        assert entry.damage() == ""
        user.kill()
    assert not cached_kernel.in_use(entry)
    cached_kernel.remove(entry)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("6.16~rc5-1", "6.16"),
        ("6.16~rc5-1", "6.16.1-1"),
        ("6.16.0-rc5", "6.16.0"),
        ("6.16~rc5-1", "6.16~rc6-1"),
        ("6.15.9", "6.16~rc1"),
        ("6.9", "6.12"),
        ("2.36", "2.36-9+deb12u1"),
    ],
)
def test_a_release_candidate_is_older_than_its_release(older: str, newer: str) -> None:
    assert cached_kernel.numbers(older) < cached_kernel.numbers(newer)

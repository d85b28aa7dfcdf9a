"""Fetching with the real apt and dpkg, from a package archive in a directory."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from harness.errors import KernelUnavailable
from harness.kernels import cache, package

pytestmark = pytest.mark.skipif(
    not (shutil.which("apt-get") and shutil.which("dpkg-deb")),
    reason="this machine has no apt-get and dpkg-deb",
)

CONTROL = """\
Package: user-mode-linux
Version: 9.9-1
Architecture: all
Maintainer: nobody <nobody@example.org>
Installed-Size: 12
Description: stands in for a kernel
"""


@pytest.fixture(autouse=True)
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an archive with the package, and the machine's sources consist of it."""
    archive = tmp_path / "archive"
    archive.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(package, "PAUSE", 0.01)
    _sources(tmp_path, monkeypatch, f"deb [trusted=yes] file:{archive} ./")
    _offer(tmp_path / "built", archive)
    return archive


def _sources(place: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    (place / "sources.list").write_text(f"{line}\n")
    (place / "apt.conf").write_text(
        f'Dir::Etc::sourcelist "{place}/sources.list"; Dir::Etc::sourceparts "/dev/null";'
    )
    monkeypatch.setenv("APT_CONFIG", str(place / "apt.conf"))


def _offer(built: Path, archive: Path) -> None:
    (built / "DEBIAN").mkdir(parents=True)
    (built / "usr/bin").mkdir(parents=True)
    (built / package.KERNEL).write_text("#!/bin/sh\necho User Mode Linux v9.9\n")
    (built / package.KERNEL).chmod(0o755)
    _pack(built, archive, CONTROL)


def _pack(built: Path, archive: Path, control: str) -> None:
    (built / "DEBIAN/control").write_text(control)
    deb = archive / "user-mode-linux_9.9-1_all.deb"
    subprocess.run(["dpkg-deb", "--build", str(built), str(deb)], check=True, capture_output=True)
    sum_ = hashlib.sha256(deb.read_bytes()).hexdigest()
    fields = f"Filename: ./{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {sum_}\n"
    (archive / "Packages").write_text(control + fields)


def test_a_fetch_says_what_it_does_and_fills_the_cache() -> None:
    said: list[str] = []
    place = package.fetch(said.append)
    assert place == cache.directory() / "user-mode-linux_9.9-1"
    assert cache.damage(place) == ""
    assert cache.find(said.append) == place
    assert f"fetching user-mode-linux 9.9-1: 0 MB to download, 0 MB in {place.parent}" in said
    assert {path.name for path in place.parent.iterdir()} == {"lock", place.name}
    assert not (place / "apt").exists()


def test_two_fetches_at_once_share_one() -> None:
    said: list[str] = []
    threads = [threading.Thread(target=package.fetch, args=(said.append,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("fetching" in line for line in said) == 1
    assert "waiting for another run's fetch of a kernel" in said


def _refused(match: str) -> None:
    """Demand an error with a hint and a cache as clean as before."""
    with pytest.raises(KernelUnavailable, match=match) as caught:
        package.fetch(lambda _: None)
    assert "hint: " in str(caught.value)
    assert [path.name for path in cache.directory().iterdir()] == ["lock"]


def test_a_broken_download_does_not_reach_the_cache(archive: Path) -> None:
    deb = next(archive.glob("*.deb"))
    deb.write_bytes(deb.read_bytes()[:-1] + b"x")
    _refused("cannot be downloaded")


def test_a_truncated_download_does_not_reach_the_cache(archive: Path) -> None:
    deb = next(archive.glob("*.deb"))
    deb.write_bytes(deb.read_bytes()[:100])
    _refused("cannot be downloaded")


def test_sources_without_the_package_are_named(archive: Path) -> None:
    fields = (archive / "Packages").read_text().replace("user-mode-linux\n", "something-else\n")
    (archive / "Packages").write_text(fields)
    _refused("package sources offer no user-mode-linux")


def test_sources_that_do_not_answer_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sources(tmp_path, monkeypatch, "deb [trusted=yes] http://127.0.0.1:9/nowhere ./")
    _refused("package sources cannot be read: .*127.0.0.1")


def test_a_package_without_the_kernel_is_refused(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "built" / package.KERNEL).unlink()
    _pack(tmp_path / "built", archive, CONTROL)
    _refused("holds no usr/bin/linux.uml")


def test_a_package_that_will_not_fit_is_refused_before_the_download(
    archive: Path, tmp_path: Path
) -> None:
    huge = CONTROL.replace("Installed-Size: 12", "Installed-Size: 999999999999")
    _pack(tmp_path / "built", archive, huge)
    _refused("no space for a kernel in .*MB are needed")


def test_a_machine_without_apt_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KernelUnavailable, match=r"there is no apt-get(.|\n)*hint: .*--kernel"):
        package.fetch(print)

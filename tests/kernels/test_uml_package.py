"""Fetching with the real apt and dpkg, from a package archive in a directory."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from harness.errors import KernelUnavailable, UsageError
from harness.kernels import apt, cache, cached_kernel, offers, uml_package
from tests import packages
from tests.waiting import wait_until

pytestmark = packages.needs_apt

CONTROL = packages.control("user-mode-linux", "9.9-1")


@pytest.fixture(autouse=True)
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an archive with the package, and the machine's sources consist of it."""
    archive = tmp_path / "archive"
    archive.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(apt, "PAUSE", 0.01)
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
    (built / "usr/bin").mkdir(parents=True)
    (built / uml_package.KERNEL).write_text("#!/bin/sh\necho User Mode Linux v9.9\n")
    (built / uml_package.KERNEL).chmod(0o755)
    _pack(built, archive, CONTROL)


def _pack(built: Path, archive: Path, control: str) -> None:
    """Make it the only package of the archive."""
    for old in archive.iterdir():
        old.unlink()
    packages.offer(archive, built, control)


def test_a_fetch_says_what_it_does_and_fills_the_cache() -> None:
    said: list[str] = []
    entry = uml_package.fetch(said.append)
    place = entry.place
    assert place == cache.directory() / "user-mode-linux_9.9-1_all"
    assert (entry.spec, entry.version, entry.damage()) == ("uml@9.9", "9.9-1", "")
    assert cached_kernel.find(said.append, uml_package.wanted("")) == entry
    assert f"fetching user-mode-linux 9.9-1: 0 MB to download, 0 MB in {place.parent}" in said
    assert {path.name for path in place.parent.iterdir()} == {"lock", place.name}
    assert not list(place.glob("apt*"))


def test_two_fetches_at_once_share_one() -> None:
    said: list[str] = []
    threads = [threading.Thread(target=uml_package.fetch, args=(said.append,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("fetching" in line for line in said) == 1
    assert "waiting for another run's fetch of a kernel" in said


def _refused(match: str) -> None:
    """Demand an error with a hint and a cache as clean as before."""
    with pytest.raises(KernelUnavailable, match=match) as caught:
        uml_package.fetch(lambda _: None)
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


def test_a_mirror_that_never_answers_is_not_waited_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apt, "PATIENCE", 1.0)
    monkeypatch.setattr(apt, "FAST", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        _sources(tmp_path, monkeypatch, f"deb [trusted=yes] http://127.0.0.1:{port}/x ./")
        began = time.monotonic()
        _refused("package sources do not answer within 1 s")
        assert time.monotonic() - began < 3


def test_a_run_that_is_killed_leaves_no_apt_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "from harness.kernels import uml_package; uml_package.fetch(print)"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        _sources(tmp_path, monkeypatch, f"deb [trusted=yes] http://127.0.0.1:{port}/x ./")
        with subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2]) as run:
            silent.settimeout(20)
            silent.accept()[0].close()
            assert _apts(tmp_path)
            run.kill()
    wait_until(lambda: not _apts(tmp_path), within=5, what="the end of apt")


def _apts(place: Path) -> list[str]:
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(path.read_bytes().decode(errors="replace"))
    return [line for line in lines if line.startswith("apt-get") and str(place) in line]


def test_a_package_without_the_kernel_is_rejected(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "built" / uml_package.KERNEL).unlink()
    _pack(tmp_path / "built", archive, CONTROL)
    _refused("does not contain usr/bin/linux.uml")


def test_a_package_that_will_not_fit_is_rejected_before_the_download(
    archive: Path, tmp_path: Path
) -> None:
    huge = CONTROL.replace("Installed-Size: 12", "Installed-Size: 999999999999")
    _pack(tmp_path / "built", archive, huge)
    _refused("no space for a kernel in .*MB are needed")


def test_without_apt_there_is_a_hint_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KernelUnavailable, match=r"there is no apt-get(.|\n)*hint: .*--kernel"):
        uml_package.fetch(print)


def test_a_version_is_looked_for_and_what_there_is_is_named() -> None:
    said: list[str] = []
    assert uml_package.fetch(said.append, "9.9").spec == "uml@9.9"
    with pytest.raises(KernelUnavailable) as caught:
        uml_package.fetch(said.append, "6.12")
    assert "no suite of this machine's package sources has user-mode-linux 6.12" in str(
        caught.value
    )
    assert "hint: there are uml@9.9 (its own sources)" in str(caught.value)


def test_sources_are_asked_once_a_day(archive: Path) -> None:
    said: list[str] = []
    assert offers.of_suite("", said.append) == offers.of_suite("", said.append)
    assert len(said) == 1
    assert offers.of_suite("", said.append, fresh=True).version == "9.9-1"
    assert len(said) == 2


def test_a_damaged_kernel_is_fetched_again() -> None:
    entry = uml_package.fetch(lambda _: None)
    entry.file.write_text("short")
    assert "has changed" in entry.damage() or "bytes instead of" in entry.damage()
    again = uml_package.fetch(lambda _: None)
    assert (again, again.damage()) == (entry, "")


def _suite(archive: Path, name: str, control: str) -> None:
    """Put the package into a suite of the archive, in Debian's layout."""
    place = archive / "dists" / name
    arch = subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    ).stdout.strip()
    index = place / f"main/binary-{arch}/Packages"
    index.parent.mkdir(parents=True)
    index.write_text(control)
    data = index.read_bytes()
    sums = f" {hashlib.sha256(data).hexdigest()} {len(data)} {index.relative_to(place)}\n"
    head = f"Codename: {name}\nSuite: {name}\nComponents: main\nArchitectures: {arch}\n"
    (place / "Release").write_text(f"{head}SHA256:\n{sums}")


def test_another_suite_of_the_machines_archive_has_another_version(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sources(tmp_path, monkeypatch, f"deb [trusted=yes] file:{archive} bookworm main")
    fields = (archive / "Packages").read_text()
    _suite(archive, "forky", fields)
    _suite(archive, "bookworm", fields.replace("Version: 9.9-1", "Version: 1.1-1"))
    said: list[str] = []
    entry = uml_package.fetch(said.append, "9.9")
    assert (entry.suite, entry.spec) == ("forky", "uml@9.9")
    found = {offer.suite: offer.series for offer in offers.all_suites(said.append)}
    assert found == {"bookworm": "1.1", "forky": "9.9"}
    assert any("for sid cannot be read" in line for line in said)


def test_a_deb_is_extracted_once_and_only_its_path_means_it(archive: Path) -> None:
    deb = next(archive.glob("*.deb"))
    entry = uml_package.of_deb(deb, print)
    assert uml_package.of_deb(deb, print) == entry
    assert entry.file.read_text().startswith("#!/bin/sh")
    assert cached_kernel.find(print, uml_package.wanted("9.9")) is None


def test_a_deb_of_something_else_is_rejected(archive: Path, tmp_path: Path) -> None:
    _pack(tmp_path / "built", archive, CONTROL.replace("user-mode-linux", "linux-image"))
    with pytest.raises(UsageError, match="is the package linux-image, not user-mode-linux"):
        uml_package.of_deb(next(archive.glob("*.deb")), print)
    (tmp_path / "broken.deb").write_bytes(b"!<arch>\n")
    with pytest.raises(UsageError, match=r"broken.deb cannot be read(.|\n)*hint: give a complete"):
        uml_package.of_deb(tmp_path / "broken.deb", print)

"""Fetch Debian's `user-mode-linux` into the cache: as any user, without the machine's apt state.

apt gets directories of its own and takes only the sources and keys from the machine, so neither
root nor an `apt-get update` by the user is needed; what it downloads it checks by signature.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, KernelUnavailable
from harness.kernels import Say, cache
from harness.waiting import retry

PACKAGE = "user-mode-linux"
KERNEL = "usr/bin/linux.uml"
PAUSE = 1.0  # seconds before a failed download is tried again, twice that before the next

# Given by -c, hence read after the machine's own files: only then does #clear empty their lists.
CONFIGURATION = """\
Dir::State "{place}/state";
Dir::State::status "{place}/status";
Dir::Cache "{place}/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "0";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""

Progress = Callable[[float], None]


class AptFailed(KernelUnavailable):
    """apt ended with an error that may pass: a mirror that does not answer, say."""


def fetch(say: Say) -> Path:
    """Fetch the package and return its place in the cache, sharing another run's fetch.

    Raises KernelUnavailable.
    """
    for tool in ("apt-get", "apt-cache", "dpkg"):
        if not shutil.which(tool):
            raise KernelUnavailable(
                f"this machine's kernel has no bonding that we may use, and there is no {tool} "
                f"to fetch {PACKAGE} with",
                hint="run on Debian, or give a User-Mode Linux kernel: --kernel PATH",
            )
    with cache.alone(say):
        return cache.find(lambda _: None) or _fetch_alone(say)


def _fetch_alone(say: Say) -> Path:
    try:
        with cache.building() as place:
            return _build(place, say)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _no_space(cache.directory()) from error
        raise cache.unwritable(error) from error


def _build(place: Path, say: Say) -> Path:
    apt = place / "apt"
    facts = _candidate(apt, say)
    version, size, installed = facts["Version"], int(facts["Size"]), int(facts["Installed-Size"])
    _check_space(place, size + installed * 1024)
    say(
        f"fetching {PACKAGE} {version}: {size / 1e6:.0f} MB to download, "
        f"{installed * 1024 / 1e6:.0f} MB in {cache.directory()}"
    )
    with _progress_bar(f"{PACKAGE} {version}") as progress:
        retry(lambda: _download(apt, version, progress), on=AptFailed, pause=PAUSE)
    _extract(next(apt.glob("*.deb")), place)
    shutil.rmtree(apt)
    return cache.keep(place, f"{PACKAGE}_{version}")


def _candidate(apt: Path, say: Say) -> dict[str, str]:
    """Return the package's fields as the machine's sources describe it now."""
    for part in ("state/lists/partial", "cache/archives/partial"):
        (apt / part).mkdir(parents=True)
    (apt / "status").touch()
    (apt / "apt.conf").write_text(CONFIGURATION.format(place=apt), encoding="utf-8")
    say(f"asking this machine's package sources for {PACKAGE}")
    return retry(lambda: _ask(apt), on=AptFailed, pause=PAUSE)


def _ask(apt: Path) -> dict[str, str]:
    updated = _run(apt, ["apt-get", "-q", "update"])
    shown = _run(apt, ["apt-cache", "show", "--no-all-versions", PACKAGE])
    pairs = (line.partition(": ") for line in shown.stdout.splitlines())
    facts = {name: value for name, _, value in pairs}
    if {"Version", "Size", "Installed-Size"} <= facts.keys():
        return facts
    trouble = _complaints(updated)
    if trouble:
        raise _apt_failed(f"this machine's package sources cannot be read: {trouble}")
    raise KernelUnavailable(
        f"this machine's package sources offer no {PACKAGE}",
        hint="add Debian's main archive to apt's sources, or give a kernel: --kernel PATH",
    )


def _download(apt: Path, version: str, progress: Progress) -> None:
    for left in apt.glob("*.deb"):
        left.unlink()
    read, write = os.pipe()
    argv = ["apt-get", "-q", f"-oAPT::Status-Fd={write}", "download", f"{PACKAGE}={version}"]
    process = _start(apt, argv, pass_fds=(write,))
    os.close(write)
    with process, os.fdopen(read, encoding="utf-8", errors="replace") as status:
        for line in status:
            _, _, percent, *_ = (*line.split(":"), "", "", "")
            if line.startswith("dlstatus:"):
                progress(float(percent))
        output, _ = process.communicate()
    if process.returncode or not any(apt.glob("*.deb")):
        _check_space(apt, 0)
        trouble = _complaints(subprocess.CompletedProcess([], process.returncode, output))
        raise _apt_failed(f"{PACKAGE} {version} cannot be downloaded: {trouble}")


def _extract(package: Path, place: Path) -> None:
    done = subprocess.run(
        ["dpkg", "-x", str(package), str(place)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        _check_space(place, 0)
        raise KernelUnavailable(
            f"{package.name} cannot be extracted: {done.stderr.strip()}",
            hint="run again: it is fetched afresh",
        )
    if not (place / KERNEL).is_file():
        raise KernelUnavailable(
            f"{package.name} holds no {KERNEL}", hint="give a kernel: --kernel PATH"
        )


def _start(apt: Path, argv: list[str], **more: Any) -> subprocess.Popen[str]:
    tool, *arguments = argv
    return subprocess.Popen(
        [tool, "-c", str(apt / "apt.conf"), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=apt,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
        **more,
    )


def _run(apt: Path, argv: list[str]) -> subprocess.CompletedProcess[str]:
    with _start(apt, argv) as process:
        output, _ = process.communicate()
    return subprocess.CompletedProcess(argv, process.returncode, output)


def _complaints(done: subprocess.CompletedProcess[str]) -> str:
    """Return the gravest thing that apt complained of, "" for nothing."""
    for mark in ("E: ", "W: "):
        for line in done.stdout.splitlines():
            if line.startswith(mark):
                return line.removeprefix(mark).strip()
    return f"apt-get ended with {done.returncode}" if done.returncode else ""


def _apt_failed(message: str) -> AptFailed:
    return AptFailed(
        message,
        hint="check the network and apt's sources (does `apt-get update` work?), then run again",
    )


def _check_space(place: Path, needed: int) -> None:
    """Refuse to begin what will not fit; 16 MB stay free for others."""
    if shutil.disk_usage(place).free < needed + (16 << 20):
        raise _no_space(place, needed)


def _no_space(place: Path, needed: int = 0) -> HarnessError:
    free = shutil.disk_usage(place).free
    wanted = f", {needed / 1e6:.0f} MB are needed" if needed else ""
    return KernelUnavailable(
        f"no space for a kernel in {cache.directory()}: {free / 1e6:.0f} MB are free{wanted}",
        hint="free some space, or set XDG_CACHE_HOME to a directory on a larger disk",
    )


class _progress_bar:  # noqa: N801  (used as a function is)
    """Show a bar on a terminal, and nothing elsewhere."""

    def __init__(self, title: str) -> None:
        from rich.progress import Progress  # noqa: PLC0415  (only a fetch needs it)

        self._bar = Progress(transient=True)
        self._bar.disable = not self._bar.console.is_terminal
        self._task = self._bar.add_task(title, total=100)

    def __enter__(self) -> Progress:
        self._bar.start()
        return lambda percent: self._bar.update(self._task, completed=percent)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

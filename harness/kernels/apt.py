"""A private apt for any user: separate state and cache, with the machine's sources and keys.

Neither root nor an `apt-get update` by the user is needed; apt checks the signatures.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import KernelUnavailable
from harness.guests import supervisor
from harness.kernels import Progress, apt_sources, cache
from harness.waiting import retry

PAUSE = 1.0  # seconds before the first retry of a failed download, doubled for the next
FAST = 10.0  # seconds: what failed within this time is tried again
PATIENCE = 90.0  # seconds for a package list, some 10 MB, on a slow line
TOOLS = ("apt-get", "apt-cache", "apt-config", "dpkg")

# Given by -c, so read after the machine's own files: only then does #clear affect their lists.
CONFIGURATION = """\
Dir::State "{place}/state";
Dir::State::status "{place}/status";
Dir::Cache "{place}/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::Retries "0";
Acquire::http::Timeout "10";
Acquire::https::Timeout "10";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""
OTHER_SOURCES = """\
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{place}/sources";
"""

ARCHIVES = (
    "it is in Debian's main archive and Ubuntu's universe: add that to apt's sources, or give a "
    "kernel: --kernel PATH"
)


class AptFailed(KernelUnavailable):
    """apt failed, for example because a mirror does not answer."""


class AptFailedFast(AptFailed):
    """apt failed fast, so a retry is cheap; a failure after a long timeout is not retried."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A package in a suite; sizes in bytes, `suite` is "" for the machine's own sources."""

    package: str
    version: str
    architecture: str
    size: int
    installed: int
    depends: str
    suite: str = ""

    @property
    def series(self) -> str:
        """The kernel's series, such as 6.12."""
        found = re.match(r"\d+\.\d+", self.version)
        return found[0] if found else self.version

    @property
    def needs(self) -> str:
        """The minimum version of libc6, "" for any."""
        found = re.search(r"\blibc6 \(>= ([\d.]+)", self.depends)
        return found[1] if found else ""


class Apt:
    """One private apt in the directory `place`, for the machine's sources or those of a suite."""

    def __init__(self, place: Path, suite: str = "") -> None:
        self.place = place
        self.suite = suite
        for part in ("state/lists/partial", "cache/archives/partial", "sources"):
            (place / part).mkdir(parents=True)
        (place / "status").touch()
        template = CONFIGURATION + (OTHER_SOURCES if suite else "")
        for name, text in (apt_sources.of_suite(suite) if suite else {}).items():
            (place / "sources" / name).write_text(text, encoding="utf-8")
        (place / "apt.conf").write_text(template.format(place=place), encoding="utf-8")

    @property
    def _description(self) -> str:
        where = f" for {self.suite}" if self.suite else ""
        return f"this machine's package sources{where}"

    def update(self) -> subprocess.CompletedProcess[str]:
        """Update the package lists; raises AptFailed after a time limit."""
        try:
            return self._run(["apt-get", "-q", "update"], within=PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise _failed(
                f"{self._description} do not answer within {PATIENCE:g} s", PATIENCE
            ) from error

    def offer(self, package: str) -> Offer | None:
        """Return a package from the lists, None if there is none; requires `update`."""
        shown = self._run(["apt-cache", "show", "--no-all-versions", package])
        pairs = (line.partition(": ") for line in shown.stdout.splitlines())
        facts = {name: value for name, _, value in pairs}
        if not {"Version", "Size", "Installed-Size"} <= facts.keys():
            return None
        return Offer(
            package=package,
            version=facts["Version"],
            architecture=facts.get("Architecture", "all"),
            size=int(facts["Size"]),
            installed=int(facts["Installed-Size"]) * 1024,
            depends=facts.get("Depends", ""),
            suite=self.suite,
        )

    def find(self, package: str) -> Offer:
        """Update the lists and return a package, with retries; raises KernelUnavailable."""
        return retry(lambda: self._find(package), on=AptFailedFast, pause=PAUSE)

    def _find(self, package: str) -> Offer:
        began = time.monotonic()
        updated = self.update()
        offer = self.offer(package)
        if offer is not None:
            return offer
        trouble = _first_error(updated)
        if trouble:
            raise _failed(
                f"{self._description} cannot be read: {trouble}", time.monotonic() - began
            )
        raise KernelUnavailable(
            f"{self._description} offer no {package}",
            hint=ARCHIVES,
        )

    def download(self, offer: Offer, progress: Progress) -> Path:
        """Download a package, with retries; raises KernelUnavailable."""
        return retry(lambda: self._download(offer, progress), on=AptFailedFast, pause=PAUSE)

    def _download(self, offer: Offer, progress: Progress) -> Path:
        began = time.monotonic()
        pattern = f"{offer.package}_*.deb"
        for left in self.place.glob(pattern):
            left.unlink()
        read, write = os.pipe()
        wanted = f"{offer.package}={offer.version}"
        argv = ["apt-get", "-q", f"-oAPT::Status-Fd={write}", "download", wanted]
        process = self._start(argv, pass_fds=(write,))
        os.close(write)
        with process, os.fdopen(read, encoding="utf-8", errors="replace") as status:
            for line in status:
                _, _, percent, *_ = (*line.split(":"), "", "", "")
                if line.startswith("dlstatus:"):
                    progress(float(percent))
            output, _ = process.communicate()
        found = next(self.place.glob(pattern), None)
        if process.returncode or found is None:
            cache.check_space(self.place, 0)
            trouble = _first_error(subprocess.CompletedProcess([], process.returncode, output))
            what = f"{offer.package} {offer.version} cannot be downloaded: {trouble}"
            raise _failed(what, time.monotonic() - began)
        return found

    def closure(self, packages: Sequence[str]) -> list[Path]:
        """Download packages and all their dependencies; raises AptFailed. Requires `update`."""
        began = time.monotonic()
        argv = ["apt-get", "-q", "-y", "--no-install-recommends", "--download-only", "install"]
        done = self._run([*argv, *packages])
        if done.returncode:
            what = f"{', '.join(packages)} cannot be downloaded: {_first_error(done)}"
            raise _failed(what, time.monotonic() - began)
        return sorted((self.place / "cache/archives").glob("*.deb"))

    def _start(self, argv: list[str], **more: Any) -> subprocess.Popen[str]:
        tool, *arguments = argv
        return subprocess.Popen(
            [tool, "-c", str(self.place / "apt.conf"), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd=self.place,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
            preexec_fn=supervisor.tie,  # noqa: PLW1509  (it must not outlive this process)
            **more,
        )

    def _run(
        self, argv: list[str], within: float | None = None
    ) -> subprocess.CompletedProcess[str]:
        with self._start(argv) as process:
            try:
                output, _ = process.communicate(timeout=within)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return subprocess.CompletedProcess(argv, process.returncode, output)


def usable() -> bool:
    """Return whether this machine has apt and dpkg."""
    return all(map(shutil.which, TOOLS))


def check_tools(package: str) -> None:
    """Raise KernelUnavailable if this machine has no apt."""
    for tool in TOOLS:
        if not shutil.which(tool):
            raise KernelUnavailable(
                f"there is no {tool} on this machine to fetch {package} with",
                hint="use --kernel host, the image of a kernel in QEMU (--kernel /boot/vmlinuz-"
                "VERSION), or a User-Mode Linux kernel (--kernel PATH)",
            )


def _first_error(done: subprocess.CompletedProcess[str]) -> str:
    """Return the first error of apt, else its first warning, "" for none."""
    for mark in ("E: ", "W: "):
        for line in done.stdout.splitlines():
            if line.startswith(mark):
                return line.removeprefix(mark).strip()
    return f"apt-get ended with {done.returncode}" if done.returncode else ""


def _failed(message: str, after: float) -> AptFailed:
    kind = AptFailedFast if after < FAST else AptFailed
    return kind(
        message,
        hint="check the network and apt's sources (does `apt-get update` work?), then run again",
    )

"""The source of a kernel: Debian's linux-source-X.Y, without parts unused by User-Mode Linux."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness.errors import KernelUnavailable
from harness.kernels import Say, offers
from harness.kernels.apt import Offer
from harness.kernels.progress import bar

UNPACKED = 620 << 20  # bytes of the unpacked tree; the complete one has 1600 MB
VERSION = "version"
ARCHITECTURES = tuple(
    f"arch/{name}"
    for name in (
        *("alpha", "arc", "arm", "arm64", "csky", "hexagon", "loongarch", "m68k", "microblaze"),
        *(
            "mips",
            "nios2",
            "openrisc",
            "parisc",
            "powerpc",
            "riscv",
            "s390",
            "sh",
            "sparc",
            "xtensa",
        ),
    )
)
UNUSED = (
    *("drivers/gpu", "drivers/iio", "drivers/infiniband", "drivers/media"),
    *("drivers/net/ethernet", "drivers/net/wireless", "drivers/scsi", "drivers/staging"),
    *("sound", "tools/perf", "tools/testing"),
)
DOCUMENTATION = "Documentation/networking/bonding.rst"  # quotes of claims are held against it
TEXTS = ("*.dts", "*.dtsi", "*.dtso", "*.yaml", "*.json", "*.svg")
# tar cannot keep one file of those it excludes: a pattern for each letter of "bonding", for the
# files that have another letter in its place and then end in the same way.
OTHER_PAGES = tuple(
    f"*[!{letter}]{'bonding'[place + 1 :]}.rst" for place, letter in enumerate("bonding")
)
# Kconfig files are kept: the configuration reads all of them.
EXCLUDED = (
    *(f"*/{name}/*.[chS]" for name in (*ARCHITECTURES, *UNUSED)),
    *TEXTS,
    *OTHER_PAGES,
)


def package_of(series: str) -> str:
    """Return the name of the package with the source of a series such as 6.12."""
    return f"linux-source-{series}"


def unpacked(place: Path) -> str:
    """Return the version of the complete source tree in `place`, "" for none."""
    file = place / "source" / VERSION
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""


def fetch(place: Path, version: str, say: Say) -> str:
    """Fetch the source of a version into `place`/source; return the package's version.

    A source fetched before is used again. Raises KernelUnavailable.
    """
    version_there = unpacked(place)
    if version_there:
        say(f"using the source of linux {version_there} fetched before")
        return version_there
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=place) as directory:
        private, offer = offers.search(
            f"virtual@{version}",
            package_of(".".join(version.split(".")[:2])),
            Path(directory),
            say,
            lambda offer: bool(re.match(rf"{re.escape(version)}(?!\d)", offer.version)),
        )
        say(f"fetching {offer.package} {offer.version}: {offer.size / 1e6:.0f} MB to download")
        with bar(f"fetching {offer.package}", 100, say) as progress:
            package = private.download(offer, progress)
        say("unpacking it (about 30 s)")
        _unpack(package, place, offer)
    return offer.version


def _unpack(package: Path, place: Path, offer: Offer) -> None:
    part = place / "source.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    inner = f"./usr/src/{offer.package}.tar.xz"
    stages = [
        ["dpkg-deb", "--fsys-tarfile", str(package)],
        ["tar", "-xO", inner],
        ["tar", "-xJ", "--strip-components=1", "-C", str(part), *_exclusions()],
    ]
    trouble = _pipe(stages)
    if trouble or not (part / "Makefile").is_file():
        shutil.rmtree(part, ignore_errors=True)
        raise KernelUnavailable(
            f"{package.name} cannot be unpacked: {trouble or 'it contains no kernel'}",
            hint="run again to fetch it again",
        )
    (part / VERSION).write_text(offer.version, encoding="utf-8")
    part.rename(place / "source")


def _exclusions() -> Iterator[str]:
    return (f"--exclude={pattern}" for pattern in EXCLUDED)


def _pipe(stages: list[list[str]]) -> str:
    """Run commands as a pipeline; return the last error line of a failed one, "" for none."""
    running: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryFile() as errors:
        for argv in stages:
            last = argv is stages[-1]
            running.append(
                subprocess.Popen(
                    argv,
                    stdin=running[-1].stdout if running else subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL if last else subprocess.PIPE,
                    stderr=errors,
                )
            )
        for process in running[:-1]:
            assert process.stdout is not None
            process.stdout.close()  # so that it gets SIGPIPE when the next one ends early
        statuses = [process.wait() for process in running]
        if any(statuses):
            errors.seek(0)
            lines = errors.read().decode(errors="replace").strip().splitlines()
            return lines[-1] if lines else "a command failed without an error message"
    return ""

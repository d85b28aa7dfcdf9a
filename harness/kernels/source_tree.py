"""The source of a kernel: Debian's linux-source-X.Y, as far as User-Mode Linux needs it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness.errors import KernelUnavailable
from harness.kernels import Say, apt_sources, cached_kernel, offers
from harness.kernels.apt import Apt, AptFailed, Offer
from harness.kernels.progress import bar

UNPACKED = 620 << 20  # bytes that the tree takes, of 1600 if all of it were unpacked
VERSION = "version"
OTHERS = (
    *("alpha", "arc", "arm", "arm64", "csky", "hexagon", "loongarch", "m68k", "microblaze"),
    *("mips", "nios2", "openrisc", "parisc", "powerpc", "riscv", "s390", "sh", "sparc", "xtensa"),
)
UNUSED = (
    *("drivers/gpu", "drivers/iio", "drivers/infiniband", "drivers/media"),
    *("drivers/net/ethernet", "drivers/net/wireless", "drivers/scsi", "drivers/staging"),
    *("sound", "tools/perf", "tools/testing"),
)
# Every Kconfig stays: the configuration reads them all, whatever they are for.
EXCLUDED = (
    *(f"*/arch/{name}/*.[chS]" for name in OTHERS),
    *(f"*/{name}/*.[chS]" for name in UNUSED),
    *("*.dts", "*.dtsi", "*.dtso", "*.rst", "*.yaml", "*.json", "*.svg"),
)


def package_of(series: str) -> str:
    """Return the name of the package with the source of a series such as 6.12."""
    return f"linux-source-{series}"


def suites(series: str) -> list[str]:
    """Return the suites to ask for a series: the machine's own where it fits, then the likely."""
    if not apt_sources.are_debian():
        return [offers.OWN]
    own = [offers.OWN] if apt_sources.SUITES.get(cached_kernel.codename()) == series else []
    known = list(reversed(apt_sources.SUITES))
    likely = [suite for suite in known if apt_sources.SUITES[suite] == series]
    backports = [f"{suite}-backports" for suite in ("trixie", "bookworm")]
    return list(dict.fromkeys([*own, *likely, *backports, *known, offers.OWN]))


def unpacked(place: Path) -> str:
    """Return the version of the whole source tree in `place`, "" where there is none."""
    file = place / "source" / VERSION
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""


def fetch(place: Path, version: str, say: Say) -> str:
    """Have the source of a version below `place` as `source`; return the package's version.

    What was fetched stays. Raises KernelUnavailable.
    """
    there = unpacked(place)
    if there:
        say(f"using the source of linux {there} fetched before")
        return there
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=place) as directory:
        private, offer = _find(Path(directory), version, say)
        say(f"fetching {offer.package} {offer.version}: {offer.size / 1e6:.0f} MB to download")
        with bar(f"fetching {offer.package}", 100, say) as progress:
            package = private.download(offer, progress)
        say("unpacking it (half a minute)")
        _unpack(package, place, offer)
    return offer.version


def _find(directory: Path, version: str, say: Say) -> tuple[Apt, Offer]:
    series = ".".join(version.split(".")[:2])
    package = package_of(series)
    trouble: list[AptFailed] = []
    for number, suite in enumerate(suites(series)):
        say(f"asking {suite or 'this machine'}'s package sources for {package}")
        private = Apt(directory / str(number), suite)
        try:
            offer = private.find(package)
        except AptFailed as error:
            trouble.append(error)
            continue
        except KernelUnavailable:
            continue
        if _fits(offer, version):
            return private, offer
    if trouble:
        raise trouble[0]
    raise KernelUnavailable(
        f"no suite of this machine's package sources has {package}"
        + (f" with {version}" if version != series else ""),
        hint="harness kernels list shows the versions there are; give one as in virtual@7.2",
    )


def _fits(offer: Offer, version: str) -> bool:
    return re.match(rf"{re.escape(version)}(?!\d)", offer.version) is not None


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
            f"{package.name} cannot be unpacked: {trouble or 'no kernel is in it'}",
            hint="run again: it is fetched afresh",
        )
    (part / VERSION).write_text(offer.version, encoding="utf-8")
    part.rename(place / "source")


def _exclusions() -> Iterator[str]:
    return (f"--exclude={pattern}" for pattern in EXCLUDED)


def _pipe(stages: list[list[str]]) -> str:
    """Run commands as a pipeline; return the last error line of a failed one, "" for none."""
    running: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryFile() as said:
        for argv in stages:
            last = argv is stages[-1]
            running.append(
                subprocess.Popen(
                    argv,
                    stdin=running[-1].stdout if running else subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL if last else subprocess.PIPE,
                    stderr=said,
                )
            )
        for process in running[:-1]:
            assert process.stdout is not None
            process.stdout.close()  # so that it hears when the next one ends early
        statuses = [process.wait() for process in running]
        if any(statuses):
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            return lines[-1] if lines else "a command failed without a word"
    return ""

"""Configure and compile a User-Mode Linux kernel; an interrupted build can be resumed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from harness.errors import KernelUnavailable
from harness.kernels import Say
from harness.kernels.progress import bar

NICE = 10
FRAGMENT, CONFIG = "fragment.config", ".config"
LOG = "build.log"  # in the directory of objects: the output of make
REMEDY = "run again to resume the build, or try another version"
OBJECT = re.compile(r"\s+(CC|AS)\s")
OPTION = re.compile(r"^(CONFIG_\w+)=(\w+)", re.MULTILINE)
# Two builds of one source must be identical, on any machine and at any time.
REPRODUCIBLE = {
    "LC_ALL": "C",
    "KBUILD_BUILD_USER": "harness",
    "KBUILD_BUILD_HOST": "harness",
    "KBUILD_BUILD_VERSION": "1",
    "KBUILD_BUILD_TIMESTAMP": "2024-01-01",
}
# Options that a kernel must have here; others that a source does not know are omitted.
NEEDED = (
    *("64BIT", "UML_TIME_TRAVEL_SUPPORT", "HOSTFS", "TMPFS", "PROC_FS", "SYSFS", "NET_NS"),
    *("USER_NS", "INET", "PACKET", "BONDING", "VETH", "BRIDGE"),
)


class Tree:
    """A source tree and the directory in which one flavour of it is built.

    `arguments` are those of make besides the usual, `remedy` is the hint when it cannot be
    configured or compiled.
    """

    def __init__(
        self, source: Path, out: Path, arguments: Iterable[str] = (), remedy: str = REMEDY
    ) -> None:
        self.source = source
        self.out = out
        self.arguments = tuple(arguments)
        self.remedy = remedy

    def configure(self, fragments: Iterable[Path], say: Say) -> None:
        """Run allnoconfig with the options of the fragments; the last value of an option counts.

        Raises KernelUnavailable if the source does not know a required option.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        wanted = merged(path.read_text(encoding="utf-8") for path in fragments)
        fragment = self.out / FRAGMENT
        fragment.write_text(_as_fragment(wanted), encoding="utf-8")
        made = subprocess.run(
            [*self._make(), "allnoconfig"],
            env=os.environ | REPRODUCIBLE | {"KCONFIG_ALLCONFIG": str(fragment)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if made.returncode:
            raise self._failed("the kernel cannot be configured", made.stdout.splitlines())
        lacking = [name for name, value in wanted.items() if value == "y" and not self.has(name)]
        _check_required(lacking, say)

    def is_configured(self, fragments: Iterable[Path]) -> bool:
        """Return whether the last configuration was made with the options of the fragments."""
        wanted = merged(path.read_text(encoding="utf-8") for path in fragments)
        try:
            known = (self.out / FRAGMENT).read_text(encoding="utf-8")
        except FileNotFoundError:
            return False
        return known == _as_fragment(wanted) and (self.out / CONFIG).is_file()

    def has(self, option: str) -> bool:
        """Return whether an option is y."""
        return f"\n{option}=y\n" in (self.out / CONFIG).read_text(encoding="utf-8")

    def compile(self, expected: int, lock: int, say: Say) -> int:
        """Compile it and return the number of objects; raises KernelUnavailable.

        `expected` objects are 100 % of the progress. The compiler inherits `lock`, so that no
        other build can start while it runs, even if this process is killed.
        """
        done = sum(1 for _ in self.out.rglob("*.o"))
        jobs = len(os.sched_getaffinity(0))
        make = subprocess.Popen(
            ["nice", "-n", str(NICE), *self._make(), f"-j{jobs}", "linux"],
            env=os.environ | REPRODUCIBLE,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,
            pass_fds=(lock,),
        )
        try:
            lines = _follow(make, done, max(expected, done + 1), self.out / LOG, say)
        finally:
            _stop(make)
        if make.returncode:
            raise self._failed("the kernel cannot be compiled", lines)
        return sum(1 for _ in self.out.rglob("*.o"))

    def warnings(self) -> list[str]:
        """Return the compiler's warnings of the last build."""
        log = (self.out / LOG).read_text(encoding="utf-8", errors="replace")
        return [line for line in log.splitlines() if ": warning: " in line]

    def _failed(self, what: str, lines: list[str]) -> KernelUnavailable:
        """Return the error with the first error message of the build, else its last lines."""
        first = next(
            (n for n, line in enumerate(lines) if "error:" in line or "***" in line), None
        )
        shown = lines[first : first + 6] if first is not None else lines[-6:]
        return KernelUnavailable("\n".join([f"{what}:", *shown]), hint=self.remedy)

    def _make(self) -> list[str]:
        where = ["-C", str(self.source), f"O={self.out}"]
        return ["make", *where, "ARCH=um", "SUBARCH=x86_64", *self.arguments]


def merged(texts: Iterable[str]) -> Mapping[str, str]:
    """Return the options of several fragments; the last value of an option counts."""
    wanted: dict[str, str] = {}
    for text in texts:
        wanted |= dict(OPTION.findall(text))
    return wanted


def _as_fragment(wanted: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in wanted.items())


def _check_required(lacking: list[str], say: Say) -> None:
    names = [name.removeprefix("CONFIG_") for name in lacking]
    needed = [name for name in names if name in NEEDED]
    if needed:
        raise KernelUnavailable(
            f"this kernel cannot have {', '.join(needed)}, which scenarios need",
            hint="use another version; virtual time exists since 5.4",
        )
    if names:
        say(f"this kernel does not know {', '.join(names)}: omitted")


def _follow(
    make: subprocess.Popen[str], done: int, expected: int, log: Path, say: Say
) -> list[str]:
    """Return the output of make, which is also written to `log`."""
    lines: list[str] = []
    assert make.stdout is not None
    with bar("compiling", expected, say) as progress, log.open("w", encoding="utf-8") as file:
        for line in make.stdout:
            file.write(line)
            lines.append(line.rstrip())
            done += bool(OBJECT.match(line))
            progress(min(done, expected))
    make.wait()
    return lines


def _stop(make: subprocess.Popen[str]) -> None:
    if make.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(make.pid, signal.SIGTERM)
        make.wait()
    if make.stdout is not None:
        make.stdout.close()

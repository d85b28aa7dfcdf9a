"""The machine's own apt sources, and the same ones for another suite of Debian."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

from harness.errors import KernelUnavailable

# Debian's suites, and the kernel series in each when this was written: which to query first.
SUITES = MappingProxyType(
    {"bullseye": "5.10", "bookworm": "6.1", "trixie": "6.12", "forky": "7.2", "sid": "7.2"}
)
OTHER_NAMES = frozenset({"oldoldstable", "oldstable", "stable", "testing", "unstable"})
KNOWN = OTHER_NAMES | SUITES.keys() | {"buster", "duke"}
ONE_LINE = re.compile(r"deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)")


def of_suite(suite: str) -> dict[str, str]:
    """Return the machine's sources of Debian's main archive with another suite, by file name.

    Addresses and keys are kept. Raises KernelUnavailable if the machine has no such sources.
    """
    one_line: list[str] = []
    stanzas: list[str] = []
    for path in _files():
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".sources":
            stanzas += [_stanza(fields, suite) for fields in _stanzas(text) if _is_main(fields)]
        else:
            one_line += _lines(text, suite)
    if not one_line and not stanzas:
        raise KernelUnavailable(
            "this machine's package sources do not include Debian's main archive",
            hint="add Debian's main archive to apt's sources, or give a kernel: --kernel PATH",
        )
    return {
        "suite.list": "".join(f"{line}\n" for line in dict.fromkeys(one_line)),
        "suite.sources": "\n".join(dict.fromkeys(stanzas)),
    }


def are_debian() -> bool:
    """Return whether the machine's sources include Debian's main archive; False without apt."""
    try:
        return bool(shutil.which("apt-config") and of_suite("sid"))
    except KernelUnavailable:
        return False


def _files() -> Iterator[Path]:
    """Yield the files of the machine's apt sources."""
    asked = ["apt-config", "shell", "file", "Dir::Etc::sourcelist/f"]
    asked += ["parts", "Dir::Etc::sourceparts/d"]
    output = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    found = dict(word.split("=", 1) for word in shlex.split(output) if "=" in word)
    single, several = Path(found.get("file", "")), Path(found.get("parts", ""))
    if single.is_file():
        yield single
    if several.is_dir():
        yield from sorted(p for p in several.iterdir() if p.suffix in (".list", ".sources"))


def _lines(text: str, suite: str) -> Iterator[str]:
    """Yield the lines of a .list file that name Debian's main archive, with another suite."""
    for line in text.splitlines():
        found = ONE_LINE.match(line.partition("#")[0].strip())
        if found and found[3] in KNOWN and "main" in found[4].split():
            yield f"deb {found[1] or ''}{found[2]} {suite} main"


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    """Yield the stanzas of a .sources file as field -> value, values keeping their line ends."""
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for block in re.split(r"\n[ \t]*\n", kept):
        fields = re.findall(r"^(\S+?):[ \t]*(.*(?:\n[ \t].*)*)", block, re.MULTILINE)
        yield {name.lower(): value for name, value in fields}


def _is_main(fields: dict[str, str]) -> bool:
    named = {name: fields.get(name, "").split() for name in ("types", "suites", "components")}
    off = fields.get("enabled", "yes").strip().lower() in ("no", "false", "0", "off")
    debian = "main" in named["components"] and KNOWN & set(named["suites"])
    return bool(debian and "deb" in named["types"] and not off)


def _stanza(fields: dict[str, str], suite: str) -> str:
    changed = fields | {"types": "deb", "suites": suite, "components": "main"}
    return "".join(f"{name.title()}: {value}\n" for name, value in changed.items())

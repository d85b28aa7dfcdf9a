"""Named kernels: labs/kernels.toml of the harness and of the current directory."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import toml_file
from harness.errors import UsageError

FILE = Path("labs", "kernels.toml")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
MEMORY = re.compile(r"(\d+)\s*(M|MiB|G|GiB)")


@dataclass(frozen=True, slots=True)
class Options:
    """Boot options of a kernel; memory in bytes, 0 for the default."""

    modules: str = ""
    memory: int = 0
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KernelAlias:
    """The kernel of a name; `where` is its file and line, `base` the directory of its paths."""

    spec: str
    options: Options
    where: str
    base: Path


def load() -> dict[str, KernelAlias]:
    """Return all named kernels; those of the current directory override those of the harness.

    Raises UsageError with file, line and what was expected.
    """
    own = (Path(__file__).resolve().parents[1] / "data" / FILE).resolve()
    found: dict[str, KernelAlias] = {}
    for path in dict.fromkeys((own, Path.cwd().resolve() / FILE)):
        if path.is_file():
            found |= read(path)
    return found


def read(path: Path) -> dict[str, KernelAlias]:
    """Return the kernels of one file; raises UsageError."""
    text, content = toml_file.read(path, 'a line is NAME = "SPEC"')
    return {name: _kernel(path, text, name, value) for name, value in content.items()}


def _kernel(path: Path, text: str, name: str, value: Any) -> KernelAlias:
    def wrong(expected: str, key: str = "") -> UsageError:
        where = f"{path}:{_line(text, name, key)}"
        return UsageError(f"{where}: {key or name}: expected {expected}", hint=HINT)

    if not NAME.fullmatch(name) or name in TAKEN:
        raise wrong("a name of letters, digits, _ and -, that is not a reserved name")
    table = {"spec": value} if isinstance(value, str) else value
    if not isinstance(table, dict):
        raise wrong('"SPEC", or a table with spec and options')
    fields = _fields(table, wrong)
    spec = fields.pop("spec")
    if "modules" in fields:
        fields["modules"] = str(path.parent / Path(fields["modules"]).expanduser())
        if not Path(fields["modules"], "modules.dep").is_file():
            raise wrong("a directory with modules.dep in it", "modules")
    return KernelAlias(spec, Options(**fields), f"{path}:{_line(text, name, '')}", path.parent)


def _fields(table: dict[str, Any], wrong: Callable[[str, str], UsageError]) -> dict[str, Any]:
    """Return the fields of a table, converted."""
    found = {}
    for key in ("spec", *(key for key in table if key != "spec")):
        if key not in FIELDS:
            raise wrong(f"one of {', '.join(FIELDS)}", key)
        reads, expected = FIELDS[key]
        found[key] = reads(table.get(key))
        if found[key] is None:
            raise wrong(expected, key if key in table else "")
    return found


TAKEN = frozenset({"auto", "host", "uml", "virtual", "debug", "coverage", "stock"})
HINT = 'write NAME = "uml@6.12", or [NAME] with spec = "PATH" and memory = "256M"'


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _memory(value: Any) -> int | None:
    found = MEMORY.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) << (20 if found[2][0] == "M" else 30) if found else None


def _arguments(value: Any) -> tuple[str, ...] | None:
    """Return a list of words: the kernel splits its command line at blanks."""
    if not isinstance(value, list):
        return None
    whole = all(isinstance(one, str) and one and not re.search(r"\s", one) for one in value)
    return tuple(value) if whole else None


FIELDS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "spec": (_text, 'a spec such as "uml@6.12" or a path'),
    "modules": (_text, "the path of a directory"),
    "memory": (_memory, 'a size such as "256M"'),
    "arguments": (_arguments, 'words such as ["quiet", "loglevel=7"], without blanks'),
}


def _line(text: str, name: str, key: str) -> int:
    """Return the line of a name, or of a key of its table; 1 if it is not found."""
    lines = text.splitlines()
    start = _first(lines, rf'\s*(\[\s*)?"?{re.escape(name)}"?\s*[\]=.]', 0)
    if not key:
        return start + 1
    return _first(lines, rf'.*?\b"?{re.escape(key)}"?\s*=', start) + 1


def _first(lines: list[str], pattern: str, start: int) -> int:
    found = (n for n, line in enumerate(lines) if n >= start and re.match(pattern, line))
    return next(found, start)

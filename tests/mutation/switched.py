"""Many faults in one kernel: each is switched on by its number on the kernel's command line.

A function with faults is there once as it was and once with each fault; under its name stands one
that calls the chosen one. Faults outside of functions need a kernel of their own. To build one
kernel costs as much as some ten with one fault each.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from harness.kernels import Say, cache, cached_kernel, own_build
from harness.kernels.cached_kernel import CachedKernel
from tests.mutation.fault import DRIVER, SPEC, Fault

PREFIX = "faults-"  # of the names of such kernels
PARAMETER = "seeded_fault"
MAIN = str(DRIVER / "bond_main.c")
DEFINITION = f"""
int {PARAMETER};

static int __init {PARAMETER}_setup(char *number)
{{
	return !kstrtoint(number, 10, &{PARAMETER});
}}
__setup("{PARAMETER}=", {PARAMETER}_setup);
"""
SOUND = "sound"


@dataclass(frozen=True, slots=True)
class Shared:
    """A kernel with many faults, and their numbers by name."""

    kernel: CachedKernel
    numbers: dict[str, int]

    def entry(self, fault: Fault, name: str, say: Say) -> CachedKernel:
        """Put into the cache, under a name, the kernel in which a fault is switched on."""
        switch = f"{PARAMETER}={self.numbers[fault.name]}"
        with cache.locked(say), cache.building() as place:
            for path in self.kernel.place.iterdir():
                if path.name not in {cached_kernel.RECORD, cache.MANIFEST}:
                    os.link(path, place / path.name)
            arguments = (*self.kernel.arguments, switch)
            entry = replace(self.kernel, place=place, name=name, arguments=arguments)
            return entry.keep(f"{name}_{entry.digest}")


def shared(faults: list[Fault], tree: Path, say: Say, *, build: bool) -> Shared | None:
    """Return the kernel with those of the faults that are in functions.

    It is kept in the cache; if it is not there it is built, or None is returned.
    """
    numbered = [(number, one) for number, one in enumerate(faults, 1) if one.function]
    text = patch(numbered, tree)
    name = f"{PREFIX}{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    kernel = cached_kernel.named(name)
    if kernel is None:
        if not build:
            return None
        say(f"building a kernel with {len(numbered)} faults")
        with tempfile.NamedTemporaryFile("w", suffix=".patch") as file:
            file.write(text)
            file.flush()
            kernel = own_build.build_own(SPEC, [Path(file.name)], name, lambda _: None)
        _remove_others(name, say)
    return Shared(kernel, {one.name: number for number, one in numbered})


def _remove_others(name: str, say: Say) -> None:
    """Remove the kernels with faults that have changed since, unless a run uses them."""
    with cache.locked(say):
        for entry in cached_kernel.entries():
            other = entry.name.startswith(PREFIX) and entry.name != name
            if other and not cached_kernel.in_use(entry):
                cached_kernel.remove(entry)


def patch(faults: Iterable[tuple[int, Fault]], tree: Path) -> str:
    """Return a patch with all of these faults, by their numbers."""
    functions: dict[tuple[str, str], list[tuple[int, Fault]]] = {}
    for number, fault in faults:
        functions.setdefault((fault.path, fault.function), []).append((number, fault))
    before = {name: (tree / name).read_text(encoding="utf-8") for name, _ in functions}
    before.setdefault(MAIN, (tree / MAIN).read_text(encoding="utf-8"))
    after = dict(before)
    for (name, function), those in functions.items():
        start, end = those[0][1].extent(before[name])
        whole = before[name][start:end]
        copies = [_copy(one.applied(whole), function, str(number)) for number, one in those]
        chooser = _chooser(whole, function, [number for number, _ in those])
        parts = [f"extern int {PARAMETER};\n", _copy(whole, function, SOUND), *copies, chooser]
        assert after[name].count(whole) == 1
        after[name] = after[name].replace(whole, "\n".join(parts))
    after[MAIN] += DEFINITION
    return "".join(_replaced(name, text, after[name]) for name, text in before.items())


def _replaced(name: str, before: str, after: str) -> str:
    """Return a patch that replaces all lines of a file: to find equal ones would take long."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    lines = [*(f"-{line}" for line in old), *(f"+{line}" for line in new)]
    head = f"--- a/{name}\n+++ b/{name}\n@@ -1,{len(old)} +1,{len(new)} @@\n"
    return head + "".join(lines)


def _copy(whole: str, function: str, label: str) -> str:
    """Return a function under another name."""
    renamed = re.sub(rf"\b{function}\(", f"{function}_{label}(", whole, count=1)
    return (renamed if renamed.startswith("static") else f"static {renamed}") + "\n"


def _chooser(whole: str, function: str, numbers: list[int]) -> str:
    """Return the function that calls the chosen copy."""
    head = whole[: whole.index("\n{")]
    before, _, rest = head.partition(f"{function}(")
    names = ", ".join(_names(rest[: rest.rindex(")")]))
    kind = " ".join(word for word in before.split() if word not in {"static", "inline"})
    lines = [f"case {number}: {_call(function, str(number), names, kind)}" for number in numbers]
    lines.append(f"default: {_call(function, SOUND, names, kind)}")
    return "\n\t".join([f"{head}\n{{", f"switch ({PARAMETER}) {{", *lines, "}"]) + "\n}"


def _call(function: str, label: str, names: str, kind: str) -> str:
    call = f"{function}_{label}({names});"
    return f"{call} break;" if kind == "void" else f"return {call}"


def _names(parameters: str) -> list[str]:
    """Return the names of a function's parameters."""
    if parameters.strip() in {"", "void"}:
        return []
    found = []
    for one in parameters.split(","):
        name = re.search(r"(\w+)\s*(?:\[\w*\]\s*)?$", one)
        assert name, one
        found.append(name[1])
    return found

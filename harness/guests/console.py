"""Find the lines of a guest's console that explain why it ended."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Most specific first: User-Mode Linux on its processes, the loader, panics.
TELLING = (
    re.compile(r"userspace -|put_fp_registers|ptrace set fp regs|failed, errno = "),
    re.compile(r"error while loading shared libraries|cannot be preloaded|Traceback"),
    re.compile(r"Kernel panic|Oops|BUG:|Segmentation fault|Out of memory|Killed process"),
)
# A PTRACE_SETREGSET that the machine's kernel refused with EFAULT.
SHORT_STATE = re.compile(r"(set fp regs|put_fp_registers) failed, .*\berr(no)? = -?14\b")


def telling(lines: Iterable[str]) -> list[str]:
    """Return the lines that explain most, each once, the most specific first."""
    seen = [re.sub(r"^(?:<\d>)?\[\s*\d+\.\d+\] ", "", line).strip() for line in lines]
    found = [line for pattern in TELLING for line in seen if pattern.search(line)]
    return list(dict.fromkeys(line for line in found if not line.startswith("[<")))


def refuses_short_state(lines: Iterable[str]) -> bool:
    """Tell whether a guest died because the machine refused an extended state that is short."""
    return any(SHORT_STATE.search(line) for line in lines)

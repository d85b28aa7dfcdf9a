"""Find the console lines that show why a guest ended."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Most specific first: User-Mode Linux's process handling, the dynamic linker, panics.
CAUSES = (
    re.compile(r"userspace -|put_fp_registers|ptrace set fp regs|failed, errno = "),
    re.compile(r"error while loading shared libraries|cannot be preloaded|Traceback"),
    re.compile(r"Kernel panic|Oops|BUG:|Segmentation fault|Out of memory|Killed process"),
)
# A PTRACE_SETREGSET that the host's kernel refused with EFAULT.
SHORT_STATE = re.compile(r"(set fp regs|put_fp_registers) failed, .*\berr(no)? = -?14\b")


def cause_lines(lines: Iterable[str]) -> list[str]:
    """Return the lines that show the cause, without duplicates, the most specific first."""
    seen = [re.sub(r"^(?:<\d>)?\[\s*\d+\.\d+\] ", "", line).strip() for line in lines]
    found = [line for pattern in CAUSES for line in seen if pattern.search(line)]
    return list(dict.fromkeys(line for line in found if not line.startswith("[<")))


def refuses_short_state(lines: Iterable[str]) -> bool:
    """Return whether a guest died because the host refused a short extended state."""
    return any(SHORT_STATE.search(line) for line in lines)

"""Functions in a kernel's backtrace: those of bonding, and those that only print the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_FUNCTION = r"(?P<name>[A-Za-z_][\w.]*)\+(?P<offset>0x[0-9a-f]+)/0x[0-9a-f]+"
_MODULE = r"(?: \[(?P<module>\w+)[^\]]*\])?"
# In a trace: "func+0x1/0x2 [module]", "[<address>] func+...", "? func+..." where it is a guess.
_IN_TRACE = re.compile(rf"\s+(?:\[<[0-9a-f]+>\] )?(?P<guess>\? )?{_FUNCTION}{_MODULE}")
_IN_HEAD = re.compile(
    rf"(?:\bat (?:\S+:\d+ )?|\bin:? |RIP: \d+:|RIP: |pc : |EIP: ){_FUNCTION}{_MODULE}"
)

_BONDING = re.compile(r"_*(?:bond|ad|alb|tlb|rlb)_")
# What stands at the top of a trace because something was reported, locked or waited for.
_REPORTING = re.compile(
    r"_*(?:dump_stack|show_stack|show_trace|show_regs|warn|WARN|report_bug|handle_bug|exc_|asm_|v?panic|"
    r"die|oops|no_context|bad_area|page_fault|do_(?:user_addr|kern_addr|page)_fault|do_trap|"
    r"do_error_trap|do_invalid_op|invalid_op|kasan|asan|kfence|kmsan|kcsan|tsan|ubsan|"
    r"print_|v?printk|check_(?:noncircular|prev|region|deadlock|wait|usage|irq)|validate_chain|"
    r"mark_(?:lock|usage|held)|lock_(?:acquire|release|is)|lockdep|might_|sched|preempt_|io_sched|"
    r"raw_(?:spin|read|write)|(?:ww_)?mutex_|rtnl_lock|down_(?:read|write)|rwsem|refcount_warn|"
    r"refcount_|kref_|rcu_(?:dump|sched_clock|check|pending)|watchdog_|hrtimer_|sysvec_|nmi|trigger_|"
    r"arch_trigger|update_process_times|tick_|local_(?:lock|bh_)|end_report|object_err|slab_(?:err|bug)|"
    r"wait_for_|common_interrupt|irq_exit|debug_(?:smp|object|lock)|dynamic_|list_(?:add|del)_\w*valid|"
    r"cond_resched|irqentry|fortify_panic|stack_chk|skb_panic|lapic_|apic_timer|"
    r"timer_handler|um_timer|segv|sig_handler|unblock_signals)"
)


class StackFrame(NamedTuple):
    """A function of a backtrace; `ours` where it is bonding's."""

    name: str
    ours: bool

    @property
    def telling(self) -> bool:
        """Whether it was doing something else than reporting."""
        return not _REPORTING.match(self.name)


def frame_of(line: str) -> re.Match[str] | None:
    """Return the match of a line of a trace, None for any other line."""
    return _IN_TRACE.match(line)


def frames(lines: Iterable[str]) -> Iterator[StackFrame]:
    """Yield the functions that a report names, then those of its traces, guesses left out."""
    lines = list(lines)
    starts = [n for n, line in enumerate(lines) if re.match(r"Call [Tt]race:", line)]
    for line in lines:
        match = None if frame_of(line) else _IN_HEAD.search(line)
        if match:
            yield _frame(match)
    for line in lines[starts[0] if starts else 0 :]:
        match = frame_of(line)
        # An offset of 0 is where a function that never returns would have returned to.
        if match and not match["guess"] and match["offset"] != "0x0":
            yield _frame(match)


def first_of(found: Iterable[StackFrame]) -> tuple[str, str]:
    """Return the first function that tells where it was, and the first of bonding; "" for none."""
    telling = [frame for frame in found if frame.telling]
    where = next((frame.name for frame in telling), "")
    return where, next((frame.name for frame in telling if frame.ours), "")


def _frame(match: re.Match[str]) -> StackFrame:
    name = match["name"].partition(".")[0]  # without .cold, .part.0, .isra.0, .constprop.0
    return StackFrame(name, match["module"] == "bonding" or bool(_BONDING.match(name)))

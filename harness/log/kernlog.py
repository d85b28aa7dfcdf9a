"""Find error reports in a kernel log: BUG, WARNING, Oops, lockdep, stalls, panic.

A report is many lines; they are gathered to one, with a fingerprint by which repeats are known:
its kind and the first function of bonding in its trace (else the first of any), without addresses,
numbers and processes. Formats of Linux 5.10 to 7.2 are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from harness.log.backtrace import first_of, frame_of, frames

# The kinds of panics that are no fault of the kernel.
INIT_ENDED, MEMORY_FULL = "end of init", "out of memory"
HARMLESS = (INIT_ENDED, MEMORY_FULL)
LONGEST = 400  # lines that a report can have
AIMLESS = 60  # lines after which a report without a trace is over

# Before the text: level, time, who printed it, and what a system log puts before all of that.
_PREFIX = re.compile(
    r"^(?:(?:\w{3} +\d+ [\d:]+|\d{4}-[\dT:.,+-]+Z?) \S+ )?(?:kernel: )?"
    r"(?:<\d+>)?(?:\[ *\d+\.\d+\](?:\[ *[CT]\d+\])? )?"
)
_CUT_HERE = re.compile(r"-{8,}\[ cut here \]-{8,}")
_END = re.compile(r"-+\[ end (?:trace|Kernel panic)")
_RULE = re.compile(r"={20,}$|-{20,}$")
_TRACE = re.compile(r"Call [Tt]race:|stack backtrace:")

_LOCKING = (
    r"possible circular locking dependency|possible recursive locking|inconsistent lock state|"
    r"possible irq lock inversion dependency|[\w-]+-safe -> [\w-]+-unsafe lock order|"
    r"bad unlock balance|bad contention|held lock freed|lock held when returning to user space|"
    r"Nested lock was not taken|suspicious RCU usage|trying to register non-static key|"
    r"[^ ]+ still has locks held"
)
_UNREGISTER = "unregister_netdevice: waiting for a device to become free"
_FAULT = r"[A-Za-z][A-Za-z \-]*?"
# What begins a report, the most telling first; the named group `what` becomes part of its kind.
_HEADS = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"Kernel panic - not syncing: Attempted to kill init", INIT_ENDED),
        (r"Kernel panic - not syncing: (?:System is deadlocked on|Out of) memory", MEMORY_FULL),
        (r"Kernel panic - not syncing: (?P<what>.*)", "kernel panic: {}"),
        (r"BUG: (?P<what>K\w+: .+?)(?: in |$)", "{}"),
        (r"UBSAN: (?P<what>.+?)(?: in |$)", "UBSAN: {}"),
        (rf"(?:\[ )?(?:WARNING|INFO): (?P<what>{_LOCKING})", "{}"),
        (r"(?:[\w ]+: )?BUG: soft lockup", "soft lockup"),
        (r"(?:[\w ]+: )?(?:CPU\d+: )?Watchdog detected hard LOCKUP", "hard lockup"),
        (r"(?:rcu: )?INFO: rcu_\w+ (?:self-)?detected", "RCU stall"),
        (r"INFO: task .+ blocked (?:in I/O wait )?for more than", "hung task"),
        (r"(?P<what>refcount_t: .*)", "{}"),
        (r"kmemleak: \d+ new suspected memory leak", "kmemleak: suspected memory leaks"),
        (r"unregister_netdevice: waiting for ", _UNREGISTER),
        (r"kernel BUG at ", "kernel BUG"),
        (r"BUG (?:\S+ )?\([^)]*\): (?P<what>.*)", "BUG: {}"),
        (r"(?:[\w ]+: |\[ )?BUG: (?P<what>.*)", "BUG: {}"),
        (r"Unable to handle kernel (?P<what>.*) at virtual address", "Oops: {}"),
        (rf"(?:Internal error: )?(?:Oops(?:: | - ))+(?P<what>{_FAULT})[,:]", "Oops: {}"),
        (r"(?:Internal error: )?Oops\b.* \[#\d+\]", "Oops"),
        (rf"(?P<what>{_FAULT})(?:, [^:]*)?: [0-9a-f]{{4}} \[#\d+\]", "Oops: {}"),
        (r"WARNING: (?:CPU: \d+ PID: \d+ at|.* at (?:\S+:\d+|\S+\+0x)|\S+:\d+ at )", "WARNING"),
    )
)
_ALONE = ("kmemleak", "unregister_netdevice")  # one line, no trace
_UNTIL_RULE = ("KASAN", "KFENCE", "KMSAN", "KCSAN", "UBSAN")  # more follows behind the trace
_FATAL = (
    *("kernel panic", "Oops", "kernel BUG", "BUG: unable to handle", "BUG: kernel NULL pointer"),
    "KASAN: null-ptr-deref",
)

_MORE = re.compile(
    r"\s*$|Modules linked in:|CPU: ?\d|Hardware name|Workqueue:|Comm:|Code: |Stack:|Tainted|"
    r"(?:RIP|RSP|PKRU|EFLAGS|FS|CS|CR\d|DR\d|R\w\w|EIP|EAX|ESI|DS|ESP|BP|PGD|pc|lr|sp|pstate) ?:|"
    r"R[A-Z0-9]{2}:|[xr]\d+ ?:|#PF: |PGD |Mem abort|Data abort|user pgtable|Call [Tt]race:|"
    r"\s*</?\w+>|irq event stamp|(?:hard|soft)irqs |last |Sending NMI|NMI backtrace|Kernel Offset|"
    r"\s(?:[0-9a-f]{8}|[0-9a-f]{16})(?:\s|$)|\s+ret_from|task:|Preemption disabled|Rebooting in|"
    r"(?:preempt_count|RCU nest depth|in_atomic\(\))|\d+ locks? held|Dumping ftrace|Disabling lock"
)
# A panic that only says that the report before it was too much to go on.
_CAUSED = re.compile(
    r"Kernel panic - not syncing: (?:Fatal|Attempted to kill|(?:\w+: )?panic_on_\w+|hung_task|"
    r"softlockup|NMI|Hard|RCU Stall|Oops|BUG|scheduling while)"
)
# The beginning of another subsystem's line: a device by its name.
_OTHER = re.compile(r"(?:bonding: )?(?!rcu|[xr]\d+ ?:)[a-z][\w.-]*\d(?: \([\w ]+\))?: ")
_ENDS_PLAIN = re.compile(r'[\d=\[\]()"/<>]')


@dataclass(frozen=True, slots=True)
class KernelReport:
    """A report: its kind, its functions in the order that says most, and the lines it was.

    `at` are the numbers of its lines among those that were searched.
    """

    kind: str
    lines: tuple[str, ...]
    at: tuple[int, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The text that all repeats of a report have in common."""
        where, ours = first_of(frames(self.lines))
        if not where:
            return self.kind
        return f"{self.kind} in {where}" + (f" from {ours}" if ours and ours != where else "")

    @property
    def fatal(self) -> bool:
        """Whether the kernel cannot continue normally: a panic, an Oops."""
        if self.kind in HARMLESS:
            return False
        panic = any(line.startswith("Kernel panic - not syncing") for line in self.lines)
        return panic or self.kind.startswith(_FATAL)

    @property
    def text(self) -> str:
        """The lines, as they are shown."""
        return "\n".join(self.lines)


def reports(lines: Iterable[str]) -> list[KernelReport]:
    """Return the reports in lines of a kernel log, in order; prefixes of the lines are removed."""
    return [found.report() for found in _gather(map(plain, lines)) if found.kind]


def crash(found: Iterable[KernelReport]) -> KernelReport | None:
    """Return the report of a crash, None if the kernel did not crash."""
    return next((report for report in found if report.fatal), None)


def plain(line: str) -> str:
    """Return a line without what loggers put before it: level, time, machine."""
    return _PREFIX.sub("", line.rstrip())


def kind_of(line: str) -> str | None:
    """Return the kind of the report that a line begins, None for any other line."""
    for pattern, kind in _HEADS:
        match = pattern.match(line)
        if match:
            what = match.groupdict().get("what") or ""
            return kind.format(_general(what)).strip(" :")
    return None


def _general(what: str) -> str:
    """Return words without what differs from one time to the next: numbers, names, places."""
    words: list[str] = []
    for word in what.rstrip("!. ]").split():
        if _ENDS_PLAIN.search(word) or word in ("process", "pfn:"):
            break
        words.append(word)
        if word.endswith(","):
            break
    while words and words[-1].rstrip(":,") in (
        "at",
        "in",
        "on",
        "for",
        "addr",
        "address",
        "-",
        "",
    ):
        words.pop()
    return " ".join(words).rstrip(":,")


@dataclass(slots=True)
class _ReportBuilder:
    """A report while its lines come in; `kind` is "" between `cut here` and what it is about."""

    kind: str = ""
    lines: list[str] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    traced: bool = False
    closed: bool = False
    _trace: bool = False

    def add(self, number: int, line: str) -> None:
        """Add a line."""
        self.lines.append(line)
        self.at.append(number)
        self._trace = self._trace or bool(_TRACE.match(line))
        self.traced = self.traced or (self._trace and frame_of(line) is not None)
        rule = bool(_RULE.match(line)) and self.traced
        alone = self.kind.startswith(_ALONE) or len(self.lines) >= LONGEST
        self.closed = self.closed or bool(_END.match(line)) or rule or alone

    def begin(self, number: int, line: str, kind: str) -> bool:
        """Take in a line that begins a report where it is only more of this one."""
        panic = bool(self.kind and _CAUSED.match(line))
        if kind in HARMLESS:
            panic = self.kind.startswith(_FATAL)
        fault = self.kind.startswith(_FATAL) and kind.startswith(_FATAL)
        unnamed = not self.kind and not self.closed
        about_same = kind == "WARNING" and self.kind.startswith("refcount_t") and not self.traced
        if not (unnamed or about_same or (fault and not self.traced) or panic):
            return False
        if unnamed:
            self.kind = kind
        self.closed = self.closed and not panic
        self._trace = False
        self.add(number, line)
        return True

    def goes_on(self, line: str) -> bool:
        """Return whether a line is more of this report."""
        if not self.lines:
            return False
        more = frame_of(line) is not None or bool(_MORE.match(line))
        if self.closed:
            return more and bool(line.strip()) and self.kind.startswith(_FATAL)
        if more or _END.match(line) or _RULE.match(line):
            return True
        if self.traced and not self.kind.startswith(_UNTIL_RULE):
            return False
        return not _OTHER.match(line) and len(self.lines) < AIMLESS

    def report(self) -> KernelReport:
        """Return the finished report."""
        while len(self.lines) > 1 and not self.lines[-1].strip(" =-"):
            self.lines.pop()
            self.at.pop()
        return KernelReport(self.kind, tuple(self.lines), tuple(self.at))


def _gather(lines: Iterable[str]) -> Iterator[_ReportBuilder]:
    now = _ReportBuilder(closed=True)
    for number, line in enumerate(lines):
        kind = kind_of(line)
        if _CUT_HERE.match(line):
            yield now
            now = _ReportBuilder()
        elif kind is not None:
            if now.begin(number, line, kind):
                continue
            yield now
            now = _ReportBuilder(kind)
        elif not now.goes_on(line):
            yield now
            now = _ReportBuilder(closed=True)
            continue
        now.add(number, line)
    yield now


__all__ = ["KernelReport", "crash", "kind_of", "plain", "reports"]

"""What is a report in a kernel's log, where it begins and ends, and what repeats have in common.

The samples in kernel_logs/ were written by hand in the formats of the kernels in their names; the
first line is the fingerprint that must come out.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.log import kernlog

LOGS = Path(__file__).parents[1] / "kernel_logs"
SAMPLES = sorted(LOGS.glob("*.log"))
FATAL = {"null", "page_fault", "gpf", "kernel_bug", "arm64", "hung_task_panic"}
FATAL |= {"stack_protector", "uml_fault", "uml_sysrq"}


def sample(name: str) -> list[str]:
    return (LOGS / f"{name}.log").read_text().splitlines()[1:]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_each_report_is_one_with_its_fingerprint(path: Path) -> None:
    wanted, *lines = path.read_text().splitlines()
    assert [found.fingerprint for found in kernlog.reports(lines)] == [wanted.removeprefix("# ")]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_only_what_stops_a_kernel_is_a_crash(path: Path) -> None:
    (found,) = kernlog.reports(path.read_text().splitlines()[1:])
    assert found.fatal == (path.stem.partition("_")[2] in FATAL)
    assert kernlog.crash([found]) == (found if found.fatal else None)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_nothing_that_changes_from_time_to_time_is_in_a_fingerprint(path: Path) -> None:
    (found,) = kernlog.reports(path.read_text().splitlines()[1:])
    assert not re.search(r"0x|\b[0-9a-f]{6,}\b|\[|\b\d+\b", found.fingerprint)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("5.10_warning", "------------[ cut here ]", "---[ end trace 4f1c0ffee0ddba11 ]---"),
        ("6.12_circular", "WARNING: possible circular", " </TASK>"),
        ("6.12_kasan", "BUG: KASAN: slab-use-after-free", "                         ^"),
        ("5.10_null", "BUG: kernel NULL", "---[ end Kernel panic"),
        ("6.1_kmemleak", "kmemleak: 3 new", "kmemleak: 3 new"),
        ("syslog", "BUG: scheduling", " [<f8b10011>] bond_set_rx_mode"),
        ("6.1_ubsan", "UBSAN: shift", " </TASK>"),
    ],
)
def test_a_report_ends_where_others_begin_to_speak(name: str, first: str, last: str) -> None:
    (found,) = kernlog.reports(sample(name))
    assert found.lines[0].startswith(first)
    assert found.lines[-1].startswith(last)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_bondings_own_lines_are_in_no_report(path: Path) -> None:
    (found,) = kernlog.reports(path.read_text().splitlines()[1:])
    assert not [line for line in found.lines if re.match(r"(bonding: )?bond0( \(\w+\))?: ", line)]


def test_repeats_have_the_same_fingerprint() -> None:
    lines = sample("5.10_warning")
    again = [line.replace("0x5a4", "0x5b9").replace("PID: 412", "PID: 999") for line in lines]
    one, two = kernlog.reports(lines + again)
    assert one.fingerprint == two.fingerprint
    assert one.at[-1] < two.at[0]


def test_all_samples_in_one_log_are_distinguished() -> None:
    lines = [line for path in SAMPLES for line in path.read_text().splitlines()[1:]]
    wanted = [path.read_text().splitlines()[0].removeprefix("# ") for path in SAMPLES]
    assert [found.fingerprint for found in kernlog.reports(lines)] == wanted


@pytest.mark.parametrize(
    "line",
    [
        "bond0: Warning: No 802.3ad response from the link partner for any adapters in the bond",
        "bonding: Warning: miimon must be specified, otherwise bonding will not detect failure",
        "traps: python3[42] general protection fault ip:7f0 sp:7ff error:0 in libc.so.6[7f0+1]",
        "workqueue: bond_mii_monitor hogged CPU for >10000us 4 times, consider switching",
        "python3[42]: segfault at 0 ip 0000 sp 0000 error 4",
        "rcu: Hierarchical RCU implementation.",
        "rcu: RCU calculated value of scheduler-enlistment delay is 10 jiffies.",
        "kmemleak: Kernel memory leak detector initialized (mem pool available: 15679)",
        "Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar",
        "debug: BUGs are welcome",
        "process '/tmp/x' started with executable stack",
        "INFO: all is well",
        "sysrq: Trigger a crash",
        "",
    ],
)
def test_ordinary_lines_are_no_reports(line: str) -> None:
    assert kernlog.reports([line, f"[    1.000000] {line}"]) == []


def test_the_end_of_init_is_no_fault_of_the_kernel() -> None:
    ends = "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300"
    (found,) = kernlog.reports([ends, "CPU: 0 PID: 1 Comm: python Not tainted 6.1.176 #1"])
    assert (found.kind, found.fatal) == (kernlog.INIT_ENDED, False)
    (oops,) = kernlog.reports([*sample("6.12_page_fault"), ends])
    assert oops.fatal
    assert oops.fingerprint == "BUG: unable to handle page fault in ad_clear_agg"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("5.10_warning", "panic_on_warn set ..."),
        ("6.12_kasan", "KASAN: panic_on_warn set ..."),
        ("6.1_soft_lockup", "softlockup: hung tasks"),
        ("6.12_gpf", "Fatal exception"),
    ],
)
def test_a_panic_that_a_report_caused_belongs_to_it(name: str, why: str) -> None:
    lines = [line for line in sample(name) if not line.startswith(("bond0", "Disabling"))]
    panic = f"Kernel panic - not syncing: {why}"
    (found,) = kernlog.reports([*lines[: -1 if "bond0" in lines[-1] else None], panic])
    assert found.fatal
    assert found.fingerprint == kernlog.reports(lines)[0].fingerprint
    assert found.lines[-1] == panic


def test_a_panic_of_its_own_is_another_report() -> None:
    lines = [*sample("6.1_uml_warning"), *sample("6.1_uml_sysrq")]
    assert [found.fatal for found in kernlog.reports(lines)] == [False, True]


def test_a_report_that_never_ends_takes_in_only_so_much() -> None:
    lines = ["BUG: something", *(f"word {n}" for n in range(500))]
    (found,) = kernlog.reports(lines)
    assert len(found.lines) == kernlog.AIMLESS


def test_a_cut_here_without_a_report_is_none() -> None:
    assert kernlog.reports(["------------[ cut here ]------------", "bond0: fine"]) == []


@pytest.mark.parametrize(
    "line",
    ["<4>BUG: x y", "[    1.2] BUG: x y", "<4>[    1.234567][   T42] BUG: x y", "BUG: x y"],
)
def test_what_is_before_a_line_does_not_matter(line: str) -> None:
    (found,) = kernlog.reports([line.replace("1.2]", "1.200000]")])
    assert found.fingerprint == "BUG: x y"

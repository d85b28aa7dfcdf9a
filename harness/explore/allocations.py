"""Perform a schedule in which allocations of the kernel fail, and check that nothing is left.

A request whose n-th allocation fails may be refused, or be carried out in part: the documentation
says nothing of it. Afterwards slaves and options are restored without failures, and the bond must
be as good as new: the kernel has reported nothing, and a recording of failovers conforms to the
model. Source: Documentation/fault-injection/fault-injection.rst, "/proc/<pid>/fail-nth".
"""

from __future__ import annotations

import contextlib
import functools
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from harness.bonding import BondOptions
from harness.errors import HarnessError, KernelRefused, NotTestable
from harness.explore import steps
from harness.explore.invariants import disagreements, kernel_reports
from harness.explore.networks import BOND, EVERY_MS, NETWORKS, REST_MS
from harness.explore.schedule import FAILING, FaultSchedule, FaultStep
from harness.guests import init
from harness.history import History
from harness.labs.netns.control import Control
from harness.labs.netns.network import NetnsNetwork
from harness.log.kmsg import Kmsg
from harness.loop import now
from harness.model import Refusal, judge
from harness.record.bond import Bond
from harness.record.bond_maker import dut_numbers
from harness.record.net import Net, Stage
from harness.rtnl import bonds, messages
from harness.rtnl.messages import Request
from harness.topology import DUT
from harness.units import ms

FAIL_NTH = Path("/proc/thread-self/fail-nth")
# By default only allocations that may not sleep fail, such as those under a spinlock.
SLEEPING_TOO = Path("/sys/kernel/debug/failslab/ignore-gfp-wait")
SILENT = Path("/sys/kernel/debug/failslab/verbose")
# Until slaves that were restored are up, with the longest updelay that is drawn, and ports joined.
UP_MS, UP_WITH_LACP_MS = 2000, 12000
JudgedHistory = tuple[History, tuple[Refusal, ...]]


@functools.cache
def prepare() -> None:
    """Let allocations that may sleep fail too, once; raises NotTestable where none can."""
    try:
        if not SLEEPING_TOO.exists():
            init.mount("debugfs", "/sys/kernel/debug", "debugfs")
        SLEEPING_TOO.write_text("N")
        SILENT.write_text("0")
    except OSError as error:
        raise NotTestable(
            f"linux {os.uname().release} does not let allocations fail: no fault injection",
            hint="choose a kernel that has it: --kernel debug@7.2",
        ) from error


@contextlib.contextmanager
def failing(number: int) -> Iterator[None]:
    """Let the allocation of that number, from 1, fail that the block makes in the kernel.

    0: none fails. Raises NotTestable where the kernel cannot.
    """
    prepare()
    fd = os.open(FAIL_NTH, os.O_RDWR)
    try:
        os.pwrite(fd, str(number).encode(), 0)
        yield
    finally:
        os.pwrite(fd, b"0", 0)
        os.close(fd)


def perform(schedule: FaultSchedule, stage: Stage) -> JudgedHistory:
    """Perform a schedule, restore, record failovers, and judge; raises HarnessError.

    What is refused without any failure as well does not count.
    """
    history, refusals = _perform(schedule, stage)
    if refusals:
        sound = replace(schedule, steps=tuple(replace(step, fails=0) for step in schedule.steps))
        _, as_well = _perform(sound, stage)
        rules = {refusal.rule for refusal in as_well}
        refusals = tuple(refusal for refusal in refusals if refusal.rule not in rules)
    return history, refusals


def _perform(schedule: FaultSchedule, stage: Stage) -> JudgedHistory:
    refusals = list[Refusal]()
    with contextlib.closing(Kmsg()) as log, NETWORKS[schedule.network](stage) as net:
        bond = net.dut.bond(**schedule.options)
        for step in schedule.whole:
            time.sleep(step.after / 1000)
            with contextlib.suppress(KernelRefused):
                _try(net, bond, step)
        refusals += _restored(net, bond, schedule)
        lacp = schedule.options["mode"] == "802.3ad"
        time.sleep((UP_WITH_LACP_MS if lacp else UP_MS) / 1000)
        with net.watch(every=EVERY_MS * ms, healthy=False) as run:
            for number in range(schedule.slaves):
                link = getattr(net, f"eth{number}")
                net.after(REST_MS * ms)
                link.cut()
                net.after(REST_MS * ms)
                link.heal()
            net.after(REST_MS * ms)
        refusals += judge(run.history).refusals
        refusals += disagreements(bond, run)
        refusals += kernel_reports(log.read(), run.history.events[-1].at)
    return run.history, tuple(refusals)


def _try(net: Net, bond: Bond, step: FaultStep) -> None:
    """Do a step; those that ask the DUT's kernel by a socket that is used for nothing else.

    So they are not in the history of the failovers afterwards either.
    """
    if step.action not in FAILING:
        steps.do(net, bond, step)
        return
    network = net._network  # noqa: SLF001
    assert isinstance(network, NetnsNetwork)
    request = _request(network, step)
    with contextlib.closing(Control(network.spaces[DUT])) as control, failing(step.fails):
        try:
            control.send(request)
        except OSError as error:  # of the request itself, or of its answer
            raise KernelRefused(request.what, error.errno or 0) from error


def _request(network: NetnsNetwork, step: FaultStep) -> Request:
    if step.action in ("set", "set_mac"):
        index = network.ifindex(DUT, BOND)
        if step.action == "set_mac":
            return messages.set_link(BOND, index, address=step.value)
        options = BondOptions.unchecked(**{step.where: step.setting})
        return bonds.change(BOND, index, options, dut_numbers(network))
    index = network.ifindex(DUT, step.where)
    if step.action == "prio":
        return bonds.change_slave(step.where, index, {"prio": int(step.value)})
    if step.action in ("enslave", "release"):
        master = network.ifindex(DUT, BOND) if step.action == "enslave" else 0
        return messages.set_link(step.where, index, master=master)
    return messages.set_link(step.where, index, up=step.action == "admin_up")


def _restored(net: Net, bond: Bond, schedule: FaultSchedule) -> Iterator[Refusal]:
    """Restore slaves and options, as an administrator would; yield what is refused.

    If slaves have left, all leave and come again, in their first order.
    """
    moved = any(step.action in ("release", "enslave") for step in schedule.steps)
    slaves, wanted = bond.now.proc.slaves, bond.plan.slaves
    actions = [("release", name) for name in wanted if moved and name in slaves]
    actions += [("admin_down", name) for name in wanted if moved]
    actions += [("enslave", name) for name in wanted if moved]
    actions += [("admin_up", name) for name in wanted]
    for action, name in actions:
        try:
            steps.do(net, bond, FaultStep(0, action, name))
        except HarnessError as error:
            seen = f"{action} {name} is refused: {error.message}"
            yield Refusal("restored", "none", now(), name, seen, "expected none")
    for step in schedule.steps:
        with contextlib.suppress(HarnessError):  # some settings are refused for good reasons
            if step.action == "prio":
                steps.do(net, bond, replace(step, value="0"))
            elif step.action == "set" and step.where != "active_slave":  # which is no setting
                steps.do(net, bond, step)

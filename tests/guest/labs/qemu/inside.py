"""What happens to a DUT in QEMU while it is recorded; test_qemu.py runs this with --lab qemu."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import cast

import pytest

from harness.errors import Inconclusive, LabError, ScenarioError
from harness.lab import FABRIC, Network
from harness.labs.qemu.lab import QemuLab, RunningDut
from harness.loop import Loop
from harness.record.net import Net, Stage
from harness.rtnl import messages
from harness.topology import Topology
from harness.units import ms
from harness.waiting import retry
from scenarios.topologies import OneSwitch, UsbNics


def fails_over(stage: Stage) -> None:
    """Show that the lab works: a cut is noticed, at the latest when the machine is calm again."""
    retry(lambda: _fails_over(stage), on=Inconclusive)


def _fails_over(stage: Stage) -> None:
    with OneSwitch(stage) as net, net.watch() as run:
        net.eth0.cut()
    assert run.detection.happened
    assert run.history.about.kernel.release != os.uname().release


def running(stage: Stage) -> RunningDut:
    """Return the DUT that runs, started first where need be."""
    lab = cast("QemuLab", stage.lab)
    fails_over(stage)
    found = lab.running()
    assert found is not None
    return found


def breaks(stage: Stage, fault: Callable[[], object]) -> str:
    """Return what a recording says in whose middle the lab itself breaks."""
    with pytest.raises(LabError) as raised, OneSwitch(stage) as net:
        _recorded(net, fault)
    return str(raised.value)


def _recorded(net: Net, fault: Callable[[], object]) -> None:
    with net.watch():
        fault()
        net.after(1000 * ms)


def test_qemu_killed(stage: Stage) -> None:
    pid = running(stage).machine.process.pid
    assert "dut" in breaks(stage, lambda: os.kill(pid, signal.SIGKILL))
    fails_over(stage)


def test_dut_panics(stage: Stage) -> None:
    ssh = running(stage).dut.ssh
    crash = "(sleep 0.2; echo c >/proc/sysrq-trigger) >/dev/null 2>&1 &"
    assert "dut" in breaks(stage, lambda: ssh.run(crash))
    fails_over(stage)


def test_dut_reboots(stage: Stage) -> None:
    ssh = running(stage).dut.ssh
    reboot = "(sleep 0.2; echo b >/proc/sysrq-trigger) >/dev/null 2>&1 &"
    assert "dut" in breaks(stage, lambda: ssh.run(reboot))
    fails_over(stage)


def test_agent_killed(stage: Stage) -> None:
    found = running(stage)
    assert "dut" in breaks(stage, lambda: found.dut.ssh.run(f"kill -9 {found.dut.work.pid}"))
    fails_over(stage)


def test_ssh_dropped(stage: Stage) -> None:
    ssh = running(stage).dut.ssh
    assert "dut" in breaks(stage, ssh.close)
    fails_over(stage)


def test_dut_stopped_for_a_second(stage: Stage) -> None:
    found = running(stage)

    with pytest.raises(Inconclusive, match=r"\bdut\b"), OneSwitch(stage) as net:
        _stopped_before_a_cut(net, found)
    fails_over(stage)


def _stopped_before_a_cut(net: OneSwitch, found: RunningDut) -> None:
    bond = net.dut.bond()
    with net.watch() as run:
        net.after(300 * ms)
        found.machine.monitor.do("stop")
        net.after(1000 * ms)
        found.machine.monitor.do("cont")
        net.eth0.cut()
        net.after(700 * ms)
    assert run.outage <= bond.miimon


def test_a_sleep_is_refused_though_the_dut_is_lost_meanwhile(stage: Stage) -> None:
    """What is wrong with the scenario comes before what that made of the lab."""
    found = running(stage)

    def stop_and_sleep() -> None:
        found.machine.monitor.do("stop")
        time.sleep(1)

    with pytest.raises(ScenarioError, match=r"time\.sleep\(1\)"), OneSwitch(stage) as net:
        _recorded(net, stop_and_sleep)
    fails_over(stage)


def test_clock_of_the_dut_set(stage: Stage) -> None:
    ssh = running(stage).dut.ssh
    refusal = pytest.raises(Inconclusive, match="the wall clock of dut was set")
    with refusal, OneSwitch(stage) as net:
        _recorded(net, lambda: ssh.check("date -s '2020-01-01 00:00:00'"))
    fails_over(stage)


def test_disk_of_the_dut_full(stage: Stage) -> None:
    """It is no trouble for a recording: the agent writes nothing."""
    ssh = running(stage).dut.ssh
    filled = ssh.run("dd if=/dev/zero of=/tmp/full bs=64k")
    assert "No space left" in filled.stderr
    fails_over(stage)
    ssh.check("rm /tmp/full")


def test_tap_gone(stage: Stage) -> None:
    running(stage)
    taken: list[Network] = []
    lab = stage.lab
    build = lab.build

    def built(topology: Topology, loop: Loop) -> Network:
        taken.append(build(topology, loop))
        return taken[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(lab), "build", lambda _, topology, loop: built(topology, loop))
        with OneSwitch(stage) as net, suppress(LabError):
            _recorded(net, lambda: _unplugged(taken[-1]))
    fails_over(stage)


def _unplugged(network: Network) -> None:
    port = next(port for port in network.ports if port.link == "eth0")
    network.host(FABRIC).send(messages.delete_link("tap of eth0", port.index))


def test_relay_of_the_usb_killed(stage: Stage) -> None:
    """The bond loses both adapters, for which the kernel is not blamed."""
    dut = running(stage).dut
    agents = f"/{dut.home.pid}/|/{dut.work.pid}/"
    kill = (
        "busybox grep -l ^python3 /proc/[0-9]*/cmdline"
        f" | busybox grep -vE '{agents}' | busybox cut -d/ -f3 | busybox xargs kill"
    )
    with pytest.raises(LabError, match="USB controller of dut is lost"), UsbNics(stage) as net:
        _recorded(net, lambda: dut.ssh.run(kill))
    with UsbNics(stage) as net, net.watch() as run:
        net.eth1.cut()
    assert run.active_slaves == ["eth1", "eth2"]

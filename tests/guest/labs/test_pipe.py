"""The lab whose DUT is behind an agent: the same verdicts."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from harness import ms
from harness.errors import KernelRefused, LabError
from harness.judge.run import Run
from harness.labs.pipe.lab import PipeLab
from harness.loop import now
from harness.record.net import Stage
from harness.record.probes import echo
from harness.topology import DUT
from scenarios.field.servers import BridgeHost
from scenarios.topologies import OneSwitch
from tests.piped import agent_of
from tests.wire import wired

pytestmark = pytest.mark.guest


def failover(stage: Stage) -> Run:
    """Record a cut of the active slave's cable."""
    with OneSwitch(stage) as net:
        net.dut.bond(miimon=50)
        with net.watch() as run:
            net.eth0.cut()
    return run


def test_a_failover_is_seen_alike_in_both_labs(stage: Stage, piped: Stage) -> None:
    here, there = failover(stage), failover(piped)
    assert there.active_slaves == here.active_slaves == ["eth0", "eth1"]
    assert there.failures == here.failures
    assert len(there.garps) == len(here.garps)
    both = here.detection.tolerance + there.detection.tolerance
    assert abs(there.detection.ns - here.detection.ns) <= 50 * ms.ns + both


def test_only_the_dut_has_a_clock_of_its_own(stage: Stage, piped: Stage) -> None:
    assert not failover(stage).history.about.clocks
    clocks = failover(piped).history.about.clocks
    assert set(clocks) == {"dut"}
    assert 0 < clocks["dut"].error < 100 * ms.ns


def test_a_bridge_of_the_dut_and_its_guest_are_built_too(piped: Stage) -> None:
    with BridgeHost(piped) as net, net.watch(path=("guest", "client")) as run:
        net.after(200 * ms)
    assert (run.lost, run.duplicates) == (0, 0)


def test_frames_and_carrier_are_those_of_the_namespace(piped: Stage) -> None:
    with wired(OneSwitch, piped) as (net, wire):
        with net.eth0.cut():
            assert wire.wait(lambda: not wire.carrier("eth0"))
        assert wire.wait(lambda: wire.carrier("eth0"))


def test_refusals_and_files_are_returned_unchanged(piped: Stage) -> None:
    with OneSwitch(piped) as net:
        bond = net.dut.bond()
        with pytest.raises(KernelRefused, match='"nonsense" for /sys/class/net/bond0'):
            net.dut.write(bond, "miimon", "nonsense")
        net.dut.write(bond, "miimon", "40")
        assert net.dut.run("cat /sys/class/net/bond0/bonding/miimon").stdout == "40\n"
        with pytest.raises(LabError, match="/sys/class/net/bond0/bonding/nope cannot be written"):
            net.dut.write(bond, "nope", "1")


def test_probes_keep_their_pace_while_the_agents_output_is_not_read(piped: Stage) -> None:
    """Twice as much is said in these five seconds as its pipe can hold."""
    with wired(OneSwitch, piped) as (_, wire):
        sender = wire.network.host(DUT).sender()
        sender.repeat(1 * ms.ns, echo(1), "192.0.2.254", now())
        time.sleep(5)
        sender.stop()
        assert len(sender.sent()) > 4000
        sender.close()


def test_nothing_is_left_of_a_lab_that_is_closed(lab: PipeLab, piped: Stage) -> None:
    failover(piped)
    agent = agent_of(lab)
    lab.close()
    assert not Path(f"/proc/{agent}").exists()

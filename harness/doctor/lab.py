"""Checks of a lab file: the DUT over SSH, its NICs, and their far ends on the tester.

Nothing is changed, unless NICs that are down are to be set up for the test of their cables. Frames
are sent only from far ends that are up and not in use.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from harness.doctor import cabling, in_cable, virtual, without_python
from harness.doctor.check import BAD, GOOD, LACKING, CheckResult
from harness.doctor.taken_up import taken_up
from harness.errors import HarnessError
from harness.labs.agent import clock
from harness.labs.agent.channel import Channel
from harness.labs.agent.host import RemoteHost
from harness.labs.description.model import LabFile, LabNic
from harness.labs.netns.control import Control
from harness.labs.netns.in_use import session_address
from harness.labs.netns.interfaces import ExistingNamespace, Interface, interfaces
from harness.labs.rack.safety import MISSING, in_the_way
from harness.labs.ssh import services
from harness.labs.ssh.machine import NoPython, SshMachine
from harness.units import in_ms

NamedResult = tuple[str, CheckResult]
FREE = "it must be free for tests: remove its address or its master, or name another NIC"


def rows(lab: LabFile, *, up: bool = False) -> Iterator[NamedResult]:
    """Yield named results; after a failed connection, checks on that machine are skipped.

    With `up`, free NICs that are down are up while cables are tested.
    """
    with ExitStack() as undo:
        home = ExistingNamespace("tester")
        undo.callback(home.close)
        control = Control(home)
        undo.callback(control.close)
        here = interfaces(control)
        for nic in lab.nics:
            yield f"tester {nic.far_end}", _far_end(here, nic)
        yield from virtual.rows(lab)
        yield from in_cable.rows(lab)
        dut = undo.enter_context(SshMachine("the DUT", lab.dut))
        try:
            dut.connect(within=5)
            yield "SSH", CheckResult(GOOD, f"{lab.dut}, {dut.check('uname -sr').strip()}")
            yield from _shell(dut)
            host = RemoteHost(agent := dut.agent())
        except NoPython as error:
            yield "Python", _bad(error)
            yield from without_python.rows(lab, dut)
            return
        except HarnessError as error:
            yield "SSH", _bad(error)
            return
        undo.callback(agent.close)
        there = interfaces(host)
        yield from _by_agent(lab, dut, agent, there)
        try:
            if up:
                here, there = undo.enter_context(taken_up(lab, control, dut, host))
            yield from cabling.rows(lab, here, there, home, host)
            undo.close()  # what was set up is set down, or that is reported
        except HarnessError as error:
            yield "cables", _bad(error)


def _by_agent(
    lab: LabFile, dut: SshMachine, agent: Channel, there: dict[str, Interface]
) -> Iterator[NamedResult]:
    """Yield what an agent on the DUT shows: its clock and its NICs."""
    yield "Python", CheckResult(GOOD, f"{dut.python} runs the agent")
    found = clock.measure(agent)
    read = f"{in_ms(found.offset)} to the tester, +- {in_ms(found.error)}"
    yield "clock", CheckResult(GOOD, read)
    yield f"DUT {lab.management}", _management(there, lab, dut)
    managing = services.running(dut.host)
    for nic in lab.nics:
        yield f"DUT {nic.name}", _nic(there, nic, dut, managing)


def _bad(error: HarnessError) -> CheckResult:
    return CheckResult(BAD, error.message, error.hint)


def _shell(dut: SshMachine) -> Iterator[NamedResult]:
    """Yield the results of shell commands on the DUT."""
    who = "root, by sudo" if dut.uses_sudo else "may change the network"
    yield "rights", CheckResult(GOOD, who)
    there = dut.run("test -e /sys/module/bonding || modprobe -n bonding").rc == 0
    state = CheckResult(GOOD, "the DUT has a bonding driver") if there else None
    yield (
        "bonding",
        state or CheckResult(BAD, "the DUT has no module bonding", "install its module there"),
    )
    yield (
        "ip",
        (
            CheckResult(GOOD, dut.check("ip -V").strip())
            if dut.run("ip -V").rc == 0
            else CheckResult(
                LACKING, "the DUT has no `ip`, which scenarios run", "install iproute2 there"
            )
        ),
    )


def _management(there: dict[str, Interface], lab: LabFile, dut: SshMachine) -> CheckResult:
    if lab.management not in there:
        known = ", ".join(sorted(there))
        return CheckResult(BAD, "the DUT has no such interface", f"management is one of: {known}")
    if dut.session and dut.session not in there[lab.management].addresses:
        by = next((one.name for one in there.values() if dut.session in one.addresses), "another")
        return CheckResult(BAD, f"the SSH connection uses {by} instead", f'management = "{by}"')
    return CheckResult(GOOD, "carries the SSH connection; it is never changed")


def _far_end(here: dict[str, Interface], nic: LabNic) -> CheckResult:
    why = in_the_way(here, nic.far_end, nic, session_address())
    if why == MISSING:
        known = ", ".join(sorted(here))
        return CheckResult(
            BAD, f"the far end of {nic.name} does not exist", f"far_end is one of: {known}"
        )
    if why:
        return CheckResult(BAD, f"the far end of {nic.name} {why}", FREE)
    return CheckResult(GOOD, f"free, the far end of {nic.name}, {_carrier(here[nic.far_end])}")


def _nic(
    there: dict[str, Interface], nic: LabNic, dut: SshMachine, managing: list[str]
) -> CheckResult:
    why = in_the_way(there, nic.name, nic, dut.session)
    if why == MISSING:
        return CheckResult(
            BAD, "the DUT has no such NIC", f"name is one of: {', '.join(sorted(there))}"
        )
    driver, firmware = services.driver(dut.host, nic.name)
    found = f"driver {driver or 'unknown'}{f', firmware {firmware}' if firmware else ''}"
    if why:
        return CheckResult(BAD, f"{found}; it {why}", FREE)
    if nic.driver and nic.driver != driver:
        return CheckResult(
            BAD, f"{found}, expected {nic.driver}", f'driver = "{driver}", or other NICs'
        )
    manager = services.manager(dut.host, nic.name, managing)
    if manager:
        return CheckResult(LACKING, f"{found}; {manager.name} manages it", manager.remedy)
    return CheckResult(GOOD, f"free, {found}, {_carrier(there[nic.name])}")


def _carrier(one: Interface) -> str:
    if not one.up:
        return "down"
    return "up with carrier" if one.carrier else "up without carrier"

"""Look at both machines of a rack; nothing is changed but what a killed run has left."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack

import testinfra
from testinfra.host import Host

from harness.errors import LabError
from harness.labs.agent.host import RemoteHost
from harness.labs.description.model import LabFile
from harness.labs.netns.control import Control
from harness.labs.netns.in_use import session_address
from harness.labs.netns.interfaces import Existing, Interface, interfaces
from harness.labs.rack.plan import End, Side, Survey
from harness.labs.restorer.client import RestorerClient
from harness.labs.ssh import services
from harness.labs.ssh.machine import SshMachine

ANSWER = 10.0  # seconds for the DUT to answer


def survey(lab: LabFile, tester: RestorerClient) -> tuple[Survey, list[str]]:
    """Return what is there, and lines about what was put back that a killed run had left.

    Raises LabError: the DUT does not let us in, or another tester has it (InUse).
    """
    with ExitStack() as undo:
        dut = undo.enter_context(SshMachine("the DUT", lab.dut))
        dut.connect(within=ANSWER)
        restorer = RestorerClient.on(dut, lab.silence)
        undo.callback(restorer.close)
        restorer.lock()
        told = recovered(tester) + recovered(restorer)
        agent = dut.agent()
        undo.callback(agent.close)
        host = RemoteHost(agent)
        found = Survey(
            tester=here([nic.far_end for nic in lab.nics]),
            dut=there(dut, host, [nic.name for nic in lab.nics]),
            kernel=dut.check("uname -sr").strip(),
            clock=host.clock(),
            bonding=dut.run("test -e /sys/module/bonding || modprobe -n bonding").rc == 0,
        )
    return found, told


def here(names: Iterable[str]) -> Side:
    """Return the tester as a side of cables; `names` are those of its ends."""
    home = Existing("tester")
    try:
        control = Control(home)
        found = interfaces(control)
        control.close()
    finally:
        home.close()
    host = testinfra.get_host("local://")
    return Side(found, session_address(), _ends(host, found, names))


def there(dut: SshMachine, host: RemoteHost, names: Iterable[str]) -> Side:
    """Return the DUT as a side of cables."""
    found = interfaces(host)
    return Side(found, dut.session, _ends(dut.host, found, names))


def _ends(host: Host, found: dict[str, Interface], names: Iterable[str]) -> dict[str, End]:
    running = services.running(host)
    ends = {}
    for name in names:
        if name in found:
            owner = services.manager(host, name, running)
            ends[name] = End(
                driver=services.driver(host, name)[0],
                manager=owner.name if owner else "",
                undo=services.handing_back(host, name, running),
            )
    return ends


def recovered(restorer: RestorerClient) -> list[str]:
    """Have a restorer put back what a killed one has left; return lines about that.

    Raises LabError where it does not work.
    """
    back, troubles = restorer.recover()
    if troubles:
        raise LabError(
            f"a run that was killed left NICs of {restorer.host} as they were not: "
            + "; ".join(troubles),
            hint="look at them there with `ip -d link`, then remove "
            "/run/network-failover-harness/*.nic",
        )
    return [f"{restorer.host}: put back what a killed run had left of {', '.join(back)}"] * bool(
        back
    )

"""Examine both machines of a rack; only the remains of a killed run are changed."""

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
from harness.labs.netns.interfaces import ExistingNamespace, Interface, interfaces
from harness.labs.rack.plan import End, Side, Survey
from harness.labs.restorer.client import RestorerClient
from harness.labs.ssh import services
from harness.labs.ssh.machine import SshMachine

ANSWER = 10.0  # seconds for the DUT to answer


def survey(lab: LabFile, tester: RestorerClient) -> tuple[Survey, list[str]]:
    """Return what was found, and lines about what was restored after a killed run.

    Raises LabError: the DUT denies access, or another tester uses it (InUse).
    """
    with ExitStack() as undo:
        dut = undo.enter_context(SshMachine("the DUT", lab.dut))
        dut.connect(within=ANSWER)
        restorer = RestorerClient.on(dut, lab.silence)
        undo.callback(restorer.close)
        restorer.lock()
        lines = recovered(tester) + recovered(restorer)
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
    return found, lines


def here(names: Iterable[str]) -> Side:
    """Return the tester as a side of cables; `names` are those of its ends."""
    home = ExistingNamespace("tester")
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
    """Let a restorer restore the NICs of a killed one; return lines about that.

    Raises LabError if that fails.
    """
    back, troubles = restorer.recover()
    if troubles:
        raise LabError(
            f"after a killed run, NICs of {restorer.host} could not be restored: "
            + "; ".join(troubles),
            hint="look at them there with `ip -d link`, then remove "
            "/run/network-failover-harness/*.nic",
        )
    return [f"{restorer.host}: restored after a killed run: {', '.join(back)}"] * bool(back)

"""uhubctl, which switches the power of one port of a USB hub (https://github.com/mvp/uhubctl).

Its exit status is 0 even if a port keeps its power: its output on the state afterwards counts.
A hub for USB 3 is two hubs, each with its state.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from testinfra.host import Host

from harness.errors import LabError, UsageError
from harness.labs.description.model import LabNic

PROGRAM = "uhubctl"
AFTERWARDS = "New status"
POWERED = re.compile(r"\bpower\b")


def commands(host: Host, nic: LabNic) -> tuple[str, str]:
    """Return the commands that take the power of a NIC's port and give it; raises LabError."""
    if not host.exists(PROGRAM):
        raise LabError(
            f"there is no {PROGRAM}, which switches port {nic.hub_port} of hub {nic.hub}",
            hint=f"apt install {PROGRAM}, or name in [hub] the address of the hub's machine",
        )
    powered(host, nic)
    words = f"LC_ALL=C {PROGRAM} -l {nic.hub} -p {nic.hub_port} -a"
    return f"{words} off", f"{words} on"


def powered(host: Host, nic: LabNic) -> bool:
    """Return whether a port has power; raises LabError for one that cannot be switched."""
    done = host.run(f"LC_ALL=C {PROGRAM} -l %s -p %s", nic.hub, str(nic.hub_port))
    states = _states(str(done.stdout), nic.hub_port)
    if done.rc or not states:
        message = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[0]
        raise LabError(
            f"{PROGRAM} cannot switch port {nic.hub_port} of hub {nic.hub}: {message}",
            hint=f"`{PROGRAM}` as root lists the hubs that can: few switch ports one by one",
        )
    return any(map(POWERED.search, states))


def not_done(output: str, port: int, *, up: bool) -> str:
    """Return why a command that ended well has not switched a port, "" if it has."""
    after = [part.partition("Current status")[0] for part in output.split(AFTERWARDS)[1:]]
    states = [state for part in after for state in _states(part, port)]
    if not states:
        return f"it does not say the state of port {port} afterwards"
    kept = [state for state in states if bool(POWERED.search(state)) is not up]
    return f"port {port} is still {'without' if up else 'with'} power: {kept[0]}" if kept else ""


def demand_not_its_power(host: Host, where: str, interface: str, nic: LabNic) -> None:
    """Raise UsageError if a port powers the interface itself, which would vanish."""
    device = host.run("readlink -f /sys/class/net/%s/device", interface).stdout.strip()
    at = f"{nic.hub}{'.' if '-' in nic.hub else '-'}{nic.hub_port}"
    if any(part == at or part.startswith((f"{at}.", f"{at}:")) for part in PurePath(device).parts):
        raise UsageError(
            f"port {nic.hub_port} of hub {nic.hub} powers {where} {interface} itself, which would "
            "vanish instead of losing its carrier",
            hint="the port powers what is in the cable: a media converter, or a small switch",
        )


def _states(output: str, port: int) -> list[str]:
    return re.findall(rf"^\s+Port {port}: (.*?)\s*$", output, re.MULTILINE)

"""How types of switches shut and open a port: lines of their configuration mode."""

from __future__ import annotations

from typing import NamedTuple

from harness.errors import UsageError
from harness.labs.description.model import ManagedSwitch

PORT = "{port}"


class PortLines(NamedTuple):
    """The lines that shut a port and those that open it."""

    shut: tuple[str, ...]
    open: tuple[str, ...]


INTERFACE = f"interface {PORT}"
SHUTDOWN = PortLines((INTERFACE, "shutdown"), (INTERFACE, "no shutdown"))
COMWARE = PortLines((INTERFACE, "shutdown"), (INTERFACE, "undo shutdown"))
PROCURVE = PortLines((f"{INTERFACE} disable",), (f"{INTERFACE} enable",))
JUNOS = PortLines(
    (f"set interfaces {PORT} disable", "commit"), (f"delete interfaces {PORT} disable", "commit")
)
# By netmiko's device_type. Types whose changes need more than this, such as a confirmed commit,
# are left to the lab file.
KNOWN = {
    **dict.fromkeys(("cisco_ios", "cisco_xe", "cisco_nxos", "cisco_s200", "cisco_s300"), SHUTDOWN),
    **dict.fromkeys(("arista_eos", "aruba_aoscx", "dell_os6", "dell_os9", "dell_os10"), SHUTDOWN),
    "hp_comware": COMWARE,
    **dict.fromkeys(("hp_procurve", "aruba_procurve"), PROCURVE),
    "juniper_junos": JUNOS,
}


def lines(switch: ManagedSwitch) -> PortLines:
    """Return the lines of a switch: the lab file's, else its type's; raises UsageError."""
    if switch.shut:
        return PortLines(switch.shut, switch.open)
    if switch.type in KNOWN:
        return KNOWN[switch.type]
    raise UsageError(
        f"how a {switch.type} shuts a port is not known (known: {', '.join(sorted(KNOWN))})",
        hint=f'give its lines in [switch]: shut = ["interface {PORT}", ...] and open = [...]',
    )

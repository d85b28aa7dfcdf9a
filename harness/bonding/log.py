"""Parse the bonding driver's lines in a kernel log, of kernels from 2.6 to 7.2.

They are shown as an explanation only. Nothing is asserted on them: events come from the kernel's
notifications.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from harness.log.kernlog import plain

LineKind = Literal[
    "losing", "gaining", "kept", "lost again", "down", "up", "active", "none", "carrier",
    "enslaved", "released",
]  # fmt: skip


class BondLogLine(NamedTuple):
    """A line of the driver: the bond, the slave if any, the event, and the delay in ms.

    what          the driver says                                      delay
    losing        link status down, disabling it in N ms               downdelay
    gaining       link status up, enabling it in N ms                  updelay, 0 where ignored
    kept          link status up again after N ms                      how long it was lost
    lost again    link status down again after N ms                    how long it was there
    down, up      link status definitely down, up; interface is now
    active        making interface the new active one N ms earlier     waited of the updelay
    none          now running without any active interface
    carrier       (first) active interface up!
    enslaved, released
    """

    bond: str
    slave: str | None
    what: LineKind
    delay: int | None = None


# Today "bond0: (slave eth0): ...", before 5.3 "bond0: ... interface eth0", before 3.17 with
# "bonding: " in front; a device on its way out has its state behind its name.
_BOND = re.compile(
    r"(?:bonding: )?(?P<bond>[^\s:()]+)(?: \([\w ]+\))?: "
    r"(?:\(slave (?P<slave>\S+)\): )?(?P<said>.*)"
)
_NAMED = r"(?: (?P<name>[^\s,]+?))?"
_MS = r"(?P<ms>-?\d+) ms"
_IN = rf"(?:en|dis)abling it in {_MS}\.?"
_ENDS = r"[.,]?(?: .*)?"
_OF = rf"(?: for interface{_NAMED})?"
_FORMS: tuple[tuple[str, LineKind], ...] = (
    (rf"link status down for (?:active |backup )?interface{_NAMED}, {_IN}", "losing"),
    (rf"link status up{_OF}, {_IN}", "gaining"),
    (rf"link status up again after {_MS}{_OF}\.?", "kept"),
    (rf"link status down again after {_MS}{_OF}\.?", "lost again"),
    (rf"link status definitely down{_OF}{_ENDS}", "down"),
    (rf"link status definitely up{_OF}{_ENDS}", "up"),
    (rf"(?:backup )?interface{_NAMED} is now down\.?", "down"),
    (rf"(?:backup )?interface{_NAMED} is now up\.?", "up"),
    (rf"making interface{_NAMED} the new active one(?: {_MS} earlier)?\.?", "active"),
    (r"now running without any active interface ?!?", "none"),
    (r"(?:first )?active interface up ?!", "carrier"),
    (rf"[Ee]nslaving{_NAMED} as an? (?:active|backup) interface.*", "enslaved"),
    (rf"[Rr]eleasing (?:active|backup) interface{_NAMED}", "released"),
)
_COMPILED = tuple((re.compile(form), what) for form, what in _FORMS)


def parse(line: str) -> BondLogLine | None:
    """Return the event in a line of a kernel log, None for a line of something else."""
    match = _BOND.fullmatch(plain(line))
    if match is None:
        return None
    for pattern, what in _COMPILED:
        found = pattern.fullmatch(match["said"])
        if found is not None:
            parts = found.groupdict()
            delay = parts.get("ms")
            slave = match["slave"] or parts.get("name")
            return BondLogLine(match["bond"], slave, what, None if delay is None else int(delay))
    return None


def words(line: BondLogLine) -> str:
    """Return the meaning of a log line in plain English."""
    slave, ms = line.slave or line.bond, line.delay
    soon = f"up in {ms} ms (updelay)" if ms else "usable at once (updelay ignored)"
    # The driver counts what the slave has waited (updelay - delay, bond_change_active_slave).
    earlier = "" if ms is None else f" after {ms} ms of its updelay"
    return {
        "losing": f"{slave} lost its link, down in {ms} ms (downdelay)",
        "gaining": f"{slave} has its link back, {soon}",
        "kept": f"{slave} has its link back after {ms} ms, so it stays up",
        "lost again": f"{slave} lost its link again after {ms} ms, so it stays down",
        "down": f"{slave} declared down",
        "up": f"{slave} declared up",
        "active": f"{slave} made active{earlier}",
        "none": f"{line.bond} has no active slave",
        "carrier": f"{line.bond} has an active slave again",
        "enslaved": f"{slave} enslaved",
        "released": f"{slave} released",
    }[line.what]

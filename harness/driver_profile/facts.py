"""What was measured of a driver: plain data that is kept as JSON and read back.

None always means "not measured"; the `missing` beside it says why, and how to measure it.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from harness.errors import UsageError
from harness.units import MS

FORMAT = 1  # of the JSON


def errno_name(code: int) -> str:
    """Return an errno's name as the kernel's sources have it."""
    return "EOPNOTSUPP" if code == errno.EOPNOTSUPP else errno.errorcode.get(code, str(code))


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the driver says it is (ETHTOOL_GDRVINFO); "" where it does not say.

    `kind` is what rtnetlink calls a device made by software, such as "veth".
    """

    driver: str = ""
    version: str = ""
    firmware: str = ""
    bus: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Samples:
    """How long something took each time, in ns; None for a time at which it never came."""

    ns: tuple[int | None, ...] = ()

    @property
    def came(self) -> tuple[int, ...]:
        """The times at which it came."""
        return tuple(one for one in self.ns if one is not None)

    @property
    def worst(self) -> int | None:
        """The longest it took in ns, None where it did not come each time."""
        return max(self.came) if self.ns and len(self.came) == len(self.ns) else None

    def text(self) -> str:
        """Return minimum, median and maximum in ms, and how often it never came."""
        if not self.ns:
            return "not measured"
        if not self.came:
            return "never"
        low, middle, high = (one(self.came) / MS for one in (min, median, max))
        never = len(self.ns) - len(self.came)
        more = f", {never} of {len(self.ns)} times never" if never else ""
        return f"{low:.1f} / {middle:.1f} / {high:.1f}{more}"


@dataclass(frozen=True, slots=True)
class Carrier:
    """How soon a fault at the far end shows here, and its repair; `watched` ns for each.

    The kernel's own flag is what sysfs shows and what miimon reads; the event is what rtnetlink
    tells everybody, and what bonds of some modes act on. `resolution` is in ns.
    """

    how: str
    down_flag: Samples
    down_event: Samples
    up_flag: Samples
    up_event: Samples
    watched: int
    resolution: int
    resolved_by: str

    @property
    def reported(self) -> bool:
        """Whether the driver showed every loss of its link, and every return."""
        flags = (self.down_flag, self.up_flag)
        return all(one.ns and len(one.came) == len(one.ns) for one in flags)


@dataclass(frozen=True, slots=True)
class LinkQuery:
    """What a way to ask for the link answered: an errno's name, or whether there is a link.

    `followed` tells whether its answer changed with the fault at the far end.
    """

    refused: str = ""
    link: bool | None = None
    followed: bool | None = None

    @property
    def works(self) -> bool:
        """Whether it can be asked, and is not known to answer wrongly."""
        return not self.refused and self.followed is not False


@dataclass(frozen=True, slots=True)
class Speed:
    """What the driver reports of its link: Mb/s and duplex, None where it is unknown."""

    mbps: int | None = None
    duplex: str | None = None
    autoneg: bool | None = None
    refused: str = ""

    @property
    def known(self) -> bool:
        """Whether the bonding driver takes it for known: it needs both, and no speed of 0."""
        return bool(self.mbps) and self.duplex in ("full", "half")


@dataclass(frozen=True, slots=True)
class AddressChange:
    """What became of a request to change the MAC: an errno's name, or "" where it was taken.

    `hears` tells whether a frame to the new address arrived afterwards.
    """

    refused: str = ""
    kept: bool = True
    hears: bool | None = None

    @property
    def works(self) -> bool:
        """Whether the address was taken and, as far as seen, is used."""
        return not self.refused and self.kept and self.hears is not False


@dataclass(frozen=True, slots=True)
class Reception:
    """Whether a setting stands on the slave, and whether a frame arrives that needs it."""

    flag: bool
    hears: bool | None = None


@dataclass(frozen=True, slots=True)
class Survival:
    """A setting of the bond (promisc, allmulti, a group) before and after failovers.

    `off`: not yet set, `on`: set while our slave is active, `away`: another slave took over,
    `back`: ours is the active one again.
    """

    setting: str
    off: Reception
    on: Reception
    away: Reception
    back: Reception

    @property
    def survives(self) -> bool:
        """Whether it stands again after the failovers, and works as before them."""
        return self.on.flag and self.back.flag and self.back.hears == self.on.hears

    @property
    def filters(self) -> bool | None:
        """Whether the hardware keeps back what was not asked for; None where nothing was sent."""
        return None if self.off.hears is None else not self.off.hears


@dataclass(frozen=True, slots=True)
class Trial:
    """A bond that was really made: what the kernel answered, and what it came to.

    `addresses_right` tells whether the slave that became active has the address it must have,
    `hears` whether a frame to the bond's address reaches it, `link` what the bond makes of it,
    `recovers` whether that became "up" again after a failure of the slave.
    """

    what: str
    refused: str = ""
    detail: str = ""
    effective: str = ""
    link: str = ""
    addresses_right: bool | None = None
    hears: bool | None = None
    recovers: bool | None = None
    log: tuple[str, ...] = ()

    @property
    def works(self) -> bool:
        """Whether nothing was seen to be wrong."""
        asked = (self.addresses_right, self.hears, self.recovers)
        return not self.refused and self.link != "down" and False not in asked


@dataclass(frozen=True, slots=True)
class Profile:
    """All that was measured of one interface; `missing` says by name what was not, and why."""

    interface: str
    mac: str
    kernel: str
    clock: str
    hz: int
    identity: Identity
    carrier: Carrier | None = None
    mii: LinkQuery | None = None
    ethtool_link: LinkQuery | None = None
    speed: Speed | None = None
    mac_up: AddressChange | None = None
    mac_down: AddressChange | None = None
    survivals: tuple[Survival, ...] = ()
    trials: tuple[Trial, ...] = ()
    missing: dict[str, str] = field(default_factory=dict)

    def trial(self, what: str) -> Trial | None:
        """Return the trial of a name, None where it was not made."""
        return next((one for one in self.trials if one.what == what), None)

    def plain(self) -> dict[str, Any]:
        """Return it as plain JSON values; times in ns."""
        return {"format": FORMAT, **asdict(self)}


def load_all(text: str) -> list[Profile]:
    """Return the profiles that JSON text holds, one or a list; raises UsageError for others."""
    try:
        data = json.loads(text)
        return [restore(one) for one in (data if isinstance(data, list) else [data])]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"this is no profile of a driver: {error!r}",
            hint="give what `harness driver-profile --json` printed",
        ) from error


def restore(data: dict[str, Any]) -> Profile:
    """Return the profile that plain values describe; raises ValueError, KeyError, TypeError."""
    values = {name: value for name, value in data.items() if name not in ("format", "concluded")}
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']!r}, expected {FORMAT}")
    kinds = {"identity": Identity, "mii": LinkQuery, "ethtool_link": LinkQuery, "speed": Speed}
    kinds |= {"mac_up": AddressChange, "mac_down": AddressChange}
    for name, kind in kinds.items():
        values[name] = None if values[name] is None else kind(**values[name])
    values["carrier"] = _carrier(values["carrier"])
    values["survivals"] = tuple(map(_survival, values["survivals"]))
    values["trials"] = tuple(_trial(one) for one in values["trials"])
    return Profile(**values)


def _carrier(data: dict[str, Any] | None) -> Carrier | None:
    if data is None:
        return None
    samples = ("down_flag", "down_event", "up_flag", "up_event")
    return Carrier(**data | {name: Samples(_tuple(data[name]["ns"])) for name in samples})


def _survival(data: dict[str, Any]) -> Survival:
    phases = {name: Reception(**data[name]) for name in ("off", "on", "away", "back")}
    return Survival(setting=data["setting"], **phases)


def _trial(data: dict[str, Any]) -> Trial:
    return Trial(**data | {"log": _tuple(data["log"])})


def _tuple(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(values)

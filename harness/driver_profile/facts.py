"""The profile of a driver: plain data, saved as JSON and loaded again.

None always means "not measured"; `missing` says why, and how to measure it.
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

FORMAT = 1  # version of the JSON format


def errno_name(code: int) -> str:
    """Return the name of an errno as in the kernel's source."""
    return "EOPNOTSUPP" if code == errno.EOPNOTSUPP else errno.errorcode.get(code, str(code))


@dataclass(frozen=True, slots=True)
class Identity:
    """The driver's name and versions (ETHTOOL_GDRVINFO); "" where it reports none.

    `kind` is the rtnetlink kind of a virtual device, such as "veth".
    """

    driver: str = ""
    version: str = ""
    firmware: str = ""
    bus: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Samples:
    """Durations of repeated measurements in ns; None for each in which the event never came."""

    ns: tuple[int | None, ...] = ()

    @property
    def came(self) -> tuple[int, ...]:
        """The durations of the events that came."""
        return tuple(one for one in self.ns if one is not None)

    @property
    def worst(self) -> int | None:
        """The longest duration in ns, None if the event did not come each time."""
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
class CarrierLatency:
    """Latency of a fault at the far end and of its repair; each was watched for `watched` ns.

    The flag is the carrier in sysfs, which miimon reads; the event is the rtnetlink notification,
    on which bonds of some modes act. `resolution` is in ns.
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
        """Whether the driver reported every loss and every return of its link."""
        flags = (self.down_flag, self.up_flag)
        return all(flag.ns and len(flag.came) == len(flag.ns) for flag in flags)


@dataclass(frozen=True, slots=True)
class LinkQuery:
    """The answer of one way to read the link state: an errno's name, or the state.

    `followed` tells whether the answer changed with the fault at the far end.
    """

    refused: str = ""
    link: bool | None = None
    followed: bool | None = None

    @property
    def works(self) -> bool:
        """Whether it can be read, and is not known to be wrong."""
        return not self.refused and self.followed is not False


@dataclass(frozen=True, slots=True)
class Speed:
    """The driver's speed in Mb/s and duplex, None where unknown."""

    mbps: int | None = None
    duplex: str | None = None
    autoneg: bool | None = None
    refused: str = ""

    @property
    def known(self) -> bool:
        """Whether bonding considers it known: both are needed, and a speed other than 0."""
        return bool(self.mbps) and self.duplex in ("full", "half")


@dataclass(frozen=True, slots=True)
class AddressChange:
    """The result of changing the MAC: an errno's name, or "" if it was accepted.

    `hears` tells whether a frame to the new address arrived afterwards.
    """

    refused: str = ""
    kept: bool = True
    hears: bool | None = None

    @property
    def works(self) -> bool:
        """Whether the address was accepted and, as far as tested, is used."""
        return not self.refused and self.kept and self.hears is not False


@dataclass(frozen=True, slots=True)
class Reception:
    """Whether a flag is set on the slave, and whether a frame that needs it arrives."""

    flag: bool
    hears: bool | None = None


@dataclass(frozen=True, slots=True)
class Survival:
    """A setting of the bond (promisc, allmulti, a group) before and after failovers.

    `off`: not set yet, `on`: set while the tested slave is active, `away`: the other slave is
    active, `back`: the tested slave is active again.
    """

    setting: str
    off: Reception
    on: Reception
    away: Reception
    back: Reception

    @property
    def survives(self) -> bool:
        """Whether it is set again after the failovers, and works as before."""
        return self.on.flag and self.back.flag and self.back.hears == self.on.hears

    @property
    def filters(self) -> bool | None:
        """Whether the hardware filters unrequested frames; None if none was sent."""
        return None if self.off.hears is None else not self.off.hears


@dataclass(frozen=True, slots=True)
class Trial:
    """The result of a real bond.

    `refused` is the kernel's errno; `link` is the slave's state in the bond; `addresses_right`
    tells whether the new active slave has the required MAC, `hears` whether it receives frames to
    the bond's MAC, `recovers` whether its link became "up" again after a failure.
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
        """Whether no part of the trial failed."""
        asked = (self.addresses_right, self.hears, self.recovers)
        return not self.refused and self.link != "down" and False not in asked


@dataclass(frozen=True, slots=True)
class Profile:
    """All measurements of one interface; `missing` names what was not measured, and why."""

    interface: str
    mac: str
    kernel: str
    clock: str
    hz: int
    identity: Identity
    carrier: CarrierLatency | None = None
    mii: LinkQuery | None = None
    ethtool_link: LinkQuery | None = None
    speed: Speed | None = None
    mac_up: AddressChange | None = None
    mac_down: AddressChange | None = None
    survivals: tuple[Survival, ...] = ()
    trials: tuple[Trial, ...] = ()
    missing: dict[str, str] = field(default_factory=dict)

    def trial(self, what: str) -> Trial | None:
        """Return the trial of a name, None if it was not run."""
        return next((trial for trial in self.trials if trial.what == what), None)

    def plain(self) -> dict[str, Any]:
        """Return it as plain JSON values; times in ns."""
        return {"format": FORMAT, **asdict(self)}


def load_all(text: str) -> list[Profile]:
    """Return the profiles in JSON text, one or a list; raises UsageError for other text."""
    try:
        data = json.loads(text)
        return [restore(one) for one in (data if isinstance(data, list) else [data])]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"this is no profile of a driver: {error!r}",
            hint="give what `harness driver-profile --json` printed",
        ) from error


def restore(data: dict[str, Any]) -> Profile:
    """Return a profile from plain values; raises ValueError, KeyError, TypeError."""
    values = {name: value for name, value in data.items() if name not in ("format", "concluded")}
    if data["format"] != FORMAT:
        raise ValueError(f"format {data['format']!r}, expected {FORMAT}")
    kinds = {"identity": Identity, "mii": LinkQuery, "ethtool_link": LinkQuery, "speed": Speed}
    kinds |= {"mac_up": AddressChange, "mac_down": AddressChange}
    for name, kind in kinds.items():
        values[name] = None if values[name] is None else kind(**values[name])
    values["carrier"] = _carrier(values["carrier"])
    values["survivals"] = tuple(map(_survival, values["survivals"]))
    values["trials"] = tuple(_trial(value) for value in values["trials"])
    return Profile(**values)


def _carrier(data: dict[str, Any] | None) -> CarrierLatency | None:
    if data is None:
        return None
    samples = ("down_flag", "down_event", "up_flag", "up_event")
    return CarrierLatency(**data | {name: Samples(_tuple(data[name]["ns"])) for name in samples})


def _survival(data: dict[str, Any]) -> Survival:
    phases = {name: Reception(**data[name]) for name in ("off", "on", "away", "back")}
    return Survival(setting=data["setting"], **phases)


def _trial(data: dict[str, Any]) -> Trial:
    return Trial(**data | {"log": _tuple(data["log"])})


def _tuple(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(values)

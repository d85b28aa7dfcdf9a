"""Profiles of drivers as literal facts: what conclusions are drawn from in tests."""

from __future__ import annotations

from dataclasses import replace

from harness.driver_profile.facts import (
    AddressChange,
    CarrierLatency,
    Identity,
    LinkQuery,
    Profile,
    Reception,
    Samples,
    Speed,
    Survival,
    Trial,
)
from harness.units import MS

POLICIES = ("none", "active", "follow")


def samples(*values: float | None) -> Samples:
    return Samples(tuple(None if one is None else round(one * MS) for one in values))


GOOD_CARRIER = CarrierLatency(
    how="port1 (here) set down and up",
    down_flag=samples(1, 3, 7),
    down_event=samples(2, 3, 8),
    up_flag=samples(0.5, 1, 2),
    up_event=samples(0.5, 1, 3),
    watched=10_000 * MS,
    resolution=2 * MS,
    resolved_by="flag read every 1.0 ms",
)
TAKEN = AddressChange(hears=True)
HEARS, DEAF = Reception(flag=True, hears=True), Reception(flag=False, hears=False)

# A driver that can do everything, and keeps back what was not asked for.
GOOD = Profile(
    interface="eth1",
    mac="02:00:00:00:00:02",
    kernel="7.2.13",
    clock="virtual",
    hz=100,
    identity=Identity("good", "1.0", "", "0000:03:00.0", ""),
    carrier=GOOD_CARRIER,
    mii=LinkQuery(link=True, followed=True),
    ethtool_link=LinkQuery(link=True, followed=True),
    speed=Speed(1000, "full", autoneg=True),
    mac_up=TAKEN,
    mac_down=TAKEN,
    survivals=(
        Survival("promisc", DEAF, HEARS, DEAF, HEARS),
        Survival("allmulti", DEAF, HEARS, DEAF, HEARS),
        Survival("group", DEAF, HEARS, DEAF, HEARS),
    ),
    trials=(
        *(
            Trial(
                f"fail_over_mac={one}", effective=one, link="up", addresses_right=True, hears=True
            )
            for one in POLICIES
        ),
        Trial("MAC of a running bond", addresses_right=True),
        Trial("balance-tlb", link="up", addresses_right=True, hears=True, recovers=True),
        Trial("balance-alb", link="up", addresses_right=True, hears=True, recovers=True),
        Trial("802.3ad", link="up", recovers=True),
        Trial("primary_reselect=better", effective="stays backup"),
    ),
)
BUSY = AddressChange(refused="EBUSY")


def with_trial(profile: Profile, trial: Trial) -> Profile:
    """Return the profile with another outcome of a trial."""
    return replace(
        profile,
        trials=tuple(trial if one.what == trial.what else one for one in profile.trials),
    )

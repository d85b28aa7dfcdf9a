"""What works in a bond with a driver, derived from its profile by pure functions.

Each conclusion names the claims of the bonding documentation that it is based on, and the fact
that decided. A trial, which is a real bond, takes precedence over single facts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from harness.claims import Release
from harness.driver_profile.facts import AddressChange, LinkQuery, Profile, Survival, Trial
from harness.units import in_ms

Support = Literal["yes", "no", "unknown"]
NO_USE_CARRIER = (7, 2)  # since this release only the carrier is read
UNMEASURED = "not measured"
UNTRIED = " (derived: no bond was tried)"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Whether a bond's monitor, policy or mode works with the driver, why, and by which claims."""

    group: str
    subject: str
    answer: Support
    why: str
    claims: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)


def conclude(profile: Profile) -> list[Conclusion]:
    """Return all conclusions of a profile, in the order in which they are shown."""
    rules: tuple[Callable[[Profile], Conclusion], ...] = (
        *(miimon, use_carrier, arp_monitor, hash_modes),
        *(fom_none, fom_active, fom_follow, running_mac),
        *(balance_tlb, balance_alb, lacp, better),
    )
    return [*(rule(profile) for rule in rules), *multicast(profile)]


def miimon(profile: Profile) -> Conclusion:
    """Conclude on the MII monitor, which reads the kernel's carrier flag."""
    line = _line("monitor", "miimon (carrier)", "MIIMON-1", "MIIMON-4", "MIIMON-6", "MON-4")
    seen = profile.carrier
    if seen is None:
        return line("unknown", profile.missing.get("carrier", UNMEASURED))
    if not seen.reported:
        times = f"lost: {seen.down_flag.text()}, back: {seen.up_flag.text()} (ms)"
        return line("no", f"the driver does not show each loss and return of its link; {times}")
    worst = in_ms(seen.down_flag.worst or 0)
    if seen.how.startswith("an operator"):
        return line("yes", "the driver shows loss and return; the latency needs a far end")
    why = f"a lost link shows within {worst}: a failure is detected within that plus one miimon"
    return line("yes", f"{why}; failures beyond the next switch are not detected")


def use_carrier(profile: Profile) -> Conclusion:
    """Conclude on use_carrier=0, which reads MII registers or ethtool, on older kernels."""
    line = _line("monitor", "miimon with use_carrier=0", "USECARR-1", "USECARR-2", "USECARR-3")
    if Release.parse(profile.kernel).series >= NO_USE_CARRIER:
        return line("no", f"Linux {profile.kernel} refuses it: only the carrier is read")
    for query, name in ((profile.ethtool_link, "ethtool"), (profile.mii, "MII registers")):
        if query is not None and not query.refused:
            return line(*_queried(query, name))
    if profile.ethtool_link is None and profile.mii is None:
        return line("unknown", UNMEASURED)
    return line(
        "no", "neither ethtool nor MII registers answer: bonding would assume the link is up"
    )


def _queried(query: LinkQuery, name: str) -> tuple[Support, str]:
    if query.followed is None:
        return (
            "unknown",
            f"{name} answers, but whether it follows the link was not tested by a fault",
        )
    if query.followed:
        return "yes", f"{name} follows the link"
    return "no", f"{name} reports {'up' if query.link else 'down'} whatever the link does"


def arp_monitor(profile: Profile) -> Conclusion:
    """Conclude on the ARP monitor, which needs nothing from the driver but frames."""
    line = _line("monitor", "ARP monitor", "MON-2", "ARPINT-6", "ARPINT-10", "ARPINT-12")
    if Release.parse(profile.kernel).series < (5, 12) and profile.identity.driver == "veth":
        return line("no", "before 5.12 it reads trans_start, which veth does not update")
    asked: list[Trial | AddressChange | None] = [*profile.trials, profile.mac_up, profile.mac_down]
    heard = [one.hears for one in asked if one is not None and one.hears is not None]
    if heard and not any(heard):
        return line("no", "no frame from the far end arrived")
    why = "it needs frames only, and no carrier; modes 0 to 3"
    return line("yes" if any(heard) else "unknown", why if heard else f"{why}; none were sent")


def hash_modes(profile: Profile) -> Conclusion:
    """Conclude on the modes that react to the carrier event, before any monitor does."""
    line = _line("monitor", "carrier event (hash modes)", "MIIMON-8", "OPT-4")
    seen = profile.carrier
    if seen is None:
        return line("unknown", profile.missing.get("carrier", UNMEASURED))
    if seen.down_event.worst is None:
        return line("no", f"a lost link is not always reported: {seen.down_event.text()} (ms)")
    delay = in_ms(seen.down_event.worst)
    why = f"a lost link is reported within {delay}; at once for a slave, else one event a second"
    return line("yes", why)


def fom_none(profile: Profile) -> Conclusion:
    """Conclude on fail_over_mac=none: the MAC is set when enslaving, while still down."""
    line = _line("fail_over_mac", "none", "FOM-NONE-1", "FOM-NONE-3", "FOM-7", "FOM-ACTIVE-4")
    trial, down = profile.trial("fail_over_mac=none"), profile.mac_down
    if trial is not None:
        if trial.works and trial.effective == "active":
            return line("no", "bonding switched to fail_over_mac=active: the MAC cannot be set")
        return line(*_tried(trial, "takes the bond's MAC when it is enslaved"))
    return line(*_by_change(down, "while down", "its MAC can be set when it is enslaved"))


def fom_active(profile: Profile) -> Conclusion:
    """Conclude on fail_over_mac=active: the NIC's MAC is never changed."""
    line = _line("fail_over_mac", "active", "FOM-ACTIVE-1", "FOM-ACTIVE-2", "FOM-ACTIVE-4")
    trial = profile.trial("fail_over_mac=active")
    if trial is not None:
        return line(*_tried(trial, "keeps its MAC, the bond takes it; peers learn it by GARP"))
    why = "the driver needs nothing; peers must receive a gratuitous ARP"
    return line("yes", why + UNTRIED)


def fom_follow(profile: Profile) -> Conclusion:
    """Conclude on fail_over_mac=follow: MACs are swapped at failover, while interfaces are up."""
    line = _line("fail_over_mac", "follow", "FOM-FOLLOW-1", "FOM-FOLLOW-2", "FOM-FOLLOW-4")
    trial, up = profile.trial("fail_over_mac=follow"), profile.mac_up
    if trial is None:
        return line(*_by_change(up, "while up", "its MAC can be set at a failover"))
    answer, why = _tried(trial, "takes the bond's MAC at the failover")
    if answer == "no" and not trial.refused and up is not None and up.refused:
        why = f"changing its MAC while up fails with {up.refused}: {why}"
    return line(answer, why)


def running_mac(profile: Profile) -> Conclusion:
    """Conclude on changing the MAC of a running bond, which is set on all slaves."""
    line = _line("fail_over_mac", "new MAC of a running bond", "MAC-4", "MAC-7")
    trial = profile.trial("MAC of a running bond")
    if trial is None:
        return line(*_by_change(profile.mac_up, "while up", "slaves take it"))
    return line(*_tried(trial, "takes it"))


def balance_tlb(profile: Profile) -> Conclusion:
    """Conclude on balance-tlb: speed from ethtool, and a MAC change while up."""
    line = _line("mode", "balance-tlb", "MODE-TLB-1", "MODE-TLB-2", "MODE-TLB-5")
    return line(*_needs_speed(profile, "balance-tlb", "takes over what the failed slave received"))


def balance_alb(profile: Profile) -> Conclusion:
    """Conclude on balance-alb: as balance-tlb, and the MAC is set while the interface is up."""
    line = _line("mode", "balance-alb", "MODE-ALB-10", "MODE-ALB-7", "MODE-TLB-1")
    up = profile.mac_up
    if profile.trial("balance-alb") is None and up is not None and up.refused:
        return line("no", f"changing the MAC while up fails with {up.refused}")
    return line(*_needs_speed(profile, "balance-alb", "takes over the failed slave's MAC"))


def lacp(profile: Profile) -> Conclusion:
    """Conclude on 802.3ad, which considers links of unknown speed or duplex down."""
    line = _line("mode", "802.3ad", "MODE-AD-3", "MODE-AD-5", "MODE-AD-1")
    speed = profile.speed
    if speed is not None and speed.known and speed.duplex == "half":
        return line("no", "a half-duplex port takes no part in LACP")
    return line(*_needs_speed(profile, "802.3ad", "the port's speed and duplex are known"))


def better(profile: Profile) -> Conclusion:
    """Conclude on primary_reselect=better, which compares speed, then duplex."""
    line = _line("mode", "primary_reselect=better", "PRESEL-2", "PRESEL-3")
    speed, trial = profile.speed, profile.trial("primary_reselect=better")
    if speed is None:
        return line("unknown", UNMEASURED)
    if speed.known:
        return line("yes", f"it compares {speed.mbps} Mb/s {speed.duplex} with the others")
    did = f"; as a recovered primary it {trial.effective}" if trial else ""
    if trial is not None and trial.effective == "takes over":
        did += ": an unknown speed counts as the highest"
    return line("no", f"speed or duplex is unknown{did}")


def multicast(profile: Profile) -> list[Conclusion]:
    """Conclude on receive filters, which a bond must set again on each new active slave."""
    return [_survived(survival) for survival in profile.survivals]


def _survived(one: Survival) -> Conclusion:
    claims = (
        ("PROMISC-2", "PROMISC-3", "PROMISC-4") if one.setting == "promisc" else ("PROMISC-5",)
    )
    line = _line("receive filter", one.setting, *claims)
    heard = {True: " and frames arrive", False: " but frames do not arrive", None: ""}
    if not one.on.flag:
        return line("no", "it was not set on the active slave")
    if not one.back.flag:
        return line("no", "lost at a failover")
    whole = f"set again after failovers{heard[one.back.hears]}"
    if not one.survives or one.on.hears is False:
        return line("no", whole + (", not even before them" if one.on.hears is False else ""))
    notes = "; it was already set on the slave" if one.off.flag else ""
    notes += "; such frames arrive without it too" if one.filters is False else ""
    return line("yes", whole + notes)


def _line(group: str, subject: str, *claims: str) -> Callable[[Support, str], Conclusion]:
    """Return a function that makes a conclusion from an answer and its reason."""
    return lambda answer, why: Conclusion(group, subject, answer, why, claims)


def _tried(trial: Trial, good: str) -> tuple[Support, str]:
    """Return the answer of a trial: its first failure, or `good`."""
    wrong = (
        (bool(trial.refused), f"the kernel refuses it with {trial.refused}"),
        (trial.link == "down", "the bond considers its link down"),
        (trial.addresses_right is False, "after the failover it has a wrong MAC"),
        (trial.hears is False, "frames to the bond do not reach it after the failover"),
        (trial.recovers is False, "after a failure, its link stays down in the bond"),
    )
    for holds, text in wrong:
        if holds:
            return "no", text + _log(trial)
    if trial.hears is None and trial.addresses_right is None and not trial.link:
        return "unknown", "it never became the active slave"
    return "yes", good


def _log(trial: Trial) -> str:
    return f' ("{trial.log[0]}")' if trial.log else ""


def _by_change(change: AddressChange | None, when: str, good: str) -> tuple[Support, str]:
    if change is None:
        return "unknown", UNMEASURED
    if change.refused:
        return "no", f"changing the MAC {when} fails with {change.refused}"
    if not change.works:
        return "no", f"changing the MAC {when} has no effect"
    return "yes", good + UNTRIED


def _needs_speed(profile: Profile, what: str, good: str) -> tuple[Support, str]:
    """Return the answer for a mode that needs speed and duplex."""
    speed, trial = profile.speed, profile.trial(what)
    unknown = speed is not None and not speed.known
    if trial is not None:
        answer, why = _tried(trial, good)
        if answer == "no" and unknown and not trial.refused:
            return "no", f"speed or duplex is unknown, so {why}"
        return answer, why
    if speed is None:
        return "unknown", UNMEASURED
    return ("no", "speed or duplex is unknown") if unknown else ("yes", good + UNTRIED)

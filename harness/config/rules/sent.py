"""The options of a bond that reach the driver: those that its tool supports and sends.

Rules on the behaviour of a bond use these only. An option that does not reach the driver has its
own finding, which is the cause; its consequences are no further findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import TypeVar

from harness.bonding import OPTIONS, BondOptions
from harness.bonding.checks import check
from harness.config.model import BondConfig, Given
from harness.config.source import COMMAND_LINE
from harness.config.tool_support import BY_NETWORKD, RUNNING, TOOLS, Tool, ToolLimit
from harness.errors import ScenarioError

T = TypeVar("T")
# What systemd-networkd sends to the kernel in one mode only, whatever the file says.
ONE_MODE = {
    "lacp_rate": "802.3ad",
    "ad_select": "802.3ad",
    "fail_over_mac": "active-backup",
    "packets_per_slave": "balance-rr",
}
BY_NETLINK = frozenset({"ip-link"})


def _remembered(derive: Callable[[BondConfig], T]) -> Callable[[BondConfig], T]:
    """Remember what was derived of the last bond: rules ask for it one after another.

    Bonds are told apart by identity: equal ones may be of different formats.
    """
    last: list[tuple[BondConfig, T]] = []

    @wraps(derive)
    def derived(bond: BondConfig) -> T:
        if not last or last[0][0] is not bond:
            last[:] = [(bond, derive(bond))]
        return last[0][1]

    return derived


@_remembered
def sent(bond: BondConfig) -> BondConfig:
    """Return the bond with the options that reach the driver and that it accepts."""
    return bond.without(lost_options(bond))


def sent_options(bond: BondConfig) -> BondOptions:
    """Return the options that reach the driver."""
    return sent(bond).unchecked


@_remembered
def lost_options(bond: BondConfig) -> frozenset[str]:
    """Return the options that do not reach the driver, or that it refuses in the bond's mode."""
    lost = dropped(bond) | unsent_options(bond) | limited(bond)
    return frozenset(lost | {name for name, _ in refusals(bond)}) - {"mode"}


def dropped(bond: BondConfig) -> frozenset[str]:
    """Return the options that the tool does not apply, whatever the file says."""
    found = (
        option
        for option in bond.given
        if (tool := TOOLS.get(option.format)) and drops(option, tool)
    )
    return frozenset(one.name for one in found)


def drops(one: Given, tool: Tool) -> bool:
    """Return whether a tool lacks an option that is given."""
    if tool.format in RUNNING or one.place.file == COMMAND_LINE or one.value is None:
        return False
    return tool.lacks(one.name)


def limited(bond: BondConfig) -> frozenset[str]:
    """Return the options whose value the tool refuses."""
    return frozenset(
        option.name
        for option in bond.given
        if (limit := limit_of(bond, option)) and not limit.soft and not _allows(limit, option)
    )


def limit_of(bond: BondConfig, one: Given) -> ToolLimit | None:
    """Return the limits of the tool for an option, None if it has the same as the kernel."""
    if one.value is None or (one.format == "netplan" and not by_networkd(bond, one)):
        return None  # netplan passes it on to NetworkManager, which takes it
    tool = TOOLS.get(one.format)
    return tool.limits.get(one.name) if tool else None


def _allows(limit: ToolLimit, one: Given) -> bool:
    return one.value is not None and limit.allows(one.value)


def by_networkd(bond: BondConfig, one: Given) -> bool:
    """Return whether systemd-networkd applies an option."""
    return one.format in BY_NETWORKD and bond.renderer != "NetworkManager"


def by_netlink(one: Given) -> bool:
    """Return whether an option reaches the driver with all others, in the request for the bond.

    What is refused there refuses the bond; scripts write one option after another.
    """
    return one.format in BY_NETLINK or one.place.file == COMMAND_LINE


def unsent_options(bond: BondConfig) -> frozenset[str]:
    """Return the options that systemd-networkd does not send in the bond's mode."""
    return frozenset(option.name for option in bond.given if unsent(bond, option))


def unsent(bond: BondConfig, one: Given) -> str:
    """Return when systemd-networkd would send an option, "" if it does send it."""
    if not by_networkd(bond, one) or "mode" in bond.misread:
        return ""
    options = bond.unchecked
    if one.name in ONE_MODE and options.mode != ONE_MODE[one.name]:
        return f"in mode {ONE_MODE[one.name]} only"
    if one.name in ("lp_interval", "arp_ip_target") and not options["arp_interval"]:
        return "together with the ARP interval only"
    return ""


def refusals(bond: BondConfig) -> Iterator[tuple[str, ScenarioError]]:
    """Yield options that the driver refuses in this mode, or without another one, with its error.

    Both monitors at once have a separate rule: either may be the intended one.
    """
    if "mode" in bond.misread:
        return  # the mode is not known
    options = bond.unchecked
    for name, value in bond.without(dropped(bond) | unsent_options(bond)).asked.items():
        try:
            check(options, {name: value})
        except ScenarioError as error:
            if " exclude each other" not in error.message:
                yield name, error


def is_refused_validation(bond: BondConfig) -> bool:
    """Return whether arp_validate is set with miimon only, which the driver refuses."""
    options, found = sent_options(bond), sent(bond).given
    given = [one for one in found if one.name == "arp_validate" and one.value != "none"]
    asked = given and options["miimon"] and not options["arp_interval"]
    able = options.mode in OPTIONS["arp_validate"].modes and "mode" not in bond.misread
    return bool(asked and able and (by_netlink(given[-1]) or by_networkd(bond, given[-1])))

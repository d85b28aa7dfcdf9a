"""Rules on the tool that a file is written for: what it drops, refuses, or adds by itself."""

from __future__ import annotations

from collections.abc import Iterator

from harness.bonding import default
from harness.config.lint import Around, Found, Rule
from harness.config.model import BondConfig, Given
from harness.config.tools import RUNNING, TOOLS

NETWORKD = "src/network/netdev/bond.c of systemd"
IMPLIED = "(NetworkManager's default)"
# What systemd-networkd sends to the kernel in one mode only, whatever the file says.
ONE_MODE = {
    "lacp_rate": "802.3ad",
    "ad_select": "802.3ad",
    "fail_over_mac": "active-backup",
    "packets_per_slave": "balance-rr",
}
BY_NETWORKD = frozenset({"networkd", "netplan"})


def drops(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Options that the tool has no word for."""
    for one in bond.given:
        tool = TOOLS.get(one.format)
        if tool and tool.format not in RUNNING and tool.lacks(one.name) and one.value is not None:
            yield Found(
                one.place,
                f"{one.spelled}: {tool.name} has no such option; it {tool.drops}",
                hint=f"{tool.source}; {_instead(one)}",
            )
    for slave in bond.slaves:
        for one in slave.given:
            tool = TOOLS.get(one.format)
            if tool and one.name not in tool.slave_options:
                yield Found(one.place, f"{one.spelled}: {tool.name} has no such option of a slave")


def _instead(one: Given) -> str:
    """Return what to do about an option that is dropped."""
    if one.format == "interfaces" and not TOOLS["ifupdown2"].lacks(one.name):
        return "ifupdown2 has it: if this is its file, say --from ifupdown2"
    return f"set {one.name} by other means"


def limits(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Values that the kernel takes and the tool does not."""
    for one in bond.given:
        tool = TOOLS.get(one.format)
        limit = tool.limits.get(one.name) if tool else None
        if tool and limit and one.value is not None and not limit.allows(one.value):
            yield Found(
                one.place,
                f"{one.spelled}: {tool.name} takes {limit} only, though the kernel takes it",
                hint=f"{tool.source}; choose another value or another tool",
            )


def unsent(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Settings that systemd-networkd reads and does not send in this case."""
    options = bond.loose()
    for one in bond.given:
        if one.format not in BY_NETWORKD or one.value == default(one.name, options.mode):
            continue
        if why := _unsent(one, mode=options.mode, arp=bool(options["arp_interval"])):
            yield Found(one.place, f"{one.spelled}: systemd-networkd sends it {why}")


def _unsent(one: Given, *, mode: str, arp: bool) -> str:
    if one.name in ONE_MODE and mode != ONE_MODE[one.name]:
        return f"in mode {ONE_MODE[one.name]} only"
    if one.name in ("lp_interval", "arp_ip_target") and not arp:
        return "together with the ARP interval only"
    return ""


def implied(bond: BondConfig, _: Around) -> Iterator[Found]:
    """The monitor that NetworkManager adds."""
    for one in bond.given:
        if one.spelled.endswith(IMPLIED):
            yield Found(one.place, "no monitor is set: NetworkManager makes it miimon=100")


def no_mode(bond: BondConfig, _: Around) -> Iterator[Found]:
    """A bond without a mode is a round robin."""
    if bond.format not in RUNNING and "mode" not in bond.asked.keys() | bond.misread:
        yield Found(
            bond.place,
            f"{bond.name} has no mode: it is balance-rr, for which the switch must form a channel",
        )


RULES = (
    Rule("tool-drops", "error", "an option that the tool drops", "", "", drops),
    Rule("tool-limits", "error", "a value that the tool refuses", "", "", limits),
    Rule("unsent", "warning", "a setting that is not sent", "",
         f"{NETWORKD}, netdev_bond_fill_message_create", unsent),
    Rule("implied-monitor", "note", "a monitor that nobody asked for", "MIIMON-1",
         "write miimon=100, so that other tools do the same", implied),
    Rule("no-mode", "warning", "no mode is given", "OPT-2",
         "write the mode, such as active-backup", no_mode),
)  # fmt: skip

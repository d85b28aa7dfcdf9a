"""Rules on how a bond comes to know that a path is dead."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from harness.bonding import BondOptions
from harness.bonding.options import ARP_MODES
from harness.config.lint import Around, Found, Rule
from harness.config.model import BondConfig
from harness.config.rules.misspelt import MONITORS, meant
from harness.config.rules.sent import is_refused_validation, lost_options, sent, sent_options
from harness.config.rules.words import given, written
from harness.config.spelling import verbatim
from harness.config.tool_support import BY_NM, INITSCRIPTS, TOOLS

ARP_OPTIONS = (
    "arp_ip_target", "ns_ip6_target", "arp_validate", "arp_all_targets", "arp_missed_max"
)  # fmt: skip
MONITORED_BY_NM = frozenset(
    {"ifcfg", "kernel-args"}
)  # NetworkManager reads them too, where it is installed


def no_monitor(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Neither monitor runs, and nothing that was meant to be one has a finding of its own."""
    if (bond.misread | lost_options(bond) | meant(bond)) & {"mode", *MONITORS}:
        return
    options = sent_options(bond)
    if options["miimon"] or options["arp_interval"]:
        return
    where = next((bond.where(name) for name in MONITORS if name in bond.asked), bond.place)
    if options.mode in ("balance-rr", "balance-xor", "broadcast"):
        yield Found(
            where,
            f"{bond.name} monitors no link: {options.mode} leaves a slave whose own carrier is "
            "lost, and notices nothing else",
            "warning",
            hint=_monitor(bond),
            claim="OPT-4",
        )
    elif options.mode == "802.3ad":
        yield Found(
            where,
            f"{bond.name} watches no carrier: a dead link is noticed when its LACPDUs have stayed "
            "away for 90 s, with lacp_rate=fast for 3 s",
            "warning",
            hint="set miimon=100",
            claim="LACP-RATE-4",
        )
    elif bond.format in MONITORED_BY_NM and bond.renderer != INITSCRIPTS:
        yield Found(
            where,
            f"{bond.name} has no link monitor here: NetworkManager makes it miimon=100, the "
            "initscripts leave it without, and then it never fails over",
            "warning",
        )
    else:
        message = (
            f"{bond.name} monitors no link, neither miimon nor arp_interval is set: it never "
            "fails over"
        )
        yield Found(where, message, hint=_monitor(bond))


def _monitor(bond: BondConfig) -> str:
    """Return which monitor a bond can have with its other options, its mode and its tool."""
    options, tool = sent_options(bond), TOOLS.get(bond.format)
    arp = "arp_interval and arp_ip_target"
    if options.mode not in ARP_MODES or (tool and tool.lacks("arp_interval")):
        return "set miimon=100"
    if options["arp_validate"] != "none":
        return f"set {arp}, without which arp_validate does nothing"
    return f"set miimon=100, or {arp}"


def two_monitors(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Both monitors are set."""
    options = sent_options(bond)
    if not (options["miimon"] and options["arp_interval"]):
        return
    yield Found(
        max(bond.where(name) for name in MONITORS),
        f"{written(bond, 'miimon', 'arp_interval')} exclude each other: netlink refuses both "
        "together, in sysfs the last one written wins",
    )


def no_target(bond: BondConfig, _: Around) -> Iterator[Found]:
    """The ARP monitor without targets."""
    options, caused = (
        sent_options(bond),
        "arp_ip_target" in meant(bond) | bond.misread | lost_options(bond),
    )
    targets = options["arp_ip_target"] or options["ns_ip6_target"]
    if options["arp_interval"] and not targets and not caused:
        yield Found(
            bond.where("arp_interval"),
            f"{written(bond, 'arp_interval')} without arp_ip_target: "
            + ("NetworkManager refuses the profile" if by_nm(bond) else "no probe is ever sent"),
        )


def one_target(bond: BondConfig, around: Around) -> Iterator[Found]:
    """A single target, whose own failure takes the bond down."""
    options = sent_options(bond)
    targets = (*_targets(options, "arp_ip_target"), *_targets(options, "ns_ip6_target"))
    unfit = {found.level for found in unfit_target(bond, around)}
    if options["arp_interval"] and len(targets) == 1 and "error" not in unfit:
        yield Found(
            bond.where("arp_ip_target"),
            f"{targets[0]} is the only target: when it fails, every slave is declared down",
        )


def _targets(options: BondOptions, name: str) -> tuple[str, ...]:
    value = options[name]
    return value if isinstance(value, tuple) else ()


def unfit_target(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Targets that are the bond itself, or in none of its networks."""
    known = [*bond.addresses, *(text for upper in bond.uppers for text in upper.ip.addresses)]
    networks = [ipaddress.ip_interface(address) for address in known]
    for text in _targets(sent_options(bond), "arp_ip_target"):
        target = ipaddress.ip_address(text)
        if any(target == network.ip for network in networks):
            yield Found(
                bond.where("arp_ip_target"),
                f"{text} is {bond.name} itself, nobody answers",
                "error",
            )
        elif networks and not any(target in network.network for network in networks):
            yield Found(
                bond.where("arp_ip_target"),
                f"{text} is in none of the networks of {bond.name}: it is probed only while a "
                "route to it leads through the bond",
            )


def unvalidated(bond: BondConfig, _: Around) -> Iterator[Found]:
    """The ARP monitor without validation: any frame counts."""
    options = sent_options(bond)
    if options["arp_interval"] and options["arp_validate"] == "none":
        yield Found(
            bond.where("arp_interval"),
            f"{written(bond, 'arp_validate')}: any frame counts, so a neighbour that sends ARP "
            "keeps a slave up whose path to the target is dead",
        )


def all_unvalidated(bond: BondConfig, _: Around) -> Iterator[Found]:
    """arp_all_targets=all without validation."""
    options = sent_options(bond)
    unvalidated_ = options["arp_interval"] and options["arp_validate"] == "none"
    if options["arp_all_targets"] == "all" and unvalidated_ and options.mode == "active-backup":
        yield Found(
            bond.where("arp_all_targets"),
            f"{written(bond, 'arp_all_targets')} without arp_validate takes every slave down for "
            "good",
        )


def unmonitored(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Options of the ARP monitor where it does not run."""
    options = sent(bond).unchecked
    lost = {"arp_interval"} & (lost_options(bond) | bond.misread | meant(bond))
    if options["arp_interval"] or lost or "mode" in bond.misread:
        return
    for name in ARP_OPTIONS:
        refuses = name == "arp_ip_target" and by_nm(bond)  # in any mode
        refused = name == "arp_validate" and is_refused_validation(bond)
        if name not in options.changed() or refused or not (refuses or options.mode in ARP_MODES):
            continue
        yield Found(
            bond.where(name),
            f"{written(bond, name)} does nothing without arp_interval"
            + (", and NetworkManager refuses the profile" if refuses else ""),
            "error" if refuses else None,
            hint="" if options.mode in ARP_MODES else "leave it out",
            option=name,
        )


def by_nm(bond: BondConfig) -> bool:
    """Return whether NetworkManager reads the bond's file itself, and verifies it as a whole."""
    return bond.format in BY_NM


def blind(bond: BondConfig, _: Around) -> Iterator[Found]:
    """What the MII monitor cannot detect, in the mode for which the ARP monitor was made."""
    options = sent_options(bond)
    if options.mode == "active-backup" and options["miimon"] and not options["arp_interval"]:
        yield Found(
            bond.where("miimon"),
            "miimon sees the slave's own carrier only: a failure behind the next switch, or "
            "silently dropped frames are not detected",
            hint=_end_to_end(bond),
        )


def _end_to_end(bond: BondConfig) -> str:
    """Return how to check the path end to end, with the tool's options or with another tool."""
    tool = TOOLS.get(bond.format)
    if tool and tool.lacks("arp_interval"):
        return f"for an end to end check, use another tool: {tool.name} has no ARP monitor"
    return "for an end to end check, use arp_interval with arp_validate"


def slow_partner(bond: BondConfig, _: Around) -> Iterator[Found]:
    """lacp_rate=slow: a partner that stops sending is detected late."""
    options = sent_options(bond)
    if options.mode == "802.3ad" and options["lacp_rate"] == "slow":
        one = given(bond, "lacp_rate")
        slow = verbatim(one.spelled) if one else "lacp_rate is slow by default"
        yield Found(
            bond.where("lacp_rate"),
            f"{slow}: a partner that stops sending with its link up is detected after 90 s",
            option="lacp_rate",
        )


def uneven(bond: BondConfig, _: Around) -> Iterator[Found]:
    """The ARP monitor in modes whose switch must spread the replies over all slaves."""
    options = sent_options(bond)
    if options["arp_interval"] and options.mode in ("balance-rr", "balance-xor"):
        yield Found(
            bond.where("arp_interval"),
            f"the ARP monitor in mode {options.mode}: a slave is declared down unless the switch "
            "spreads the replies evenly over all of them",
        )


RULES = (
    Rule("no-monitor", "error", "no link monitoring", "OPT-3",
         "set miimon=100", no_monitor),
    Rule("two-monitors", "error", "both link monitors", "ARPINT-4",
         "keep one: miimon, or arp_interval with its targets", two_monitors),
    Rule("no-target", "error", "the ARP monitor without target", "ARPINT-14",
         "set arp_ip_target to machines that answer ARP, such as the gateway", no_target),
    Rule("one-target", "warning", "a single ARP target", "ARPTGT-8",
         "add a second target, at best one at each switch (HA-7)", one_target),
    Rule("unfit-target", "warning", "a target that cannot be reached", "ARPTGT-9",
         "choose targets in the bond's own network", unfit_target),
    Rule("unvalidated", "warning", "ARP without validation", "ARPVAL-9",
         "set arp_validate=active, or all where the backup hears the active's requests",
         unvalidated),
    Rule("all-unvalidated", "error", "arp_all_targets=all without validation", "ARPALL-3",
         "set arp_validate, or leave arp_all_targets out", all_unvalidated),
    Rule("unmonitored", "warning", "ARP options without the ARP monitor", "ARPINT-3",
         "set arp_interval, or leave the option out", unmonitored),
    Rule("uneven", "warning", "replies that do not reach every slave", "ARPINT-9",
         "use miimon, or a switch that distributes round robin", uneven),
    Rule("blind", "note", "the limits of the MII monitor", "MIIMON-6",
         "for an end to end check, use arp_interval with arp_validate", blind),
    Rule("slow-partner", "note", "a slow LACP timeout", "LACP-RATE-4",
         "set lacp_rate=fast for 3 s", slow_partner),
)  # fmt: skip

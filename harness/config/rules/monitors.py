"""Rules on how a bond comes to know that a path is dead."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from harness.bonding import BondOptions, Setting, spans
from harness.bonding.options import ARP_MODES
from harness.bonding.table import IN_MS
from harness.config.lint import Around, Found, Rule
from harness.config.model import BondConfig
from harness.errors import ScenarioError

TOO_SHORT = 20  # ms; a number as small is one of seconds
TOO_LONG = 10_000  # ms
ABSURD = 1_000_000  # ms; a number as large is one of microseconds
HZ = 1000
MONITORS = ("miimon", "arp_interval")
PERIODS = {"miimon": "MIIMON-1", "arp_interval": "ARPINT-1", "updelay": "UPDELAY-1"}
DELAYS = {"updelay": "UPDELAY-2", "downdelay": "DOWNDELAY-2", "peer_notif_delay": "PND-1"}


def _number(value: Setting) -> int:
    return int(str(value))


def no_monitor(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Neither monitor runs."""
    options = bond.loose()
    if options["miimon"] or options["arp_interval"] or bond.misread & {"mode", *MONITORS}:
        return
    where = next((bond.where(name) for name in MONITORS if name in bond.asked), bond.place)
    if options.mode in ("balance-rr", "balance-xor", "broadcast"):
        yield Found(
            where,
            f"{bond.name} monitors no link: {options.mode} leaves a slave whose own carrier is "
            "lost, and notices nothing else",
            "warning",
            claim="OPT-4",
        )
    else:
        yield Found(
            where,
            f"{bond.name} monitors no link, neither miimon nor arp_interval is set: it never "
            "fails over",
        )


def two_monitors(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Both monitors are asked for."""
    options = bond.loose()
    if not (options["miimon"] and options["arp_interval"]):
        return
    yield Found(
        max(bond.where(name) for name in MONITORS),
        f"miimon={options['miimon']} and arp_interval={options['arp_interval']} exclude each "
        "other: netlink refuses both together, in sysfs the last one written wins",
    )


def unit(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Times that look as if they were meant in another unit."""
    for name, value in bond.asked.items():
        if name not in IN_MS:
            continue
        number = _number(value)
        if 0 < number <= TOO_SHORT and name in MONITORS:
            yield Found(
                bond.where(name),
                f"{name}={number} is {number} ms: was {number} s meant?",
                hint=f"{number} s are {name}={number * 1000}; common are 50 to 1000",
                claim=PERIODS[name],
            )
        elif number >= ABSURD:
            yield Found(
                bond.where(name),
                f"{name}={number} is {number / 1000:g} s: were microseconds meant?{_dark(bond)}",
                "error",
                hint=f"{number} microseconds are {name}={number // 1000}",
                claim=PERIODS.get(name, ""),
            )
        elif number >= TOO_LONG:
            meant = f"; were {number // 10_000} s meant, that is {number // 10}?"
            yield Found(
                bond.where(name),
                f"{name}={number} is {number / 1000:g} s: the unit is ms{_dark(bond)}",
                hint=f"common are 50 to 1000{meant if name in MONITORS else ''}",
                claim=PERIODS.get(name, ""),
            )


def _dark(bond: BondConfig) -> str:
    """Return after what time at most a dead path is noticed with these options, in words."""
    try:
        latest = spans(BondOptions.of(**bond.asked), HZ).detection.latest
    except ScenarioError:
        return ""
    return f", so a dead path is noticed after up to {latest.ns / 1_000_000_000:g} s"


def rounded(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Delays that are no multiple of miimon: the kernel keeps the quotient only."""
    options = bond.loose()
    every = _number(options["miimon"])
    for name, claim in DELAYS.items():
        value = _number(options[name])
        if every and value % every:
            made = value // every * every
            effect = "so there is no delay at all" if not made else f"the kernel makes it {made}"
            yield Found(
                bond.where(name),
                f"{name}={value} is no multiple of miimon={every}: {effect}",
                hint=f"write {name}={made + every} or another multiple of {every}",
                claim=claim,
            )


def no_target(bond: BondConfig, _: Around) -> Iterator[Found]:
    """The ARP monitor without anybody to ask."""
    options = bond.loose()
    if options["arp_interval"] and not options["arp_ip_target"] and not options["ns_ip6_target"]:
        yield Found(
            bond.where("arp_interval"),
            f"arp_interval={options['arp_interval']} without arp_ip_target: no probe is ever sent",
        )


def one_target(bond: BondConfig, _: Around) -> Iterator[Found]:
    """A single target, whose own failure takes the bond down."""
    options = bond.loose()
    targets = (*_targets(options, "arp_ip_target"), *_targets(options, "ns_ip6_target"))
    if options["arp_interval"] and len(targets) == 1:
        yield Found(
            bond.where("arp_ip_target"),
            f"{targets[0]} is the only target: when it fails, every slave is declared down",
        )


def _targets(options: BondOptions, name: str) -> tuple[str, ...]:
    value = options[name]
    return value if isinstance(value, tuple) else ()


def unfit_target(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Targets that are the bond itself, or in none of its networks."""
    networks = [ipaddress.ip_interface(address) for address in bond.addresses]
    for text in _targets(bond.loose(), "arp_ip_target"):
        target = ipaddress.ip_address(text)
        if any(target == one.ip for one in networks):
            yield Found(
                bond.where("arp_ip_target"),
                f"{text} is {bond.name} itself, nobody answers",
                "error",
            )
        elif networks and not any(target in one.network for one in networks):
            yield Found(
                bond.where("arp_ip_target"),
                f"{text} is in none of the networks of {bond.name}: it is probed only while a "
                "route to it leads through the bond",
            )


def unvalidated(bond: BondConfig, _: Around) -> Iterator[Found]:
    """The ARP monitor without validation: any frame counts."""
    options = bond.loose()
    if options["arp_interval"] and options["arp_validate"] == "none":
        yield Found(
            bond.where("arp_interval"),
            "arp_validate=none: any frame counts as life, so a neighbour that sends ARP keeps a "
            "slave up whose path to the target is dead",
        )


def all_unvalidated(bond: BondConfig, _: Around) -> Iterator[Found]:
    """arp_all_targets=all without validation."""
    options = bond.loose()
    unvalidated_ = options["arp_interval"] and options["arp_validate"] == "none"
    if options["arp_all_targets"] == "all" and unvalidated_ and options.mode == "active-backup":
        yield Found(
            bond.where("arp_all_targets"),
            "arp_all_targets=all without arp_validate takes every slave down for good",
        )


def unmonitored(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Options of the ARP monitor where it does not run."""
    options = bond.loose()
    names = ("arp_ip_target", "ns_ip6_target", "arp_validate", "arp_all_targets", "arp_missed_max")
    for name in names:
        if name in options.changed() and not options["arp_interval"] and options.mode in ARP_MODES:
            yield Found(bond.where(name), f"{name} does nothing without arp_interval")


def blind(bond: BondConfig, _: Around) -> Iterator[Found]:
    """What the MII monitor cannot see."""
    if bond.loose()["miimon"] and not bond.loose()["arp_interval"]:
        yield Found(
            bond.where("miimon"),
            "miimon sees the slave's own carrier only: a failure behind the next switch, or "
            "frames lost in silence, go unnoticed",
        )


def slow_partner(bond: BondConfig, _: Around) -> Iterator[Found]:
    """lacp_rate=slow: a partner that falls silent is noticed late."""
    options = bond.loose()
    if options.mode == "802.3ad" and options["lacp_rate"] == "slow":
        yield Found(
            bond.where("lacp_rate"),
            "lacp_rate=slow: a partner that falls silent with its link up is noticed after 90 s",
        )


RULES = (
    Rule("no-monitor", "error", "no link monitoring", "OPT-3",
         "set miimon=100, or arp_interval and arp_ip_target", no_monitor),
    Rule("two-monitors", "error", "both link monitors", "ARPINT-4",
         "keep one: miimon, or arp_interval with its targets", two_monitors),
    Rule("unit", "warning", "a time in another unit than ms", "", "", unit),
    Rule("rounded-delay", "warning", "a delay that is no multiple of miimon", "UPDELAY-2", "",
         rounded),
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
    Rule("blind", "note", "the limits of the MII monitor", "MIIMON-6",
         "for an end to end check, use arp_interval with arp_validate", blind),
    Rule("slow-partner", "note", "a slow LACP timeout", "LACP-RATE-4",
         "set lacp_rate=fast for 3 s", slow_partner),
)  # fmt: skip

"""Rules on the tool that a file is written for: what it drops, refuses, or adds by itself."""

from __future__ import annotations

from collections.abc import Iterator

from harness.bonding import OPTIONS, default
from harness.config.lint import Around, Found, Rule
from harness.config.model import BondConfig, Given
from harness.config.source import COMMAND_LINE
from harness.config.tool_support import BY_NETWORKD, BY_NM, RUNNING, TOOLS, Tool

NETWORKD = "src/network/netdev/bond.c of systemd"
IMPLIED = "(NetworkManager's default)"
# What systemd-networkd sends to the kernel in one mode only, whatever the file says.
ONE_MODE = {
    "lacp_rate": "802.3ad",
    "ad_select": "802.3ad",
    "fail_over_mac": "active-backup",
    "packets_per_slave": "balance-rr",
}
SWITCH = frozenset({"on", "off"})
# Tools that take a switch as a number only: the others take the kernel's words too.
NUMBERS = BY_NM | {"suse", "modprobe"}
IN_ORDER = frozenset({"ifcfg", "bonding-opts"})
BY_NETLINK_ALONE = frozenset({"ip-link"})
CHANNEL = ("balance-rr", "balance-xor")


def drops(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Options that the tool has no word for."""
    for one in bond.given:
        tool = TOOLS.get(one.format)
        if tool and _dropped(one, tool):
            yield Found(
                one.place,
                f"{one.spelled}: {tool.name} has no such option, so it {tool.drops}",
                hint=f"{tool.source}; {_instead(one)}",
            )
    for slave in bond.slaves:
        for one in slave.given:
            tool = TOOLS.get(one.format)
            if tool and one.name not in tool.slave_options:
                yield Found(one.place, f"{one.spelled}: {tool.name} has no such option of a slave")


def _dropped(one: Given, tool: Tool) -> bool:
    if tool.format in RUNNING or one.place.file == COMMAND_LINE or one.value is None:
        return False
    return tool.lacks(one.name)


def dropped(bond: BondConfig) -> frozenset[str]:
    """Return the options that the tool does not apply, whatever the file says."""
    found = (one for one in bond.given if (tool := TOOLS.get(one.format)) and _dropped(one, tool))
    return frozenset(one.name for one in found)


def _instead(one: Given) -> str:
    """Return what to do about an option that is dropped."""
    if one.format == "interfaces" and not TOOLS["ifupdown2"].lacks(one.name):
        return "ifupdown2 has it: if this is its file, say --from ifupdown2"
    if one.format == "ifupdown2" and OPTIONS[one.name].sysfs:
        sign = "+" if isinstance(one.value, tuple) else ""
        file = f"/sys/class/net/$IFACE/bonding/{one.name}"
        return f"add: post-up echo {sign}{one.raw.lstrip('+')} > {file}"
    return f"set {one.name} by other means"


def limits(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Values that the kernel takes and the tool does not, or not without a warning."""
    for one in bond.given:
        tool = TOOLS.get(one.format)
        limit = tool.limits.get(one.name) if tool else None
        if one.format == "netplan" and not by_networkd(bond, one):
            continue  # netplan passes it on to NetworkManager, which takes it
        if tool and limit and one.value is not None and not limit.allows(one.value):
            says = f"takes {limit} only, though the kernel takes it"
            if limit.soft:
                says = f"expects {limit}, warns, and sets it all the same"
            yield Found(
                one.place,
                f"{one.spelled}: {tool.name} {says}",
                "note" if limit.soft else None,
                hint=f"{tool.source}; choose another value or another tool",
            )


def words(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Numbers where the tool takes words only, and words where it takes numbers only."""
    for one in bond.given:
        values = {value.word for value in OPTIONS[one.name].values} if one.value else set()
        if not values or one.format not in TOOLS or one.name in dropped(bond):
            continue
        tool, number = TOOLS[one.format], OPTIONS[one.name].number_of(one.value or 0)
        by_word = by_networkd(bond, one) or (one.format == "netplan" and one.name == "mode")
        if values != SWITCH and one.raw.isdigit() and by_word:
            message = f"{one.spelled}: {_by_word(bond, one)}"
            yield Found(one.place, message, hint=f"write {one.name}={one.value}")
        elif values == SWITCH and one.raw in SWITCH and one.format in NUMBERS:
            message = f"{one.spelled}: {tool.name} takes 0 or 1 only; else it {WRONG[one.format]}"
            yield Found(one.place, message, hint=f"write {one.name}={number}")


WRONG = {
    "nm": "drops the option in silence",
    "nmcli": "refuses the command",
    "suse": "ignores the option",
    "modprobe": "does not load the module",
}


def _by_word(bond: BondConfig, one: Given) -> str:
    """Return what becomes of a number where a word is wanted."""
    if one.format == "netplan" and one.name == "mode":
        return "netplan takes words only, and refuses the file"
    passed = "netplan passes it on to systemd-networkd, which" * (one.format == "netplan")
    left = f": {bond.name} is balance-rr" if one.name == "mode" else ""
    return f"{passed or 'systemd-networkd'} takes words only, and ignores it{left}"


def lately(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Options that releases of the tool which are in use do not know."""
    given = [*bond.given, *(one for slave in bond.slaves for one in slave.given)]
    for one in given:
        tool = TOOLS.get(one.format)
        if tool and one.name in tool.lately and not one.spelled.endswith(IMPLIED):
            yield Found(
                one.place,
                f"{one.spelled}: {tool.lately[one.name]} and older do not know it; there it "
                f"{tool.drops}",
                hint="see which release the machine has, or leave it out",
            )


def unsent(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Settings that systemd-networkd reads and does not send in this case."""
    options = bond.loose()
    for one in bond.given:
        if one.value != default(one.name, options.mode) and (why := _unsent(bond, one)):
            yield Found(one.place, f"{one.spelled}: systemd-networkd sends it {why}")


def by_networkd(bond: BondConfig, one: Given) -> bool:
    """Tell whether systemd-networkd is who applies an option."""
    return one.format in BY_NETWORKD and bond.renderer != "NetworkManager"


def by_netlink(one: Given) -> bool:
    """Tell whether an option reaches the driver with all others, in the request for the bond.

    What is refused there refuses the bond; scripts write one option after another.
    """
    return one.format in BY_NETLINK_ALONE or one.place.file == COMMAND_LINE


def is_refused_validation(bond: BondConfig) -> bool:
    """Tell whether arp_validate stands beside miimon alone, and the driver refuses the bond."""
    options = bond.loose()
    given = [one for one in bond.given if one.name == "arp_validate" and one.value != "none"]
    asked = given and options["miimon"] and not options["arp_interval"]
    able = options.mode in OPTIONS["arp_validate"].modes and "mode" not in bond.misread
    return bool(asked and able and (by_netlink(given[-1]) or by_networkd(bond, given[-1])))


def unsent_options(bond: BondConfig) -> frozenset[str]:
    """Return the options that systemd-networkd keeps to itself in the bond's mode."""
    return frozenset(one.name for one in bond.given if _unsent(bond, one))


def _unsent(bond: BondConfig, one: Given) -> str:
    """Return when systemd-networkd sends an option that it does not send here, else ""."""
    options = bond.loose()
    if not by_networkd(bond, one) or "mode" in bond.misread:
        return ""
    if one.name in ONE_MODE and options.mode != ONE_MODE[one.name]:
        return f"in mode {ONE_MODE[one.name]} only"
    if one.name in ("lp_interval", "arp_ip_target") and not options["arp_interval"]:
        return "together with the ARP interval only"
    return ""


def implied(bond: BondConfig, _: Around) -> Iterator[Found]:
    """The monitor that NetworkManager adds."""
    for one in bond.given:
        if one.spelled.endswith(IMPLIED):
            yield Found(one.place, "no monitor is set: NetworkManager makes it miimon=100")


def order(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Delays before the miimon of which they are multiples, where a script writes in order."""
    seen: set[str] = set()
    for one in bond.given:
        needs = OPTIONS[one.name].requires
        late = needs and needs not in seen and bond.loose()[needs]
        if late and one.format in IN_ORDER and one.value:
            yield Found(
                one.place,
                f"{one.spelled} stands before {needs}: ifup writes them in this order, and the "
                f"driver refuses a delay while {needs} is 0 (NetworkManager sorts them)",
                hint=f"write {needs}={bond.loose()[needs]} before it",
            )
        seen.add(one.name)


def no_mode(bond: BondConfig, _: Around) -> Iterator[Found]:
    """A bond without a mode is a round robin."""
    if bond.format not in RUNNING and "mode" not in bond.asked.keys() | bond.misread:
        yield Found(
            bond.place,
            f"{bond.name} has no mode: it is balance-rr, for which the switch must form a channel",
        )


def channel(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Modes that work with a switch only if it has one channel of these ports."""
    mode = bond.loose().mode
    if mode in CHANNEL and "mode" in bond.asked:
        yield Found(
            bond.where("mode"),
            f"{mode} sends with one MAC address through all slaves: the switch must have one "
            "channel (static LAG, EtherChannel) of their ports",
        )


RULES = (
    Rule("tool-drops", "error", "an option that the tool drops", "", "", drops),
    Rule("tool-limits", "error", "a value that the tool refuses", "", "", limits),
    Rule("tool-words", "error", "a number for a word, or a word for a number", "", "", words),
    Rule("tool-version", "warning", "an option that older releases do not know", "", "", lately),
    Rule("order", "warning", "options in an order that is refused", "", "", order),
    Rule("unsent", "warning", "a setting that is not sent", "",
         f"{NETWORKD}, netdev_bond_fill_message_create", unsent),
    Rule("implied-monitor", "note", "a monitor that nobody asked for", "MIIMON-1",
         "write miimon=100, so that other tools do the same", implied),
    Rule("no-mode", "warning", "no mode is given", "SWCFG-4",
         "write the mode, such as active-backup", no_mode),
    Rule("channel", "note", "a mode that needs a channel at the switch", "SWCFG-4",
         "configure the channel, or use active-backup, which needs none", channel),
)  # fmt: skip

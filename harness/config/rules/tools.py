"""Rules on the tool that reads the file: what it drops, refuses, or adds by itself."""

from __future__ import annotations

from collections.abc import Iterator

from harness.bonding import OPTIONS, Setting, default
from harness.config import by_hand
from harness.config.lint import Around, Found, Rule
from harness.config.model import BondConfig, Given
from harness.config.option_names import NETWORKD
from harness.config.rules import sent
from harness.config.rules.misspelt import MONITORS, implied, meant
from harness.config.rules.words import text
from harness.config.spelling import spelled, verbatim
from harness.config.tool_support import BY_NM, RUNNING, TOOLS

ON_OFF = frozenset({"on", "off"})
# Tools that take a switch as a number only: the others take the kernel's words too.
NUMBERS = BY_NM | {"suse", "modprobe"}
IN_ORDER = frozenset({"ifcfg", "bonding-opts"})
CHANNEL = ("balance-rr", "balance-xor")


def drops(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Options that the tool lacks, and the monitor that is then missing."""
    for option in bond.given:
        tool = TOOLS.get(option.format)
        if tool and sent.drops(option, tool):
            yield Found(
                option.place,
                f"{verbatim(option.spelled)}: {tool.name} has no such option, so it "
                f"{tool.on_unknown}"
                f"{_unmonitored(bond, option)}",
                hint=f"{tool.source}; {_instead(bond, option)}",  # ends with what is to be copied
                option=option.name,
            )
    for slave in bond.slaves:
        for option in slave.given:
            tool = TOOLS.get(option.format)
            if tool and option.name not in tool.slave_options:
                yield Found(
                    option.place,
                    f"{verbatim(option.spelled)}: {tool.name} has no such option of a slave, "
                    f"so it {tool.on_unknown}",
                    hint=_of_slave(bond, slave.name, option),
                )


def _unmonitored(bond: BondConfig, one: Given) -> str:
    """Return what follows for the bond from a monitor that is dropped, "" where nothing does."""
    options = sent.sent_options(bond)
    if one.name not in MONITORS or options["miimon"] or options["arp_interval"]:
        return ""
    fails_over = "" if options.mode in CHANNEL else f", and {bond.name} never fails over"
    return f": no monitor is left{fails_over}"


def _instead(bond: BondConfig, one: Given) -> str:
    """Return what to do about an option that is dropped."""
    asked: Setting = () if one.value is None else one.value
    option, options = OPTIONS[one.name], bond.unchecked
    idle = option.requires and not options[option.requires]
    beside = any(options[other] for other in option.excludes)
    if idle or beside or options.mode not in option.modes:
        return "leave it out"  # the driver refuses it from any tool
    monitor = "set miimon=100, or " if _unmonitored(bond, one) else ""
    if one.format == "interfaces" and not TOOLS["ifupdown2"].lacks(one.name):
        monitor += "if this is a file of ifupdown2, say --from ifupdown2; else "
    if one.format in ("interfaces", "ifupdown2"):
        line = by_hand.in_a_stanza(one.format, bond.unchecked.mode, one.name, asked)
        if line:
            return f"{monitor}write instead: {verbatim(line)}"
    if one.format == "netplan" and sent.by_networkd(bond, one) and one.name in NETWORKD.values():
        file = f"/etc/systemd/network/10-netplan-{bond.name}.netdev.d/more.conf"
        line = spelled("networkd", one.name, text(asked))
        return f"leave it out, and write below [Bond] in {file}: {verbatim(line)}"
    if command := by_hand.on_a_bond(bond.name, one.name, asked):
        return f"{monitor}leave it out, and run when {bond.name} is up: {verbatim(command)}"
    line = by_hand.of_the_module(one.name, asked)
    where = "leave it out, and write in a file of /etc/modprobe.d, for all bonds"
    return f"{where}: {verbatim(line)}" if line else "leave it out"


def _of_slave(bond: BondConfig, slave: str, one: Given) -> str:
    """Return what to do about an option of a slave that is dropped."""
    if one.value is None or one.name not in by_hand.SLAVE_COMMANDS:
        return "leave it out"
    command = by_hand.on_a_slave(bond.name, slave, one.name, one.value)
    return f"leave it out, and run when {bond.name} is up: {verbatim(command)}"


def limits(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Values that the kernel accepts and the tool refuses, or accepts with a warning."""
    for option in bond.given:
        limit = sent.limit_of(bond, option)
        if limit and option.value is not None and not limit.allows(option.value):
            tool = TOOLS[option.format]
            says = f"takes {limit} only, though the kernel takes it"
            if limit.soft:
                says = f"expects {limit}, warns, and sets it all the same"
            yield Found(
                option.place,
                f"{verbatim(option.spelled)}: {tool.name} {says}",
                "note" if limit.soft else None,
                hint=f"choose another value or another tool ({tool.source})",
                option="" if limit.soft else option.name,
            )


def words(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Numbers where the tool accepts only words, and words where it accepts only numbers."""
    for option in bond.given:
        values = {value.word for value in OPTIONS[option.name].values} if option.value else set()
        if not values or option.format not in TOOLS:
            continue
        tool, number = TOOLS[option.format], OPTIONS[option.name].number_of(option.value or 0)
        by_word = sent.by_networkd(bond, option) or (
            option.format == "netplan" and option.name == "mode"
        )
        seen = verbatim(option.spelled)
        if values != ON_OFF and option.raw.isdigit() and by_word:
            message = f"{seen}: {_by_word(bond, option)}"
            yield Found(
                option.place,
                message,
                hint=f"write {option.name}={option.value}",
                option=option.name,
            )
        elif values == ON_OFF and option.raw in ON_OFF and option.format in NUMBERS:
            message = f"{seen}: {tool.name} takes 0 or 1 only, and {WRONG[option.format]}"
            yield Found(
                option.place, message, hint=f"write {option.name}={number}", option=option.name
            )


WRONG = {
    "nm": "silently drops the option",
    "nmcli": "refuses the command",
    "suse": "ignores the option",
    "modprobe": "does not load the module",
}


def _by_word(bond: BondConfig, one: Given) -> str:
    """Return the effect of a number where a word is required."""
    if one.format == "netplan" and one.name == "mode":
        return "netplan takes words only, and refuses the file"
    passed = "netplan passes it on to systemd-networkd, which" * (one.format == "netplan")
    without = f", so {bond.name} is balance-rr" if one.name == "mode" else ""
    return f"{passed or 'systemd-networkd'} takes words only, and ignores it{without}"


def older_releases(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Options that releases of the tool in use lack."""
    given = [*bond.given, *(option for slave in bond.slaves for option in slave.given)]
    for option in given:
        tool = TOOLS.get(option.format)
        if tool and option.name in tool.lacked_by and not implied(option):
            yield Found(
                option.place,
                f"{verbatim(option.spelled)}: {tool.lacked_by[option.name]} and older do not know "
                f"it; there it {tool.on_unknown}",
                hint="see which release the machine has, or leave it out",
                option=option.name,
            )


def unsent(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Settings that systemd-networkd reads but does not send in this case."""
    options = bond.unchecked
    for option in bond.given:
        why = sent.unsent(bond, option)
        if option.value is not None and option.value != default(option.name, options.mode) and why:
            yield Found(
                option.place,
                f"{verbatim(option.spelled)}: systemd-networkd sends it {why}",
                hint=_sent(bond, option),
                option=option.name,
            )


def _sent(bond: BondConfig, one: Given) -> str:
    """Return what to do about an option that is not sent."""
    if one.name == "lp_interval":
        command = by_hand.on_a_bond(bond.name, one.name, one.value or 1)
        return f"leave it out, or run when {bond.name} is up: {verbatim(command)}"
    if one.name == "arp_ip_target":
        return "set arp_interval, or leave the option out"
    return f"leave it out, or set mode={sent.ONE_MODE[one.name]}"


def added(bond: BondConfig, _: Around) -> Iterator[Found]:
    """The monitor that NetworkManager adds, unless a misspelt line was meant to set one."""
    for option in bond.given if not meant(bond) & MONITORS else ():
        if implied(option):
            yield Found(option.place, "no monitor is set: NetworkManager makes it miimon=100")


def order(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Delays that precede miimon, where a script writes the options in order."""
    seen: set[str] = set()
    for option in bond.given:
        needs = OPTIONS[option.name].requires
        late = needs and needs not in seen and bond.unchecked[needs]
        if late and option.format in IN_ORDER and option.value:
            yield Found(
                option.place,
                f"{verbatim(option.spelled)} precedes {needs}: ifup writes them in this order, "
                f"and the driver refuses a delay while {needs} is 0 (NetworkManager sorts them)",
                hint=f"write {needs}={bond.unchecked[needs]} before it",
                option=option.name,
            )
        seen.add(option.name)


def no_mode(bond: BondConfig, _: Around) -> Iterator[Found]:
    """A bond without a mode is balance-rr."""
    if bond.format in RUNNING:
        return
    if "mode" not in bond.asked.keys() | bond.misread | meant(bond):
        yield Found(
            bond.place,
            f"{bond.name} has no mode: it is balance-rr, for which the switch must form a channel",
        )


def channel(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Modes that need a channel of these ports at the switch."""
    mode = bond.unchecked.mode
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
    Rule("tool-version", "warning", "an option that older releases do not know", "", "",
         older_releases),
    Rule("order", "warning", "options in an order that is refused", "", "", order),
    Rule("unsent", "warning", "a setting that is not sent", "", "", unsent),
    Rule("implied-monitor", "note", "a monitor that is not configured", "MIIMON-1",
         "write miimon=100, so that other tools do the same", added),
    Rule("no-mode", "warning", "no mode is given", "SWCFG-4",
         "write the mode, such as active-backup", no_mode),
    Rule("channel", "note", "a mode that needs a channel at the switch", "SWCFG-4",
         "configure the channel, or use active-backup, which needs none", channel),
)  # fmt: skip

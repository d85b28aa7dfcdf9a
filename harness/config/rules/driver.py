"""Rules on options that the driver refuses, or accepts without effect."""

from __future__ import annotations

from collections.abc import Iterator

from harness.bonding import OPTIONS
from harness.config.lint import Around, Found, Rule
from harness.config.model import BondConfig, Given
from harness.config.rules.misspelt import consequences
from harness.config.rules.sent import (
    by_netlink,
    is_refused_validation,
    lost_options,
    refusals,
    sent,
    sent_options,
)
from harness.config.rules.words import quoted, text, written
from harness.config.source import COMMAND_LINE
from harness.config.spelling import verbatim
from harness.config.tool_support import BY_NM

# Formats whose tools write an option that is at its default: systemd-networkd leaves it out.
WRITE_DEFAULTS = frozenset({"interfaces", "ifcfg", "bonding-opts", "suse"})
COUNTERS = {"num_grat_arp", "num_unsol_na"}  # one counter of the driver's with two names
ARP_OPTIONS = ("arp_ip_target", "ns_ip6_target", "arp_all_targets")  # any mode takes them


def bad_value(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Values that an option does not accept."""
    given = [*bond.given, *(option for slave in bond.slaves for option in slave.given)]
    for option in given:
        if option.wrong:
            why = verbatim(option.wrong.removeprefix(f"{option.name}={option.raw}: "))
            message = f"{verbatim(option.spelled)}: {why}"
            yield Found(option.place, message, hint=option.hint, option=option.name)


def unknown_setting(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Unknown keys, and the effect of the option that was probably meant being missing."""
    for remark in bond.remarks:
        follows = consequences(bond, remark)
        message = f"{quoted(remark)}{'; without it ' * bool(follows)}{follows}"
        yield Found(remark.place, message, remark.level, verbatim(remark.hint))


def given_twice(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Options that are set to two values; lists of targets are concatenated."""
    seen: dict[str, Given] = {}
    for option in bond.given:
        before = seen.get(option.name)
        if option.value is None or isinstance(option.value, tuple):
            continue
        if before is not None and before.value != option.value:
            yield _twice(before, option)
        seen[option.name] = option


def _twice(idle: Given, counts: Given) -> Found:
    """Return the error for an option with two values, of which one is in force."""
    if idle.place == counts.place and idle.spelled == counts.spelled:  # a line for several slaves
        message = (
            f"{verbatim(idle.spelled)} gives {idle.text} and {counts.text}: the last one counts"
        )
        return Found(counts.place, message)
    first, second = sorted((idle, counts), key=lambda one: one.place)
    which = "last" if second is counts else "first"
    where = f" ({first.place})" if first.place != second.place else ""
    both = f"{verbatim(second.spelled)} after {verbatim(first.spelled)}{where}"
    if counts.format in BY_NM and {_key(idle), _key(counts)} == COUNTERS:
        return Found(second.place, f"{both}: NetworkManager refuses the profile", "error")
    return Found(second.place, f"{both}: the {which} one counts")


def _key(one: Given) -> str:
    return one.spelled.partition("=")[0]


def refused(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Options that the driver refuses in this mode, or without another one."""
    for name, error in refusals(bond):
        why = error.message.removeprefix(f"{name}={text(bond.asked[name])} ")
        message = f"{written(bond, name)} {why.removeprefix(f'{name} ')}"
        yield Found(bond.where(name), message, hint=error.hint, option=name)
    yield from _refused_at_rest(bond)
    if is_refused_validation(bond):
        yield Found(
            bond.where("arp_validate"),
            f"{written(bond, 'arp_validate')} beside {written(bond, 'miimon')}: the driver "
            "refuses both together, and makes no bond",
            hint="set arp_interval instead of miimon, or leave arp_validate out",
            option="arp_validate",
        )


def _refused_at_rest(bond: BondConfig) -> Iterator[Found]:
    """Yield delays of 0 without miimon, where the tool writes them all the same."""
    if bond.unchecked["miimon"] or bond.misread & {"mode", "miimon"}:
        return
    for option in bond.given:
        at_rest = OPTIONS[option.name].requires and option.value == 0
        if at_rest and (option.format in WRITE_DEFAULTS or by_netlink(option)):
            with_all_of_it = by_netlink(option) and option.place.file != COMMAND_LINE
            yield Found(
                option.place,
                f"{verbatim(option.spelled)} needs miimon, which is 0: the driver refuses even a "
                f"delay of 0{', and makes no bond' * with_all_of_it}",
                "error" if with_all_of_it else "note",
                hint=f"leave {option.name} out, or give miimon before it",
                option=option.name,
            )


def idle(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Options that the driver accepts in this mode but that have no effect there."""
    if "mode" in bond.misread:
        return
    options, caused = (
        sent_options(bond),
        ARP_OPTIONS if "arp_interval" in lost_options(bond) else (),
    )
    for name, value in sent(bond).asked.items():
        option = OPTIONS[name]
        if name in caused:
            continue
        without = options.mode in option.modes and not option.has_effect_in(options.mode)
        if without and value != option.default:
            message = f"{written(bond, name)} does nothing in mode {options.mode}"
            yield Found(bond.where(name), message, option=name)


def idle_reselect(bond: BondConfig, _: Around) -> Iterator[Found]:
    """A reselection policy without a primary."""
    options = sent_options(bond)
    if options["primary_reselect"] != "always" and not options["primary"]:
        yield Found(
            bond.where("primary_reselect"),
            f"{written(bond, 'primary_reselect')} does nothing without a primary",
            option="primary_reselect",
        )


def no_carrier(bond: BondConfig, around: Around) -> Iterator[Found]:
    """use_carrier=0, which newer kernels refuse."""
    unknown = around.kernel is not None and bond.unchecked.unknown_to(around.kernel)
    if bond.asked.get("use_carrier") == "off" and not unknown:
        yield Found(
            bond.where("use_carrier"),
            f"{written(bond, 'use_carrier')} is refused from kernel 7.2 on, and was obsolete long "
            "before",
            option="use_carrier",
        )


RULES = (
    Rule("bad-value", "error", "a value that the option does not take", "REJ-4",
         "the kernel refuses it: write one that it takes", bad_value),
    Rule("unknown-setting", "error", "a setting that no bond knows", "",
         "correct the name, or leave it out", unknown_setting),
    Rule("given-twice", "warning", "one option with two values", "", "keep one", given_twice),
    Rule("refused", "error", "an option that the driver refuses here", "REJ-1",
         "leave it out, or change the mode", refused),
    Rule("idle", "note", "an option without effect", "", "leave it out", idle),
    Rule("idle-reselect", "note", "a policy without a primary", "PRESEL-1",
         "set primary, or leave the policy out", idle_reselect),
    Rule("use-carrier-off", "warning", "use_carrier=0", "USECARR-1", "leave it out", no_carrier),
)  # fmt: skip

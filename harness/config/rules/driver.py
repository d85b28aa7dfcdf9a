"""Rules on what the driver refuses, or takes without doing anything with it."""

from __future__ import annotations

from collections.abc import Iterator

from harness.bonding import OPTIONS, Setting
from harness.bonding.checks import check
from harness.config.lint import Around, Found, Rule
from harness.config.model import BondConfig, Given
from harness.config.rules.tools import by_netlink, is_refused_validation, unsent_options
from harness.config.source import COMMAND_LINE
from harness.config.tool_support import TOOLS
from harness.errors import ScenarioError

# One file names bond and slaves; of other formats the files of the slaves may not be given.
ONE_FILE = frozenset({"interfaces", "ifupdown2", "netplan", "nmstate", "suse", "proc", "sysfs"})
# Formats whose tools write an option that is at its default: systemd-networkd leaves it out.
WRITE_DEFAULTS = frozenset({"interfaces", "ifcfg", "bonding-opts", "suse"})
PRIMARIES = ("primary", "active_slave")


def bad_value(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Values that an option does not take."""
    given = [*bond.given, *(one for slave in bond.slaves for one in slave.given)]
    yield from (
        Found(one.place, _said(one), hint=one.hint, verbatim=True) for one in given if one.wrong
    )


def _said(one: Given) -> str:
    """Return what is wrong, with the spelling of the file."""
    return f"{one.spelled}: {one.wrong.removeprefix(f'{one.name}={one.raw}: ')}"


def unknown_setting(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Keys that no bond knows."""
    for extra in bond.extras:
        yield Found(extra.place, extra.message, extra.level, extra.hint, verbatim=True)


def given_twice(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Options that are set to two values; lists of targets add up."""
    seen: dict[str, Setting] = {}
    for one in bond.given:
        before = seen.get(one.name)
        if one.value is None or isinstance(one.value, tuple):
            continue
        if before is not None and before != one.value:
            yield Found(
                one.place, f"{one.spelled}: {one.name} was {before} above; the last one counts"
            )
        seen[one.name] = one.value


def refused(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Options that the driver refuses in this mode, or without another one."""
    if "mode" in bond.misread:
        return  # the mode is not known
    options = bond.loose()
    asked = bond.without(unsent_options(bond)).asked
    for name, value in asked.items():
        try:
            check(options, {name: value})
        except ScenarioError as error:
            if " exclude each other" not in error.message:
                yield Found(bond.where(name), error.message, hint=error.hint)
    yield from _refused_at_rest(bond)
    if is_refused_validation(bond):
        yield Found(
            bond.where("arp_validate"),
            f"arp_validate={options['arp_validate']} beside miimon: the driver refuses both "
            "together, and makes no bond",
            hint="set arp_interval in the place of miimon, or leave arp_validate out",
        )


def _refused_at_rest(bond: BondConfig) -> Iterator[Found]:
    """Yield delays of 0 without miimon, where the tool writes them all the same."""
    if bond.loose()["miimon"] or bond.misread & {"mode", "miimon"}:
        return
    for one in bond.given:
        at_rest = OPTIONS[one.name].requires and one.value == 0
        if at_rest and (one.format in WRITE_DEFAULTS or by_netlink(one)):
            with_all_of_it = by_netlink(one) and one.place.file != COMMAND_LINE
            yield Found(
                one.place,
                f"{one.name}=0 needs miimon, which is 0: the driver refuses even a delay of 0"
                + (", and makes no bond" if with_all_of_it else ""),
                "error" if with_all_of_it else "note",
                hint=f"leave {one.name} out, or give miimon before it",
            )


def idle(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Options that the driver takes in this mode and that do nothing there."""
    mode = bond.loose().mode
    for name, value in bond.asked.items():
        option = OPTIONS[name]
        if mode in option.modes and value != option.default and not option.has_effect_in(mode):
            yield Found(bond.where(name), f"{name}={_text(value)} does nothing in mode {mode}")


def foreign_primary(bond: BondConfig, _: Around) -> Iterator[Found]:
    """A primary that is not among the slaves, where the slaves are known."""
    for name in PRIMARIES:
        value = bond.asked.get(name)
        known = bond.slaves and not bond.matches
        if value and known and value not in bond.slave_names:
            has = ", ".join(bond.slave_names)
            yield Found(
                bond.where(name), f"{name}={value} is no slave of {bond.name} (has: {has})"
            )


def idle_reselect(bond: BondConfig, _: Around) -> Iterator[Found]:
    """A policy for a primary that there is not."""
    options = bond.loose()
    policy = options["primary_reselect"]
    if policy != "always" and not options["primary"]:
        yield Found(
            bond.where("primary_reselect"),
            f"primary_reselect={policy} does nothing without a primary",
        )


def too_few(bond: BondConfig, _: Around) -> Iterator[Found]:
    """A bond of one slave, which has nothing to fail over to."""
    if len(bond.slaves) == 1 and not bond.matches and not bond.shared:
        yield Found(
            bond.slaves[0].place,
            f"{bond.name} has one slave only, {bond.slave_names[0]}",
        )


def matched(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Slaves that a rule selects, whose names only the machine knows."""
    for match in bond.matches:
        said = f"{match.spelled}: which slaves of {bond.name} this selects, the machine decides"
        yield Found(match.place, said, hint="harness check --against shows it", verbatim=True)


def no_slaves(bond: BondConfig, _: Around) -> Iterator[Found]:
    """A bond without slaves, where the format names them."""
    tool = TOOLS.get(bond.format)
    if tool and tool.slaves and not bond.slaves and not bond.matches:
        if bond.format in ONE_FILE:
            yield Found(bond.place, f"{bond.name} has no slaves", hint="name them")
        else:
            yield Found(
                bond.place,
                f"no file names a slave of {bond.name}",
                "note",
                hint="give the files of its slaves as well, or write them",
            )


def slave_ip(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Slaves with IP of their own, whose routes bypass the bond."""
    for slave in bond.slaves:
        has = ["DHCP"] * (slave.ip.dhcp4 or slave.ip.dhcp6) + list(slave.ip.addresses)
        if has:
            yield Found(
                slave.place,
                f"{slave.name} is a slave of {bond.name} and has {' and '.join(has)} of its own: "
                "traffic by its routes bypasses the bond",
                hint=f"move it to {bond.name}, or leave it out",
            )


def no_carrier(bond: BondConfig, _: Around) -> Iterator[Found]:
    """use_carrier=0, which newer kernels refuse."""
    if bond.asked.get("use_carrier") == "off":
        yield Found(
            bond.where("use_carrier"),
            "use_carrier=0 is refused from kernel 7.2 on, and was obsolete long before",
        )


def _text(value: Setting) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


RULES = (
    Rule("bad-value", "error", "a value that the option does not take", "REJ-4",
         "the kernel refuses it: write one that it takes", bad_value),
    Rule("unknown-setting", "error", "a setting that no bond knows", "",
         "correct the name, or leave it out", unknown_setting),
    Rule("given-twice", "warning", "one option with two values", "", "keep one", given_twice),
    Rule("refused", "error", "an option that the driver refuses here", "REJ-1",
         "leave it out, or change the mode", refused),
    Rule("idle", "note", "an option without effect", "", "leave it out", idle),
    Rule("foreign-primary", "error", "a primary that is no slave", "PRIMARY-5",
         "name one of the slaves", foreign_primary),
    Rule("idle-reselect", "note", "a policy without a primary", "PRESEL-1",
         "set primary, or leave the policy out", idle_reselect),
    Rule("one-slave", "warning", "nothing to fail over to", "FAQ-6",
         "add a second slave", too_few),
    Rule("matched-slaves", "note", "slaves that a rule selects", "", "", matched),
    Rule("no-slaves", "warning", "a bond without slaves", "", "", no_slaves),
    Rule("slave-ip", "warning", "a slave with IP of its own", "TROUBLE-1", "", slave_ip),
    Rule("use-carrier-off", "warning", "use_carrier=0", "USECARR-1", "leave it out", no_carrier),
)  # fmt: skip

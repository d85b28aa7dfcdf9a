"""Rules on the slaves of a bond."""

from __future__ import annotations

from collections.abc import Iterator

from harness.config.lint import Around, Found, Rule
from harness.config.model import BondConfig
from harness.config.place import Place
from harness.config.rules.words import written
from harness.config.spelling import verbatim
from harness.config.tool_support import RUNNING, TOOLS

# One file names bond and slaves; of other formats the files of the slaves may not be given.
ONE_FILE = frozenset({"interfaces", "ifupdown2", "netplan", "nmstate", "suse", "proc", "sysfs"})
PRIMARIES = ("primary", "active_slave")


def foreign_primary(bond: BondConfig, _: Around) -> Iterator[Found]:
    """A primary that is not among the slaves, where the slaves are known."""
    for name in PRIMARIES:
        value = bond.asked.get(name)
        known = bond.slaves and not bond.matches
        if value and known and value not in bond.slave_names:
            has = ", ".join(bond.slave_names)
            message = f"{written(bond, name)}: {value} is no slave of {bond.name} (has: {has})"
            yield Found(bond.where(name), message, option=name)


def too_few(bond: BondConfig, _: Around) -> Iterator[Found]:
    """A bond with one slave, which cannot fail over."""
    if len(bond.slaves) == 1 and not bond.matches and not bond.shared:
        yield Found(
            bond.slaves[0].place,
            f"{bond.name} has one slave only, {bond.slave_names[0]}",
        )


def matched(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Slaves that are selected by a pattern, whose names are known only on the machine."""
    for match in bond.matches:
        which = f"which slaves of {bond.name} this selects depends on the machine"
        message = f"{verbatim(match.spelled)}: {which}"
        hint = f"harness check --against {bond.name} shows it on the machine"
        yield Found(match.place, message, hint=hint)


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
    """Slaves with IP addresses, whose routes bypass the bond; one file may be for several."""
    alike: dict[tuple[Place, str], list[str]] = {}
    for slave in bond.slaves:
        has = ["DHCP"] * (slave.ip.dhcp4 or slave.ip.dhcp6) + list(slave.ip.addresses)
        if has:
            alike.setdefault((slave.place, " and ".join(has)), []).append(slave.name)
    for (place, has_), names in alike.items():
        many = len(names) > 1
        yield Found(
            place,
            f"{' and '.join(names)} {'are slaves' if many else 'is a slave'} of {bond.name} and "
            f"{'have' if many else 'has'} {has_} of {'their' if many else 'its'} own: traffic by "
            f"{'their' if many else 'its'} routes bypasses the bond",
            hint=f"move it to {bond.name}, or leave it out",
        )


def two_bonds(bond: BondConfig, around: Around) -> Iterator[Found]:
    """Slaves of two bonds of a machine; reported at the second bond."""
    if bond.format in RUNNING:
        return  # files of what runs may be of several machines
    for slave in bond.slaves:
        for other, first in around.slaves.get((bond.machine, slave.name), ()):
            later = (first.place, other.name) < (slave.place, bond.name)
            if other.name != bond.name and later:
                yield Found(
                    slave.place,
                    f"{slave.name} is a slave of {bond.name} and, by {first.place}, of "
                    f"{other.name}: an interface has one bond",
                    hint=f"leave it out of {bond.name} or of {other.name}",
                )


def own_slave(bond: BondConfig, around: Around) -> Iterator[Found]:
    """A bond that is a slave of itself, directly or through other bonds."""
    ways: list[tuple[str, ...]] = [(bond.name,)]
    seen = {bond.name}
    for way in ways:
        for owner, slave in around.slaves.get((bond.machine, way[-1]), ()):
            if owner.name == bond.name == min(way):  # a ring of bonds is one mistake
                over = f", by way of {' and '.join(reversed(way[1:]))}" if way[1:] else ""
                hint = f"take {slave.name} out of {bond.name}"
                yield Found(slave.place, f"{bond.name} is a slave of itself{over}", hint=hint)
            elif owner.name not in seen:
                seen.add(owner.name)
                ways.append((*way, owner.name))


RULES = (
    Rule("foreign-primary", "error", "a primary that is no slave", "PRIMARY-5",
         "name one of the slaves", foreign_primary),
    Rule("one-slave", "warning", "nothing to fail over to", "FAQ-6",
         "add a second slave", too_few),
    Rule("matched-slaves", "note", "slaves that a rule selects", "", "", matched),
    Rule("no-slaves", "warning", "a bond without slaves", "", "", no_slaves),
    Rule("slave-ip", "warning", "a slave with IP of its own", "TROUBLE-1", "", slave_ip),
    Rule("two-bonds", "error", "a slave of two bonds", "", "", two_bonds),
    Rule("own-slave", "error", "a bond below itself", "", "", own_slave),
)  # fmt: skip

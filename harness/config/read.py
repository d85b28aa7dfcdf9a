"""Read files of whatever formats as one configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from harness.config.detect import detect, known
from harness.config.draft import Draft
from harness.config.model import BondConfig, ConfigError, Configuration, Extra, Place, SlaveConfig
from harness.config.readers import (
    ifcfg,
    interfaces,
    ipjson,
    modprobe,
    netplan,
    networkd,
    nm,
    nmcli,
    nmstate,
    optstring,
    proc,
    suse,
    sysfs,
)
from harness.config.source import Source, sources
from harness.config.tools import FORMATS
from harness.errors import UsageError

Reader = Callable[[Sequence[Source]], Draft]
READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "bonding-opts": optstring.read,
        "ifcfg": ifcfg.read,
        "modprobe": modprobe.read,
        "interfaces": interfaces.read,
        "ifupdown2": partial(interfaces.read, format_="ifupdown2"),
        "suse": suse.read,
        "nm": nm.read,
        "nmcli": nmcli.read,
        "networkd": networkd.read,
        "netplan": netplan.read,
        "nmstate": nmstate.read,
        "ip-json": ipjson.read,
        "proc": proc.read,
        "sysfs": sysfs.read,
    }
)


def load(arguments: Iterable[str], format_: str | None = None) -> Configuration:
    """Return what files, directories, running bonds or option strings say together.

    Raises ConfigError for what cannot be read or has no bond, UsageError for an unknown format.
    """
    return parse(sources(arguments), format_)


def parse(given: Sequence[Source], format_: str | None = None) -> Configuration:
    """Return what texts say together; raises as `load` does."""
    if format_ is not None and format_ not in READERS:
        raise UsageError(f'there is no format "{format_}"', hint=f"there are {', '.join(FORMATS)}")
    groups: dict[str, list[Source]] = {}
    extras: list[Extra] = []
    for source in given:
        name = format_ or (detect(source) if len(given) > 1 else known(source))
        if name is None:
            extras.append(Extra(source.base, "a file of no format known here", source.at()))
        else:
            groups.setdefault(name, []).append(source)
    bonds: dict[str, BondConfig] = {}
    for name, texts in _in_order(groups):
        draft = READERS[name](texts)
        extras += draft.extras
        for read in draft.frozen():
            bonds[read.name] = _joined(bonds[read.name], read) if read.name in bonds else read
    if not bonds:
        raise _without_bonds(given, extras)
    return Configuration(tuple(bonds.values()), tuple(extras))


def _in_order(groups: Mapping[str, list[Source]]) -> list[tuple[str, list[Source]]]:
    """Return the groups, modules' options first: what comes after is set on a bond that is."""
    return sorted(groups.items(), key=lambda group: group[0] != "modprobe")


def _joined(first: BondConfig, second: BondConfig) -> BondConfig:
    """Return one bond of what two formats say of it: the later options count."""
    slaves: dict[str, SlaveConfig] = {slave.name: slave for slave in first.slaves}
    for slave in second.slaves:
        before = slaves.get(slave.name)
        given = (*before.given, *slave.given) if before else slave.given
        slaves[slave.name] = replace(slave, given=given)
    return replace(
        second,
        given=(*first.given, *second.given),
        slaves=tuple(slaves.values()),
        ip=first.ip | second.ip,
        extras=(*first.extras, *second.extras),
        uppers=(*first.uppers, *second.uppers),
        matches=(*first.matches, *second.matches),
    )


def _without_bonds(given: Sequence[Source], extras: Iterable[Extra]) -> ConfigError:
    """Return why there is nothing to look at: what was unreadable, else that no bond is there."""
    for extra in extras:
        if extra.level == "error":
            return ConfigError(extra.message, extra.place, hint=extra.hint)
    names = ", ".join(dict.fromkeys(source.name for source in given)) or "nothing"
    return ConfigError("no bond is configured here; expected one with its options", Place(names))

"""Read files of any formats as one configuration."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from harness.config.containers import unpacked
from harness.config.detect import detect
from harness.config.draft import OPEN_VSWITCH, Draft
from harness.config.gather import sources
from harness.config.model import (
    BondConfig,
    ConfigError,
    Configuration,
    Given,
    Level,
    Remark,
    SlaveConfig,
)
from harness.config.place import Place, StatementId
from harness.config.precedence import effective
from harness.config.readers import (
    cloudinit,
    ifcfg,
    installers,
    interfaces,
    ipjson,
    iplink,
    kubernetes,
    modprobe,
    netplan,
    networkd,
    nm,
    nmcli,
    nmstate,
    openstack,
    optstring,
    proc,
    routers,
    suse,
    sysfs,
)
from harness.config.source import Source
from harness.errors import UsageError

FormatReader = Callable[[Sequence[Source]], Draft]
NO_BOND = frozenset({modprobe.NONE, *nmstate.IDLE.values(), cloudinit.DISABLED})
ALWAYS_SET = frozenset({"nm", "nmcli", "nmstate"})  # where a bond has NetworkManager's defaults
TEMPLATE = re.compile(r"\{\{.*\}\}|\{%.*%\}")  # Jinja's, Helm's; ifupdown2 renders its own
BY_LINES = frozenset(
    ["interfaces", "ifupdown2", "ifcfg", "suse", "nm", "networkd", "modprobe", "bonding-opts"]
)
RENDER = "the file is a template: give the rendered file"
UTF8_ONLY = frozenset({"netplan", "nmstate", "cloud-init", "talos"})  # as YAML is
READERS: Mapping[str, FormatReader] = MappingProxyType(
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
        "ip-link": iplink.read,
        "cloud-init": cloudinit.read,
        **installers.READERS,
        **openstack.READERS,
        **routers.READERS,
        **kubernetes.READERS,
        "proc": proc.read,
        "sysfs": sysfs.read,
    }
)


def load(arguments: Iterable[str], format_: str | None = None) -> Configuration:
    """Return the configuration of files, directories, running bonds or option strings.

    Raises ConfigError if it cannot be read or has no bond, UsageError for an unknown format.
    """
    return parse(sources(arguments), format_)


def parse(given: Sequence[Source], format_: str | None = None) -> Configuration:
    """Return the configuration of texts; raises as `load` does.

    A text that cannot be read is a finding if another one has a bond. No bond at all is accepted
    if the files state that there is none.
    """
    if format_ is not None and format_ not in READERS:
        raise UsageError(f'there is no format "{format_}"', hint=f"there are {', '.join(READERS)}")
    remarks: list[Remark] = []
    groups = _grouped(given, format_, remarks)
    bonds: dict[str, BondConfig] = {}
    used: set[StatementId] = set()
    lost: list[Remark] = []
    apart: list[BondConfig] = []
    drafts = [_drafted(name, texts, remarks) for name, texts in _in_order(groups)]
    kinds = {name: "bridge" for draft in drafts for name in draft.uppers}
    kinds |= {name: "bond" for draft in drafts for name in draft.bonds}
    defaults = [default for draft in drafts for default in draft.defaults]
    for draft in drafts:
        draft.settle(kinds)
        remarks += draft.remarks
        used |= draft.accounted()
        lost += draft.lost
        for read in (_begun(bond, defaults) for bond in draft.frozen()):
            bonds[read.name] = _merged(bonds[read.name], read) if read.name in bonds else read
        for nth, other in enumerate(draft.machines, 1):
            remarks += other.remarks
            apart += (replace(bond, machine=nth) for bond in other.frozen() if bond not in apart)
    found = (*bonds.values(), *(bond for bond in apart if bond != bonds.get(bond.name)))
    if not found and not any(remark.why in NO_BOND for remark in remarks):
        raise _without_bonds(given, remarks)
    used |= {remark.place.statement_id for remark in remarks}
    return Configuration(found, tuple(remarks), frozenset(used), tuple(lost))


def _grouped(
    given: Sequence[Source], format_: str | None, remarks: list[Remark]
) -> dict[str, list[Source]]:
    """Return texts by their format; those of no known format are added to the remarks."""
    groups: dict[str, list[Source]] = {}
    kept, idle = effective(given)
    remarks += idle
    parts = kept if format_ else [part for source in kept for part in unpacked(source)]
    for source in parts:
        name = format_ or detect(source)
        for remark in source.remarks:
            refused = name in UTF8_ONLY and remark.level == "note"
            remarks.append(replace(remark, level="error") if refused else remark)
        if source.remarks and not source.text:
            continue
        if name in BY_LINES and (marked := TEMPLATE.search(source.text)):
            line = source.text.count("\n", 0, marked.start()) + 1
            why = "this is a template, not a configuration"
            remarks.append(Remark("", why, source.at(line), RENDER, name, "error"))
        elif name is None or (not source.text.strip() and name != "sysfs"):
            remarks.append(_unknown(source, alone=len(given) == 1))
        else:
            groups.setdefault(name, []).append(source)
    if {"interfaces", "ifupdown2"} <= groups.keys():  # one tool reads a file and what it sources
        groups["ifupdown2"] = [*groups.pop("interfaces"), *groups["ifupdown2"]]
    return groups


def _unknown(source: Source, *, alone: bool) -> Remark:
    if not source.text.strip():
        level: Level = "error" if alone else "note"
        hint = "give a file that configures a bond"
        return Remark("", "the file is empty", source.at(), hint, level=level)
    if not alone:
        return Remark(source.base, "a file of no format known here", source.at())
    why = "the format is none of the known formats of bonds"
    hint = f"say which with --from: {', '.join(READERS)}; or give what `ip -d -j addr` shows"
    return Remark("", why, source.at(), hint, level="error")


def _drafted(name: str, texts: list[Source], remarks: list[Remark]) -> Draft:
    """Return the draft of a reader; texts that it rejects become findings."""
    while True:
        try:
            return READERS[name](texts)
        except ConfigError as error:
            left = [text for text in texts if (text.file or text.name) != error.place.file]
            if len(left) == len(texts):
                raise
            read = [text.text for text in texts if text not in left]
            hint = RENDER if any(map(TEMPLATE.search, read)) else error.hint
            remarks.append(Remark("", error.seen, error.place, hint, name, "error"))
            texts = left


def _in_order(groups: Mapping[str, list[Source]]) -> list[tuple[str, list[Source]]]:
    """Return the groups, options of the module first: the others are set on an existing bond."""
    return sorted(groups.items(), key=lambda group: group[0] != "modprobe")


def _begun(bond: BondConfig, defaults: Iterable[Given]) -> BondConfig:
    """Return a bond with the options of the module, unless it is NetworkManager's.

    A tool that sets one monitor switches the other one off.
    """
    names = {option.name for option in bond.given}
    if bond.format in ALWAYS_SET or bond.format == modprobe.FORMAT:
        return bond
    if "arp_interval" in names:
        names |= {"miimon", "updelay", "downdelay", "use_carrier"}
    if "miimon" in names:
        names |= {"arp_interval", "arp_ip_target", "arp_validate"}
    return replace(
        bond, given=(*(default for default in defaults if default.name not in names), *bond.given)
    )


def _merged(first: BondConfig, second: BondConfig) -> BondConfig:
    """Return one bond that two formats describe: the later options are in force."""
    slaves: dict[str, SlaveConfig] = {slave.name: slave for slave in first.slaves}
    for slave in second.slaves:
        before = slaves.get(slave.name)
        given = (*before.given, *slave.given) if before else slave.given
        slaves[slave.name] = replace(slave, given=given)
    return replace(
        second,
        made=first.made or second.made,
        given=(*first.given, *second.given),
        slaves=tuple(slaves.values()),
        ip=first.ip | second.ip,
        remarks=(*first.remarks, *second.remarks),
        uppers=(*first.uppers, *second.uppers),
        matches=(*first.matches, *second.matches),
    )


def _without_bonds(given: Sequence[Source], remarks: Iterable[Remark]) -> ConfigError:
    """Return the error for no bond: the texts that were unreadable, else that there is none."""
    for level in ("error", "warning"):
        for remark in remarks:
            if remark.level == level or (level == "warning" and remark.why == OPEN_VSWITCH):
                return ConfigError(remark.message, remark.place, hint=remark.hint)
    names = ", ".join(dict.fromkeys(source.name for source in given)) or "nothing"
    return ConfigError("no bond is configured here; expected one with its options", Place(names))

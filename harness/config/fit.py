"""Reduce a bond to what a format can express, and list what it cannot."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from harness.bonding import OPTIONS, SLAVE_OPTIONS, BondOptions, Setting
from harness.config.addressing import Addressing, Upper
from harness.config.model import BondConfig, Given, SlaveConfig
from harness.config.tool_support import BY_NETWORKD, BY_NM, RUNNING, Tool
from harness.config.writers import above, running

GATEWAYS_NEED_ADDRESSES = frozenset({"interfaces", "ifupdown2", "nm", "nmcli"})
NEED_THE_SLAVE = BY_NETWORKD | {"interfaces"}
NO_PATTERN = "which interfaces this selects must be written as names there"


@dataclass(frozen=True, slots=True)
class Cannot:
    """A part of a bond that a format cannot express, and why."""

    bond: str
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.bond}: {self.what}: {self.why}"


def fitted(bond: BondConfig, tool: Tool) -> tuple[BondConfig, list[Cannot]]:
    """Return the bond in the format of a tool, and the parts that it cannot express."""
    cannot = [
        Cannot(bond.name, option.spelled, option.wrong) for option in bond.given if option.wrong
    ]
    kept, left = _options(bond, tool)
    cannot += left
    slaves = [_slave(bond.name, slave, tool, cannot) for slave in bond.slaves]
    if slaves and not tool.slaves:
        what = f"slaves {' '.join(bond.slave_names)}"
        cannot.append(Cannot(bond.name, what, "it names no slaves"))
    matches = tuple(match for match in bond.matches if match.by in tool.matches)
    cannot += [Cannot(bond.name, m.spelled, NO_PATTERN) for m in bond.matches if m not in matches]
    port = bool(above.bridge_of(bond.name, bond.uppers))
    ip = _addressing(bond.name, _Ip(bond.ip, tool, port), cannot)
    uppers = tuple(_uppers(bond, tool, cannot))
    made = replace(
        bond,
        given=tuple(Given(name, _text(value), value) for name, value in kept.items()),
        slaves=tuple(slaves) if tool.slaves else (),
        ip=ip,
        remarks=(),
        format=tool.format,
        uppers=uppers,
        matches=matches,
    )
    return made, cannot


def _options(bond: BondConfig, tool: Tool) -> tuple[dict[str, Setting], list[Cannot]]:
    """Return the options that a tool has, in the driver's order, and those that it lacks."""
    asked, cannot = bond.asked, list[Cannot]()
    if tool.format in RUNNING:
        asked, cannot = _in_effect(bond, asked)
    else:
        asked = _spelled_out(bond, asked)
    kept: dict[str, Setting] = {}
    for name, value in asked.items():
        why = _why_not(bond, tool, name, value)
        if why and value != BondOptions.unchecked(mode=bond.unchecked.mode)[name]:
            cannot.append(Cannot(bond.name, f"{name}={_text(value)}", why))
        elif not why:
            kept[name] = value
    return kept, cannot


def _spelled_out(bond: BondConfig, asked: Mapping[str, Setting]) -> dict[str, Setting]:
    """Return the options with the defaults in which tools and kernels differ.

    ifenslave writes delays before the mode that implies a miimon, and NetworkManager has another
    default of miimon.
    """
    options = bond.unchecked
    made = {"mode": options.mode} | dict(asked)
    if "mode" in bond.misread:
        del made["mode"]
    if options["miimon"] and not options["arp_interval"] and "miimon" not in bond.misread:
        made["miimon"] = options["miimon"]
    return {name: made[name] for name in OPTIONS if name in made}


def _why_not(bond: BondConfig, tool: Tool, name: str, value: Setting) -> str:
    """Return why a tool cannot express an option, "" if it can."""
    if tool.lacks(name):
        return f"it has no name for it ({tool.source})"
    limit = tool.limits.get(name)
    if limit is not None and not limit.soft and not limit.allows(value):
        return f"it takes {limit} only ({tool.source})"
    if value in ("", ()):
        return "an empty value cannot be written"
    if tool.format in BY_NM:
        return _not_by_nm(bond, tool, name, value)
    named = name in ("primary", "active_slave") and tool.format in NEED_THE_SLAVE
    if named and value not in bond.slave_names:
        return f"{value} is no slave, and must be one there"
    return running.hidden(bond.unchecked, name) if tool.format == "proc" else ""


def _not_by_nm(bond: BondConfig, tool: Tool, name: str, value: Setting) -> str:
    """Return why NetworkManager refuses a value that others accept, "" if it does not."""
    if tool.format == "nmcli" and name in tool.lacked_by:
        return f"{tool.lacked_by[name]} refuses a command that has it"
    if name == "peer_notif_delay" and not whole(bond, value):
        return "NetworkManager takes a multiple of miimon only"
    return ""


def whole(bond: BondConfig, value: Setting) -> bool:
    """Return whether a delay is a multiple of the bond's miimon."""
    every = bond.unchecked["miimon"]
    return isinstance(value, int) and isinstance(every, int) and not (every and value % every)


def _in_effect(
    bond: BondConfig, asked: Mapping[str, Setting]
) -> tuple[dict[str, Setting], list[Cannot]]:
    """Return the options as a running bond would show them."""
    effective = bond.unchecked.effective().asked
    return effective, [
        Cannot(bond.name, f"{name}={value}", f"the kernel makes it {effective[name]}")
        for name, value in asked.items()
        if effective.get(name) != value
    ]


def _slave(bond: str, slave: SlaveConfig, tool: Tool, cannot: list[Cannot]) -> SlaveConfig:
    found = {option.name: option for option in slave.given if option.value is not None}
    kept = {name: one for name, one in found.items() if name in tool.slave_options}
    for name, one in found.items():
        if name not in kept and one.value != SLAVE_OPTIONS[name].default:
            what = f"{name}={one.text} of {slave.name}"
            cannot.append(Cannot(bond, what, f"it has no name for it ({tool.source})"))
    return replace(slave, given=tuple(kept.values()), ip=Addressing())


def _uppers(bond: BondConfig, tool: Tool, cannot: list[Cannot]) -> Iterator[Upper]:
    """Yield the upper devices of a bond that a tool can express."""
    gone: set[str] = set()
    for upper in bond.uppers:
        what = f"{upper.kind} {upper.name} on {' '.join(upper.below)}"
        why = "" if "uppers" in tool.carries else "it has bonds only"
        if tool.format == "interfaces" and upper.kind == "vlan" and not above.dotted(upper):
            why = f"ifupdown reads the number from the name: call it {upper.below[0]}.{upper.vlan}"
        if upper.kind == "vlan" and upper.below[0] in gone:
            why = f"{upper.below[0]} is left out"
        if why:
            gone.add(upper.name)
            has = [f"{part} {text}" for part, text, _ in _parts(upper.ip) if text]
            cannot.append(Cannot(bond.name, ", ".join([what, *has]), why))
        else:
            port = bool(above.bridge_of(upper.name, bond.uppers))
            made = _addressing(upper.name, _Ip(upper.ip, tool, port), cannot)
            yield replace(upper, ip=made)


@dataclass(frozen=True, slots=True)
class _Ip:
    """The IP of an interface, the tool to express it, whether the interface is a bridge's port."""

    ip: Addressing
    tool: Tool
    port: bool


def _addressing(name: str, asked: _Ip, cannot: list[Cannot]) -> Addressing:
    """Return the part of an interface's IP that a tool can express."""
    made = Addressing()
    for what, has, part in _parts(asked.ip):
        if has and (why := _ip_why_not(asked, what, has)):
            cannot.append(Cannot(name, f"{what} {has}", why))
        elif has:
            made |= part
    return made


def _parts(ip: Addressing) -> Iterator[tuple[str, str, Addressing]]:
    """Yield the parts of an interface's IP configuration."""
    yield "addresses", " ".join(ip.addresses), Addressing(ip.addresses)
    yield "DHCP", "IPv4" * ip.dhcp4, Addressing(dhcp4=True)
    yield "DHCP", "IPv6" * ip.dhcp6, Addressing(dhcp6=True)
    for gateway in ip.gateways:
        yield "gateway", gateway, Addressing(gateways=(gateway,))
    yield "MTU", str(ip.mtu or ""), Addressing(mtu=ip.mtu)


def _ip_why_not(asked: _Ip, what: str, text: str) -> str:
    """Return why a tool cannot express a part of the IP configuration, "" if it can."""
    format_ = asked.tool.format
    if format_ == "suse" and what == "gateway":
        return f"it is in a separate file there: default {text} in ifroute-NAME"
    if what not in asked.tool.carries:
        return f"it has no {what if what.isupper() else what.removesuffix('s')} there"
    if what == "MTU" and format_ == "interfaces" and asked.ip.dhcp4:
        return "a stanza with the method dhcp has no MTU"
    if asked.port and (
        (format_ in BY_NM and what != "MTU") or (format_ in BY_NETWORKD and text == "IPv6")
    ):
        return f"{asked.tool.name} gives a port of a bridge none"
    return _no_gateway(asked, text) if what == "gateway" else ""


def _no_gateway(asked: _Ip, text: str) -> str:
    """Return why a tool cannot express a gateway, "" if it can."""
    one = above.family(asked.ip, ipaddress.ip_address(text).version)
    if one.gateway != text:
        return "it has one gateway for each of IPv4 and IPv6"
    lone = asked.tool.format in GATEWAYS_NEED_ADDRESSES and not one.addresses
    return f"a gateway needs an address there, and there is none of {one.name}" * lone


def _text(value: Setting) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def alike(bonds: list[BondConfig], format_: str) -> tuple[list[BondConfig], list[Cannot]]:
    """Return the bonds that one line of options can express: those equal to the first."""
    most = bonds[:1] if format_ == "bonding-opts" else bonds
    like = [bond for bond in most if bond.asked == bonds[0].asked]
    why = "one line of options is for all bonds"
    cannot = [Cannot(b.name, "all of it", why) for b in bonds if b not in like]
    if format_ == "bonding-opts" and bonds[0].name != "bond0":
        cannot.append(Cannot(bonds[0].name, "its name", "options have no name of their bond"))
        like = [replace(like[0], name="bond0")]
    return like, cannot

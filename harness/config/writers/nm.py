"""NetworkManager's keyfiles, and the nmcli commands that make the same profiles."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from harness.bonding import OPTIONS, Setting, default
from harness.config.addressing import Addressing, Upper
from harness.config.model import BondConfig, Match
from harness.config.writers.above import bridge_of, families, other_interfaces, uppers


def monitored(bond: BondConfig) -> dict[str, Setting]:
    """Return options with miimon=0 if no monitor is set: NetworkManager's default is 100."""
    asked = dict(bond.asked)
    bare = "miimon" not in asked and not asked.get("arp_interval")
    if bare and not default("miimon", bond.unchecked.mode):
        asked["miimon"] = 0
    return asked


def _option(name: str, value: Setting, escape: str = "") -> str:
    """Return NAME=VALUE: NetworkManager takes switches as 0 and 1 only."""
    if isinstance(value, tuple):
        return f"{name}={f'{escape},'.join(value)}"
    words = {value.word for value in OPTIONS[name].values}
    return f"{name}={OPTIONS[name].number_of(value) if words == {'off', 'on'} else value}"


def keyfiles(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return profiles: for each bond, its ports, its upper devices, other ports of bridges."""
    files, above = {}, uppers(bonds)
    for bond in bonds:
        master = _port(bridge_of(bond.name, above), "bridge")
        options = [_option(*pair) for pair in monitored(bond).items()]
        head = _profile(bond.name, "bond", master)
        files[bond.name] = [*head, "", "[bond]", *options, *_ip(bond.ip, bool(master))]
        for slave in bond.slaves:
            own = [f"{option.name.replace('_', '-')}={option.text}" for option in slave.given]
            port = _port(bond.name, "bond")
            files[slave.name] = [
                *_profile(slave.name, "ethernet", port),
                *(["", "[bond-port]", *own] if own else []),
            ]
        for match in bond.matches:
            name = match.called or f"{bond.name}-{match.value}"
            files[name.replace("/", "_")] = _matched(name, bond.name, match)
    for upper in above:
        files[upper.name] = _upper(upper, _port(bridge_of(upper.name, above), "bridge"))
    for name in other_interfaces(bonds):
        if bridge := bridge_of(name, above):
            files.setdefault(name, _profile(name, "ethernet", _port(bridge, "bridge")))
    return {f"{name}.nmconnection": "\n".join([*lines, ""]) for name, lines in files.items()}


def _profile(name: str, kind: str, port: Sequence[str] = ()) -> list[str]:
    return ["[connection]", f"id={name}", f"type={kind}", f"interface-name={name}", *port]


def _port(master: str, kind: str) -> list[str]:
    """Return what makes a profile a port, in the words that all versions take.

    Before 1.46 NetworkManager silently ignores controller= and port-type=.
    """
    return [f"master={master}", f"slave-type={kind}"] if master else []


def _matched(name: str, bond: str, match: Match) -> list[str]:
    head = ["[connection]", f"id={name}", "type=ethernet", *_port(bond, "bond")]
    return [*head, "", "[ethernet]", f"mac-address={match.value}"]


def _upper(upper: Upper, port: list[str]) -> list[str]:
    lines = [*_profile(upper.name, upper.kind, port), "", f"[{upper.kind}]"]
    if upper.kind == "vlan":
        lines += [f"id={upper.vlan}", f"parent={upper.below[0]}"]
    return [*lines, *_ip(upper.ip, bool(port))]


def _ip(ip: Addressing, is_port: bool) -> list[str]:  # noqa: FBT001
    """Return the sections of an interface's IP; a port of a bridge has none."""
    lines = ["", "[ethernet]", f"mtu={ip.mtu}"] if ip.mtu else []
    for one in () if is_port else families(ip):
        lines += ["", f"[{one.name}]", f"method={one.method}"]
        lines += [f"address{nth}={text}" for nth, text in enumerate(one.addresses, 1)]
        lines += [f"gateway={one.gateway}"] if one.gateway else []
    return lines


def nmcli(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return the commands that make the profiles."""
    return {"bonds.nmcli": "\n".join([*_commands(bonds), ""])}


def _commands(bonds: Sequence[BondConfig]) -> Iterator[str]:
    """Yield a command for each profile: a bridge before its ports, a VLAN after what it is on."""
    above = uppers(bonds)
    for upper in above:
        if upper.kind == "bridge":
            yield _add("bridge", upper.name, _ip_words(upper.ip, ""))
    for bond in bonds:
        options = ",".join(_option(n, v, "\\") for n, v in monitored(bond).items())
        words = ["bond.options", options] if options else []
        yield _add("bond", bond.name, [*words, *_ip_words(bond.ip, bridge_of(bond.name, above))])
        for slave in bond.slave_names:
            yield _add("ethernet", slave, ["master", bond.name, "slave-type", "bond"])
    for upper in above:
        if upper.kind == "vlan":
            words = ["dev", upper.below[0], "id", str(upper.vlan)]
            yield _add(
                "vlan", upper.name, [*words, *_ip_words(upper.ip, bridge_of(upper.name, above))]
            )
    for name in other_interfaces(bonds):
        if bridge := bridge_of(name, above):
            yield _add("ethernet", name, ["master", bridge, "slave-type", "bridge"])


def _add(kind: str, name: str, words: Sequence[str]) -> str:
    head = ["nmcli", "connection", "add", "type", kind, "con-name", name, "ifname", name]
    return shlex.join([*head, *words])


def _ip_words(ip: Addressing, master: str) -> list[str]:
    """Return the properties of an interface's IP: nmcli's own default is DHCP."""
    words = ["802-3-ethernet.mtu", str(ip.mtu)] if ip.mtu else []
    if master:
        return [*words, "master", master, "slave-type", "bridge"]
    for family in families(ip):
        words += [f"{family.name}.method", family.method]
        words += (
            [f"{family.name}.addresses", ",".join(family.addresses)] if family.addresses else []
        )
        words += [f"{family.name}.gateway", family.gateway] if family.gateway else []
    return words


__all__ = ["keyfiles", "monitored", "nmcli"]

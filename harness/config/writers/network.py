"""NetworkManager's keyfiles and commands, systemd-networkd's units."""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Iterator, Sequence

from harness.bonding import OPTIONS, Setting, default
from harness.config.model import BondConfig
from harness.config.names import NETWORKD, turned

SETTINGS = turned(NETWORKD)
FAMILIES = {4: "ipv4", 6: "ipv6"}
ROLES = {"primary": "PrimarySlave", "active_slave": "ActiveSlave"}
YES = {"on": "yes", "off": "no"}
SWITCHES = frozenset({"all_slaves_active", "tlb_dynamic_lb"})


def monitored(bond: BondConfig) -> dict[str, Setting]:
    """Return options with miimon=0 where nothing monitors: NetworkManager's default is 100."""
    asked = bond.asked
    bare = "miimon" not in asked and not asked.get("arp_interval")
    if bare and not default("miimon", bond.loose().mode):
        asked["miimon"] = 0
    return asked


def keyfiles(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return profiles, one for each bond and each of its ports."""
    files = {}
    for bond in bonds:
        options = "\n".join(f"{name}={_commas(value)}" for name, value in monitored(bond).items())
        text = _profile(bond.name, "bond") + f"\n[bond]\n{options}\n" + _addresses(bond)
        files[f"{bond.name}.nmconnection"] = text
        for slave in bond.slaves:
            head = _profile(slave.name, "ethernet")
            text = f"{head}controller={bond.name}\nport-type=bond\n"
            own = [f"{one.name.replace('_', '-')}={one.text}" for one in slave.given]
            text += "\n".join(["\n[bond-port]", *own, ""]) if own else ""
            files[f"{slave.name}.nmconnection"] = text
    return files


def _profile(name: str, kind: str) -> str:
    return f"[connection]\nid={name}\ntype={kind}\ninterface-name={name}\n"


def _addresses(bond: BondConfig) -> str:
    text = ""
    for version, section in FAMILIES.items():
        own = [a for a in bond.addresses if ipaddress.ip_interface(a).version == version]
        lines = [f"address{number}={address}" for number, address in enumerate(own, 1)]
        method = "manual" if own else "disabled"
        text += "\n".join([f"\n[{section}]", *lines, f"method={method}", ""])
    return text


def nmcli(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return the commands that make the bonds."""
    lines = []
    for bond in bonds:
        given = monitored(bond).items()
        options = ",".join(f"{name}={_commas(value, chr(92))}" for name, value in given)
        words = ["nmcli", "connection", "add", "type", "bond"]
        words += ["con-name", bond.name, "ifname", bond.name]
        words += ["bond.options", options] if options else []
        for version, section in FAMILIES.items():
            own = [a for a in bond.addresses if ipaddress.ip_interface(a).version == version]
            words += [f"{section}.addresses", ",".join(own)] if own else []
            words += [f"{section}.method", "manual"] if own else []
        lines.append(shlex.join(words))
        for slave in bond.slave_names:
            words = ["nmcli", "connection", "add", "type", "ethernet", "con-name", slave]
            lines.append(shlex.join([*words, "ifname", slave, "master", bond.name]))
    return {"bonds.nmcli": "\n".join([*lines, ""])}


def _commas(value: Setting, escape: str = "") -> str:
    return f"{escape},".join(value) if isinstance(value, tuple) else str(value)


def networkd(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return a .netdev and a .network for each bond, a .network for each slave."""
    files = {}
    for bond in bonds:
        lines = ["[NetDev]", f"Name={bond.name}", "Kind=bond", "", "[Bond]", *_settings(bond), ""]
        files[f"10-{bond.name}.netdev"] = "\n".join(lines)
        lines = ["[Match]", f"Name={bond.name}", "", "[Network]"]
        lines += [f"Address={address}" for address in bond.addresses]
        files[f"20-{bond.name}.network"] = "\n".join([*lines, ""])
        for slave in bond.slave_names:
            lines = ["[Match]", f"Name={slave}", "", "[Network]", f"Bond={bond.name}"]
            lines += [f"{key}=yes" for name, key in ROLES.items() if bond.asked.get(name) == slave]
            files[f"20-{slave}.network"] = "\n".join([*lines, ""])
    return files


def _settings(bond: BondConfig) -> Iterator[str]:
    for name, value in bond.asked.items():
        if name in ROLES:
            continue
        text = " ".join(value) if isinstance(value, tuple) else str(value)
        unit = OPTIONS[name].unit
        yield f"{SETTINGS[name]}={YES[text] if name in SWITCHES else text}{unit}"

"""Options as strings, in files of shell variables and for modprobe."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from harness.config.model import BondConfig


def optstring(bond: BondConfig) -> str:
    """Return options as BONDING_OPTS has them."""
    return bond.loose().text()


def options(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return the options of a bond as a line of BONDING_OPTS."""
    return {"bonding.opts": f'BONDING_OPTS="{optstring(bonds[0])}"\n'}


def ifcfg(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return ifcfg files of Red Hat's kind, one for each bond and each slave."""
    files = {}
    for bond in bonds:
        lines = [f"DEVICE={bond.name}", "TYPE=Bond", "BONDING_MASTER=yes", "ONBOOT=yes"]
        lines += ["BOOTPROTO=none", *_addresses(bond), f'BONDING_OPTS="{optstring(bond)}"']
        files[f"ifcfg-{bond.name}"] = "\n".join([*lines, ""])
        for slave in bond.slave_names:
            lines = [f"DEVICE={slave}", "ONBOOT=yes", "BOOTPROTO=none"]
            lines += [f"MASTER={bond.name}", "SLAVE=yes", ""]
            files[f"ifcfg-{slave}"] = "\n".join(lines)
    return files


def _addresses(bond: BondConfig) -> Iterator[str]:
    found = [ipaddress.ip_interface(text) for text in bond.addresses]
    four = [one for one in found if one.version == 4]
    six = [str(one) for one in found if one.version == 6]
    for number, one in enumerate(four):
        tail = str(number or "")
        yield f"IPADDR{tail}={one.ip}"
        yield f"PREFIX{tail}={one.network.prefixlen}"
    if six:
        yield f"IPV6ADDR={six[0]}"
    if six[1:]:
        yield f'IPV6ADDR_SECONDARIES="{" ".join(six[1:])}"'


def suse(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return ifcfg files of SUSE, one for each bond."""
    files = {}
    for bond in bonds:
        lines = ["STARTMODE='auto'", "BOOTPROTO='static'", "BONDING_MASTER='yes'"]
        lines.append(f"BONDING_MODULE_OPTS='{optstring(bond)}'")
        lines += [f"BONDING_SLAVE{n}='{name}'" for n, name in enumerate(bond.slave_names)]
        lines += [f"IPADDR{'_' + str(n) if n else ''}='{a}'" for n, a in enumerate(bond.addresses)]
        files[f"ifcfg-{bond.name}"] = "\n".join([*lines, ""])
    return files


def modprobe(bonds: Sequence[BondConfig]) -> dict[str, str]:
    """Return a file for modprobe.d: an alias for each bond, options for all of them."""
    lines = [f"alias {bond.name} bonding" for bond in bonds]
    text = optstring(bonds[0])
    lines += [f"options bonding {text}"] if text else []
    return {"bonding.conf": "\n".join([*lines, ""])}

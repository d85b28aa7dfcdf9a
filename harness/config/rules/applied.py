"""Rules on a running bond: configuration that was not applied, and settings that no file has."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from harness.bonding import OPTIONS, Setting
from harness.config import by_hand
from harness.config.lint import Around, Found, Rule
from harness.config.model import BondConfig, SlaveConfig
from harness.config.rules.sent import dropped
from harness.config.rules.words import given, text, written
from harness.config.spelling import verbatim
from harness.config.tool_support import TOOLS
from harness.config.writers.running import hidden

STATE = "active_slave"  # which slave is active is no setting that lasts


def not_applied(bond: BondConfig, around: Around) -> Iterator[Found]:
    """Options that the bond runs without."""
    runs = around.running
    if runs is None:
        return
    wanted, has = _wanted(bond), runs.unchecked
    for name in bond.asked:
        if name in wanted and has[name] != wanted[name] and _shows(runs, name):
            yield Found(
                bond.where(name),
                f"{written(bond, name)} is not applied: {bond.name} runs with "
                f"{name}={text(has[name])}{_never(bond, name)}",
                hint=_how(bond, name, wanted[name], has[name]),
            )


def _shows(runs: BondConfig, name: str) -> bool:
    """Return whether the source from which the running bond was read has an option."""
    if TOOLS[runs.format].lacks(name):
        return False
    return runs.format != "proc" or not hidden(runs.unchecked, name)


def _wanted(bond: BondConfig) -> dict[str, Setting]:
    """Return every option as it would be with the configuration in force: delays are rounded."""
    effective = bond.unchecked.effective()
    return {name: effective[name] for name in OPTIONS if name != STATE}


def _never(bond: BondConfig, name: str) -> str:
    """Return the text that the tool never sets an option, "" if it does."""
    one = given(bond, name)
    never = one is not None and name in dropped(bond)
    return f", for {TOOLS[one.format].name} has no such option" if one and never else ""


def _how(bond: BondConfig, name: str, value: Setting, has: Setting) -> str:
    """Return how to apply an option by hand."""
    command = by_hand.on_a_bond(bond.name, name, value, has)
    return verbatim(command) or f"make {bond.name} anew: it must have no slaves then"


def not_configured(bond: BondConfig, around: Around) -> Iterator[Found]:
    """Options of a bond that runs which no file sets."""
    runs = around.running
    if runs is None:
        return
    wanted, has = _wanted(bond), runs.unchecked
    for name, value in wanted.items():
        if name not in bond.asked and has[name] != value and _shows(runs, name):
            yield Found(
                bond.place,
                f"{bond.name} runs with {name}={text(has[name])}, which no file sets",
                hint="write it, or undo it: the next start is without it",
            )


def slaves(bond: BondConfig, around: Around) -> Iterator[Found]:
    """Configured slaves that are not enslaved, and slaves that no file names."""
    runs = around.running
    if runs is None:
        return
    has = {slave.name: slave for slave in runs.slaves}
    for slave in bond.slaves:
        if slave.name not in has:
            yield Found(
                slave.place,
                f"{slave.name} is no slave of {bond.name} as it runs",
                "error",
                hint=f"ip link set {slave.name} down; ip link set {slave.name} master {bond.name}",
            )
        else:
            yield from _slave(bond.name, slave, has[slave.name])
    for name in has:
        if name not in bond.slave_names and not bond.matches:
            hint = "write it, or release it"
            yield Found(bond.place, f"{name} is a slave that no file names", "warning", hint)


def _slave(bond: str, slave: SlaveConfig, runs: SlaveConfig) -> Iterator[Found]:
    has = {option.name: option.value for option in runs.given}
    for option in slave.given:
        if option.name in has and option.value != has[option.name]:
            yield Found(
                option.place,
                f"{verbatim(option.spelled)} of {slave.name} is not applied: "
                f"it is {has[option.name]}",
                "error",
                hint=verbatim(
                    by_hand.on_a_slave(bond, slave.name, option.name, option.value or 0)
                ),
            )


def addresses(bond: BondConfig, around: Around) -> Iterator[Found]:
    """Addresses that the bond lacks."""
    runs = around.running
    if runs is None or runs.format != "ip-json":
        return
    has = {ipaddress.ip_interface(address) for address in runs.addresses}
    for one in bond.addresses:
        if ipaddress.ip_interface(one) not in has:
            hint = f"ip addr add {one} dev {bond.name}"
            yield Found(bond.place, f"{bond.name} runs without its address {one}", "error", hint)
    for version, asks in ((4, bond.ip.dhcp4), (6, bond.ip.dhcp6)):
        if asks and not any(address.version == version for address in has):
            yield Found(
                bond.place,
                f"{bond.name} has no IPv{version} address from DHCP",
                "warning",
                hint="look at the lease, and at the bond's slaves",
            )


RULES = (
    Rule("not-applied", "error", "an option that the bond runs without", "", "", not_applied),
    Rule("not-configured", "warning", "a setting that no file has", "", "", not_configured),
    Rule("slaves-differ", "error", "slaves that are not as configured", "", "", slaves),
    Rule("addresses-differ", "error", "addresses that are not as configured", "", "", addresses),
)

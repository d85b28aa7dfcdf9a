"""What `harness check` says of an option in a mode, beside what the driver itself does with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path

import pytest

from harness.bonding import MODES, OPTIONS, BondOptions, Option, packed
from harness.claims import Release
from harness.config import Source, parse
from harness.config.lint import Around, lint
from harness.config.rules import RULES
from harness.config.source import COMMAND_LINE
from harness.errors import KernelRefused, ScenarioError
from harness.labs.netns.build import build
from harness.labs.netns.network import NetnsNetwork
from harness.loop import Loop
from harness.record.bond_maker import drop_bond, read_back
from harness.rtnl import bonds, messages
from harness.topology import DUT, links_at
from tests.guest.bonding.test_table import ARP, MII, OTHERS, PLAIN, PLAN
from tests.guest.config.test_running_bonds import over_sys

pytestmark = pytest.mark.guest

# The rules that speak of what the driver refuses, whatever the tool.
REFUSALS = {"bad-value", "refused", "two-monitors", "kernel-lacks"}
SERIES = Release.parse(os.uname().release).series
# An active slave must be one already, and active: only a bond that runs can be told of one.
KNOWN = [one for one in OPTIONS.values() if one.known_to(SERIES) and one.name != "active_slave"]
ADDRESSES = {
    "ip4": ["192.0.2.9", "0.0.0.0", "255.255.255.255", "127.0.0.1", "nonsense"],  # noqa: S104
    "ip6": ["2001:db8::9", "ff02::1", "::"],
    "mac": ["02:00:00:00:00:0a", "01:00:5e:00:00:01", "00:00:00:00:00:00", "nonsense"],
    "index": ["eth0"],
}
Driver = Callable[[NetnsNetwork, str, dict[str, str]], bool | None]


@pytest.fixture
def plain() -> Iterator[NetnsNetwork]:
    """Two interfaces, and no bond yet."""
    built = build(PLAIN, Loop())
    with built.undo:
        yield built


def values(option: Option) -> list[str]:
    """Return what people write for an option, right and wrong: words, numbers, both ends."""
    if option.values:
        known = [text for one in option.values for text in (one.word, str(one.number))]
        return [*known, str(len(option.values)), "nonsense"]
    ends = {option.low - 1, option.low, option.low + 1, 100, option.high, option.high + 1}
    return ADDRESSES.get(option.wire, [*map(str, sorted(ends)), "nonsense"])


def text(mode: str, settings: dict[str, str]) -> str:
    """Return settings as a line of options."""
    return " ".join(f"{name}={value}" for name, value in ({"mode": mode} | settings).items())


def minded(mode: str, settings: dict[str, str]) -> bool:
    """Tell whether a rule says that the driver refuses settings."""
    read = parse([Source(COMMAND_LINE, text(mode, settings))])
    return bool(REFUSALS & {one.rule for one in lint(read, RULES, Around(kernel=SERIES))})


def by_netlink(network: NetnsNetwork, mode: str, settings: dict[str, str]) -> bool | None:
    """Tell whether the driver refuses a new bond; None where the text fits into no message."""
    numbers = {link: network.ifindex(DUT, link) for link in links_at(network.topology, DUT)}
    try:
        options = BondOptions.unchecked(**{"mode": mode} | settings)
        sent = dict(packed(options, numbers))
    except ScenarioError:
        return None
    # Scenarios leave out delays at rest, tools do not.
    sent |= {OPTIONS[name].number: bytes(4) for name, value in options.given if value == 0
             and OPTIONS[name].requires}  # fmt: skip
    info = messages.kind_of("bond", [(bonds.ATTRIBUTE[one], data) for one, data in sent.items()])
    try:
        index = network.ifindex(DUT, PLAN.name)
        network.host(DUT).send(messages.new_link("bond", index, PLAN.name, info))
    except KernelRefused:
        return True
    drop_bond(network, PLAN)
    return False


def by_sysfs(network: NetnsNetwork, mode: str, settings: dict[str, str]) -> bool:
    """Tell whether the driver refuses what is written to a bond of a mode, as scripts do it."""
    index = network.ifindex(DUT, PLAN.name)
    start = BondOptions.of(mode="balance-rr" if "mode" in settings else mode)
    network.host(DUT).send(bonds.new_bond(PLAN.name, index, start, {}))
    try:
        for name, value in settings.items():
            sign = "+" if OPTIONS[name].wire == "ip4" else ""
            Path(f"/sys/class/net/{PLAN.name}/bonding/{name}").write_text(f"{sign}{value}\n")
    except OSError:
        return True
    finally:
        drop_bond(network, PLAN)
    return False


def differences(
    network: NetnsNetwork, driver: Driver, cases: Iterator[tuple[str, dict[str, str]]]
) -> list[str]:
    """Return the lines of options on which the driver and the rules do not agree."""
    found = []
    for mode, settings in cases:
        refused = driver(network, mode, settings)
        if refused is not None and refused != minded(mode, settings):
            found.append(f"{text(mode, settings)}: the driver {'refuses' * refused or 'takes'} it")
    return found


def every_value(mode: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each value of each option in a mode."""
    for option in KNOWN:
        for value in values(option):
            yield value if option.name == "mode" else mode, {option.name: value}


@pytest.mark.parametrize("mode", MODES)
def test_a_value_is_rejected_by_the_rules_where_netlink_refuses_it(
    plain: NetnsNetwork, mode: str
) -> None:
    assert not differences(plain, by_netlink, every_value(mode))


@pytest.mark.parametrize("mode", MODES)
def test_a_value_is_rejected_by_the_rules_where_sysfs_refuses_it(
    plain: NetnsNetwork, mode: str
) -> None:
    cases = (case for case in every_value(mode) if OPTIONS[next(iter(case[1]))].sysfs)
    with plain.spaces[DUT].inside(), over_sys():
        assert not differences(plain, by_sysfs, cases)


@pytest.mark.parametrize("mode", MODES)
def test_two_options_are_rejected_by_the_rules_where_netlink_refuses_them(
    plain: NetnsNetwork, mode: str
) -> None:
    able = [one.name for one in KNOWN if mode in one.modes and one.name != "mode"]
    each = {name: str(value) for name, value in (MII | ARP | OTHERS).items() if name in able}
    pairs = ((mode, {one: each[one], other: each[other]}) for one, other in combinations(each, 2))
    assert not differences(plain, by_netlink, pairs)


@pytest.mark.parametrize("last", ["miimon", "arp_interval"])
def test_of_two_monitors_the_last_one_written_to_sysfs_wins(
    plain: NetnsNetwork, last: str
) -> None:
    index = plain.ifindex(DUT, PLAN.name)
    plain.host(DUT).send(bonds.new_bond(PLAN.name, index, BondOptions.of(mode=1), {}))
    with plain.spaces[DUT].inside(), over_sys():
        for name in sorted(("miimon", "arp_interval"), key=last.__eq__):
            Path(f"/sys/class/net/{PLAN.name}/bonding/{name}").write_text("100\n")
    seen = read_back(plain, PLAN)
    assert {name for name in ("miimon", "arp_interval") if seen[name]} == {last}
    drop_bond(plain, PLAN)

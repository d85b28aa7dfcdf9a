"""Commands that hints tell, before the driver: each does what it is for."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from harness.bonding import MODES, OPTIONS, BondOptions, Option
from harness.config import Source, by_hand, parse
from harness.config.lint import Around, Finding, lint
from harness.config.live import running
from harness.config.rules.applied import RULES as APPLIED
from harness.labs.netns.build import build
from harness.labs.netns.network import NetnsNetwork
from harness.loop import Loop
from harness.record.bond_maker import drop_bond, make_bond, read_back
from harness.topology import DUT
from tests.guest.bonding.test_table import ARP, MII, OTHERS, PLAIN, PLAN
from tests.guest.config.test_running_bonds import over_sys
from tests.guest.config.test_verdicts import KNOWN

pytestmark = pytest.mark.guest
# Words that iproute2 knows only since the kernel has the option, and Debian 12 has not.
NEW_WORDS = frozenset({"coupled_control", "broadcast_neighbor", "lacp_strict"})
VALUES = MII | ARP | OTHERS


@pytest.fixture
def plain() -> Iterator[NetnsNetwork]:
    """Two interfaces, and no bond yet."""
    built = build(PLAIN, Loop())
    with built.undo:
        yield built


def shell(network: NetnsNetwork, command: str) -> str:
    """Run a command as ifupdown does, on the DUT; return what it complains of."""
    with network.spaces[DUT].inside(), over_sys():
        words = ["sh", "-ec", command.replace(by_hand.STANZA_INTERFACE, PLAN.name)]
        ran = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return ran.stderr


def able(mode: str) -> list[Option]:
    """Return the options that a bond of a mode takes alone, or with its miimon."""
    return [one for one in KNOWN if mode in one.modes and one.name in VALUES]


def asked(option: Option, mode: str) -> BondOptions:
    """Return a value of an option in a mode, and what it must stand beside."""
    beside = {"miimon": 100} if option.requires else {}
    return BondOptions.of(**{"mode": mode} | beside | {option.name: VALUES[option.name]})


@pytest.mark.parametrize("mode", MODES)
def test_what_is_set_by_hand_is_set(plain: NetnsNetwork, mode: str) -> None:
    """Every option that a command can give to a bond with slaves, on one that runs."""
    for option in able(mode):
        wanted = asked(option, mode)
        command = by_hand.on_a_bond(PLAN.name, option.name, wanted[option.name])
        if not command or option.name in NEW_WORDS:
            continue
        make_bond(plain, PLAN, BondOptions.of(mode=mode, miimon=100 if option.requires else 0))
        assert not shell(plain, command), command
        # Delays are rounded.
        assert read_back(plain, PLAN)[option.name] == wanted.effective()[option.name], command
        drop_bond(plain, PLAN)


@pytest.mark.parametrize("name", ["lacp_active", "ad_user_port_key"])
def test_a_bond_that_a_stanza_makes_before_ifenslave_keeps_the_option(
    plain: NetnsNetwork, name: str
) -> None:
    """What needs the bond down: ifenslave sets the mode again, enslaves, and sets it up."""
    option = OPTIONS[name]
    wanted = asked(option, "802.3ad")
    line = by_hand.in_a_stanza("interfaces", "802.3ad", name, wanted[name])
    assert line.startswith("pre-up ip link add")
    rest = "echo 802.3ad > /sys/class/net/bond0/bonding/mode; ip link set eth0 master bond0; "
    assert not shell(plain, f"{line.removeprefix('pre-up ')}; {rest} ip link set bond0 up")
    with plain.spaces[DUT].inside(), over_sys():
        runs = running(PLAN.name)
    assert runs.slave_names == ("eth0",)
    assert runs.unchecked[name] == wanted[name]
    shell(plain, "ip link delete bond0")


def not_applied(network: NetnsNetwork, wanted: BondOptions) -> list[Finding]:
    """Return what is told of options, beside the bond that runs."""
    with network.spaces[DUT].inside(), over_sys():
        around = Around(running=running(PLAN.name))
        read = parse([Source("file", wanted.text())], "bonding-opts")
        return [one for one in lint(read, APPLIED, around) if one.rule == "not-applied"]


@pytest.mark.parametrize("mode", MODES)
def test_hints_for_a_bond_that_runs_apply_what_is_not(plain: NetnsNetwork, mode: str) -> None:
    """A bond at its defaults beside a file with other options: commands leave no difference."""
    for option in able(mode):
        if option.name in NEW_WORDS or "empty" in option.needs:
            continue
        wanted = asked(option, mode)
        make_bond(plain, PLAN, BondOptions.of(mode=mode, miimon=100 if option.requires else 0))
        for finding in not_applied(plain, wanted):
            assert not shell(plain, finding.hint), finding
        assert not not_applied(plain, wanted)
        drop_bond(plain, PLAN)


def test_targets_that_no_file_has_are_taken_away(plain: NetnsNetwork) -> None:
    before = BondOptions.parse("mode=1 arp_interval=100 arp_ip_target=192.0.2.7,192.0.2.8")
    wanted = BondOptions.parse("mode=1 arp_interval=100 arp_ip_target=192.0.2.8,192.0.2.9")
    make_bond(plain, PLAN, before)
    (finding,) = not_applied(plain, wanted)
    assert not shell(plain, finding.hint)
    assert read_back(plain, PLAN)["arp_ip_target"] == ("192.0.2.8", "192.0.2.9")
    drop_bond(plain, PLAN)


def test_what_cannot_be_set_is_refused_by_the_driver(plain: NetnsNetwork) -> None:
    """The control: a bond with slaves refuses the write, so no hint may tell it."""
    make_bond(plain, PLAN, BondOptions.of(mode=1))
    assert shell(plain, "echo active > /sys/class/net/bond0/bonding/fail_over_mac")
    shell(plain, "echo +192.0.2.7,192.0.2.8 > /sys/class/net/bond0/bonding/arp_ip_target")
    assert read_back(plain, PLAN)["arp_ip_target"] == ("192.0.2.7",)  # one write, one target
    assert not by_hand.on_a_bond(PLAN.name, "fail_over_mac", "active")
    (finding,) = not_applied(plain, BondOptions.parse("mode=1 fail_over_mac=active"))
    assert finding.hint == "make bond0 anew: it must have no slaves then"
    drop_bond(plain, PLAN)

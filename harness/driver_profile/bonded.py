"""The driver in real bonds: which options work with it, and what survives a failover.

The other slave is one end of a veth pair, whose far end is set down to force a failover, or
another interface, which is itself set down. The driver under test is the backup first, then the
active slave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial

from harness.bonding import BondOptions
from harness.driver_profile.facts import Reception, Survival, Trial, errno_name
from harness.driver_profile.listener import (
    GROUP,
    OTHER_GROUP,
    UNUSED_MAC,
    FrameListener,
    Membership,
)
from harness.driver_profile.nic import ProfiledNic
from harness.driver_profile.restore_on_exit import BOND, CABLE, FAR
from harness.errors import KernelRefused
from harness.labs.netns.interfaces import interfaces, set_flags
from harness.labs.netns.monitor import KernelLog
from harness.labs.netns.trial_bond import BondView, TrialBond, new_cable
from harness.log import kmsg
from harness.rtnl import messages
from harness.rtnl.messages import IFF_ALLMULTI, IFF_PROMISC
from harness.units import MS

MIIMON = 100  # ms
TIME_LIMIT = 3000 * MS  # several inspections of the MII monitor
NEW_MAC = "02:00:00:00:fe:21"
POLICIES = ("none", "active", "follow")
FLAGS = {"promisc": (IFF_PROMISC, UNUSED_MAC), "allmulti": (IFF_ALLMULTI, OTHER_GROUP)}
LOG_LINES = 6
FILTER_DELAY = 200 * MS  # some kernels and drivers set their filters asynchronously


@dataclass(slots=True)
class Pair:
    """The driver under test and the other slave; setting `end` down makes the other slave fail."""

    nic: ProfiledNic
    other: str = CABLE
    end: str = FAR

    def fail(self, *, down: bool) -> None:
        """Set the other slave's link down or up."""
        found = interfaces(self.nic.control)[self.end]
        self.nic.control.send(messages.set_link(self.end, found.index, up=not down))

    @contextmanager
    def bond(self, **options: object) -> Iterator[TrialBond]:
        """Yield a bond without slaves; raises KernelRefused."""
        bond = TrialBond(self.nic.control, BOND, BondOptions.of(miimon=MIIMON, **options))
        try:
            yield bond
        finally:
            bond.close()
            self.fail(down=False)
            self.nic.admin(up=False)

    def until(self, bond: TrialBond, condition: Callable[[BondView], bool]) -> bool:
        """Return whether a bond reached a state within TIME_LIMIT."""
        return self.nic.wait(lambda: condition(bond.view()), TIME_LIMIT, every=20 * MS)


@contextmanager
def with_partner(nic: ProfiledNic) -> Iterator[Pair]:
    """Yield an interface with another slave for its bonds; raises KernelRefused."""
    if nic.partner:
        yield Pair(nic, nic.partner, nic.partner)
        return
    new_cable(nic.control, CABLE, FAR)
    try:
        yield Pair(nic)
    finally:
        with suppress(KernelRefused):
            found = interfaces(nic.control)[CABLE]
            nic.control.send(messages.delete_link(CABLE, found.index))


def trials(pair: Pair) -> Iterator[Trial]:
    """Yield the result of each kind of bond that depends on what the driver supports."""
    for policy in POLICIES:
        yield _trial(pair, f"fail_over_mac={policy}", _policy, policy)
    yield _trial(pair, "MAC of a running bond", _new_mac, "")
    for mode in ("balance-tlb", "balance-alb"):
        yield _trial(pair, mode, _balanced, mode)
    yield _trial(pair, "802.3ad", _lacp, "802.3ad")
    yield _trial(pair, "primary_reselect=better", _better, "")


def _trial(pair: Pair, what: str, run: Callable[[Pair, Trial, str], Trial], word: str) -> Trial:
    """Run one trial; an error of the kernel is a result too. The result has the kernel's log."""
    pair.nic.say(f"{pair.nic.name}: bond with {what}")
    log = KernelLog()
    try:
        found = run(pair, Trial(what), word)
    except KernelRefused as refused:
        found = Trial(what, refused=errno_name(refused.errno), detail=refused.message)
    log.close()
    lines = (text for record in log.take() for text in kmsg.decode(record.data))
    return replace(
        found, log=tuple(line for line in lines if _reports_error(line, pair))[:LOG_LINES]
    )


def _reports_error(line: str, pair: Pair) -> bool:
    about = f"slave {pair.nic.name}" in line or f" {pair.nic.name}" in line
    return about and any(word in line.lower() for word in ("error", "failed", "not support"))


def _both(pair: Pair, bond: TrialBond) -> None:
    """Enslave the other interface first, so that it is active, then the driver under test."""
    bond.enslave(pair.other)
    bond.enslave(pair.nic.name)
    pair.nic.wait_for_carrier()


def _takes_over(pair: Pair, bond: TrialBond) -> bool:
    """Fail the other slave; return whether the driver under test became the active one."""
    name = pair.nic.name
    if not pair.until(bond, lambda seen: seen.links.get(name) == "up"):
        return False
    pair.fail(down=True)
    return pair.until(bond, lambda seen: seen.active == name)


def _policy(pair: Pair, trial: Trial, policy: str) -> Trial:
    """Fail over to it, and compare the MACs of bond and slave."""
    own = pair.nic.look().mac
    with pair.bond(mode="active-backup", fail_over_mac=policy) as bond:
        _both(pair, bond)
        first = bond.view().macs[BOND]
        effective = str(bond.options().get("fail_over_mac", ""))
        took = _takes_over(pair, bond)
        macs = bond.view().macs
        wanted = own if policy == "active" else first
        right = macs[BOND] == macs[pair.nic.name] == wanted
        return _after(pair, bond, replace(trial, effective=effective), right if took else None)


def _after(pair: Pair, bond: TrialBond, trial: Trial, right: bool | None) -> Trial:  # noqa: FBT001
    """Return the result of a trial: the slave's link state, its MAC, and whether it receives."""
    link = bond.view().links.get(pair.nic.name, "")
    if right is None:
        return replace(trial, link=link)
    with pair.nic.listening() as ear:
        hears = ear.hears(bond.view().macs[BOND])
    return replace(trial, link=link, addresses_right=right, hears=hears)


def _new_mac(pair: Pair, trial: Trial, _: str) -> Trial:
    """Change the MAC of a bond while its slaves are up."""
    with pair.bond(mode="active-backup") as bond:
        _both(pair, bond)
        bond.set_mac(NEW_MAC)
        right = bond.view().macs[pair.nic.name] == NEW_MAC
        return replace(trial, addresses_right=right)


def _balanced(pair: Pair, trial: Trial, mode: str) -> Trial:
    """Let the receiving slave fail; the other one must receive frames to the bond."""
    with pair.bond(mode=mode) as bond:
        _both(pair, bond)
        took = _takes_over(pair, bond)
        macs = bond.view().macs
        right = macs[BOND] == macs[pair.nic.name] if took else None
        found = _after(pair, bond, trial, right)
        return replace(found, recovers=_recovers(pair, bond))


def _lacp(pair: Pair, trial: Trial, mode: str) -> Trial:
    """Test whether an aggregating bond considers the link up."""
    with pair.bond(mode=mode) as bond:
        bond.enslave(pair.nic.name)
        pair.nic.wait_for_carrier()
        pair.until(bond, lambda seen: seen.links.get(pair.nic.name) == "up")
        link = bond.view().links.get(pair.nic.name, "")
        return replace(trial, link=link, recovers=_recovers(pair, bond))


def _recovers(pair: Pair, bond: TrialBond) -> bool:
    """Let the driver's interface fail and recover; return whether the bond considers it up again.

    When enslaving, bonding looks at the carrier only; later it also reads speed and duplex.
    """
    name = pair.nic.name
    pair.nic.admin(up=False)
    pair.until(bond, lambda seen: seen.links.get(name) != "up")
    pair.nic.admin(up=True)
    pair.nic.wait_for_carrier()
    return pair.until(bond, lambda seen: seen.links.get(name) == "up")


def _better(pair: Pair, trial: Trial, _: str) -> Trial:
    """Let the primary, the driver under test, fail and recover; return the active slave."""
    name = pair.nic.name
    with pair.bond(mode="active-backup", primary_reselect="better") as bond:
        _both(pair, bond)
        bond.set(primary=name)
        _recovers(pair, bond)
        pair.nic.rest(5 * MIIMON * MS)
        active = bond.view().active
        return replace(trial, effective="takes over" if active == name else "stays backup")


def survivals(pair: Pair) -> Iterator[Survival]:
    """Yield how promisc, allmulti and a group of the bond survive two failovers."""
    for setting in (*FLAGS, "group"):
        pair.nic.say(f"{pair.nic.name}: {setting} of a bond over failovers")
        with pair.bond(mode="active-backup") as bond, pair.nic.listening() as ear:
            yield _survival(pair, bond, setting, partial(_look, pair, ear, setting))


def _survival(
    pair: Pair, bond: TrialBond, setting: str, look: Callable[[], Reception]
) -> Survival:
    _both(pair, bond)
    _takes_over(pair, bond)
    off = look()
    with _set(pair, bond, setting):
        on = look()
        pair.fail(down=False)
        pair.until(bond, lambda seen: seen.links.get(pair.other) == "up")
        bond.set(active_slave=pair.other)
        away = look()
        pair.fail(down=True)
        pair.until(bond, lambda seen: seen.active == pair.nic.name)
        return Survival(setting, off, on, away, look())


@contextmanager
def _set(pair: Pair, bond: TrialBond, setting: str) -> Iterator[None]:
    """Set promisc or allmulti on the bond, or join a group, during the block."""
    if setting == "group":
        member = Membership(pair.nic.namespace, BOND, bond.index, GROUP)
        try:
            yield
        finally:
            member.close()
    else:
        flag, _ = FLAGS[setting]
        pair.nic.control.send(set_flags(f"{setting} on {BOND}", bond.index, flag, flag))
        yield


def _look(pair: Pair, ear: FrameListener, setting: str) -> Reception:
    """Return whether the flag is set on the slave, and whether a frame that needs it arrives."""
    pair.nic.rest(FILTER_DELAY)
    if setting == "group":
        return Reception(_on_list(pair), ear.hears(GROUP))
    flag, address = FLAGS[setting]
    is_set = bool(pair.nic.sysfs.flags(pair.nic.name) & flag)
    return Reception(is_set, ear.hears(address))


def _on_list(pair: Pair) -> bool:
    """Return whether the group is on the slave's list of addresses to receive."""
    path = "/proc/thread-self/net/dev_mcast"
    with pair.nic.namespace.inside(), open(path, encoding="ascii") as file:  # noqa: PTH123
        lines = [line.split() for line in file]
    return [pair.nic.name, GROUP.replace(":", "")] in [[line[1], line[4]] for line in lines]

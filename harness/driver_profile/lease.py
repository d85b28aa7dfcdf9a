"""Take an interface for measuring, into a namespace of our own, and bring it back in any case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from harness.driver_profile import safety
from harness.driver_profile.farend import FarEnd, InterfaceFarEnd, OperatorFarEnd
from harness.driver_profile.nic import Nic
from harness.driver_profile.restorer import BOND, CABLE, FAR, Keeper, Kept
from harness.errors import KernelRefused, LabError, UsageError
from harness.labs.netns.control import Control
from harness.labs.netns.interfaces import Existing, Interface, interfaces, move, namespace
from harness.labs.netns.namespace import Namespace
from harness.labs.netns.sysfs import Sysfs

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for: `far` is "" or "IFACE" or "NS:IFACE", `ask` seconds or 0.

    `partner` is the interface beside it in bonds, "" for a cable of ours.
    """

    name: str
    far: str = ""
    ask: float = 0.0
    in_place: bool = False
    partner: str = ""


@dataclass(frozen=True, slots=True)
class _Far:
    """A far end that was found: the interface, and where it is."""

    interface: Interface
    place: Existing


@contextmanager
def held(wish: Wish, say: Say, far: FarEnd | None = None) -> Iterator[Nic]:
    """Give an interface to be measured; afterwards all is as it was.

    `far` is a far end that is no interface, such as an emulated switch's port. Raises UsageError
    for an interface that must be left alone, LabError where something could not be put back.
    """
    ssh = safety.session_address()
    home = Existing("here")
    with ExitStack() as undo:
        undo.callback(home.close)
        control = Control(home)
        undo.callback(control.close)
        found = interfaces(control)
        names = (wish.name, wish.partner) if wish.partner else (wish.name,)
        taken = [safety.demand_free(found, name, ssh) for name in names]
        one = taken[0]
        _demand_names(found)
        there = None if far else _far_end(undo, wish, one, found, ssh, say)
        _demand_apart(taken, there)
        place = home if wish.in_place else Namespace("driver-profile")
        if place is not home:
            undo.callback(place.close)
        _keep(undo, taken, home, place, there)
        far = far or _cable(undo, wish, there, say)
        yield _taken(undo, wish, taken, place, control, far, say)


def _taken(
    undo: ExitStack,
    wish: Wish,
    taken: list[Interface],
    place: Namespace,
    control: Control,
    far: FarEnd | None,
    say: Say,
) -> Nic:
    """Move the interfaces to the namespace they are measured in."""
    if wish.in_place:
        sysfs = Sysfs()
    else:
        for one in taken:
            _move(control, one, place)
        control = Control(place)
        undo.callback(control.close)
        sysfs = Sysfs(place)
    undo.callback(sysfs.close)
    return Nic(wish.name, place, control, sysfs, far, say, wish.partner)


def _move(control: Control, one: Interface, place: Namespace) -> None:
    try:
        control.send(move(f"{one.name} to a namespace of ours", one.index, place))
    except KernelRefused as refused:
        raise LabError(
            refused.message, hint="this driver's interfaces stay where they are: give --in-place"
        ) from refused


def _keep(
    undo: ExitStack,
    taken: list[Interface],
    home: Existing,
    place: Namespace,
    there: _Far | None,
) -> None:
    """Start the process that puts things back, before anything is changed."""
    kept = [Kept(one, home, None if place is home else place) for one in taken]
    if there:
        kept.append(Kept(there.interface, there.place))
    keeper = Keeper(kept, [place])

    def close() -> None:
        troubles = keeper.close()
        if troubles:
            raise LabError(
                f"{taken[0].name} could not be put back as it was: {'; '.join(troubles)}",
                hint="look at it with `ip -d link`; taking its driver away and back resets it",
            )

    undo.callback(close)


def _demand_names(found: dict[str, Interface]) -> None:
    taken = [name for name in (BOND, CABLE, FAR) if name in found]
    if taken:
        raise UsageError(
            f"there is an interface {taken[0]} already, a name that the profile needs",
            hint=f"another profile may be running; if not: ip link delete {taken[0]}",
        )


def _demand_apart(taken: list[Interface], there: _Far | None) -> None:
    """Refuse two ends of one cable as slaves of one bond."""
    for partner in taken[1:]:
        if there is not None and there.interface.name == partner.name:
            raise UsageError(
                f"{partner.name} is the far end of {taken[0].name}",
                hint="name one of them only: the other one is where faults are made",
            )


def _far_end(
    undo: ExitStack, wish: Wish, one: Interface, found: dict[str, Interface], ssh: str, say: Say
) -> _Far | None:
    """Return the far end that was named, else the peer that the kernel reports."""
    if wish.ask:
        return None
    where, _, name = wish.far.rpartition(":")
    if name == wish.name and not where:
        raise UsageError(f"{name} cannot be its own far end", hint="name the other end")
    if not name:
        return _peer(undo, one, found, ssh, say)
    place = namespace(where) if where else Existing("here")
    undo.callback(place.close)
    if where:
        control = Control(place)
        undo.callback(control.close)
        found = interfaces(control)
    return _Far(safety.demand_far_end(found, name, ssh), place)


def _peer(
    undo: ExitStack, one: Interface, found: dict[str, Interface], ssh: str, say: Say
) -> _Far | None:
    """Return the other end of a veth, where it is in our namespace and nobody needs it."""
    if one.kind != "veth":
        return None
    if one.far:
        say(f"{one.name}: its other end is in another namespace; name it: --far-end NS:IFACE")
        return None
    peer = next(other for other in found.values() if other.index == one.peer)
    try:
        safety.demand_far_end(found, peer.name, ssh)
    except UsageError as error:
        say(f"{one.name}: no fault is made, as {error.message}")
        return None
    place = Existing("here")
    undo.callback(place.close)
    return _Far(peer, place)


def _cable(undo: ExitStack, wish: Wish, there: _Far | None, say: Say) -> FarEnd | None:
    if wish.ask:
        return OperatorFarEnd(wish.name, say, wish.ask)
    if there is None:
        return None
    far = InterfaceFarEnd(there.place, there.interface.name, there.interface.index)
    undo.callback(far.close)
    if not there.interface.up:
        far.carrier(on=True)
    return far

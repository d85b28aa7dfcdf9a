"""Move an interface into a separate namespace for measuring, and restore it in any case."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from harness.driver_profile import safety
from harness.driver_profile.farend import FarEnd, InterfaceFarEnd, OperatorFarEnd
from harness.driver_profile.nic import ProfiledNic
from harness.driver_profile.restore_on_exit import BOND, CABLE, FAR, RestoreOnExit, SavedInterface
from harness.errors import KernelRefused, LabError, UsageError
from harness.kernels import Say
from harness.labs.netns.control import Control
from harness.labs.netns.in_use import session_address
from harness.labs.netns.interfaces import ExistingNamespace, Interface, interfaces, move, namespace
from harness.labs.netns.namespace import Namespace
from harness.labs.netns.sysfs import Sysfs


@dataclass(frozen=True, slots=True)
class ProfileRequest:
    """The user's request: `far` is "", "IFACE" or "NS:IFACE"; `ask` is a time in s, or 0.

    `partner` is the other slave of its bonds, "" for a veth pair made for it.
    """

    name: str
    far: str = ""
    ask: float = 0.0
    in_place: bool = False
    partner: str = ""


@dataclass(frozen=True, slots=True)
class _Far:
    """An interface at the far end, and its namespace."""

    interface: Interface
    place: ExistingNamespace


@contextmanager
def leased(request: ProfileRequest, say: Say, far: FarEnd | None = None) -> Iterator[ProfiledNic]:
    """Yield an interface for measuring, and restore its state afterwards.

    `far` is a far end that is no interface, such as an emulated switch's port. Raises UsageError
    for an interface that is in use, LabError if something could not be restored.
    """
    ssh = session_address()
    home = ExistingNamespace("here")
    with ExitStack() as undo:
        undo.callback(home.close)
        control = Control(home)
        undo.callback(control.close)
        found = interfaces(control)
        names = (request.name, request.partner) if request.partner else (request.name,)
        taken = [safety.check_free(found, name, ssh) for name in names]
        one = taken[0]
        _check_names(found)
        there = None if far else _far_end(undo, request, one, found, ssh, say)
        _check_distinct(taken, there)
        place = home if request.in_place else Namespace("driver-profile")
        if place is not home:
            undo.callback(place.close)
        _keep(undo, taken, home, place, there)
        far = far or _cable(undo, request, there, say)
        yield _taken(undo, request, taken, place, control, far, say)


def _taken(
    undo: ExitStack,
    request: ProfileRequest,
    taken: list[Interface],
    place: Namespace,
    control: Control,
    far: FarEnd | None,
    say: Say,
) -> ProfiledNic:
    """Move the interfaces to the namespace in which they are measured."""
    if request.in_place:
        sysfs = Sysfs()
    else:
        for one in taken:
            _move(control, one, place)
        control = Control(place)
        undo.callback(control.close)
        sysfs = Sysfs(place)
    undo.callback(sysfs.close)
    return ProfiledNic(request.name, place, control, sysfs, far, say, request.partner)


def _move(control: Control, one: Interface, place: Namespace) -> None:
    try:
        control.send(move(f"{one.name} to a separate namespace", one.index, place))
    except KernelRefused as refused:
        raise LabError(
            refused.message,
            hint="this driver's interfaces cannot change their namespace: give --in-place",
        ) from refused


def _keep(
    undo: ExitStack,
    taken: list[Interface],
    home: ExistingNamespace,
    place: Namespace,
    there: _Far | None,
) -> None:
    """Start the process that restores the interfaces, before anything is changed."""
    kept = [SavedInterface(one, home, None if place is home else place) for one in taken]
    if there:
        kept.append(SavedInterface(there.interface, there.place))
    restorer = RestoreOnExit(kept, [place])

    def close() -> None:
        troubles = restorer.close()
        if troubles:
            raise LabError(
                f"{taken[0].name} could not be restored: {'; '.join(troubles)}",
                hint="inspect it with `ip -d link`; unbinding and binding its driver resets it",
            )

    undo.callback(close)


def _check_names(found: dict[str, Interface]) -> None:
    taken = [name for name in (BOND, CABLE, FAR) if name in found]
    if taken:
        raise UsageError(
            f"there is an interface {taken[0]} already, a name that the profile needs",
            hint=f"another profile may be running; if not: ip link delete {taken[0]}",
        )


def _check_distinct(taken: list[Interface], there: _Far | None) -> None:
    """Raise UsageError if both ends of one cable would be slaves of one bond."""
    for partner in taken[1:]:
        if there is not None and there.interface.name == partner.name:
            raise UsageError(
                f"{partner.name} is the far end of {taken[0].name}",
                hint="name one of them only: faults are injected at the other one",
            )


def _far_end(
    undo: ExitStack,
    request: ProfileRequest,
    one: Interface,
    found: dict[str, Interface],
    ssh: str,
    say: Say,
) -> _Far | None:
    """Return the far end that was given, else the peer that the kernel reports."""
    if request.ask:
        return None
    where, _, name = request.far.rpartition(":")
    if name == request.name and not where:
        raise UsageError(f"{name} cannot be its own far end", hint="name the other end")
    if not name:
        return _peer(undo, one, found, ssh, say)
    place = namespace(where) if where else ExistingNamespace("here")
    undo.callback(place.close)
    if where:
        control = Control(place)
        undo.callback(control.close)
        found = interfaces(control)
    return _Far(safety.check_far_end(found, name, ssh), place)


def _peer(
    undo: ExitStack, one: Interface, found: dict[str, Interface], ssh: str, say: Say
) -> _Far | None:
    """Return the peer of a veth if it is in this namespace and not in use."""
    if one.kind != "veth":
        return None
    if one.far:
        say(f"{one.name}: its peer is in another namespace; name it: --far-end NS:IFACE")
        return None
    peer = next(other for other in found.values() if other.index == one.peer)
    try:
        safety.check_far_end(found, peer.name, ssh)
    except UsageError as error:
        say(f"{one.name}: no fault is injected, as {error.message}")
        return None
    place = ExistingNamespace("here")
    undo.callback(place.close)
    return _Far(peer, place)


def _cable(
    undo: ExitStack, request: ProfileRequest, there: _Far | None, say: Say
) -> FarEnd | None:
    if request.ask:
        return OperatorFarEnd(request.name, say, request.ask)
    if there is None:
        return None
    far = InterfaceFarEnd(there.place, there.interface.name, there.interface.index)
    undo.callback(far.close)
    if not there.interface.up:
        far.carrier(on=True)
    return far

"""How faults are applied and written into the history: shared by all parts of a topology."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING, Literal, Protocol, Self

from harness.errors import KernelRefused
from harness.lab import Fabric, Network
from harness.loop import Loop, now
from harness.rtnl import messages
from harness.suggest import suggesting
from harness.topology import Topology
from harness.units import MS, Span, in_ms

Role = Literal["fault", "repair", "stimulus", "reaction", "command"]


class Journal(Protocol):
    """Where faults write their events."""

    def note(self, at: int, where: str, action: str, role: Role, **what: object) -> None:
        """Record a fault that took effect at a time in ns."""

    def pause(self, span: Span) -> None:
        """Continue recording for a span before the next step of a schedule."""

    def expect(self, at: int) -> None:
        """Note that the network will act by itself at a time in ns."""

    def wait_for_gap(self) -> None:
        """Wait until no probe is under way: the next frame of the path is a request."""

    def note_read(self) -> None:
        """Note that the scenario read something from the kernel outside of a recording."""


@dataclass(slots=True)
class AddedAddresses:
    """The IPv4 addresses that were added to machines during a run, and who had them when."""

    _since: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    @property
    def addresses(self) -> list[str]:
        """All of these addresses."""
        return list(self._since)

    def note(self, address: str, at: int, machine: str) -> None:
        """Note that a machine, or none (""), has an address from a time in ns on."""
        self._since.setdefault(address, []).append((at, machine))

    def holder(self, address: str, at: int) -> str | None:
        """Return the holder of an address at a time in ns, "" for none; None if never added."""
        if address not in self._since:
            return None
        held = [machine for since, machine in self._since[address] if since <= at]
        return held[-1] if held else ""


@dataclass(slots=True)
class LossSeeds:
    """Seeds of random loss: the same `text` gives the same seeds, so the same frames are lost."""

    text: str = ""
    _drawn: int = 0

    def next(self, link: str, way: str) -> int:
        """Return the next seed of 64 bits, for one direction of a link."""
        self._drawn += 1
        text = f"{self.text} {link} {way} {self._drawn}"
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class FaultContext:
    """What cables, switches and machines need to apply a fault and record it.

    `seeds` determine which frames are lost; `numbers` are those of frames of flows; `held_until`
    is the time in ns at which a port begins to forward, by link; `added` are the IPv4 addresses
    added to machines during the run.
    """

    network: Network
    loop: Loop
    journal: Journal
    seeds: LossSeeds = field(default_factory=LossSeeds)
    held_until: dict[str, int] = field(default_factory=dict)
    added: AddedAddresses = field(default_factory=AddedAddresses)
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def topology(self) -> Topology:
        """The topology as the lab built it: with the MACs of NICs that existed before."""
        return self.network.topology

    @property
    def fabric(self) -> Fabric:
        """The switches."""
        return self.network.fabric

    def admin(self, machine: str, link: str, *, up: bool) -> None:
        """Set a machine's interface administratively up or down."""
        index = self.network.ifindex(machine, link)
        request = messages.set_link(f"interface {link} of {machine}", index, up=up)
        self.network.host(machine).send(request)

    def apply(
        self, where: str, action: str, role: Role, do: Callable[[], None], **what: object
    ) -> None:
        """Run `do` and record it with the time just before.

        `took` is how long the kernel needed for it, in ns: the effect may be that much later.
        `went_on` is how much of that the recording went on, as a device outside of it acted.
        """
        served, at = self.loop.served, now()
        try:
            do()
        except KernelRefused:
            self.journal.note_read()
            raise
        if went_on := self.loop.served - served:
            what["went_on"] = went_on
        self.journal.note(at, where, action, role, took=now() - at, **what)


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of a fault or stimulus; it lasts until `end`, or until its `with` block ends."""

    end: Callable[[], None]

    if not TYPE_CHECKING:
        __getattr__ = suggesting("an effect")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


SLIP = 5 * MS


@dataclass(slots=True)
class Schedule:
    """When the next step of a recording is due, in ns; small delays do not accumulate.

    If a step is late by more than SLIP, later steps count from it, so that no interval is much
    shorter than requested.
    """

    step: int = 0
    due: bool = False
    expected: int = 0  # the last known time at which the network will act by itself

    def note_step(self, at: int) -> int:
        """Note that a step was made at a time in ns; return how late it was.

        Only steps that `after` planned can be late: not the first one, nor reactions in between.
        """
        slip = at - self.step if self.due else 0
        if at > self.step + SLIP:
            self.step = at
        return slip

    def after(self, span: Span, start: int) -> int:
        """Return the time of a step that is due `span` after the last one, or after the start."""
        self.step = max(self.step, start) + span.ns
        self.due = False
        return self.step

    def is_due(self) -> None:
        """Note that the step that `after` planned is due now."""
        self.due = True


@dataclass(slots=True)
class OpenFaults:
    """The faults that are not repaired yet, by the part they were applied to."""

    _faults: dict[str, tuple[str, int]] = field(default_factory=dict)

    def note(self, at: int, where: str, action: str, role: Role) -> None:
        """Note a fault or a repair at a time in ns."""
        if role == "fault":
            self._faults[where] = action, at
        elif role == "repair":
            self._faults.pop(where, None)

    def text(self, at: int) -> str:
        """Return the faults that are not repaired at a time in ns, as text; "" for none."""
        return ", ".join(
            f"{action} {where} {in_ms(at - since)} ago was not undone"
            for where, (action, since) in self._faults.items()
        )

"""Where faults happen and how they are written down: what all nouns of a topology share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
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
    """Where faults write themselves down."""

    def note(self, at: int, where: str, action: str, role: Role, **what: object) -> None:
        """Record a fault that took effect at a time."""

    def pause(self, span: Span) -> None:
        """Go on recording for a while before the next step of a schedule."""

    def expect(self, at: int) -> None:
        """Note that an automatic action of the network is due at a time, in ns."""

    def saw(self) -> None:
        """Note that the scenario was told something by the kernel, without a recording."""


@dataclass(slots=True)
class Added:
    """The IPv4 addresses that machines have or had besides their own, by who had them when."""

    _since: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    @property
    def addresses(self) -> list[str]:
        """All such addresses."""
        return list(self._since)

    def note(self, address: str, at: int, machine: str) -> None:
        """Note that from a time in ns on a machine has an address, or ("") none has."""
        self._since.setdefault(address, []).append((at, machine))

    def holder(self, address: str, at: int) -> str | None:
        """Return the machine that had an address at a time in ns, "" for none; None for others."""
        if address not in self._since:
            return None
        held = [machine for since, machine in self._since[address] if since <= at]
        return held[-1] if held else ""


@dataclass(slots=True)
class Lots:
    """Which frames are lost where a share is: the same ones for the same `text`."""

    text: str = ""
    _drawn: int = 0

    def draw(self, link: str, way: str) -> int:
        """Return the next seed of 64 bits, for one direction of a link."""
        self._drawn += 1
        text = f"{self.text} {link} {way} {self._drawn}"
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class Site:
    """What the nouns of one topology share.

    `lots` decide which frames are lost; `held` is until when a port does not forward, in ns;
    `added` are the IPv4 addresses that machines were given besides their own.
    """

    topology: Topology
    network: Network
    loop: Loop
    journal: Journal
    lots: Lots = field(default_factory=Lots)
    held: dict[str, int] = field(default_factory=dict)
    added: Added = field(default_factory=Added)

    @property
    def fabric(self) -> Fabric:
        """The switches."""
        return self.network.fabric

    def admin(self, machine: str, link: str, *, up: bool) -> None:
        """Set a machine's own interface administratively up or down."""
        index = self.network.number(machine, link)
        request = messages.set_link(f"interface {link} of {machine}", index, up=up)
        self.network.host(machine).send(request)

    def did(
        self, where: str, action: str, role: Role, do: Callable[[], None], **what: object
    ) -> None:
        """Do something and write it down with the time just before it took effect.

        It also notes how long the kernel `took` for it, in ns: so late may the effect have been.
        """
        at = now()
        try:
            do()
        except KernelRefused:
            self.journal.saw()
            raise
        self.journal.note(at, where, action, role, took=now() - at, **what)


@dataclass(frozen=True, slots=True)
class Lasting:
    """Something that goes on until `end`, or until its `with` block ends."""

    end: Callable[[], None]

    if not TYPE_CHECKING:
        __getattr__ = suggesting("what lasts until its end")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


SLIP = 5 * MS


@dataclass(slots=True)
class Schedule:
    """When the next step of a recording is due, in ns: a small lateness does not add up.

    A step that comes more than SLIP later than planned starts a plan of its own, so that what
    follows it is never much shorter than asked for.
    """

    step: int = 0
    due: bool = False
    expected: int = 0  # when the network itself will act for the last time, as far as is known

    def did(self, at: int) -> int:
        """Note that a step was made at a time; returns by how many ns it missed its plan.

        What nobody planned cannot miss it: the first step, and what happens by itself in between.
        """
        slip = at - self.step if self.due else 0
        if at > self.step + SLIP:
            self.step = at
        return slip

    def after(self, span: Span, start: int) -> int:
        """Return when a step is due that comes `span` after the last one, or after the start."""
        self.step = max(self.step, start) + span.ns
        self.due = False
        return self.step

    def is_due(self) -> None:
        """Note that the time has come for the step that `after` planned."""
        self.due = True


@dataclass(slots=True)
class Standing:
    """The faults that were not repaired yet, by what they were done to."""

    _faults: dict[str, tuple[str, int]] = field(default_factory=dict)

    def did(self, at: int, where: str, action: str, role: Role) -> None:
        """Note what was done to something at a time, in ns."""
        if role == "fault":
            self._faults[where] = action, at
        elif role == "repair":
            self._faults.pop(where, None)

    def said(self, at: int) -> str:
        """Return in words what is not undone at a time, in ns; "" where nothing is."""
        return ", ".join(
            f"{action} {where} {in_ms(at - since)} ago was not undone"
            for where, (action, since) in self._faults.items()
        )

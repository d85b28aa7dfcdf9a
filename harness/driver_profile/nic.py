"""The interface under measurement: its namespace, its state, and the changes made to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from harness.driver_profile.farend import FarEnd
from harness.driver_profile.listener import FrameListener
from harness.labs.netns.control import Control
from harness.labs.netns.interfaces import Interface, interfaces
from harness.labs.netns.namespace import Namespace
from harness.labs.netns.sysfs import Sysfs
from harness.loop import Loop, now
from harness.rtnl import messages
from harness.units import MS

POLL = MS  # how often sysfs is read
PATIENCE = 10_000 * MS  # for a carrier: copper negotiates for some 2 to 4 s


@dataclass(slots=True)
class ProfiledNic:
    """An interface in a namespace that may be changed; `say` prints progress.

    `partner` is the other slave of its bonds, "" for a veth pair made for it.
    """

    name: str
    namespace: Namespace
    control: Control
    sysfs: Sysfs
    far: FarEnd | None
    say: Callable[[str], None]
    partner: str = ""
    loop: Loop = field(default_factory=Loop)

    def look(self) -> Interface:
        """Return its current state."""
        return interfaces(self.control)[self.name]

    @property
    def index(self) -> int:
        """Its interface index."""
        return self.look().index

    def admin(self, *, up: bool) -> None:
        """Set it up or down; raises KernelRefused."""
        self.control.send(messages.set_link(f"{self.name} {_word(up)}", self.index, up=up))

    def set_mac(self, mac: str) -> None:
        """Change its address; raises KernelRefused with the driver's errno."""
        self.control.send(messages.set_link(f"address of {self.name}", self.index, address=mac))

    def wait_for_carrier(self, within: int = PATIENCE) -> bool:
        """Return whether it gains carrier within some ns."""
        with self.sysfs.watch(self.name, "carrier") as file:
            return self.wait(lambda: file.read() == "1", within)

    def wait(self, condition: Callable[[], bool], within: int, every: int = 10 * MS) -> bool:
        """Return whether a condition becomes true within some ns."""
        true = False

        def look(_: int) -> None:
            nonlocal true
            true = true or condition()

        stop = self.loop.every(every, look)
        self.loop.pump(now() + within, lambda: true)
        stop()
        return true

    def rest(self, span: int) -> None:
        """Wait for some ns."""
        self.loop.pump(now() + span)

    @contextmanager
    def listening(self) -> Iterator[FrameListener]:
        """Yield a listener for frames that arrive at it."""
        ear = FrameListener(self.namespace, self.name, self.far, self.loop)
        try:
            yield ear
        finally:
            ear.close()


def _word(up: bool) -> str:  # noqa: FBT001
    return "up" if up else "down"

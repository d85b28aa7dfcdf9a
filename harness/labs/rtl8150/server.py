"""The server of the adapters: it serves their USB cables while the kernel blocks others.

A driver's synchronous transfers (to open an interface, to set its MAC) block the calling process
until the chip has answered, so the chips are in a separate process, or in a thread if the driver
is on another machine. It sleeps whenever nothing is to be done, and ends as soon as its orders do:
the kernel then finds all of its adapters unplugged.

An order is one line of JSON, {"nic": name, "do": verb, ...}; the answer is {} or {"error": text}.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.errors import HarnessError
from harness.labs.rtl8150.cable import BUFFER, LocalController, UsbCable, UsbController
from harness.labs.rtl8150.chip import Chip
from harness.labs.rtl8150.device import Device, Faults
from harness.labs.rtl8150.tap import TapDevice
from harness.labs.rtl8150.usbip import RequestReader
from harness.lifetime import end_with_parent
from harness.loop import Loop, now

FOREVER = 1 << 62  # ns, longer than any kernel is up
RTM_NEWLINK, IFF_UP, AF_UNSPEC = 16, 1, 0
MESSAGE = struct.Struct("=IHHIIBxHiII")  # struct nlmsghdr and struct ifinfomsg


@dataclass(frozen=True, slots=True)
class AdapterPlan:
    """An adapter's name, its MAC, and the switch port at which its cable ends."""

    name: str
    mac: str
    tap: TapDevice
    index: int


@dataclass(slots=True)
class EmulatedAdapter:
    """An adapter, plugged in while it has a cable; `port` is the last one it was in."""

    device: Device
    tap: TapDevice
    index: int
    cable: UsbCable | None = None
    port: int = -1
    reader: RequestReader = field(default_factory=RequestReader)


class AdapterServer:
    """All adapters of a topology, served from one loop."""

    def __init__(
        self,
        loop: Loop,
        controller: UsbController,
        plans: list[AdapterPlan],
        orders: socket.socket,
        switches: socket.socket,
    ) -> None:
        self._loop = loop
        self._controller = controller
        self._orders = orders
        self._switches = switches
        self._over = False
        self.adapters: dict[str, EmulatedAdapter] = {}
        for plan in plans:
            chip = Chip(bytes.fromhex(plan.mac.replace(":", "")))
            adapter = EmulatedAdapter(Device(chip, plan.tap.send), plan.tap, plan.index)
            self.adapters[plan.name] = adapter
            self._loop.watch(plan.tap, self._wire(adapter))
        self._loop.watch(orders, self._obey)
        self._loop.watch(switches, self._read_ports)

    def run(self) -> None:
        """Serve until the other end has closed the orders' socket; report why it ends before."""
        try:
            self._loop.pump(FOREVER, lambda: self._over)
            for adapter in self.adapters.values():
                self.unplug(adapter)
        except HarnessError as error:
            self._orders.send(_failed(error))

    # The USB cable.

    def plug(self, adapter: EmulatedAdapter) -> None:
        """Plug an adapter in; the kernel begins to enumerate it."""
        if adapter.cable is None:
            adapter.device.plugged()
            adapter.reader = RequestReader()
            adapter.cable = self._controller.attach(lambda data: self._serve(adapter, data))
            adapter.port = adapter.cable.port
            adapter.tap.carrier(on=True)

    def unplug(self, adapter: EmulatedAdapter) -> None:
        """Unplug an adapter; the kernel finds its end of the cable closed."""
        if adapter.cable is not None:
            adapter.cable.close()
            adapter.cable = None
            adapter.tap.carrier(on=False)

    def _serve(self, adapter: EmulatedAdapter, data: bytes) -> None:
        """Answer the host's transfers."""
        if not data:
            self.unplug(adapter)  # the kernel has detached it
            return
        at, before = now(), adapter.device.due()
        requests = adapter.reader.feed(data)
        self._answer(adapter, b"".join(adapter.device.asked(request, at) for request in requests))
        if adapter.device.due() != before:
            self._listen(adapter)

    def _answer(self, adapter: EmulatedAdapter, data: bytes) -> None:
        if data and adapter.cable is not None:
            adapter.cable.send(data)

    def _listen(self, adapter: EmulatedAdapter) -> None:
        """Set a timer for the adapter's next interrupt packet."""
        due = adapter.device.due()
        if due is not None:
            self._loop.at(due, lambda at: self._interrupt(adapter, at))

    def _interrupt(self, adapter: EmulatedAdapter, at: int) -> None:
        self._answer(adapter, adapter.device.interrupt(at))

    # The network cable.

    def _wire(self, adapter: EmulatedAdapter) -> Callable[[], None]:
        def read() -> None:
            for frame in adapter.tap.frames():
                if adapter.cable is not None:
                    self._answer(adapter, adapter.device.received(frame))

        return read

    def _read_ports(self) -> None:
        """Read which ports of the switches are up: a PHY has a link while its partner is up."""
        data, at = self._switches.recv(BUFFER), 0
        while at + MESSAGE.size <= len(data):
            length, kind, _, _, _, family, _, index, flags, _ = MESSAGE.unpack_from(data, at)
            if kind == RTM_NEWLINK and family == AF_UNSPEC:
                for adapter in self.adapters.values():
                    if adapter.index == index:
                        adapter.device.chip.set_link(up=bool(flags & IFF_UP))
            at += max((length + 3) & ~3, MESSAGE.size)

    # Orders.

    def _obey(self) -> None:
        line = self._orders.recv(BUFFER)
        if not line:
            self._over = True
            return
        try:
            answer = json.dumps(self._do(json.loads(line))).encode()
        except HarnessError as error:
            answer = _failed(error)
        self._orders.send(answer)

    def _do(self, order: Mapping[str, Any]) -> dict[str, object]:
        adapter, verb = self.adapters[order["nic"]], order["do"]
        if verb == "plug":
            self.plug(adapter)
        elif verb == "unplug":
            self.unplug(adapter)
        elif verb == "fail":
            adapter.device.fail(Faults(**_faults(order["faults"])))
            self._listen(adapter)
        return {"port": adapter.port}


def _failed(error: HarnessError) -> bytes:
    return json.dumps({"error": error.message, "hint": error.hint}).encode()


def _faults(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**fields, "dropped": frozenset(fields["dropped"])}


def serve(plans: list[AdapterPlan], orders: socket.socket, switches: socket.socket) -> None:
    """Serve as the adapters; ends with the process that started this one."""
    end_with_parent()
    keep = {orders.fileno(), switches.fileno(), *(plan.tap.fileno() for plan in plans)}
    _close_all_but(keep)
    loop = Loop()
    AdapterServer(loop, LocalController(loop), plans, orders, switches).run()


def _close_all_but(keep: set[int]) -> None:
    """Close what was inherited: a namespace exists as long as any process has it open."""
    first = 3
    for one in sorted(keep):
        os.closerange(first, one)
        first = one + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))

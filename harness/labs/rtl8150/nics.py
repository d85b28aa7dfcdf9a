"""The tester's side of the adapters: starts their server, sends it orders, ends it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import threading
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

from harness.errors import LabError
from harness.labs.rtl8150.cable import BUFFER, UsbController
from harness.labs.rtl8150.device import Faults
from harness.labs.rtl8150.server import AdapterPlan, AdapterServer, serve
from harness.loop import Loop

PATIENCE = 10.0  # seconds for an order to be carried out
RTMGRP_LINK = 1


class ServerProcess(NamedTuple):
    """The process of a server."""

    pid: int

    def join(self) -> None:
        """Wait for its end."""
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


@dataclass(slots=True)
class Nics:
    """The adapters of a topology, whose server is a separate process or thread."""

    orders: socket.socket
    server: ServerProcess | threading.Thread
    _faults: dict[str, Faults] = field(default_factory=dict)

    def plug(self, name: str) -> int:
        """Plug an adapter into the USB; return the controller's port. Raises LabError."""
        return int(self._order(name, "plug")["port"])

    def unplug(self, name: str) -> int:
        """Unplug an adapter from the USB; return the port it was in. Raises LabError."""
        return int(self._order(name, "unplug")["port"])

    def fail(self, name: str, **changes: Any) -> None:
        """Set an adapter's faults; raises LabError."""
        self._faults[name] = replace(self._faults.get(name, Faults()), **changes)
        faults = asdict(self._faults[name])
        faults["dropped"] = sorted(faults["dropped"])
        self._order(name, "fail", faults=faults)

    def dropped(self, name: str) -> frozenset[str]:
        """Return in which directions an adapter drops bulk transfers."""
        return self._faults.get(name, Faults()).dropped

    def close(self) -> None:
        """End the server; the kernel finds all adapters unplugged."""
        self.orders.close()
        self.server.join()

    def check(self) -> None:
        """Raise LabError if the server has ended; the socket of orders can be read then."""
        self._answer("the adapters are served no longer")

    def _order(self, name: str, verb: str, **more: Any) -> dict[str, Any]:
        with contextlib.suppress(OSError):  # it has ended: its last word can still be read
            self.orders.send(json.dumps({"nic": name, "do": verb, **more}).encode())
        return self._answer(f"adapter {name} did not {verb}")

    def _answer(self, without: str) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = json.loads(self.orders.recv(BUFFER) or b"{}")
        except TimeoutError as error:
            raise _silent(f"{without}: no answer within {PATIENCE:g} s") from error
        except OSError:
            answer = {}
        if not answer:
            raise _silent(f"{without}: their server has ended")
        if "error" in answer:
            raise LabError(answer["error"], hint=answer["hint"])
        return answer


def _silent(what: str) -> LabError:
    return LabError(
        what,
        hint="the guest's console has the traceback of its process; "
        "if the driver is on a DUT, check that it still runs",
    )


def start(plans: list[AdapterPlan], switches: socket.socket) -> Nics:
    """Start the adapters in a process; `switches` is a netlink socket of the switches.

    It is forked rather than executed: in a guest that is ten times faster.
    """
    ours, theirs = _orders(switches)
    process = os.fork()
    if process == 0:
        _run_child(plans, theirs, switches)
    theirs.close()
    switches.close()
    for plan in plans:
        plan.tap.close()
    return Nics(ours, ServerProcess(process))


def start_thread(
    plans: list[AdapterPlan], switches: socket.socket, controller: Callable[[Loop], UsbController]
) -> Nics:
    """Start the adapters of another machine's controller in a thread."""
    ours, theirs = _orders(switches)

    def run() -> None:
        loop = Loop()
        with theirs, switches:
            AdapterServer(loop, controller(loop), plans, theirs, switches).run()

    thread = threading.Thread(target=run, name="adapters", daemon=True)
    thread.start()
    return Nics(ours, thread)


def _orders(switches: socket.socket) -> tuple[socket.socket, socket.socket]:
    switches.bind((0, RTMGRP_LINK))
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(PATIENCE)
    return ours, theirs


def _run_child(plans: list[AdapterPlan], orders: socket.socket, switches: socket.socket) -> None:
    """Run as the child; never returns."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        serve(plans, orders, switches)
        status = 0
    except BaseException:  # noqa: BLE001  (this process must not go on as the parent's copy)
        traceback.print_exc()
    finally:
        os._exit(status)

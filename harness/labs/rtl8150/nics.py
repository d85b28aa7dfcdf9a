"""The tester's side of the adapters: starts their process, sends it orders, ends it."""

from __future__ import annotations

import json
import os
import signal
import socket
import traceback
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from harness.errors import LabError
from harness.labs.rtl8150.device import Faults
from harness.labs.rtl8150.server import BUFFER, AdapterPlan, serve

PATIENCE = 10.0  # seconds for an order to be carried out
RTMGRP_LINK = 1


@dataclass(slots=True)
class Nics:
    """The adapters of a topology, in a separate process."""

    process: int
    orders: socket.socket
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
        """End the process; the kernel finds all adapters unplugged."""
        self.orders.close()
        try:
            os.waitpid(self.process, 0)
        except ChildProcessError:
            return

    def _order(self, name: str, verb: str, **more: Any) -> dict[str, Any]:
        try:
            self.orders.send(json.dumps({"nic": name, "do": verb, **more}).encode())
            answer: dict[str, Any] = json.loads(self.orders.recv(BUFFER) or b"{}")
        except TimeoutError as error:
            raise self._silent(name, verb, f"no answer within {PATIENCE:g} s") from error
        except OSError:
            answer = {}
        if not answer:
            raise self._silent(name, verb, "its process has ended")
        if "error" in answer:
            raise LabError(answer["error"], hint=answer["hint"])
        return answer

    def _silent(self, name: str, verb: str, why: str) -> LabError:
        return LabError(
            f"adapter {name} did not {verb}: {why}",
            hint="the guest's console has the traceback of its process",
        )


def start(plans: list[AdapterPlan], switches: socket.socket) -> Nics:
    """Start the process of the adapters; `switches` is a netlink socket of the switches.

    It is forked rather than executed: in a guest that is ten times faster.
    """
    switches.bind((0, RTMGRP_LINK))
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(PATIENCE)
    process = os.fork()
    if process == 0:
        _run_child(plans, theirs, switches)
    theirs.close()
    switches.close()
    return Nics(process, ours)


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

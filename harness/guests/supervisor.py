"""The process that owns a run's guests and its temporary directory; it outlives the controller.

A script; its argument is the parent of the temporary directory. It exchanges JSON lines:

    sends     {"directory": path}                    once
    receives  {"start": name, "argv": [...], "environment": {...}, "console": path,
               "terminal": descriptor or null}
    sends     {"started": name, "group": id}
    receives  {"kill": name}
    sends     {"ended": name, "status": n}           n < 0: killed by that signal

At EOF on standard input, because the controller has closed it or has died (kill -9 included), it
kills the process groups of all guests, removes the directory and exits.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
PREFIX = "network-failover-harness-"

libc = ctypes.CDLL(None, use_errno=True)


class Supervisor:
    """The running guests by name, each the leader of a session and process group."""

    def __init__(self) -> None:
        self.guests: dict[str, subprocess.Popen[bytes]] = {}
        self.kernels: set[str] = set()  # the programs of guests that have had a terminal

    def start(self, name: str, request: dict[str, Any]) -> None:
        """Start one guest; its output goes to its console file, or to a terminal if it has one."""
        terminal = request["terminal"]
        with Path(request["console"]).open("ab") as console:
            process = subprocess.Popen(
                request["argv"],
                stdin=subprocess.DEVNULL if terminal is None else terminal,
                stdout=console if terminal is None else terminal,
                stderr=console,
                env=request["environment"],
                cwd=Path(request["console"]).parent,
                start_new_session=True,
                preexec_fn=tie,  # noqa: PLW1509  (this process has one thread)
            )
        self.guests[name] = process
        if terminal is not None:
            with contextlib.suppress(OSError):  # it has ended already
                self.kernels.add(_program(process.pid))
        send({"started": name, "group": process.pid})

    def kill(self, name: str) -> None:
        """Kill one guest with its helper processes, which survive if only their parent dies."""
        if name in self.guests:
            _kill_group(self.guests[name].pid)

    def reap(self) -> None:
        """Report guests that have ended, and reap their orphans."""
        for name, process in list(self.guests.items()):
            if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            _kill_group(process.pid)  # before the wait: until then the group's id cannot be reused
            del self.guests[name]
            send({"ended": name, "status": process.wait()})
        if not self.guests:
            self.kill_watchers()
            _reap_orphans()

    def kill_watchers(self) -> None:
        """Kill what User-Mode Linux leaves behind where it has a terminal as its console.

        A process of it waits for changes of the terminal's size (winch_thread, in
        arch/um/drivers/chan_user.c). It leads a session of its own, so that no signal to the
        guest's group reaches it, and it outlives the guest: then it is a child of this process.
        """
        if not self.kernels:
            return
        for stat in Path("/proc").glob("[0-9]*/stat"):
            number = int(stat.parent.name)
            with contextlib.suppress(OSError):
                parent = int(stat.read_text(errors="replace").rpartition(")")[2].split()[1])
                if parent == os.getpid() and _program(number) in self.kernels:
                    os.kill(number, signal.SIGKILL)

    def close(self, within: float = 1.5) -> None:
        """Kill all guests and wait for their end, at most `within` seconds."""
        end = time.monotonic() + within
        for name in list(self.guests):
            self.kill(name)
        while time.monotonic() < end:
            self.kill_watchers()
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.01)
                continue
            return


def tie() -> None:
    """In the child: die with the supervisor, and write no core file."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _program(process: int) -> str:
    """Return the path of the program that a process runs; raises OSError once it has ended."""
    return str(Path(f"/proc/{process}/exe").readlink())


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _reap_orphans() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def send(what: dict[str, Any]) -> None:
    """Send a line to the controller; ignore errors if it has died."""
    with contextlib.suppress(OSError):
        os.write(1, json.dumps(what).encode() + b"\n")


def serve(supervisor: Supervisor, woken: int) -> None:
    """Serve requests until EOF or SIGTERM."""
    pending = b""
    while True:
        ready, _, _ = select.select([0, woken], [], [])
        if woken in ready and signal.SIGTERM in os.read(woken, 512):
            return
        supervisor.reap()
        if 0 not in ready:
            continue
        data = os.read(0, 65536)
        if not data:
            return
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            _handle(supervisor, json.loads(line))


def _handle(supervisor: Supervisor, request: dict[str, Any]) -> None:
    if "kill" in request:
        supervisor.kill(request["kill"])
        return
    try:
        supervisor.start(request["start"], request)
    except (OSError, subprocess.SubprocessError) as error:
        with Path(request["console"]).open("a", encoding="utf-8") as console:
            console.write(f"{error}\n")
        send({"ended": request["start"], "status": 127})


def _remove(directory: str) -> None:
    for _ in range(20):
        shutil.rmtree(directory, ignore_errors=True)
        if not Path(directory).exists():
            return
        time.sleep(0.05)


def main() -> None:
    """Serve until the controller has ended, then clean up."""
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    supervisor = Supervisor()
    directory = tempfile.mkdtemp(prefix=PREFIX, dir=sys.argv[1])
    try:
        send({"directory": directory})
        serve(supervisor, woken)
    finally:
        supervisor.close()
        _remove(directory)


if __name__ == "__main__":
    main()

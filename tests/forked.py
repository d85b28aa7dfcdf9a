"""Runs of Python that are forked from a process which has imported what they need.

A run is a process with arguments, environment, directory and exit code as any other; only the
imports, two thirds of a short run, are done once. What is about starting, signals or a terminal
starts a Python of its own (`Tiny.start`, `Tiny.on_terminal`).

Who wants a run connects to the socket of the process, sends a request with three descriptors, and
is told the exit code. A run ends when who wanted it closes the connection.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from select import select
from typing import Any

from tests.forked_python import LENGTH, SOCKET, ask

HARNESS = Path(__file__).parents[1]
CLIENT = Path(__file__).with_name("forked_python.py")
PACKAGES = (
    *("bonding", "guests", "history", "html", "judge", "kernels", "labs.netns", "results"),
    *("session", "yours"),  # but not harness.plugin, which pytest itself imports by its name
)


class Server:
    """The process that forks; it ends with the process that started it."""

    def __init__(self, harness: Path = HARNESS) -> None:
        """`harness` is the directory that has the package to run."""
        listening = socket.socket(socket.AF_UNIX)
        listening.bind("")  # an abstract name of the kernel's choice
        listening.listen(64)
        self.name = listening.getsockname()[1:].decode()
        argv = [sys.executable, "-m", "tests.forked", str(listening.fileno()), str(harness)]
        with listening:
            self._process = subprocess.Popen(
                argv,
                cwd=HARNESS,
                env=os.environ | {"PYTHONPATH": str(harness)},
                stdin=subprocess.PIPE,
                pass_fds=[listening.fileno()],
            )
        atexit.register(self.close)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def run(
        self,
        module: str,
        arguments: list[str],
        cwd: Path,
        env: Mapping[str, str],
        within: float,
        stdin: int | None = None,
    ) -> tuple[int, str]:
        """Run a module as `python -m` does; return its exit code and all that it wrote.

        Raises TimeoutError after `within` s; the process has been killed then.
        """
        read, write = os.pipe()
        with Path(os.devnull).open("rb") as nothing, os.fdopen(read, "rb", 0) as output:
            reads = nothing.fileno() if stdin is None else stdin
            request = {"module": module, "arguments": arguments, "cwd": str(cwd), "env": {**env}}
            with ask(self.name, request, [reads, write, write]) as line:
                os.close(write)
                try:
                    wrote = _all_of(output.fileno(), within)
                except BaseException:
                    line.shutdown(socket.SHUT_WR)
                    exit_code(line)
                    raise
                return exit_code(line), wrote.decode()


def exit_code(line: socket.socket) -> int:
    """Wait for the end of a run."""
    data = line.recv(LENGTH, socket.MSG_WAITALL)
    assert len(data) == LENGTH, "the process that forks has died"
    return int.from_bytes(data, "big", signed=True)


@cache
def server() -> Server:
    """Return the server of this process."""
    return Server()


def python(code: str, *arguments: str) -> list[str]:
    """Return what runs a text as `python -c` does, forked, in a project of `tests.tiny`."""
    return [sys.executable, "-I", "-S", str(CLIENT), os.environ[SOCKET], code, *arguments]


def _all_of(descriptor: int, within: float) -> bytes:
    wrote, end = bytearray(), time.monotonic() + within
    while select([descriptor], [], [], max(0, end - time.monotonic()))[0]:
        data = os.read(descriptor, 1 << 16)
        if not data:
            return bytes(wrote)
        wrote += data
    raise TimeoutError(f"no end after {within} s: {wrote.decode()}")


def serve(listening: socket.socket) -> None:
    """Fork for each connection, until the end of standard input."""
    _import()
    gc.freeze()  # a collection in a child would copy the pages of all that is here
    while 0 not in _ready(0, listening.fileno()):
        line, _ = listening.accept()
        if not os.fork():
            listening.close()
            _follow(line)
        line.close()
        with suppress(ChildProcessError):  # there is none
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _ready(*descriptors: int) -> list[int]:
    return select(descriptors, [], [])[0]


def _import() -> None:
    from _pytest.config import default_plugins  # noqa: PLC0415  (only the server needs it)

    for name in default_plugins:
        importlib.import_module(f"_pytest.{name}")
    for name in PACKAGES:
        package = importlib.import_module(f"harness.{name}")
        for module in pkgutil.iter_modules(package.__path__, f"harness.{name}."):
            importlib.import_module(module.name)
    for name in ("click", "jinja2", "pygments", "pygments.lexers.python", "rich.console"):
        importlib.import_module(name)


def _follow(line: socket.socket) -> None:
    """Fork a run, and tell its exit code; kill it when nobody waits for it any more."""
    head, descriptors, _, _ = socket.recv_fds(line, LENGTH, 3)
    request = json.loads(line.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL))
    child = os.fork()
    if not child:
        line.close()
        _become(request, descriptors)
    for each in (0, 1, 2, *descriptors):
        os.close(each)
    end = os.pidfd_open(child)
    if end not in _ready(line.fileno(), end):
        os.killpg(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    line.sendall(status.to_bytes(LENGTH, "big", signed=True))
    os._exit(0)


def _become(request: dict[str, Any], descriptors: list[int]) -> None:
    os.setsid()  # so that all that it starts can be killed with it
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    sys.argv[1:] = request["arguments"]
    if "module" in request:
        sys.path[0] = request["cwd"]  # as `python -m` has it
        _end_as(lambda: runpy.run_module(request["module"], run_name="__main__", alter_sys=True))
    sys.argv[0], sys.path[0] = "-c", ""
    _end_as(lambda: exec(request["code"], {"__name__": "__main__"}))  # noqa: S102


def _end_as(run: Callable[[], object]) -> None:
    code = 1
    try:
        run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if code and not isinstance(end.code, int):
            print(end.code, file=sys.stderr)
    except BaseException:  # noqa: BLE001  (as the interpreter does)
        sys.excepthook(*sys.exc_info())
    finally:
        atexit._run_exitfuncs()  # there is no public way to run them
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # the interpreter would free every module, which copies all of their pages


if __name__ == "__main__":
    sys.path[0] = sys.argv[2]  # it was the directory that this was started in
    serve(socket.socket(fileno=int(sys.argv[1])))

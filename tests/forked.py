"""Runs of `python -m pytest` that are forked from a process which has imported what they need.

A run is a process with arguments, environment, directory and exit code as any other; only the
imports, two thirds of a short run, are done once. What is about starting, signals or a terminal
starts a Python of its own (`Tiny.start`, `Tiny.on_terminal`).
"""

from __future__ import annotations

import array
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
from functools import cache
from pathlib import Path
from select import select

HARNESS = Path(__file__).parents[1]
# Packages below the session. What pytest itself imports by name, harness.plugin and the modules
# of harness.session, must not be here before: it would warn that it cannot rewrite their asserts.
PACKAGES = ("bonding", "guests", "history", "html", "judge", "kernels", "labs.netns", "results")
LENGTH = 4  # bytes before a request: its length


class Server:
    """The process that forks, one run at a time; it ends with the process that started it."""

    def __init__(self) -> None:
        self._line, its = socket.socketpair()
        argv = [sys.executable, __file__, str(its.fileno())]
        environment = os.environ | {"PYTHONPATH": str(HARNESS)}
        with its:
            self._process = subprocess.Popen(argv, env=environment, pass_fds=[its.fileno()])
        atexit.register(self.close)

    def close(self) -> None:
        """End the process."""
        self._line.close()
        self._process.wait()

    def run(
        self, module: str, arguments: list[str], cwd: Path, env: dict[str, str], within: float
    ) -> tuple[int, str]:
        """Run a module as `python -m` does; return its exit code and all that it wrote.

        Raises TimeoutError after `within` s; the process has been killed then.
        """
        read, write = os.pipe()
        with Path(os.devnull).open("rb") as nothing, os.fdopen(read, "rb", 0) as output:
            request = json.dumps([[module, *arguments], str(cwd), env]).encode()
            descriptors = array.array("i", [nothing.fileno(), write])
            head = len(request).to_bytes(LENGTH, "big")
            self._line.sendmsg([head], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
            self._line.sendall(request)
            os.close(write)
            process = int.from_bytes(self._exactly(LENGTH), "big")
            try:
                wrote = _all_of(output.fileno(), within)
            except BaseException:
                os.kill(process, signal.SIGKILL)
                self._exactly(LENGTH)
                raise
        code = int.from_bytes(self._exactly(LENGTH), "big", signed=True)
        return code, wrote.decode()

    def _exactly(self, count: int) -> bytes:
        data = self._line.recv(count, socket.MSG_WAITALL)
        assert len(data) == count, "the process that forks has died"
        return data


@cache
def server() -> Server:
    """Return the server of this process."""
    return Server()


def _all_of(descriptor: int, within: float) -> bytes:
    wrote, end = bytearray(), time.monotonic() + within
    while select([descriptor], [], [], max(0, end - time.monotonic()))[0]:
        data = os.read(descriptor, 1 << 16)
        if not data:
            return bytes(wrote)
        wrote += data
    raise TimeoutError(f"no end after {within} s: {wrote.decode()}")


def serve(descriptor: int) -> None:
    """Fork for each request; in the child, run the module that it names."""
    sys.path[0] = str(HARNESS)  # it was the directory of this file
    _import()
    gc.freeze()  # a collection in a child would copy the pages of all that is here
    with socket.socket(fileno=descriptor) as line:
        while head := line.recvmsg(LENGTH, socket.CMSG_SPACE(8)):
            data, more, *_ = head
            if not data:
                return
            length = int.from_bytes(data, "big")
            request = json.loads(line.recv(length, socket.MSG_WAITALL))
            own = array.array("i", more[0][2])
            if not (child := os.fork()):
                break
            for each in own:
                os.close(each)
            line.sendall(child.to_bytes(LENGTH, "big"))
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            line.sendall(status.to_bytes(LENGTH, "big", signed=True))
    argv, directory, environment = request
    _become(argv, directory, environment, own)


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


def _become(
    argv: list[str], directory: str, environment: dict[str, str], descriptors: array.array[int]
) -> None:
    nothing, output = descriptors
    for number, descriptor in enumerate((nothing, output, output)):
        os.dup2(descriptor, number)
    for descriptor in descriptors:
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    sys.path[0] = directory  # as `python -m` has it
    sys.argv[:] = argv
    code = 0
    try:
        runpy.run_module(argv[0], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if code and not isinstance(end.code, int):
            print(end.code, file=sys.stderr)
    finally:
        atexit._run_exitfuncs()  # there is no public way to run them
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)  # the interpreter would free every module, which copies all of their pages


if __name__ == "__main__":
    serve(int(sys.argv[1]))

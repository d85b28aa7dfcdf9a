"""Run a text of Python in a process that `tests.forked` forks, and end as that does.

    forked_python.py SOCKET CODE ARGUMENT...

It needs nothing but these modules of the standard library, as its start is most of what it costs.
"""

import array
import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence

LENGTH = 4  # bytes before a request: its length; of an exit code
SOCKET = "TESTS_FORKED"  # the variable that names the socket


def ask(name: str, request: Mapping[str, object], descriptors: Sequence[int]) -> socket.socket:
    """Ask for a run; return the connection on which it is told how that ended."""
    line = socket.socket(socket.AF_UNIX)
    line.connect(f"\0{name}")
    text = json.dumps(request).encode()
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
    line.sendmsg([len(text).to_bytes(LENGTH, "big")], [rights])
    line.sendall(text)
    return line


def main() -> None:
    """Wait for the end of the run."""
    name, code, *arguments = sys.argv[1:]
    own = {**os.environ, "ASKED_BY": str(os.getppid())}  # it is another's child than this process
    request = {"code": code, "arguments": arguments, "cwd": os.getcwd(), "env": own}  # noqa: PTH109
    status = ask(name, request, [0, 1, 2]).recv(LENGTH, socket.MSG_WAITALL)
    ended = int.from_bytes(status, "big", signed=True) if status else -9
    if ended < 0:
        os.kill(os.getpid(), -ended)
    os._exit(ended)


if __name__ == "__main__":
    main()

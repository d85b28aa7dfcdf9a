"""Connect the cables that are still cut when the run that cut them has ended, killed or not.

`python -m harness.labs.reconnect.program LAB RECORD` acts at the end of its input, once nobody has
the record locked. Its exit status is 1, with the reasons on standard error, if anything fails.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from harness.errors import HarnessError
from harness.labs.description.model import ManagedSwitch
from harness.labs.description.read import read
from harness.labs.reconnect.record import still_cut
from harness.labs.switch.command_line import CommandLine
from harness.waiting import retry

PATIENCE = 30.0  # seconds for a command


def open_ports(switch: ManagedSwitch, ports: Iterable[str]) -> None:
    """Open ports of a switch; raises HarnessError."""
    with closing(CommandLine(switch)) as line:
        for port in ports:
            line.port(port, up=True)


def troubles(lab: Path, record: Path) -> Iterator[str]:
    """Connect all cables that a record leaves cut; yield what fails, as text."""
    with record.open(encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # until the process that cuts cables has ended
        cut = still_cut(file)
    ports = [one.port for one in cut if one.port]
    try:
        if ports and (switch := read(lab).switch):
            retry(lambda: open_ports(switch, ports), on=HarnessError, pause=2)
    except HarnessError as error:
        yield f"port {', '.join(ports)} may still be shut: {error.message}"
    for command in [one.command for one in cut if one.command]:
        try:
            done = subprocess.run(  # the shell is for the language of the command
                ["/bin/sh", "-c", command],
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            yield f"`{command}` did not end within {PATIENCE:g} s"
            continue
        if done.returncode:
            yield f"`{command}` ended with exit status {done.returncode}: {done.stderr.strip()}"


def main() -> None:
    """Wait for the end of the input, then connect what is cut."""
    lab, record = map(Path, sys.argv[1:])
    sys.stdin.read()
    found = list(troubles(lab, record)) if record.exists() else []
    record.unlink(missing_ok=True)
    if found:
        print("; ".join(found), file=sys.stderr)
        raise SystemExit(1)


if __name__ == "__main__":
    main()

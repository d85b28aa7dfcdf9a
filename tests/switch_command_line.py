"""The command line of a small switch, as the forced command of a real SSH server.

`python -m tests.switch_command_line DIRECTORY [PROCESS]` speaks a dialect of cisco_ios.
DIRECTORY/ports has the ports that are shut; a file DIRECTORY/fault with `hang`, `refuse` or `drop`
is what happens at the next `shutdown` or `no shutdown`. With a process, the ports are interfaces
of its network namespace: Gi1/0/1 is port1.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

NAME = "bench-sw"
PORTS = ("Gi1/0/1", "Gi1/0/2")


class SmallSwitch:
    """The state of one login."""

    def __init__(self, place: Path, process: str = "") -> None:
        self.place = place
        self.process = process
        self.mode = ""
        self.port = ""

    @property
    def prompt(self) -> str:
        """The prompt of the current mode."""
        return f"{NAME}{self.mode}#"

    def execute(self, line: str) -> str:
        """Execute a line; return what is written before the next prompt."""
        words = line.split()
        if line in ("configure terminal", "end", "exit", ""):
            self.mode = {"configure terminal": "(config)", "": self.mode}.get(line, "")
        elif words[0] == "interface" and self.mode and words[-1] in PORTS:
            self.mode, self.port = "(config-if)", words[-1]
        elif line in ("shutdown", "no shutdown") and self.mode == "(config-if)":
            return self._switch(shut=line == "shutdown")
        elif words[0] != "terminal":
            return "                 ^\r\n% Invalid input detected at '^' marker.\r\n"
        return ""

    def _switch(self, *, shut: bool) -> str:
        fault = self.place / "fault"
        what = fault.read_text(encoding="ascii").strip() if fault.exists() else ""
        if what == "hang":
            time.sleep(600)
        if what == "drop":
            sys.exit(0)
        if what == "refuse":
            return "% Interface is managed by another session\r\n"
        ports = self.place / "ports"
        now = set(ports.read_text(encoding="ascii").split()) if ports.exists() else set()
        now = now | {self.port} if shut else now - {self.port}
        ports.write_text(" ".join(sorted(now)), encoding="ascii")
        if self.process:
            name, state = f"port{self.port[-1]}", "down" if shut else "up"
            ip = ["ip", "link", "set", name, state]
            subprocess.run(["nsenter", "-t", self.process, "-n", *ip], check=True)
        return ""


def main() -> None:
    """Serve one login; the terminal echoes what is typed."""
    switch = SmallSwitch(Path(sys.argv[1]), *sys.argv[2:])
    sys.stdout.write(switch.prompt)
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(switch.execute(line.strip()) + switch.prompt)
        sys.stdout.flush()
        if line.strip() == "exit" and not switch.mode:
            return


if __name__ == "__main__":
    main()

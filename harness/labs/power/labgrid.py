"""labgrid-client, which switches the power of a place (https://labgrid.readthedocs.io).

A place must be acquired first, by whoever runs the tests: labgrid then locks what it has.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from testinfra.host import Host

from harness.errors import LabError
from harness.labs.description.model import LabNic

PROGRAM = "labgrid-client"
# pip puts it beside this interpreter, which need not be in PATH.
BESIDE = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))


def commands(host: Host, nic: LabNic, coordinator: str) -> tuple[str, str]:
    """Return the commands that take the power of a NIC's place and give it; raises LabError."""
    program = shutil.which(PROGRAM, path=BESIDE)
    if program is None:
        raise LabError(
            f"there is no {PROGRAM}, which takes the power of the place {nic.place}",
            hint="pip install 'network-failover-harness[labgrid]'",
        )
    words = [program, *(("-x", coordinator) if coordinator else ()), "-p", nic.place]
    prefix = shlex.join(words)
    done = host.run(f"{prefix} power get")
    if done.rc:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise LabError(
            f"labgrid does not switch the power of the place {nic.place}: "
            f"{lines[-1] if lines else 'no output'}",
            hint=f"`{PROGRAM} -p {nic.place} acquire` takes the place, `show` lists what it has",
        )
    return f"{prefix} power off", f"{prefix} power on"

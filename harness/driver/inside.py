"""In a guest: make an emulated NIC, profile it, and report line by line to who booted us.

Lines of `stream.jsonl` are {"say": text}, {"profile": facts} or {"error": text, "hint": text}.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.driver.held import Wish
from harness.driver.run import here, surroundings
from harness.errors import HarnessError, KernelRefused, LabError
from harness.kernels.job import Job
from harness.labs.netns import netlink
from harness.labs.netns.existing import Existing, interfaces
from harness.labs.netns.netlink import Control
from harness.labs.netns.trials import new_cable

NIC, FAR, MAC = "eth1", "port1", "02:00:00:00:00:02"
Tell = Callable[..., None]


def main(directory: Path) -> None:
    """Do the job, in the guest."""
    job = Job.load(directory)
    with (directory / "stream.jsonl").open("w", encoding="utf-8") as stream:

        def tell(**line: Any) -> None:
            stream.write(json.dumps(line) + "\n")
            stream.flush()
            if job.writeback:
                os.sync()

        try:
            tell(profile=_profiled(job, tell))
        except HarnessError as error:
            tell(error=error.message, hint=error.hint)


def _profiled(job: Job, tell: Tell) -> dict[str, Any]:
    around = surroundings(job.lab, job.clock)
    wish = EMULATED[job.options["nic"]]()
    found = here(wish, around, job.options["repeat"], lambda text: tell(say=text))
    return found.plain()


def veth() -> Wish:
    """Make a cable whose one end is the NIC."""
    control = Control(Existing("here"))
    new_cable(control, NIC, FAR)
    control.send(netlink.set_link("MAC", interfaces(control)[NIC].index, address=MAC))
    return Wish(NIC)


def dummy() -> Wish:
    """Make a device that sends everything to nowhere and reports nothing."""
    control = Control(Existing("here"))
    try:
        control.send(netlink.new_link("dummy", 0, NIC, netlink.kind_of("dummy"), address=MAC))
    except KernelRefused as refused:
        raise LabError(refused.message, hint="this kernel has no driver `dummy`") from refused
    return Wish(NIC)


EMULATED = {"veth": veth, "dummy": dummy}

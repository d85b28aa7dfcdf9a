"""A rack is surveyed, and the use of its NICs confirmed, before anything is changed.

This is the host's part of a session: the restorer of the tester's NICs, which outlives this
process, and the plan, which the user confirms. The worker does the rest (harness.labs.rack).
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError, UsageError
from harness.kernels import Say

if TYPE_CHECKING:
    from harness.labs.reconnect.client import Reconnector
    from harness.labs.restorer.client import RestorerClient

QUESTION = "take these NICs until the run ends? [y/N] "


def prepare(config: pytest.Config, say: Say) -> Mapping[str, str]:
    """Return what the worker needs of the lab that --lab names; raises HarnessError."""
    from harness.labs.description.read import read  # noqa: PLC0415  (paramiko takes a second)
    from harness.labs.rack.plan import RackPlan  # noqa: PLC0415
    from harness.labs.rack.survey import survey  # noqa: PLC0415
    from harness.labs.reconnect.client import Reconnector  # noqa: PLC0415
    from harness.labs.restorer.client import RestorerClient, socket_in  # noqa: PLC0415

    _demand_possible(config)
    lab = read(Path(config.getoption("lab")))
    with ExitStack() as undo:
        place = Path(tempfile.mkdtemp(prefix="network-failover-harness-"))
        undo.callback(shutil.rmtree, place, ignore_errors=True)
        restorer = RestorerClient.here(socket_in(place))
        undo.callback(_release, restorer)
        found, lines = survey(lab, restorer)
        plan = RackPlan(lab, found)
        for line in lines:
            say(line)
        plan.demand_safe()
        confirm(config, plan.lines(), say)
        for nic in lab.nics:
            restorer.save(nic.far_end, found.tester.ends[nic.far_end].undo)
        record = place / "cut"
        undo.callback(_reconnect, Reconnector(lab.path, record))
        config.add_cleanup(undo.pop_all().close)
    ends = json.dumps({name: asdict(end) for name, end in found.dut.ends.items()})
    release = found.kernel.split()[-1]
    return {
        "lab": str(lab.path),
        "restorer": socket_in(place),
        "record": str(record),
        "ends": ends,
        "release": release,
    }


def _demand_possible(config: pytest.Config) -> None:
    if os.geteuid() != 0:
        raise UsageError(
            "the tester's NICs are moved, which needs root",
            hint="run it with sudo, or as root",
        )
    if config.getoption("guests") > 1:
        raise UsageError(
            f"a rack has one DUT, which {config.getoption('guests')} guests cannot share",
            hint="leave --guests out",
        )
    config.option.guests = 1


def confirm(config: pytest.Config, plan: Iterable[str], say: Say) -> None:
    """Show the lines of a plan and ask for confirmation; raises UsageError unless it is given."""
    for line in plan:
        say(line)
    if config.getoption("yes"):
        return
    capture = config.pluginmanager.get_plugin("capturemanager")
    if capture is not None:
        capture.suspend_global_capture(in_=True)
    try:
        if not sys.stdin.isatty():
            raise UsageError(
                "standard input is not a terminal, so the question cannot be answered",
                hint="give --yes to use the NICs without a question",
            )
        answer = input(QUESTION)
    except EOFError:
        answer = ""
    finally:
        if capture is not None:
            capture.resume_global_capture()
    if answer.strip().lower() not in ("y", "yes"):
        raise UsageError("nothing was touched", hint="answer y, or give --yes")


def _reconnect(reconnector: Reconnector) -> None:
    """Connect all cables that are still cut; report those that could not be."""
    if trouble := reconnector.close():
        print(f"error: a cable may still be cut: {trouble}", file=sys.stderr)


def _release(restorer: RestorerClient) -> None:
    """Restore the tester's NICs; report what could not be restored."""
    try:
        troubles = restorer.release()
    except HarnessError as error:
        troubles = [error.message]
    for trouble in troubles:
        print(f"error: not restored on the tester: {trouble}", file=sys.stderr)

"""A profile that is killed or interrupted leaves the machine as it was, at whatever step."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.driver_profile.lease import ProfileRequest
from harness.driver_profile.measure import Environment
from harness.driver_profile.run import here
from harness.labs.netns.control import Control
from harness.labs.netns.interfaces import interfaces
from tests.cables import NIC, PORT, around, control, unchanged
from tests.waiting import wait_until

pytestmark = pytest.mark.guest
__all__ = ["around", "control"]  # fixtures


def pass_on(pipe: int, text: str) -> None:
    """Write a line into a pipe."""
    os.write(pipe, f"{text}\n".encode())


def child(work: Callable[[Callable[[str], None]], object], until: str) -> int:
    """Do some work in a process of its own; return its id when it has said something."""
    heard, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(heard)
            work(partial(pass_on, tell))
        finally:
            os._exit(1)
    os.close(tell)
    said = ""
    while until not in said:
        data = os.read(heard, 4096)
        assert data, f"it ended before it said {until!r}: {said}"
        said += data.decode()
    os.close(heard)
    return pid


STEPS = ["cable out and in, 1", "change of the MAC", "bond with balance-alb", "promisc of a bond"]


@pytest.mark.parametrize("in_place", [False, True], ids=["moved", "in place"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_in_the_middle_it_leaves_nothing(
    control: Control,
    around: Environment,
    step: str,
    in_place: bool,  # noqa: FBT001
) -> None:
    with unchanged(control):
        request = ProfileRequest(NIC, in_place=in_place)
        pid = child(lambda say: here(request, around, 2, say), step)
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid:
                found.append(int(path.parent.name))
    return found


def test_without_its_restorer_a_killed_profile_would_lose_the_interface(
    control: Control, around: Environment
) -> None:
    """The control of the test above: it is the restorer that puts things back."""
    pid = child(lambda say: here(ProfileRequest(NIC), around, 2, say), "change of the MAC")
    (restorer,) = children(pid)
    os.kill(restorer, signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    lost = {NIC, PORT}  # the other end goes with it, when the kernel clears the namespace away
    wait_until(lambda: not lost & interfaces(control).keys(), within=5, what="the loss")


def test_interrupted_it_ends_with_a_message_and_leaves_nothing(control: Control) -> None:
    def work(say: Callable[[str], None]) -> None:
        say("begun")
        done = CliRunner().invoke(main, ["driver-profile", NIC])
        os._exit(done.exit_code if "were restored" in done.output else 1)

    with unchanged(control):
        pid = child(work, "begun")
        wait_until(lambda: NIC not in interfaces(control), within=20, what="its beginning")
        os.kill(pid, signal.SIGINT)
        _, status = os.waitpid(pid, 0)
        assert os.waitstatus_to_exitcode(status) == 130

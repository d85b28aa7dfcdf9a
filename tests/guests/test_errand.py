"""An errand: the lines of a guest in order, its ending, and the two reasons to kill it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.guests.errand import errand, job_for
from harness.guests.job import Job
from harness.guests.kernel import BootCommand

pytestmark = pytest.mark.process


@dataclass(frozen=True, slots=True)
class Script:
    """A kernel whose guest is a shell script: an errand sees only the files it writes."""

    text: str
    name: str = "script 1"
    spec: str = ""
    modules: str = "/modules"
    writeback: bool = False
    clock: str = "virtual"
    waits: bool = True

    def command(self, directory: Path) -> BootCommand:
        """Return what runs the script in the guest's directory."""
        return BootCommand(["/bin/sh", "-c", f"cd {directory}; {self.text}"], dict(os.environ))


def test_the_lines_come_in_order_also_those_written_at_the_end() -> None:
    text = """echo '{"a": 1}' >stream.jsonl; sleep 0.2; echo '{"done": 0}' >>stream.jsonl"""
    with errand(Script(text), "one", job_for(Script(text), "m:f")) as one:
        assert list(one.lines(poll=0.01)) == [{"a": 1}, {"done": 0}]
    assert one.done
    assert not one.guest.directory.exists()


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"limit": 0.2}, "it did not finish within 0.2 s"),
        ({"silence": 0.3}, "it reported nothing for 0.3 s"),
    ],
)
def test_a_guest_that_takes_too_long_is_killed(limits: dict[str, float], why: str) -> None:
    kernel = Script("echo 'the console says so'; sleep 60")
    with errand(kernel, "one", job_for(kernel, "m:f")) as one:
        assert list(one.lines(poll=0.01, **limits)) == []
        assert not one.done
        died = one.death()
    assert str(died.message) == (
        f"the guest did not finish: {why}; the end of its console:\n  the console says so"
    )


def test_a_job_follows_from_the_kernel_unless_a_field_is_given(tmp_path: Path) -> None:
    job_for(Script(""), "m:f", options={"n": 1}, environment={"A": "b"}).save(tmp_path)
    job = Job.load(tmp_path)
    assert (job.work, job.kernel, job.clock, job.modules) == (
        "m:f",
        "script 1",
        "virtual",
        "/modules",
    )
    assert (job.options, job.environment) == ({"n": 1}, {"A": "b"})
    assert job_for(Script(""), "m:f").environment["PATH"]

"""The agent and its channel: what is asked is done there; what goes wrong names the host."""

from __future__ import annotations

import ast
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import Inconclusive
from harness.history import ClockAbout
from harness.judge import failover, measure
from harness.lab import Clock
from harness.labs.agent import clock
from harness.labs.agent.channel import AgentEvent, Channel, python
from harness.labs.agent.pipe import AgentLost, ProcessPipe
from harness.labs.agent.source import OLDEST, source
from harness.labs.restorer.client import sent as restorer
from harness.loop import SECOND
from harness.record import clocks
from harness.units import MS
from tests.labs import f_strings
from tests.stories import failover as story

pytestmark = pytest.mark.process


def started(command: list[str]) -> Channel:
    """Return the channel of an agent that a command starts."""
    return Channel("blade7", ProcessPipe("blade7", command))


@pytest.fixture
def agent() -> Iterator[Channel]:
    """An agent of this machine, in no namespace of its own."""
    channel = started(python(sys.executable))
    yield channel
    channel.close()


@pytest.mark.parametrize("sent", [source(), restorer()], ids=["agent", "restorer"])
def test_the_program_that_is_sent_is_python_of_the_oldest_kind(sent: bytes) -> None:
    text = sent.decode()
    assert ast.parse(text, feature_version=OLDEST)
    # ast.unparse of 3.12 writes f-strings that an older Python rejects, whatever feature_version.
    assert not any(isinstance(node, ast.JoinedStr) for node in ast.walk(ast.parse(text)))
    assert "harness" not in {name.partition(".")[0] for name in imported(text)}
    assert set(imported(text)) <= sys.stdlib_module_names


def test_what_is_sent_formats_as_its_f_strings_do() -> None:
    found: dict[str, object] = {}
    exec(source(f_strings), found)  # noqa: S102  (that is what a machine does with it)
    assert found["FORMATTED"] == f_strings.FORMATTED


def imported(text: str) -> list[str]:
    """Return the modules that a program imports."""
    nodes = list(ast.walk(ast.parse(text)))
    found = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return found + [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]


def test_what_fails_there_fails_here_with_the_same_errno(agent: Channel) -> None:
    with pytest.raises(FileNotFoundError):
        agent.ask("read", path="/proc/there-is-no-such-file")
    assert agent.ask("read", path="/proc/self/comm")["text"].startswith("python")


def test_a_program_runs_there_to_its_end(agent: Channel) -> None:
    heard: list[dict[str, object]] = []
    number = agent.open(heard.append)
    agent.ask("start", s=number, argv=["sh", "-c", "echo said; echo wrong >&2; exit 3"])
    while not heard:
        agent.read()
    assert heard == [{"s": number, "exit": [3, "said\n", "wrong\n"]}]


def test_its_clock_is_known_to_half_a_round_trip(agent: Channel) -> None:
    found = clock.measure(agent)
    assert abs(found.offset) <= found.error  # it is the same clock
    assert 0 < found.error < SECOND


def test_an_agent_that_is_killed_is_lost_and_named(agent: Channel) -> None:
    os.kill(agent.pid, signal.SIGKILL)
    with pytest.raises(AgentLost, match="the agent on blade7 is lost: it ended with signal 9"):
        agent.ask("ping")
    with pytest.raises(AgentLost, match="signal 9"):  # and stays so
        agent.ask("ping")


def test_an_agent_ends_with_its_input(agent: Channel) -> None:
    pid = agent.pid
    agent.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(AgentLost, match="no agent could be started on blade7: No such file"):
        started(["/there-is-no-python"])


def test_a_clock_that_jumps_makes_a_recording_inconclusive_by_its_name() -> None:
    before = {"dut": Clock(5 * MS, MS)}
    found = clocks.compared(before, {"dut": Clock(6 * MS, MS)}, 2 * SECOND)
    assert found == {"dut": ClockAbout(offset=5 * MS, error=2 * MS)}
    with pytest.raises(Inconclusive, match=r"the clock of dut jumped by 1000\.0 ms"):
        clocks.compared(before, {"dut": Clock(1005 * MS, MS)}, 2 * SECOND)


def test_a_wall_clock_that_was_set_makes_a_recording_inconclusive_by_its_name() -> None:
    before = {"target": Clock(wall=-7 * SECOND), "dut": Clock(0, MS, -7 * SECOND)}
    slewed = {"target": Clock(wall=-7 * SECOND + MS), "dut": Clock(0, MS, -7 * SECOND)}
    assert set(clocks.compared(before, slewed, 2 * SECOND)) == {"dut"}
    for name, at in before.items():
        back = {**before, name: at._replace(wall=-8 * SECOND)}
        with pytest.raises(Inconclusive, match=rf"wall clock of {name} was set by 1000\.0 ms"):
            clocks.compared(before, back, 2 * SECOND)


def test_only_figures_of_two_clocks_carry_their_error() -> None:
    plain = story()
    apart = story(clocks={"dut": {"offset": 3, "error": 2 * MS}})
    fault = measure.fault_at(apart)
    one, two = (measure.detection(it, ["eth0"], fault) for it in (plain, apart))
    assert two.tolerance - one.tolerance == 2 * MS
    assert "clocks apart by 2.0 ms" in two.why
    assert failover.switchover(apart, "bond0").tolerance == (
        failover.switchover(plain, "bond0").tolerance
    )


LINK_UP = """
import fcntl, socket, struct, sys, time
time.sleep(0.05)
request = struct.pack("16sH14x", b"lo", 1)  # IFF_UP
fcntl.ioctl(socket.socket(), 0x8914, request)  # SIOCSIFFLAGS
time.sleep(0.1)
open(sys.argv[1], "w").write("done")
"""


def test_a_notification_that_waits_while_the_agent_is_busy_is_known_to_be_late(
    tmp_path: Path,
) -> None:
    """The agent waits for a FIFO; meanwhile lo comes up, which it reads 100 ms afterwards."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    own = ["unshare", "--user", "--map-root-user", "--net", *python(sys.executable)]
    channel, heard = started(own), list[AgentEvent]()
    try:
        links, program = channel.open(heard.append), channel.open(lambda _: None)
        channel.ask("listen", s=links, groups=["links"])
        argv = [sys.executable, "-c", LINK_UP, str(fifo)]
        channel.ask("start", s=program, argv=argv)
        channel.ask("read", path=str(fifo))
        while not heard:
            channel.read()
    finally:
        channel.close()
    _, _, late = heard[0]["e"][0]
    assert late >= 100 * MS

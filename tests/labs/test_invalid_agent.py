"""Processes that are no agent, or one of another version: lost, with the host's name."""

from __future__ import annotations

import json
import re
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import closing

import pytest

from harness.labs.agent import clock
from harness.labs.agent.channel import Channel
from harness.labs.agent.host import RemoteHost, RemoteProgram
from harness.labs.agent.pipe import AgentLost, ProcessPipe
from harness.labs.agent.program import VERSION
from harness.labs.agent.source import LOADER, source
from harness.rtnl.messages import Request

pytestmark = pytest.mark.process

HELLO = f'print(\'{{"hello": {VERSION}, "pid": 1}}\')'
LOST = "^the agent on blade7 is lost: "


def started(*command: str) -> Channel:
    """Return the channel of what a command starts."""
    return Channel("blade7", ProcessPipe("blade7", command))


def pretender(words: str) -> Channel:
    """Return the channel of a program that is given the agent's source and writes other things."""
    code = f"import os,sys,time\nos.read(0, 1 << 20)\n{textwrap.dedent(words)}"
    return started(sys.executable, "-I", "-S", "-u", "-c", code)


def answering(*lines: str) -> Channel:
    """Return the channel of a program that greets as an agent and answers with these lines."""
    answers = "; ".join(f"print({line!r})" for line in lines)
    return pretender(f"{HELLO}; sys.stdin.readline(); {answers}; sys.stdin.read()")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("sys.exit(7)", "it ended with exit status 7"),
        (
            "print('Last login: yesterday')",
            'it wrote "Last login: yesterday", which is no message',
        ),
        ("print('[1, 2]')", r'it wrote "\[1, 2\]", which is no message'),
        ("print('[' * 100000)", r'it wrote "\[{200}", which is no message'),
        ("print('{\"id\": Infinity}')", "it wrote .*, which is no message"),
        ("sys.exit('no module named json')", "it ended with exit status 1: no module named json"),
    ],
)
def test_what_is_no_agent_is_reported_with_what_it_wrote(words: str, why: str) -> None:
    with pytest.raises(AgentLost, match=LOST + why):
        pretender(words)


def test_an_agent_of_another_release_is_not_used() -> None:
    other = f"VERSION = {VERSION + 1}"
    loader = LOADER.replace("compile(b,", f"compile(b.replace(b'VERSION = {VERSION}',b'{other}'),")
    size = str(len(source()))
    with pytest.raises(AgentLost, match=rf"{LOST}it has version 2, not 1\nhint: .* on blade7"):
        started(sys.executable, "-I", "-S", "-u", "-c", loader, size)


def measured(agent: Channel) -> None:
    """Read the agent's clock."""
    clock.measure(agent)


def asked(agent: Channel) -> None:
    """Execute a request of rtnetlink."""
    RemoteHost(agent).send(Request("nothing", bytes(16)))


def heard(agent: Channel) -> None:
    """Receive notifications and frames."""
    RemoteHost(agent).listen("links")
    agent.ask("ping")


def ran(agent: Channel) -> None:
    """Run a program to its end."""
    RemoteProgram(agent, ["true"])
    agent.ask("ping")


@pytest.mark.parametrize(
    ("do", "answer", "why"),
    [
        (measured, {"id": 1}, 'an answer to ping came without "t"'),
        (measured, {"id": 1, "t": "noon"}, 'an answer to ping came with an invalid "t": "noon"'),
        (measured, {"id": 1, "errno": 5}, 'an answer to ping came without "text"'),
        (measured, {"id": 1, "errno": [], "text": ""}, r'.* came with an invalid "errno": \[\]'),
        (asked, {"id": 1}, 'an answer to send came without "raw"'),
        (asked, {"id": 1, "raw": 3}, 'an answer to send came with an invalid "raw": 3'),
        (asked, {"id": 1, "raw": ["A"]}, r'.* came with an invalid "raw": \["A"\]'),
        (heard, {"s": 1, "e": [["noon", "AAAA", 0]]}, "it wrote .* which is no message"),
        (heard, {"s": 1, "e": [[5]]}, "it wrote .* which is no message"),
        (heard, {"s": 1, "frames": "AAAA"}, "it wrote .* which is no message"),
        (heard, {"s": 1, "lost": None}, "it wrote .* which is no message"),
        (heard, {"s": "one"}, "it wrote .* which is no message"),
        (ran, {"s": 1, "exit": [0]}, "it wrote .* which is no message"),
        (ran, {"s": 1}, "it wrote .* which is no message"),
    ],
)
def test_an_answer_or_event_of_another_form_is_shown(
    do: Callable[[Channel], None], answer: dict[str, object], why: str
) -> None:
    with closing(answering(json.dumps(answer))) as agent, pytest.raises(AgentLost) as error:
        do(agent)
    assert re.match(LOST + why, error.value.message)


def test_a_greeting_without_a_process_id() -> None:
    agent = pretender(f"print('{{\"hello\": {VERSION}}}'); sys.stdin.read()")
    with closing(agent), pytest.raises(AgentLost, match='its first message came without "pid"'):
        _ = agent.pid


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"s": 99}\\n', "an answer to ping did not come within 1 MiB of other messages"),
        ("and so on ", "it wrote 1 MiB without the end of a line"),
    ],
)
def test_an_agent_that_writes_without_end_is_lost(
    monkeypatch: pytest.MonkeyPatch, line: str, why: str
) -> None:
    monkeypatch.setattr("harness.labs.agent.channel.FLOOD", 1 << 20)
    agent = pretender(f"{HELLO}\nwhile True: os.write(1, b'{line}' * 1000)")
    with closing(agent), pytest.raises(AgentLost, match=LOST + why):
        agent.ask("ping")


def test_an_agent_that_falls_silent_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.labs.agent.channel.GREETING", 0.2)
    began = time.monotonic()
    with pytest.raises(AgentLost, match=rf"{LOST}its first message did not come within 0\.2 s"):
        pretender("time.sleep(60)")
    assert time.monotonic() - began < 30

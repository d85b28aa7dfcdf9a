"""The tester's side of an agent: requests with answers, and events of streams."""

from __future__ import annotations

import base64
import contextlib
import errno
import json
import select
import struct
import threading
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from harness.labs.agent.pipe import WORDS, AgentLost, Pipe
from harness.labs.agent.program import VERSION
from harness.labs.agent.source import LOADER, source

ANSWER = 10.0  # seconds that an agent may take for an answer
GREETING = 30.0  # seconds for its Python to start, on an emulated processor that is busy
BEAT = b"\n"  # an empty line: a heartbeat, which requests nothing
FLOOD = 1 << 26  # bytes: an agent never writes so much before an answer, nor in one line
# What reading a message raises that does not have the form of an agent's.
INVALID = (ValueError, TypeError, LookupError, OverflowError, RecursionError, struct.error)
AgentEvent = dict[str, Any]
AnswerPart = TypeVar("AnswerPart")


def python(name: str = "python3", program: bytes = b"") -> list[str]:
    """Return the command that loads a program, the agent, from its standard input."""
    return [name, "-I", "-S", "-u", "-c", LOADER, str(len(program or source()))]


class AgentReply(dict[str, Any]):
    """An answer of an agent; reading a part that is missing or invalid raises AgentLost."""

    def __init__(self, parts: AgentEvent, fail: Callable[[str], NoReturn]) -> None:
        super().__init__(parts)
        self._fail = fail

    def __missing__(self, part: str) -> NoReturn:
        self._fail(f'without "{part}"')

    def value(self, part: str, kind: Callable[[Any], AnswerPart]) -> AnswerPart:
        """Return a part, converted by `kind`."""
        found = self[part]
        with contextlib.suppress(*INVALID):
            return kind(found)
        return self._fail(f'with an invalid "{part}": {json.dumps(found)[:WORDS]}')


class Channel:
    """An agent behind a pipe; not ready before `hello`.

    Answers are awaited; events that arrive meanwhile are passed to their streams too.
    All errors name the host. One thread uses it; `beat` alone may be called by another.
    """

    def __init__(
        self, host: str, pipe: Pipe, program: bytes | None = None, role: str = "agent"
    ) -> None:
        """Send the program to the agent, or to what `role` names; raises AgentLost for no answer.

        An empty program: it runs already.
        """
        self.host = host
        self._role = role
        self._pipe = pipe
        self._streams: dict[int, Callable[[AgentEvent], None]] = {}
        self._answers: dict[int, AgentEvent] = {}
        self._serial = 0
        self._pending = b""
        self._flood = 0  # bytes since a request
        self._writing = threading.Lock()
        self.lost = ""
        try:
            self._greet(source() if program is None else program)
        except AgentLost:
            self.close()
            raise

    def _greet(self, program: bytes) -> None:
        self._write(program)
        self.hello = self._await(lambda: self._answers.pop(0, None), "its first message", GREETING)
        if self.hello["hello"] != VERSION:
            self._fail(
                f"it has version {self.hello['hello']}, not {VERSION}",
                f"end the {self._role} of the other release on {self.host}, or use it here",
            )

    @property
    def pid(self) -> int:
        """The process id of the agent on its host."""
        return self.hello.value("pid", int)

    def fileno(self) -> int:
        """Return the descriptor that is readable when the agent has sent something."""
        return self._pipe.fileno()

    def open(self, take: Callable[[AgentEvent], None]) -> int:
        """Return the number of a new stream or sender; `take` is called with its events."""
        self._serial += 1
        self._streams[self._serial] = take
        return self._serial

    def forget(self, number: int) -> None:
        """Ignore further events of a stream."""
        self._streams.pop(number, None)

    def ask(self, do: str, **what: Any) -> AgentReply:
        """Send a request and return the answer; raises OSError if it failed on the host.

        Raises AgentLost if the agent has ended or does not answer in time.
        """
        self._serial += 1
        number = self._serial
        request = json.dumps({"id": number, "do": do, **what}, separators=(",", ":")) + "\n"
        self._write(request.encode())
        answer = self._await(lambda: self._answers.pop(number, None), f"an answer to {do}")
        if "errno" in answer:
            raise OSError(answer.value("errno", int), answer.value("text", str))
        return answer

    def beat(self) -> None:
        """Send a heartbeat to the agent; errors are reported by the next request."""
        with self._writing, contextlib.suppress(OSError, ValueError):
            self._pipe.write(BEAT)

    def read(self) -> None:
        """Read the agent's output; raises AgentLost at its end, or for invalid lines."""
        try:
            data = self._pipe.read()
        except OSError as error:
            self._fail(f"{error}")
        if data is None:
            return
        if not data:
            self._fail(f"it ended{self._pipe.ending()}")
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            self._receive(line)
        self._flood += len(data)
        if len(self._pending) > FLOOD:
            self._fail(f"it wrote {FLOOD >> 20} MiB without the end of a line")

    def close(self) -> None:
        """End the agent."""
        self._pipe.close()

    def _receive(self, line: bytes) -> None:
        try:
            answer = json.loads(line)
            if "hello" in answer:
                self._answers[0] = answer
            elif "id" in answer:
                self._answers[int(answer["id"])] = answer
            else:
                take = self._streams.get(int(answer["s"]))
                if take is not None:  # events of a closed stream may still have been queued
                    take(answer)
        except INVALID:
            shown = line[:WORDS].decode(errors="replace")
        else:
            return
        self._fail(f'it wrote "{shown}", which is no message of an agent')

    def _await(
        self, have: Callable[[], AgentEvent | None], what: str, within: float = ANSWER
    ) -> AgentReply:
        self._flood = 0
        while True:
            answer = have()
            if answer is not None:
                return AgentReply(answer, lambda how: self._fail(f"{what} came {how}"))
            if self._flood > FLOOD:
                self._fail(f"{what} did not come within {FLOOD >> 20} MiB of other messages")
            ready, _, _ = select.select([self.fileno()], [], [], within)
            if not ready:
                self._fail(f"{what} did not come within {within:g} s")
            self.read()

    def _write(self, data: bytes) -> None:
        if self.lost:
            self._fail(self.lost)
        try:
            with self._writing:
                self._pipe.write(data)
        except ValueError:  # a file that is closed
            self._fail("it was closed")
        except OSError as error:
            closed = error.errno in (errno.EPIPE, None)
            self._fail(f"it ended{self._pipe.ending()}" if closed else f"{error}")

    def _fail(self, why: str, hint: str = "") -> NoReturn:
        self.lost = why
        usual = f"check that {self.host} still runs; a recording in progress cannot be used"
        raise AgentLost(f"the {self._role} on {self.host} is lost: {why}", hint=hint or usual)


def packed(data: bytes) -> str:
    """Return bytes as text for a request."""
    return base64.b64encode(data).decode()


def unpacked(text: str) -> bytes:
    """Return the bytes of an answer or an event."""
    return base64.b64decode(text)

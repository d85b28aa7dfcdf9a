"""The relay of USB cables: messages in, messages out, without a USB controller."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from harness.labs.agent.channel import python
from harness.labs.agent.source import source
from harness.labs.rtl8150 import controller, relay
from harness.labs.rtl8150.relay import ATTACH, DATA, FAILED, UNPLUG, MessageReader, Relay, message

STATUS = """hub port sta spd dev      sockfd local_busid
hs  0000 006 002 00010000 000003 1-1
hs  0001 004 000 00000000 000000 0-0
ss  0008 004 000 00000000 000000 0-0
"""


class Pipes:
    """The other ends of a relay's input and output, and what the kernel would have of cables."""

    def __init__(self, into: int, out: int, kernel: list[socket.socket]) -> None:
        self._into = into
        self._out = out
        self._reader = MessageReader()
        self.kernel = kernel

    def say(self, kind: bytes, cable: int, data: bytes = b"") -> None:
        """Send a message."""
        os.write(self._into, message(kind, cable, data))

    def heard(self) -> tuple[bytes, int, bytes]:
        """Return the next message."""
        while True:
            found = self._reader.feed(os.read(self._out, 1 << 16))
            if found:
                (one,) = found
                return one


@contextmanager
def relaying(monkeypatch: pytest.MonkeyPatch, refusal: OSError | None = None) -> Iterator[Pipes]:
    """Run a relay in a thread until its input ends."""
    kernel: list[socket.socket] = []

    def attach() -> tuple[socket.socket, int]:
        if refusal:
            raise refusal
        ours, kernels = socket.socketpair()
        kernel.append(kernels)
        return ours, len(kernel) + 4

    monkeypatch.setattr(relay, "attach", attach)
    its_in, into = os.pipe()
    out, its_out = os.pipe()
    served = Relay(its_in, its_out)
    thread = threading.Thread(target=served.run)
    thread.start()
    try:
        yield Pipes(into, out, kernel)
    finally:
        os.close(into)
        thread.join(5)
        for sock in (*kernel, *served.cables.values()):
            sock.close()
        for fd in (its_in, out, its_out):
            with suppress(OSError):
                os.close(fd)
    assert not thread.is_alive()


def test_data_of_two_cables_passes_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    with relaying(monkeypatch) as pipes:
        for cable, port in ((7, b"5"), (9, b"6")):
            pipes.say(ATTACH, cable)
            assert pipes.heard() == (ATTACH, cable, port)
        pipes.say(DATA, 9, b"to nine")
        assert pipes.kernel[1].recv(100) == b"to nine"
        pipes.kernel[0].sendall(b"from seven")
        assert pipes.heard() == (DATA, 7, b"from seven")


def test_a_cable_ends_from_either_side(monkeypatch: pytest.MonkeyPatch) -> None:
    with relaying(monkeypatch) as pipes:
        pipes.say(ATTACH, 1)
        assert pipes.heard()[0] == ATTACH
        pipes.say(UNPLUG, 1)
        assert pipes.kernel[0].recv(1) == b""
        pipes.say(ATTACH, 2)
        assert pipes.heard() == (ATTACH, 2, b"6")
        pipes.say(DATA, 1, b"for a cable that is gone")
        pipes.kernel[1].close()
        assert pipes.heard() == (UNPLUG, 2, b"")


def test_a_refused_device_has_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    with relaying(monkeypatch, OSError(16, "none of its ports is free")) as pipes:
        pipes.say(ATTACH, 3)
        assert pipes.heard() == (FAILED, 3, b"none of its ports is free")


def test_messages_are_found_wherever_the_stream_is_cut() -> None:
    whole = message(DATA, 200, b"abc") + message(UNPLUG, 0) + message(DATA, 1, bytes(70_000))
    reader = MessageReader()
    found = [one for at in range(0, len(whole), 7) for one in reader.feed(whole[at : at + 7])]
    assert found == [(DATA, 200, b"abc"), (UNPLUG, 0, b""), (DATA, 1, bytes(70_000))]


def test_the_program_that_is_sent_answers_without_a_controller() -> None:
    program = source(controller, relay)
    done = subprocess.run(
        python(sys.executable, program),
        input=program + message(ATTACH, 4),
        capture_output=True,
        check=True,
        timeout=20,
    )
    assert MessageReader().feed(done.stdout) == [(FAILED, 4, b"No such file or directory")]


def test_the_first_free_port_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "status").write_text(STATUS)
    (tmp_path / "attach").write_text("")
    monkeypatch.setattr(controller, "CONTROLLER", tmp_path)
    sock, port = controller.attach()
    sock.close()
    assert port == 1
    number, _, device, speed = (tmp_path / "attach").read_text().split()
    assert (number, device, speed) == ("1", str(0x10001), "2")


def test_without_a_free_port_the_device_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "status").write_text(STATUS.replace("0001 004", "0001 006"))
    monkeypatch.setattr(controller, "CONTROLLER", tmp_path)
    with pytest.raises(OSError, match="none of its ports is free"):
        controller.attach()

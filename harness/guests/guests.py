"""Guests from the controller's side: a supervisor starts and kills them, they report by files."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.errors import LabError
from harness.guests import report_file, supervisor
from harness.guests.console import cause_lines
from harness.guests.job import Job
from harness.guests.kernel import Kernel
from harness.log import kernlog

CONSOLE_BYTES, CONSOLE_LINES = (
    1 << 17,
    1000,
)  # the end of the console that is read: enough for an Oops and a panic
# What the console prints when a guest runs out of a resource, and the message for it.
MORE = 'hint: keep less in the scenario, or give guests more: memory = "1G" in labs/kernels.toml'
FREE = "hint: free space on the disk of --results, and on that of TMPDIR"
EXHAUSTED = (
    (r"deadlocked on memory|Out of memory|(?m:^MemoryError)", f"it ran out of memory\n{MORE}"),
    (r"No space left on device", f"a disk that it writes to is full\n{FREE}"),
)


@dataclass(slots=True)
class Guest:
    """One guest: its directory, its job, and its exit status once it has ended."""

    name: str
    directory: Path
    job: Job
    started: float = field(default_factory=time.monotonic)
    group: int = 0
    status: int | None = None
    killed: str = ""
    _offset: int = 0
    _printed: int = 0
    _since: int = 0

    @property
    def console(self) -> Path:
        """The file with all output of the guest's kernel and init."""
        return self.directory / "console"

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield the lines that the guest's worker has reported since the last call."""
        before, self._printed = self._printed, self._console_size()
        try:
            with (self.directory / report_file.NAME).open("rb") as stream:
                stream.seek(self._offset)
                data = stream.read()
        except FileNotFoundError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            report = json.loads(line)
            if "start" in report:  # the scenario began after the console had this size
                self._since = before
            yield report

    def _console_size(self) -> int:
        try:
            return self.console.stat().st_size
        except OSError:
            return 0

    def tail(self, count: int = 20, since: int = 0) -> list[str]:
        """Return the last `count` lines of the console after its byte `since`."""
        with contextlib.suppress(OSError), self.console.open("rb") as console:
            console.seek(max(since, console.seek(0, os.SEEK_END) - CONSOLE_BYTES))
            text = console.read().decode(errors="replace")
            return [line.rstrip() for line in text.splitlines() if line.strip()][-count:]
        return []

    def cause_lines(self, count: int = 12) -> list[str]:
        """Return the console lines that show why it ended, then the last ones."""
        found = cause_lines(self.tail(CONSOLE_LINES))[:count]
        return found + [line for line in self.tail(count) if line not in found]

    def reports(self) -> list[kernlog.KernelReport]:
        """Return its kernel's reports on the console since the last scenario began."""
        found = kernlog.reports(self.tail(CONSOLE_LINES, self._since))
        return [report for report in found if report.kind not in kernlog.HARMLESS]

    def ending(self) -> str:
        """Return a description of how the guest ended."""
        crash = kernlog.crash(self.reports())
        if crash:
            return f"kernel crash: {crash.fingerprint}"
        if lacked := exhausted(self.tail(CONSOLE_LINES, self._since)):
            return lacked
        if self.killed:
            return self.killed
        ended = re.search(r"Attempted to kill init! exitcode=0x(\w+)", "\n".join(self.tail(200)))
        if ended:
            return f"its first process {_ended(int(ended[1], 16))}"
        if self.status is not None and self.status < 0:
            return f"it was killed by {signal.Signals(-self.status).name}"
        return f"it ended with status {self.status} before its job was done"


class Guests:
    """All guests of a run: `with Guests(kernel) as guests: guests.boot("1", job)`."""

    def __init__(self, kernel: Kernel, terminal: int | None = None) -> None:
        """With `terminal`, a descriptor, it is standard input and output of the guests."""
        self.kernel = kernel
        self._terminal = terminal
        self.running: dict[str, Guest] = {}
        self._pending = b""

    def __enter__(self) -> Self:
        script = Path(supervisor.__file__)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(script), _place()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            pass_fds=() if self._terminal is None else (self._terminal,),
        )
        answer = self._wait_for("directory")
        self.directory = Path(answer["directory"])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        for guest in self.running.values():  # left only if the supervisor was killed
            _kill_group(guest.group)
        shutil.rmtree(self.directory, ignore_errors=True)

    def boot(self, name: str, job: Job, kernel: Kernel | None = None) -> Guest:
        """Boot a guest for a job, with `kernel` if given; raises LabError."""
        directory = self.directory / name
        try:
            (directory / "tmp").mkdir(parents=True)
            job.save(directory)
            command = (kernel or self.kernel).command(directory)
        except OSError as error:
            raise LabError(
                f"{directory} cannot be written: {error.strerror}",
                hint="free space there, or set TMPDIR to another directory",
            ) from error
        guest = Guest(name, directory, job)
        self._request(
            start=name,
            argv=command.argv,
            environment=command.environment,
            console=str(guest.console),
            terminal=self._terminal,
        )
        self.running[name] = guest
        return guest

    def kill(self, guest: Guest, reason: str) -> None:
        """Kill a guest; `ending` will return `reason`."""
        if not guest.killed:
            guest.killed = reason
            self._request(kill=guest.name)

    def ended(self, within: float) -> list[Guest]:
        """Return the guests that ended, waiting for at most `within` seconds for one."""
        over = []
        for answer in self._answers(within):
            if "started" in answer:
                self.running[answer["started"]].group = answer["group"]
            elif "ended" in answer:
                guest = self.running.pop(answer["ended"])
                guest.status = answer["status"]
                over.append(guest)
        return over

    def _request(self, **request: Any) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise _lost() from error

    def _answers(self, within: float) -> Iterator[dict[str, Any]]:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], within)
        if not ready:
            return
        data = os.read(self._process.stdout.fileno(), 65536)
        if not data:
            raise _lost()
        *lines, self._pending = (self._pending + data).split(b"\n")
        yield from map(json.loads, lines)

    def _wait_for(self, key: str, within: float = 20) -> dict[str, Any]:
        end = time.monotonic() + within
        while time.monotonic() < end:
            for answer in self._answers(0.5):
                if key in answer:
                    return answer
        raise _lost()


def exhausted(console: Iterable[str]) -> str:
    """Return the resource that a guest ran out of, by its console; "" for none."""
    text = "\n".join(console)
    return next((words for pattern, words in EXHAUSTED if re.search(pattern, text)), "")


def _ended(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"was killed by {signal.Signals(os.WTERMSIG(status)).name}"
    return f"ended with status {os.WEXITSTATUS(status)} before its job was done"


def _lost() -> LabError:
    return LabError(
        "the supervisor of the guests has ended",
        hint="run again; use fewer guests if the machine ran out of memory (see `dmesg`)",
    )


def _kill_group(group: int) -> None:
    if group:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _place() -> str:
    """Return the directory for temporary files: its path must fit a kernel command line."""
    place = tempfile.gettempdir()
    return "/tmp" if re.search(r'[\s",]', place) else place  # noqa: S108  (mkdtemp goes into it)

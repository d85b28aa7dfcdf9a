"""What runs inside a guest: pytest with the guest's work list, every result written to a stream.

The stream is `stream.jsonl` in the guest's directory, one object a line:

    {"facts": {...}}             the kernel, measured; then for each scenario
    {"start": nodeid}
    {"run": {...}}               one of several, with --repeat: its verdict and figures
    {"report": {...}}            as pytest serialises it, one for each phase
    {"absent": {nodeid: [id]}}   scenarios of the work list that do not exist, with similar ids
    {"collect": [path, text]}    a file that could not be collected here; path "": all files
    {"paused": nodeid}           it failed and waits for the user, with --pause-on-fail; then
    {"resumed": nodeid}
    {"warning": {...}}
    {"internal": text}           pytest itself failed
    {"spent": why}               it ends so that a fresh guest does the rest
    {"done": exit status}
"""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Generator, Iterable, Mapping
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from harness.guests.facts import Facts, measure
from harness.guests.job import Job
from harness.guests.report_file import ReportFile
from harness.labs import registry
from harness.session import memory
from harness.session.debuggers import NoTerminal
from harness.session.session_exits import SessionExits

MOST = 5  # ids that an error names
CHANGED = "a file changed after it was collected first: leave files alone while tests run"
RESULTS = pytest.StashKey[Path]()
WHOLE_EVERY = 50  # scenarios between two collections that examine all objects

_job: Job | None = None
_streams: list[ReportFile] = []  # the one of this process
_without_facts: list[ReportFile] = []  # the one, until the facts are known


def job() -> Job | None:
    """Return the job of the guest that this process works in, None outside of any."""
    return _job


def facts() -> Facts:
    """Return what is known of the kernel this process runs on; measured once."""
    return measure(_job)


def write_facts(found: Mapping[str, Any]) -> None:
    """Write the facts of a DUT outside this process, once: when its lab has been opened."""
    if _without_facts:
        _without_facts.pop().write(facts=dict(found))


def note_run(nodeid: str, run: Mapping[str, Any]) -> None:
    """Report one of several runs of a scenario: it counts even if a later one kills the guest."""
    for stream in _streams:
        stream.write(run=dict(run), of=nodeid)


def warn(config: pytest.Config, text: str) -> None:
    """Add a warning of the harness to the summary of the run."""
    warning = warnings.WarningMessage(pytest.PytestWarning(text), pytest.PytestWarning, "", 0)
    fields = {"warning_message": warning, "when": "config", "nodeid": "", "location": None}
    config.hook.pytest_warning_recorded.call_historic(kwargs=fields)


def own_kernel() -> bool:
    """Return whether this kernel runs for this job alone: all its memory and log is the job's."""
    return _job is not None and not _job.kernel.startswith("host ")


def main(directory: Path) -> None:
    """Do the job of `directory`."""
    global _job  # noqa: PLW0603  (a process has one job)
    _job = Job.load(directory)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    os.chdir(_job.rootdir)
    with ReportFile(directory, sync=_job.writeback) as stream:
        apart = _job.lab != registry.DEFAULT
        _without_facts.extend([stream] if apart else [])
        _streams.append(stream)
        if not apart:
            stream.write(facts=asdict(facts()))
        basetemp = directory / "tmp" / "pytest"
        arguments = [*_job.arguments, f"--basetemp={basetemp}", *_job.files]
        worker = Worker(_job, stream, basetemp)
        plugins = [
            worker,
            Silence(),
            NoTerminal(),
            SessionExits(),
            *_paused(_job, directory, stream),
            *map(import_module, _job.plugins),
        ]
        status = pytest.main(arguments, plugins=plugins)
        if not _job.dut:  # no scenario opened the lab: the kernel is this one
            write_facts(asdict(facts()))
        stream.write(done=int(status))


def _paused(own: Job, directory: Path, stream: ReportFile) -> list[object]:
    """Return what waits at a failure, if it is wanted."""
    if not own.options.get("pause_on_fail"):
        return []
    from harness.session.paused_scenario import PausedScenario  # noqa: PLC0415  (few need it)

    return [PausedScenario(directory, stream)]


def tidy(*, whole: bool = False) -> None:
    """Collect garbage now, so that it need not be done in a recording: a round takes 30 ms.

    Objects that survive are not examined again: most of them are modules, which remain.
    What became garbage after it was set aside needs a `whole` collection.
    """
    gc.disable()
    # A failure's traceback, kept for debuggers, holds its frames and all that they recorded.
    for name in ("last_exc", "last_type", "last_value", "last_traceback"):
        sys.__dict__.pop(name, None)
    if whole:
        gc.unfreeze()
    gc.collect()
    gc.freeze()


def _similar(wanted: str, names: Iterable[str]) -> list[str]:
    """Return a few ids of the same test function with other parameters."""
    function = wanted.partition("[")[0]
    return [name for name in names if name.partition("[")[0] == function][:MOST]


class Silence:
    """Removes pytest's own terminal output: the console is for the kernel."""

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Remove the reporter that pytest has made by now."""
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            config.pluginmanager.unregister(reporter)


class Worker:
    """The pytest plugin of a guest."""

    def __init__(self, job: Job, stream: ReportFile, basetemp: Path) -> None:
        self.job = job
        self.stream = stream
        self.basetemp = basetemp
        self.config: pytest.Config | None = None
        self._session: pytest.Session | None = None
        self._memory = memory.FreeMemory()
        self._done = 0

    def pytest_addoption(self, parser: pytest.Parser) -> None:
        """Declare the settings of plugins that are loaded on the host only."""
        for name in self.job.settings:
            parser.addini(name, "read on the host", default=None)

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Take over the controller's options, and leave the terminal to it."""
        self.config = config
        for name, value in self.job.options.items():
            setattr(config.option, name, value)
        for line in self.job.markers:
            config.addinivalue_line("markers", line)
        if self.job.results:
            config.stash[RESULTS] = Path(self.job.results)

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Keep the session, to end it early."""
        self._session = session

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Report why nothing can be collected: pytest writes it to the console only."""
        try:
            return (yield)
        except pytest.UsageError as error:
            why = "\n".join(map(str, error.args))
            self.stream.write(collect=["", f"{why}\nhint: {CHANGED}"])
            raise

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep what is on the work list, in its order."""
        found = {item.nodeid: item for item in items}
        items[:] = [found[name] for name in self.job.ids if name in found]
        absent = [name for name in self.job.ids if name not in found]
        if absent:
            self.stream.write(absent={name: _similar(name, found) for name in absent})

    def pytest_collection_finish(self) -> None:
        """Collect the garbage of the start."""
        tidy()

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Collect the garbage of a scenario; if memory runs short, all garbage."""
        self._done += 1
        self._tidy(whole=self._done % WHOLE_EVERY == 0)
        if not own_kernel() or nodeid == self.job.ids[-1] or not self._memory.spent():
            return
        self._tidy(whole=True)
        if why := self._memory.spent():
            self._end_for_fresh_guest(nodeid, why)

    def _tidy(self, *, whole: bool) -> None:
        tidy(whole=whole)
        if whole:
            memory.remove_dangling_links(self.basetemp)

    def _end_for_fresh_guest(self, nodeid: str, why: str) -> None:
        """End the session after a scenario, and report it; the controller boots a fresh guest."""
        assert self._session is not None
        assert self.config is not None
        self._session.shouldstop = why
        self.stream.write(spent=why)
        text = f"scenarios kept memory, a fresh guest went on after {nodeid}: {why}"
        warn(self.config, text)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Report what could not be collected here although the controller could."""
        if report.failed:
            self.stream.write(collect=[report.nodeid, str(report.longrepr)])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Report which scenario begins: it is to blame if the guest dies."""
        self.stream.write(start=nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Report one phase of a scenario."""
        assert self.config is not None
        data = self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        self.stream.write(report=data)

    def pytest_warning_recorded(
        self,
        warning_message: warnings.WarningMessage,
        when: str,
        nodeid: str,
        location: tuple[str, int, str] | None,
    ) -> None:
        """Report a warning."""
        details = {
            "message": str(warning_message.message),
            "module": warning_message.category.__module__,
            "category": warning_message.category.__name__,
            "filename": warning_message.filename,
            "lineno": warning_message.lineno,
        }
        self.stream.write(
            warning={"warning": details, "when": when, "nodeid": nodeid, "location": location}
        )

    def pytest_internalerror(self, excrepr: object) -> None:
        """Report that pytest itself failed."""
        self.stream.write(internal=str(excrepr))

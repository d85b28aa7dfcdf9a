"""What runs inside a guest: pytest with the guest's work list, every result written to a stream.

The stream is `stream.jsonl` in the guest's directory, one object a line:

    {"facts": {...}}             the kernel, measured; then for each scenario
    {"start": nodeid}
    {"run": {...}}               one of several, with --repeat: its verdict and figures
    {"report": {...}}            as pytest serialises it, one for each phase
    {"absent": {nodeid: [id]}}   scenarios of the work list that are not there, and those alike
    {"collect": [path, text]}    a file that could not be collected here
    {"paused": nodeid}           it failed and waits for the user, with --pause-on-fail; then
    {"resumed": nodeid}
    {"warning": {...}}
    {"internal": text}           pytest itself failed
    {"spent": why}               it makes way for a fresh guest, which does the rest
    {"done": exit status}
"""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Iterable, Mapping
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
RESULTS = pytest.StashKey[Path]()
WHOLE_EVERY = 50  # scenarios between two collections that examine all objects

_job: Job | None = None
_streams: list[ReportFile] = []  # the one of this process
_untold: list[ReportFile] = []  # where the facts go that are not known yet


def job() -> Job | None:
    """Return the job of the guest that this process works in, None outside of any."""
    return _job


def facts() -> Facts:
    """Return what is known of the kernel this process runs on; measured once."""
    return measure(_job)


def tell(found: Mapping[str, Any]) -> None:
    """Tell once what is known of a DUT that is no part of this process: its lab is open now."""
    if _untold:
        _untold.pop().write(facts=dict(found))


def note_run(nodeid: str, run: Mapping[str, Any]) -> None:
    """Hand over one of several runs of a scenario: it counts even if a later one is its last."""
    for stream in _streams:
        stream.write(run=dict(run), of=nodeid)


def warn(config: pytest.Config, text: str) -> None:
    """Have a warning of our own in the summary of the run."""
    warning = warnings.WarningMessage(pytest.PytestWarning(text), pytest.PytestWarning, "", 0)
    told = {"warning_message": warning, "when": "config", "nodeid": "", "location": None}
    config.hook.pytest_warning_recorded.call_historic(kwargs=told)


def own_kernel() -> bool:
    """Return whether this kernel runs for us alone: all its memory and all it logged is ours."""
    return _job is not None and not _job.kernel.startswith("host ")


def main(directory: Path) -> None:
    """Do the job that lies in `directory`."""
    global _job  # noqa: PLW0603  (a process has one job)
    _job = Job.load(directory)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    os.chdir(_job.rootdir)
    with ReportFile(directory, sync=_job.writeback) as stream:
        apart = _job.lab != registry.DEFAULT
        _untold.extend([stream] if apart else [])
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
            tell(asdict(facts()))
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


def _alike(wanted: str, names: Iterable[str]) -> list[str]:
    """Return a few ids of the same test function with other parameters."""
    function = wanted.partition("[")[0]
    return [name for name in names if name.partition("[")[0] == function][:MOST]


class Silence:
    """Takes pytest's own terminal output away: the console is for the kernel."""

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
        self._room = memory.Room()
        self._done = 0

    def pytest_addoption(self, parser: pytest.Parser) -> None:
        """Know the settings of plugins that are loaded on the host only."""
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
        """Know the session, to end it early."""
        self._session = session

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep what is on the work list, in its order."""
        found = {item.nodeid: item for item in items}
        items[:] = [found[name] for name in self.job.ids if name in found]
        absent = [name for name in self.job.ids if name not in found]
        if absent:
            self.stream.write(absent={name: _alike(name, found) for name in absent})

    def pytest_collection_finish(self) -> None:
        """Be done with the garbage of the start."""
        tidy()

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Be done with the garbage of a scenario; where memory runs short, with all of them."""
        self._done += 1
        self._tidy(whole=self._done % WHOLE_EVERY == 0)
        if not own_kernel() or nodeid == self.job.ids[-1] or not self._room.spent():
            return
        self._tidy(whole=True)
        if why := self._room.spent():
            self._make_way(nodeid, why)

    def _tidy(self, *, whole: bool) -> None:
        tidy(whole=whole)
        if whole:
            memory.sweep(self.basetemp)

    def _make_way(self, nodeid: str, why: str) -> None:
        """End the session behind a scenario, and say so; the controller boots a fresh guest."""
        assert self._session is not None
        assert self.config is not None
        self._session.shouldstop = why
        self.stream.write(spent=why)
        text = f"scenarios kept memory, a fresh guest went on behind {nodeid}: {why}"
        warn(self.config, text)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Report what could not be collected here although the controller could."""
        if report.failed:
            self.stream.write(collect=[report.nodeid, str(report.longrepr)])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Tell which scenario is to blame if the guest does not live on."""
        self.stream.write(start=nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hand over one phase of a scenario."""
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
        """Hand over a warning."""
        said = {
            "message": str(warning_message.message),
            "module": warning_message.category.__module__,
            "category": warning_message.category.__name__,
            "filename": warning_message.filename,
            "lineno": warning_message.lineno,
        }
        self.stream.write(
            warning={"said": said, "when": when, "nodeid": nodeid, "location": location}
        )

    def pytest_internalerror(self, excrepr: object) -> None:
        """Tell that pytest itself failed."""
        self.stream.write(internal=str(excrepr))

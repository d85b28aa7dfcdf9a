"""The host's side of a run: send items that need a kernel with bonding to guests, take results.

It stays one pytest session: guests' reports go to pytest's own hooks, so the terminal,
`-x`, `--lf`, `--junitxml`, `--durations` and the exit code work as in any run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from harness import kernels
from harness.errors import HarnessError, KernelUnavailable
from harness.guests.facts import Facts
from harness.guests.guests import Guest, Guests
from harness.log.kernlog import crash
from harness.results.kept import held
from harness.session import (
    axis,
    beside_xdist,
    duts,
    exports,
    pause_on_fail,
    run_estimate,
    unsupported,
    worker_arguments,
)
from harness.session.fleet import Fleet, resolve, without
from harness.session.guest_watch import Watch
from harness.session.live_status import LiveStatus
from harness.session.pause_on_fail import Pauses
from harness.session.replay import Replay
from harness.session.results_directory import new_directory, old_removed, place_of, point_latest
from harness.session.scenario_results import ScenarioResults
from harness.session.wall_time import WallTimes
from harness.session.where_it_runs import needs_guest

BOOT_ATTEMPTS = 3
POLL = 0.03

# A kernel that a conftest.py or a test puts here is used instead of that of --kernel.
KERNEL = pytest.StashKey[kernels.Kernel]()


class Controller:
    """The pytest plugin of the host's side."""

    def __init__(self, config: pytest.Config, beside: beside_xdist.Beside | None) -> None:
        self.config = config
        self.beside = beside

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Let pytest run what stays on the host, then have guests run the rest."""
        if beside_xdist.is_worker(self.config):
            return (yield)
        if self.beside is not None:
            done = yield
            if for_guests := self.beside.items(session):
                self._run(session, for_guests)
            return done
        everything = session.items
        for_guests = [item for item in everything if needs_guest(item)]
        session.items = [item for item in everything if not needs_guest(item)]
        try:
            done = yield
        finally:
            session.items = everything
        if for_guests and not self.config.option.collectonly:
            self._run(session, for_guests)
        return done

    def _run(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        try:
            unsupported.demand_supported(self.config)
            for line in unsupported.ignored(self.config, items):
                self._say(f"note: {line}")
            given = self.config.stash.get(KERNEL, None) or duts.tester(self.config, self._say)
            fleet = resolve(self.config, self._say, given)
            fleet = pause_on_fail.prepared(self.config, fleet, beside=self.beside is not None)
            results = new_directory(place_of(self.config))
            exports.check(self.config, len(items))
            for line in old_removed(self.config, results):
                self._say(line)
        except HarnessError as error:
            raise pytest.UsageError(str(error)) from None
        try:
            worker_arguments.compile_harness()
            with (
                held(results),
                pause_on_fail.pseudo_terminal(self.config) as (pauses, theirs),
                Guests(fleet.first, terminal=theirs) as guests,
            ):
                Dispatcher(session, items, guests, results, fleet, pauses).run()
        except HarnessError as error:
            pytest.exit(str(error), returncode=pytest.ExitCode.INTERNAL_ERROR)

    def _say(self, line: str) -> None:
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.ensure_newline()
            reporter.write_line(line)


class Dispatcher:
    """One run of items in guests, until each has its result."""

    def __init__(
        self,
        session: pytest.Session,
        items: list[pytest.Item],
        guests: Guests,
        results: Path,
        fleet: Fleet,
        pauses: Pauses,
    ) -> None:
        self.session = session
        self.config = session.config
        self.items = {item.nodeid: item for item in items}
        self.guests = guests
        self.results = results
        self.fleet = fleet
        self.pauses = pauses
        self.scenario_results = ScenarioResults(
            session.config, items, fleet.labels, results, fleet.choices
        )
        group = fleet.group if fleet.several else None
        self.replay = Replay(session, items, self._keep_result, group)
        self.live = LiveStatus(
            self.replay.terminal,
            run_estimate.each(self.config, fleet, self.items),
            virtual=not fleet.has_real_clock,
        )
        self.replay.before_output = self.live.clear
        self.known: dict[str, float] = dict(axis.durations(self.config))
        self.wall = WallTimes(session.config)
        self.replay.lasted = self._lasted
        self.scenarios = {name: axis.scenario_of(item) for name, item in self.items.items()}
        self.watches: dict[str, Watch] = {}
        self.consoles: dict[str, str] = {}  # of the guest in which a scenario began last
        self.waiting: list[list[str]] = []
        self.boots = 0
        self.failed_boots: Counter[str] = Counter()
        self.dead: set[str] = set()

    def run(self) -> None:
        """Boot guests, follow them, replace those that die; raises KernelUnavailable."""
        count = self.config.getoption("guests") or self.fleet.guests
        self.replay.say(run_estimate.line(self.config, self.fleet, self.items.values(), count))
        # In virtual time a run must not depend on earlier ones: all shares are equal.
        known = self.known if self.fleet.has_real_clock else {}
        self.waiting = self.fleet.shares(self.items.values(), count, known)
        for label, why in self.fleet.broken.items():
            self._give_up(label, str(why), [])
        try:
            while self.watches or self.waiting:
                while self.waiting and len(self.watches) < count:
                    self._boot(self.waiting.pop(0))
                self._step()
        finally:
            self.live.clear()
            self.scenario_results.write(last=True)
            worker_arguments.keep(self.config, self.known | self.replay.seconds)
            self.wall.keep()

    def _step(self) -> None:
        over = [*self.guests.ended(POLL), *self.pauses.pop_ended()]
        for watch in list(self.watches.values()):
            self._read_stream(watch)
            item, kernel = self.items.get(watch.running or ""), self._kernel(watch)
            reason = watch.overdue(unsupported.time_limit(self.config, item, kernel.clock))
            if reason:
                self.guests.kill(watch.guest, reason)
        for guest in over:
            self._handle_end(self.watches.pop(guest.name))
        self.live.draw(watch.running for watch in self.watches.values())

    def _boot(self, ids: list[str]) -> None:
        self.boots += 1
        label = self._label(ids[0])
        items = [self.items[name] for name in ids]
        job = worker_arguments.job(self.config, self.fleet, label, items, self.results)
        guest = self.guests.boot(f"guest-{self.boots}", job, self.fleet.kernels[label])
        self.watches[guest.name] = Watch(guest, ids)

    def _label(self, nodeid: str) -> str:
        return self.fleet.label(self.items[nodeid])

    def _kernel(self, watch: Watch) -> kernels.Kernel:
        return self.fleet.kernels[self._label(watch.ids[0])]

    def _lasted(self, nodeid: str) -> float | None:
        """Return a scenario's duration in virtual time (s, by this machine's clock), else None."""
        kernel = self.fleet.kernels.get(self._label(nodeid))  # none if unavailable
        return self.wall.seconds.get(nodeid) if kernel and kernel.clock == "virtual" else None

    def _keep_result(self, nodeid: str, reports: Sequence[pytest.TestReport]) -> None:
        label = self._label(nodeid)
        ran = label not in self.dead
        self.live.note(nodeid, reports)
        seconds, console = self.wall.seconds.get(nodeid), self.consoles.get(nodeid)
        self.scenario_results.add(label, nodeid, reports, seconds, console, ran=ran)

    def _read_stream(self, watch: Watch) -> None:
        lines = list(watch.guest.lines())
        self.wall.add(self._kernel(watch), watch.stopwatch, self.scenarios, lines)
        for line in lines:
            watch.note(line)
            if "start" in line:
                self.consoles[line["start"]] = self._console(watch.guest).name
                self.failed_boots.clear()
                point_latest(self.results)
            elif "facts" in line:
                self.scenario_results.add_facts(self._label(watch.ids[0]), line["facts"])
                self.replay.header(Facts(**line["facts"]))
            elif "run" in line:
                self.scenario_results.note_run(line["of"], line["run"])
            elif "report" in line:
                self.replay.report(line["report"])
            elif "paused" in line:
                self.live.clear()
                lines += self.pauses.attend(self.guests, watch.guest)
            elif "warning" in line:
                self.replay.warn(line["warning"])

    def _handle_end(self, watch: Watch) -> None:
        """Give every item of an ended guest a result, or pass it to a fresh guest."""
        self._read_stream(watch)
        if self.scenario_results.failed_in(self._console(watch.guest).name):
            self._keep_console(watch.guest)
        left = [name for name in watch.ids if not self.replay.has(name)]
        if not left:
            return
        if watch.spent:
            self._boot(left)
            return
        if watch.worked:
            for name in left:
                self.replay.fail(name, watch.absent(self.items[name]), watch.guest.tail())
            return
        self._keep_console(watch.guest)
        if watch.running is not None and watch.running in left:
            left.remove(watch.running)
            reports = watch.guest.reports()
            ending = watch.guest.ending()
            explained = bool(crash(reports)) or watch.hung
            reason = ending if explained else f"the guest died in this scenario: {ending}"
            self.replay.fail(watch.running, reason, watch.guest.tail(), reports)
        else:
            self._count_failed_boot(watch)
        if left := [name for name in left if not self.replay.has(name)]:
            self._boot(left)

    def _count_failed_boot(self, watch: Watch) -> None:
        label = self._label(watch.ids[0])
        self.failed_boots[label] += 1
        if self.failed_boots[label] < BOOT_ATTEMPTS:
            return
        from harness.kernels import trial  # noqa: PLC0415  (needed after failed boots only)

        kernel = self.fleet.kernels[label]
        trial.forget(kernel)
        console = watch.guest.cause_lines()
        why = (
            f"{kernel.name}: {BOOT_ATTEMPTS} guests in a row ended before their first scenario; "
            f"the last: {watch.internal or watch.guest.ending()}"
        )
        if self.fleet.several:  # the others continue
            self._give_up(label, why, console)
            return
        raise KernelUnavailable(
            "\n  ".join([why, *console, f"all of its console: {self._console(watch.guest)}"]),
            hint=f"`harness kernels check {self.fleet.choices[label]}` boots it alone; "
            "`harness doctor` shows what runs here",
        )

    def _give_up(self, label: str, why: str, console: list[str]) -> None:
        """Fail the first item left of a kernel's work with the reason, and skip the others."""
        own = [name for name in self.items if self._label(name) == label]
        self.waiting = without(self.waiting, own)
        for watch in self.watches.values():
            if watch.ids[0] in own:
                self.guests.kill(watch.guest, why)
        self.dead.add(label)
        left = [name for name in own if not self.replay.has(name)]
        for number, name in enumerate(left):
            if number:
                self.replay.leave_out(name, f"{label} does not boot: see {left[0]}")
            else:
                self.replay.fail(name, why, console)

    def _console(self, guest: Guest) -> Path:
        return self.results / f"{guest.name}.console"

    def _keep_console(self, guest: Guest) -> None:
        if guest.console.exists():
            self._console(guest).write_bytes(guest.console.read_bytes())

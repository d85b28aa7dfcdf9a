"""A topology that runs, and its `watch()`: baseline, disturbance, horizon, a frozen run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from harness.bonding.wheel import grain
from harness.drivers import RTL8150
from harness.errors import HarnessError, NotTestable, ScenarioError
from harness.history import Event, History, save, since
from harness.judge.run import Run
from harness.lab import Lab
from harness.loop import Loop, align, now
from harness.record import asked, durations, header
from harness.record.blocks import block
from harness.record.cable import Cable
from harness.record.dut import Dut
from harness.record.journal import Lots, Role, Schedule, Site, Standing
from harness.record.machine import Machine
from harness.record.nosleep import without_sleep
from harness.record.recorder import Recorder, Subject
from harness.record.switches import Switch
from harness.record.usb import UsbNic
from harness.record.watching import Watching
from harness.suggest import NoSuchName, alike, attributes
from harness.topology import DUT, Topology
from harness.units import MS, Span, as_span, timed

SERVED = 50 * MS  # a frame through a USB adapter costs an emulated processor some 5 ms
WITH_ACTIVE_SLAVE = ("active-backup", "balance-tlb", "balance-alb")

Direction = Literal["out", "in"]

__all__ = ["Direction", "Net", "Run", "Stage"]


@dataclass(frozen=True, slots=True)
class Stage:
    """What a recording needs to know of its surroundings.

    `facts` are the kernel's (kernel, hz, clock, jitter in ns); `folder` is where histories go, or
    None to keep them in memory; `interval` is the time between two probes in ns; `lab` is where
    topologies are built. `keep` is given each run, and `saw` is called for what the kernel told
    without one: an option read back, a refusal. `lot` decides which frames are lost of a share.
    """

    scenario: str
    facts: Mapping[str, Any]
    lab: Lab
    folder: Path | None = None
    interval: int = 0
    keep: Callable[[Run, Path | None], None] = lambda _run, _path: None
    lot: str = ""
    saw: Callable[[], None] = lambda: None

    @property
    def probe_interval(self) -> int:
        """The time between probes in ns: by default a jiffy, which is the kernel's own grain."""
        return self.interval or max(MS, 1_000_000_000 // int(self.facts["hz"]))


class Net:
    """A topology that runs; its links, switches and machines are attributes by their names.

    Subclasses name them for the reader and the type checker, and hold the picture.
    """

    plan: Topology
    dut: Dut

    def __init__(self, stage: Stage) -> None:
        """Build the topology; raises LabError."""
        self._stage = stage
        self._undo = ExitStack()
        self._virtual = stage.facts.get("clock") == "virtual"
        # The kernel's ticks, its batches of link events and the buckets of its timers lie in the
        # same places each time, whatever ran in this guest before.
        self._start = align(grain(int(stage.facts["hz"]))) if self._virtual else now()
        self._loop = Loop()
        self._recorder: Recorder | None = None
        lacking = stage.lab.lacks(self.plan)
        if lacking:
            raise NotTestable(f"lab {stage.lab.name} lacks {lacking}", hint="choose another --lab")
        self._network = stage.lab.build(self.plan, self._loop)
        self._undo.callback(self._network.close)
        self._noted: list[Event] = []
        self._schedule, self._standing = Schedule(), Standing()
        self._interval = stage.probe_interval
        self._runs = 0
        self._site = site = Site(self.plan, self._network, self._loop, self, Lots(stage.lot))
        self.dut = Dut(site, int(stage.facts["hz"]), str(stage.facts["kernel"]))
        for noun, name in self._nouns(site):
            setattr(self, name, noun)

    if not TYPE_CHECKING:  # a type checker knows each topology's nouns, and only those

        def __getattr__(self, name: str) -> object:
            """Raise for what the topology does not have; raises ScenarioError that lists it."""
            if name.startswith("_"):
                raise AttributeError(name)
            nouns = (*self.plan.links, *self.plan.switches, *self.plan.machines)
            names = list(dict.fromkeys(noun.name for noun in nouns))
            has = f"{', '.join(names)}; {', '.join(attributes(type(self)))}"
            raise NoSuchName(
                f'"{name}" is not in topology {self.plan.name} (has: {has})',
                hint=alike(name, names + attributes(type(self))) or "see the topology's plan",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def _nouns(self, site: Site) -> Iterator[tuple[object, str]]:
        # Machines come last: the target's cable is also called target, and the machine is meant.
        inside = {bridge.name for bridge in self.plan.bridges}
        for link in self.plan.links:
            if not {link.a, link.b} & inside:
                kind = UsbNic if link.nic == RTL8150 else Cable
                yield kind(link.name, site), link.name
        yield from ((Switch(switch.name, site), switch.name) for switch in self.plan.switches)
        for machine in self.plan.machines:
            if machine.name != DUT:
                yield Machine(machine, site), machine.name

    def note(self, at: int, where: str, action: str, role: Role, **what: object) -> None:
        """Write a fault down (harness.record.journal.Journal)."""
        slip = self._schedule.did(at)
        self._standing.did(at, where, action, role)
        data = {"action": action, "role": role, "phase": "begin", "slip": slip, **what}
        self._noted.append(Event(at, "fault", where, data))

    @timed
    def after(self, span: Span) -> None:
        """Go on recording until `span` after the last step of the schedule."""
        if self._recorder is None:
            raise ScenarioError(
                "a schedule of faults needs a recording", hint="put it into `with net.watch()`"
            )
        self._loop.pump(self._schedule.after(span, self._disturbed))
        self._schedule.is_due()

    pause = after

    def expect(self, at: int) -> None:
        """Watch until a reaction of the network that comes at a time, in ns, had its effect."""
        self._schedule.expected = max(self._schedule.expected, at)

    def saw(self) -> None:
        """Note that the scenario was told something by the kernel, without a recording."""
        self._stage.saw()

    @block("with net.watch() as run:")
    def watch(
        self,
        *probes: Direction,
        path: tuple[str, str] | None = None,
        every: Span | None = None,
        address: str = "",
        healthy: bool = True,
    ) -> Iterator[Run]:
        """Record what the block does to the network; the run can be read when it has ended.

        Bonds that were not made yet get the topology's options. Probes go both ways along the
        topology's path, or another one, unless only `out` or `in` is asked for; `every` jiffy if
        not said otherwise; with another `address` of the path's first machine, only in, to that
        (`add_address`). `healthy=False` records from the first moment a bond that may be dark.
        Raises Inconclusive where the path is not healthy before the block begins, ScenarioError
        where an earlier fault is why, NotTestable where it would take minutes because time cannot
        be skipped, or where what the bond needs is in no lab. A block that raises keeps what was
        recorded until then.
        """
        if self._recorder is not None:
            raise ScenarioError(
                "a watch() is recording already", hint="put all faults of it into one block"
            )
        self._make_bonds()
        self._interval = as_span(every).ns if every else self._usual_interval()
        if not self._virtual:
            durations.demand_patience(self.dut.bonds.values())
        ways: tuple[Direction, ...] = probes or (("in",) if address else ("out", "in"))
        asked.demand(self.plan, ways, path or self.plan.path)
        subject = self._subject(path or self.plan.path, ways, address)
        with self._recording(Run(), subject, healthy=healthy) as run:
            yield run

    @contextmanager
    def _recording(self, run: Run, subject: Subject, *, healthy: bool) -> Iterator[Run]:
        """Record while the block runs; freeze the run, also where the block was broken off."""
        if self._virtual:
            align(10 * MS)
        recorder = Recorder(self._network, self._loop, subject, self._site.added)
        broken = ""
        recorder.start()
        self._recorder = recorder
        try:
            watching = self._watching(recorder)
            if healthy:
                watching.wait_for_health(self._standing)
            else:
                watching.begin_as_it_is()
            self._disturb(recorder)
            with without_sleep(self._loop, strict=self._virtual):
                yield run
            watching.wait_for_horizon(self._schedule, self._disturbed)
        except BaseException as error:
            recorder.mark("end")
            broken = _named(error)
            raise
        finally:
            recorder.close()
            self._recorder = None
            # What went wrong first is what counts.
            with suppress(HarnessError) if broken else nullcontext():
                self._finish(recorder, run, subject, healthy=healthy, broken=broken)

    def _make_bonds(self) -> None:
        for plan in self.plan.bonds:
            if plan.name not in self.dut.bonds:
                self.dut.bond(plan.name)
        for bond in self.dut.bonds.values():
            bond.begin()

    def _watching(self, recorder: Recorder) -> Watching:
        bonds, interval = self.dut.bonds, self._interval
        return Watching(self._network, self._loop, recorder, bonds, interval, self._virtual)

    def _disturb(self, recorder: Recorder) -> None:
        recorder.mark("disturb")
        self._schedule = Schedule(expected=self._schedule.expected)
        self._disturbed = now()

    def _subject(
        self, path: tuple[str, str], directions: tuple[Direction, ...], address: str
    ) -> Subject:
        bonds = self.dut.bonds
        return Subject(
            tuple(bond.plan for bond in bonds.values()),
            frozenset(n for n, one in bonds.items() if one.options.mode in WITH_ACTIVE_SLAVE),
            interval=self._interval,
            path=path,
            directions=directions,
            address=address,
        )

    def _usual_interval(self) -> int:
        """Return the time between probes in ns: chips that are a process need time for each."""
        usual = self._stage.probe_interval
        usb = any(link.nic == RTL8150 for link in self.plan.links)
        return usual if self._virtual or not usb else max(usual, SERVED)

    def _finish(
        self, recorder: Recorder, run: Run, subject: Subject, *, healthy: bool, broken: str
    ) -> None:
        """Freeze the run, keep its history where histories go."""
        bonds = self.dut.bonds.values()
        own = [text for bond in bonds for text in self.plan.bond_addresses(bond.plan)]
        addresses = [text.partition("/")[0] for text in own]
        addresses += self._site.added.addresses
        targets = [str(m.address) for m in self.plan.machines if m.name == "target"]
        for options in (options for bond in bonds for options in bond.in_force):
            targets += [str(one) for one in options["arp_ip_target"]]  # type: ignore[union-attr]
        events = since(self._start, [*recorder.events(addresses, targets), *self._noted])
        self._noted = []
        stage, added = self._stage, self._site.added.addresses
        about = replace(
            header.about(stage.scenario, stage.facts, self._network, bonds, added),
            path=subject.path,
            interval=self._interval,
            healthy=healthy,
            clocks=recorder.clocks(),
            dropped=recorder.dropped,
            latest=self._loop.latest,
            broken=broken,
        )
        history = History.of(about, events)
        run.freeze(history)
        self._stage.keep(run, self._save(history))

    def _save(self, history: History) -> Path | None:
        if self._stage.folder is None:
            return None
        self._runs += 1
        name = "history.jsonl" if self._runs == 1 else f"history-{self._runs}.jsonl"
        path = self._stage.folder / name
        save(history, path)
        return path


def _named(error: BaseException) -> str:
    """Return an error in one line, for the header of a recording that it broke off."""
    return f"{type(error).__name__}: {error}".partition("\n")[0]

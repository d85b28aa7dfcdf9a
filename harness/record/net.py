"""A running topology, and `watch()`: baseline, disturbance, horizon, a frozen run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from harness.bonding.options import PRIMARY_MODES
from harness.bonding.wheel import grain
from harness.drivers import emulated
from harness.errors import HarnessError, NotTestable, ScenarioError
from harness.history import Event, History, save, since
from harness.history.files import HISTORY
from harness.judge.run import Run
from harness.lab import Way
from harness.loop import Loop, now
from harness.record import durations, header, watch_arguments
from harness.record.bond_states import BondStates
from harness.record.cable import Cable
from harness.record.dut import Dut
from harness.record.gap import wait_for_gap
from harness.record.journal import FaultContext, LossSeeds, OpenFaults, Role, Schedule
from harness.record.machine import Machine
from harness.record.recorder import Recorder
from harness.record.sleep_guard import without_sleep
from harness.record.stage import Stage
from harness.record.subject import Subject
from harness.record.switches import Switch
from harness.record.usb import UsbNic
from harness.record.watching import Watching
from harness.record.with_block import block
from harness.suggest import NoSuchName, alike, attributes
from harness.topology import DUT, Topology, links_at
from harness.units import MS, Span, as_span, timed
from harness.virtual_time import align, begin

USB_INTERVAL = 50 * MS  # a frame through a USB adapter costs an emulated processor some 5 ms

__all__ = ["Net", "Run", "Stage"]


class Net:
    """A running topology; its links, switches and machines are attributes by their names.

    A subclass annotates them for the type checker, and draws the topology in its docstring.
    """

    plan: Topology
    dut: Dut

    def __init__(self, stage: Stage) -> None:
        """Build the topology; raises LabError."""
        self._stage = stage
        self._undo = ExitStack()
        self._virtual = stage.facts.get("clock") == "virtual"
        # Start at the same phase of ticks and timer wheel buckets, whatever ran here before.
        self._start = begin(grain(int(stage.facts["hz"]))) if self._virtual else now()
        self._loop = Loop()
        self._recorder: Recorder | None = None
        lacking = stage.lab.lacks(self.plan)
        if lacking:
            raise NotTestable(f"lab {stage.lab.name} lacks {lacking}", hint="choose another --lab")
        self._network = stage.lab.build(self.plan, self._loop)
        self._undo.callback(self._network.close)
        self._noted: list[Event] = []
        self._schedule, self._open_faults = Schedule(), OpenFaults()
        self._interval = stage.probe_interval
        self._runs = 0
        self._context = context = FaultContext(
            self._network, self._loop, self, LossSeeds(stage.seed_text)
        )
        self.dut = Dut(context, int(stage.facts["hz"]), str(stage.facts["kernel"]))
        for part, name in self._parts(context):
            setattr(self, name, part)

    if not TYPE_CHECKING:  # a type checker knows the annotated attributes, and only those

        def __getattr__(self, name: str) -> object:
            """Raise NoSuchName, a ScenarioError that lists what the topology has."""
            if name.startswith("_"):
                raise AttributeError(name)
            parts = (*self.plan.links, *self.plan.switches, *self.plan.machines)
            names = list(dict.fromkeys(noun.name for noun in parts))
            has = f"{', '.join(names)}; {', '.join(attributes(type(self)))}"
            raise NoSuchName(
                f'"{name}" is not in topology {self.plan.name} (has: {has})',
                hint=alike(name, names + attributes(type(self))) or "see the topology's plan",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        with _first_error(known=kind is not None):
            self._undo.close()

    def _parts(self, context: FaultContext) -> Iterator[tuple[object, str]]:
        # Machines come last: the target's link is also called target, and the machine is meant.
        inside = {bridge.name for bridge in self.plan.bridges}
        for link in self.plan.links:
            if not {link.a, link.b} & inside:
                kind = UsbNic if emulated(link.nic, exists=link.exists) else Cable
                yield kind(link.name, context), link.name
        yield from ((Switch(switch.name, context), switch.name) for switch in self.plan.switches)
        for machine in self.plan.machines:
            if machine.name != DUT:
                yield Machine(machine, context), machine.name

    def note(self, at: int, where: str, action: str, role: Role, **what: object) -> None:
        """Record a fault (harness.record.journal.Journal)."""
        slip = self._schedule.note_step(at)
        self._open_faults.note(at, where, action, role)
        data = {"action": action, "role": role, "phase": "begin", "slip": slip, **what}
        self._noted.append(event := Event(at, "fault", where, data))
        if self._recorder is not None:
            self._recorder.note_fault(event)

    @timed
    def after(self, span: Span) -> None:
        """Continue recording until `span` after the last step of the schedule."""
        if self._recorder is None:
            hint = "put it into `with net.watch()`"
            raise ScenarioError("a schedule of faults needs a recording", hint=hint)
        self._loop.pump(self._schedule.after(span, self._disturbed))
        self._schedule.is_due()

    pause = after

    def expect(self, at: int) -> None:
        """Extend the recording beyond a reaction of the network that is due at a time in ns."""
        self._schedule.expected = max(self._schedule.expected, at)

    def wait_for_gap(self) -> None:
        """Wait until no probe is under way; raises Inconclusive if there always is one."""
        if self._recorder is not None:
            wait_for_gap(self._loop, self._recorder, self._interval)

    def note_read(self) -> None:
        """Note that the scenario read something from the kernel outside of a recording."""
        self._stage.note_read()

    @block("with net.watch() as run:")
    def watch(
        self,
        *probes: Way,
        path: tuple[str, str] | None = None,
        every: Span | None = None,
        address: str = "",
        healthy: bool = True,
    ) -> Iterator[Run]:
        """Record while the block disturbs the network; the run can be read after the block.

        Bonds that do not exist yet are created with the topology's options. Probes are sent in
        both directions along the topology's path, or along `path`, unless only "out" or "in" is
        given; `every` jiffy by default. `address` is an added address of the path's first machine
        (`add_address`): it is probed inwards only. `healthy=False` starts recording at once, even
        if the bond passes no traffic.
        Raises Inconclusive if the path is not healthy before the block begins, ScenarioError if
        that is due to an earlier fault, NotTestable if it would take minutes of real time or if
        no lab has what the bond needs. If the block raises, what was recorded so far is kept.
        """
        if self._recorder is not None:
            raise ScenarioError(
                "a watch() is recording already", hint="put all faults into one block"
            )
        self._make_bonds()
        self._interval = as_span(every).ns if every else self._usual_interval()
        if not self._virtual:
            durations.check_duration(self.dut.bonds.values())
        ways: tuple[Way, ...] = probes or (("in",) if address else ("out", "in"))
        watch_arguments.check(self.plan, ways, path or self.plan.path)
        subject = self._subject(path or self.plan.path, ways, address)
        with self._recording(Run(), subject, healthy=healthy) as run:
            yield run

    @contextmanager
    def _recording(self, run: Run, subject: Subject, *, healthy: bool) -> Iterator[Run]:
        """Record while the block runs; freeze the run, also if the block raises."""
        if self._virtual:
            align(10 * MS)
        self._runs += 1
        new = self._runs == 1 and not self._touched()
        capture = self._stage.capture(self._runs, self._start)
        recorder = Recorder(self._network, self._loop, subject, self._context.added, capture)
        states = BondStates.of(self._network, subject.bonds)
        broken = ""
        for event in self._noted:
            recorder.note_fault(event)
        recorder.start()
        self._recorder = recorder
        try:
            watching = self._watching(recorder)
            if healthy:
                watching.wait_until_healthy(self._open_faults, new=new)
            else:
                watching.begin_unchecked()
            watching.wait_for_phase(self._stage.phase)
            states.before = states.read()
            self._disturb(recorder)
            with without_sleep(self._loop, strict=self._virtual):
                yield run
            watching.wait_for_horizon(self._schedule, self._noted, self._disturbed)
            states.after = states.read()
        except BaseException as error:
            recorder.mark("end")
            broken = header.broken_by(error)
            with suppress(HarnessError):
                states.after = states.read()
            raise
        finally:
            self._recorder = None
            with _first_error(known=bool(broken)):
                recorder.close()
            with _first_error(known=bool(broken)):
                history = self._finish(recorder, run, subject, healthy=healthy, broken=broken)
                self._stage.keep(run, self._save(history), partial(states.plain, self._start))

    def _touched(self) -> bool:
        """Return whether anything that may concern a bond was noted since the last recording."""
        of_dut = {DUT, *self.dut.bonds, *links_at(self.plan, DUT)}  # such as the prio of a slave
        return any(e["role"] != "stimulus" or e.where in of_dut for e in self._noted)

    def _make_bonds(self) -> None:
        for plan in self.plan.bonds:
            if plan.name not in self.dut.bonds:
                self.dut.bond(plan.name)
        for bond in self.dut.bonds.values():
            bond.begin()

    def _watching(self, recorder: Recorder) -> Watching:
        bonds, interval, added = self.dut.bonds, self._interval, self._context.added.addresses
        jitter = None if self._virtual else int(self._stage.facts["jitter"])
        return Watching(self._network, self._loop, recorder, bonds, interval, jitter, added)

    def _disturb(self, recorder: Recorder) -> None:
        recorder.mark("disturb")
        self._schedule = Schedule(expected=self._schedule.expected)
        self._disturbed = now()

    def _subject(
        self, path: tuple[str, str], directions: tuple[Way, ...], address: str
    ) -> Subject:
        bonds = self.dut.bonds
        return Subject(
            tuple(bond.plan for bond in bonds.values()),
            frozenset(n for n, bond in bonds.items() if bond.options.mode in PRIMARY_MODES),
            interval=self._interval,
            path=path,
            directions=directions,
            address=address,
            lacp=any(bond.options.mode == "802.3ad" for bond in bonds.values()),
        )

    def _usual_interval(self) -> int:
        """Return the probe interval in ns: emulated USB chips need time for each frame."""
        usual = self._stage.probe_interval
        usb = any(emulated(link.nic, exists=link.exists) for link in self.plan.links)
        return usual if self._virtual or not usb else max(usual, USB_INTERVAL)

    def _finish(
        self, recorder: Recorder, run: Run, subject: Subject, *, healthy: bool, broken: str
    ) -> History:
        """Freeze the run; return its history."""
        bonds = self.dut.bonds.values()
        own = [text for bond in bonds for text in self.plan.bond_addresses(bond.plan)]
        stage, added = self._stage, self._context.added.addresses
        addresses = [*(text.partition("/")[0] for text in own), *added]
        targets = [str(m.address) for m in self.plan.machines if m.name == "target"]
        for options in (options for bond in bonds for options in bond.in_force):
            targets += [str(address) for address in options["arp_ip_target"]]  # type: ignore[union-attr]
        events = since(self._start, [*recorder.events(addresses, targets), *self._noted])
        self._noted = []
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
        return history

    def _save(self, history: History) -> Path | None:
        path = self._stage.file(HISTORY, self._runs)
        if path is not None:
            save(history, path)
        return path


def _first_error(*, known: bool) -> AbstractContextManager[None]:
    """Suppress errors of closing if an error is `known` already: it is their cause."""
    return suppress(HarnessError) if known else nullcontext()

"""Which lanes the picture of a recording has, and at which times something decisive happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.history import History
from harness.judge import instants, scene, timeline, traffic
from harness.judge.instants import Instants
from harness.judge.scene import Action, Bound, States, Traffic
from harness.judge.timeline import Allowed
from harness.picture import figure_lane, lanes, traffic_lane
from harness.picture.axis import PanelAxis
from harness.picture.lanes import Lane

# Single events around which time is not folded.
KEY = {"garp", "una", "report", "flow", "kernel report", "bonding"}


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a picture shows, from cause to effect; `points` are times in ns."""

    history: History
    actions: Sequence[Action]
    traffic: Sequence[Traffic]
    states: Sequence[States]
    frames: Sequence[Instants]
    tables: Sequence[States]
    log: Instants
    figures: Sequence[Bound]
    points: Sequence[int]

    @property
    def names(self) -> list[str]:
        """The names of all lanes."""
        return [
            "traffic out",
            *(one.name for one in (*self.states, *self.tables)),
            *(one.name for one in (*self.frames, self.log)),
            *(one.what for one in self.figures),
        ]

    def lanes(self, axis: PanelAxis) -> list[Lane]:
        """Return the lanes of one panel in which there is something."""
        found = [lanes.actions(self.actions, axis)]
        found += [traffic_lane.paint(one, axis) for one in self.traffic]
        found += [lanes.states(one, axis) for one in self.states]
        found += [lanes.single(one, axis) for one in self.frames]
        found += [lanes.states(one, axis) for one in self.tables]
        found += [lanes.single(self.log, axis)]
        found += [figure_lane.paint(one, axis) for one in self.figures]
        return [lane for lane in found if lane.parts]


def of(history: History, windows: Iterable[Allowed]) -> Contents:
    """Return what the picture of a recording shows."""
    windows = list(windows)
    states = [one for one in _states(history) if one.states]
    tables, frames = list(instants.tables(history)), list(instants.frames(history))
    log, figures = instants.lines(history), _figures(history, windows)
    points = [*scene.decisive(history, windows), *(action.at for action in scene.actions(history))]
    points += [state.at for one in (*states, *tables) for state in one.states[1:]]
    points += [
        instant.at for one in (*frames, log) for instant in one.instants if instant.kind in KEY
    ]
    paths = [one for way in traffic.STREAMS if (one := scene.path(history, way)) is not None]
    silences = [dark for one in paths for dark in one.silences]  # loss within tolerance, too
    points += [at for dark in silences for at in (dark.begin, dark.stop)]
    points += [one.stretch.start for one in figures]
    return Contents(
        history, scene.actions(history), paths, states, frames, tables, log, figures, points
    )


def extent(history: History) -> tuple[int, int]:
    """Return from when to when (ns) a recording is shown: from its baseline or first fault on."""
    disturbed = traffic.disturb_at(history)
    baseline = history.mark("baseline")
    first = [disturbed if baseline is None else baseline, *(d.at for d in scene.actions(history))]
    return min(first), max(traffic.end_at(history), disturbed + 1)


def lengths(history: History) -> Iterator[int]:
    """Yield how long (ns) figures took, the one that should be legible first."""
    known = timeline.stretches(history)
    for kind in ("detection", "outage", "switchover", "reversion"):
        for what, (start, stop) in known.items():
            if what.partition(" ")[0] == kind and stop is not None:
                yield stop - start


def _states(history: History) -> Iterator[States]:
    """Yield carrier and link state slave by slave, then the active slaves, then addresses."""
    links = list(scene.links(history))
    carriers = list(instants.carriers(history))
    for link in links:
        if link.kind == "slave":
            slave = link.name.removesuffix(" link")
            yield from (one for one in carriers if one.name.rpartition(" ")[0] == slave)
            yield link
    yield from (one for one in links if one.kind == "active")
    yield from instants.aggregators(history)
    yield from instants.addresses(history)


def _figures(history: History, windows: Sequence[Allowed]) -> list[Bound]:
    """Return the figures of the whole and those asked for; outages have their length as label."""
    asked = {window.what: window for window in windows}
    return [
        scene.bound(history, what, asked.get(what))
        for what in timeline.stretches(history)
        if what in asked or (not what.startswith("outage") and " on " not in what)
    ]

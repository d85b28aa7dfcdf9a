"""The lanes of a recording's picture, and the times of its decisive events."""

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
            *(lane.name for lane in (*self.states, *self.tables)),
            *(lane.name for lane in (*self.frames, self.log)),
            *(figure.what for figure in self.figures),
        ]

    def lanes(self, axis: PanelAxis) -> list[Lane]:
        """Return the lanes of one panel that are not empty."""
        found = [lanes.actions(self.actions, axis)]
        found += [traffic_lane.paint(path, axis) for path in self.traffic]
        found += [lanes.states(lane, axis) for lane in self.states]
        found += [lanes.single(lane, axis) for lane in self.frames]
        found += [lanes.states(lane, axis) for lane in self.tables]
        found += [lanes.single(self.log, axis)]
        found += [figure_lane.paint(figure, axis) for figure in self.figures]
        return [lane for lane in found if lane.parts]


def of(history: History, windows: Iterable[Allowed]) -> Contents:
    """Return what the picture of a recording shows."""
    windows = list(windows)
    states = [lane for lane in _states(history) if lane.states]
    tables, frames = list(instants.tables(history)), list(instants.frames(history))
    log, figures = instants.lines(history), _figures(history, windows)
    points = [*scene.decisive(history, windows), *(action.at for action in scene.actions(history))]
    points += [state.at for lane in (*states, *tables) for state in lane.states[1:]]
    points += [
        instant.at for lane in (*frames, log) for instant in lane.instants if instant.kind in KEY
    ]
    paths = [seen for way in traffic.STREAMS if (seen := scene.path(history, way)) is not None]
    silences = [dark for seen in paths for dark in seen.silences]  # loss within tolerance, too
    points += [at for dark in silences for at in (dark.begin, dark.stop)]
    points += [figure.stretch.start for figure in figures]
    return Contents(
        history, scene.actions(history), paths, states, frames, tables, log, figures, points
    )


def extent(history: History) -> tuple[int, int]:
    """Return begin and end (ns) of what is shown: from the baseline or the first fault on."""
    disturbed = traffic.disturb_at(history)
    baseline = history.mark("baseline")
    first = [disturbed if baseline is None else baseline, *(d.at for d in scene.actions(history))]
    return min(first), max(traffic.end_at(history), disturbed + 1)


def lengths(history: History) -> Iterator[int]:
    """Yield the lengths (ns) of figures, the one that must be legible first."""
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
            yield from (lane for lane in carriers if lane.name.rpartition(" ")[0] == slave)
            yield link
    yield from (lane for lane in links if lane.kind == "active")
    yield from instants.aggregators(history)
    yield from instants.addresses(history)


def _figures(history: History, windows: Sequence[Allowed]) -> list[Bound]:
    """Return a bond's figures and those with a window; outages have their length as label."""
    asked = {window.what: window for window in windows}
    return [
        scene.bound(history, what, asked.get(what))
        for what in timeline.stretches(history)
        if what in asked or (not what.startswith("outage") and " on " not in what)
    ]

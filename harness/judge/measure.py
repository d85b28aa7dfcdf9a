"""Figures from the kernel's events: pure functions from a history to values.

The tolerance of times between kernel events is one jiffy, the resolution of the bond's monitors,
and the lateness of the machine's timers. Figures from probes are in `traffic`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from harness.errors import ScenarioError
from harness.history import BondAbout, Event, History
from harness.judge import traffic
from harness.judge.elapsed import elapsed
from harness.suggest import meant
from harness.units import Measured


class Since(NamedTuple):
    """A value and since when (ns) it held."""

    at: int
    value: Any


class Stretch(NamedTuple):
    """A figure on the clock (ns): from when to when it was measured, None where it never ended."""

    start: int
    stop: int | None


def bonds(history: History) -> Mapping[str, BondAbout]:
    """Return the recorded bonds: name to slaves, options and addresses."""
    return history.about.bonds


def suffix(history: History, bond: str) -> str:
    """Return the suffix of a figure's name that identifies its bond, "" for the first bond."""
    return "" if bond == next(iter(bonds(history))) else f" {bond}"


def slaves_of(history: History, bond: str) -> list[str]:
    """Return the names of a bond's slaves in the order of their enslavement."""
    return list(bonds(history)[bond].slaves)


def bond_of(history: History, slave: str) -> str:
    """Return the bond of a slave; ScenarioError where no bond has it."""
    for bond, about in bonds(history).items():
        if slave in about.slaves:
            return bond
    known = [name for about in bonds(history).values() for name in about.slaves]
    raise ScenarioError(f'"{slave}" is a slave of no bond here', hint=meant(slave, known))


def faults(history: History, role: str = "fault") -> list[Event]:
    """Return the events of one role that began since the disturbance."""
    start = traffic.disturb_at(history)
    return [
        event
        for event in history.select("fault", role=role)
        if event.at >= start and event.get("phase") != "end"
    ]


def last_action(history: History, at: int) -> int:
    """Return when the last fault, repair or stimulus by a time began (ns)."""
    roles = ("fault", "repair", "stimulus")
    begun = (event.at for role in roles for event in faults(history, role))
    return max((when for when in begun if when <= at), default=traffic.disturb_at(history))


def reactions(history: History) -> list[str]:
    """Return the reactions of switches since the disturbance, as "shut_port eth1"."""
    return [f"{event['action']} {event.where}" for event in faults(history, "reaction")]


def demand_disturbed(history: History, measured: Measured) -> None:
    """Raise ScenarioError for a figure of a block without any action or wait.

    A block that waits may show that nothing happens without a fault, or that something does.
    """
    if not traffic.healthy(history) or next(history.select("fault"), None):
        return
    settle = history.mark("settle") or traffic.end_at(history)
    waited = settle - traffic.disturb_at(history) > traffic.interval(history)
    dark = any(word in measured.what for word in ("outage", "dark"))
    came = measured.ns > 0 if dark else measured.happened
    if not waited and not came:
        raise ScenarioError(
            f"there is no {measured.what} to judge: nothing was disturbed in this run",
            hint="put the fault into the block: with net.watch() as run: net.eth0.cut()",
        )


def demand_up(history: History, slaves: Collection[str], fault: int) -> None:
    """Raise ScenarioError if slaves were down before the fault that they should detect."""
    states = [_state_at(history, slave, fault) for slave in slaves]
    if not traffic.healthy(history) and "up" not in states:
        was = ", ".join(
            f"{slave} was {state or 'no slave'}"
            for slave, state in zip(slaves, states, strict=True)
        )
        raise ScenarioError(
            f"there is no detection to judge: {was} already when the fault came",
            hint="of a bond that was not healthy read run.outage, run.recovered, run.link_states",
        )


def first_fault(history: History, of: Collection[str] = ()) -> Event | None:
    """Return the first fault, or else the first stimulus, that concerns the slaves `of`.

    A fault of another slave's own link does not, unless there is no other fault.
    """
    others = {name for about in bonds(history).values() for name in about.slaves} - set(of)
    for role in ("fault", "stimulus"):
        found = faults(history, role)
        own = [event for event in found if not of or event.where not in others]
        if found:
            return (own or found)[0]
    return None


def fault_at(history: History, of: Collection[str] = ()) -> int:
    """Return when the fault that concerns the slaves `of` began (ns), else the disturbance."""
    fault = first_fault(history, of)
    return fault.at if fault else traffic.disturb_at(history)


def sequence(history: History, kind: str, where: str, key: str) -> list[Since]:
    """Return the value at the disturbance and each change until the end, with times (ns)."""
    start, stop = traffic.disturb_at(history), traffic.end_at(history)
    seen: list[Since] = []
    for event in history.select(kind, where):
        value = event.get(key)
        if event.at <= start:
            seen = [Since(event.at, value)]
        elif event.at <= stop and (not seen or seen[-1].value != value):
            seen.append(Since(event.at, value))
    return seen


def active_slaves(history: History, bond: str) -> list[str | None]:
    """Return the active slaves in order, None while there was none."""
    return [change.value for change in sequence(history, "active", bond, "slave")]


def active_at(history: History, bond: str, at: int) -> str | None:
    """Return the active slave of a bond at a time (ns), None without one."""
    active: str | None = None
    for event in history.select("active", bond):
        if event.at <= at:
            active = event.get("slave")
    return active


def mac_addresses(history: History, bond: str) -> list[str]:
    """Return the bond's addresses in order."""
    return [change.value for change in sequence(history, "mac", f"dut/{bond}", "mac")]


def link_states(history: History, slave: str) -> list[str]:
    """Return the link states of a slave in order: up, fail, down, back."""
    return [change.value for change in sequence(history, "slave", slave, "link")]


def failures(history: History, slave: str) -> int:
    """Return how often a slave was declared down since the disturbance."""
    return link_states(history, slave)[1:].count("down")


def concerned(history: History, bond: str) -> list[str]:
    """Return the slaves that the fault concerns: that whose link it hit, else the active one."""
    slaves = slaves_of(history, bond)
    fault = first_fault(history, slaves)
    if fault is not None and fault.where in slaves:
        return [fault.where]
    active = active_at(history, bond, fault_at(history, slaves))
    return [active] if active else slaves


def detected_at(history: History, slaves: Iterable[str], fault: int) -> int | None:
    """Return when the first of some slaves was declared down after a fault (ns), None if never."""
    downs = [
        change.at
        for slave in slaves
        for change in sequence(history, "slave", slave, "link")
        if change.value == "down" and change.at > fault
    ]
    return min(downs, default=None)


def detection(history: History, slaves: Collection[str], fault: int) -> Measured:
    """Return the time from a fault to the first of some slaves being declared down."""
    down = detected_at(history, slaves, fault)
    return elapsed(history, "detection", fault, down, clocks=True)


def option_at(history: History, bond: str, name: str, at: int) -> Any:
    """Return the setting of a bond's option at a time (ns): as it began, or was changed since."""
    setting = bonds(history)[bond].options.get(name)
    for event in history.select("fault", bond):
        if event.at <= at:
            setting = event.get("became", {}).get(name, setting)
    return setting


def original(history: History, bond: str) -> str | None:
    """Return the slave that traffic returns to: the primary, else the one active at the fault."""
    start = fault_at(history, slaves_of(history, bond))
    primary = option_at(history, bond, "primary", start)
    return primary or active_at(history, bond, start)


def reverted(history: History, bond: str) -> Stretch:
    """Return the stretch from the repair to traffic being back on the original slave."""
    wanted = original(history, bond)
    repairs = _repairs(history, wanted)
    back = next(
        (
            change.at
            for change in sequence(history, "active", bond, "slave")
            if repairs and change.at > repairs[0] and change.value == wanted
        ),
        None,
    )
    start = max((at for at in repairs if back is None or at <= back), default=None)
    if start is None:  # nothing was repaired: the time counts from the fault
        start = fault_at(history, slaves_of(history, bond))
    return Stretch(start, None if back is None else _carried(history, bond, wanted, back))


def reversion(history: History, bond: str) -> Measured:
    """Return the time from the repair to traffic being back on the original slave."""
    step = traffic.interval(history)
    return elapsed(history, "reversion", *reverted(history, bond), step, clocks=True)


def _state_at(history: History, slave: str, at: int) -> str | None:
    states = [event["link"] for event in history.select("slave", slave) if event.at <= at]
    return states[-1] if states else None


def recovery(history: History, slave: str) -> Measured:
    """Return the time from the last repair of a slave's path to its being declared up again."""
    repairs, start = _repairs(history, slave), repaired_at(history, slave)
    ups = (c.at for c in sequence(history, "slave", slave, "link") if c.value == "up")
    up = next((at for at in ups if repairs and at > start), None)
    return elapsed(history, f"recovery of {slave}", start, up, clocks=True)


def _via(probe: Event, slaves: Collection[str]) -> str | None:
    """Return which of some slaves a probe crossed, None where it crossed another bond or none."""
    crossed = probe.get("crossed") or [probe.get("via")]
    return next((slave for slave in crossed if slave in slaves), None)


def repaired_at(history: History, slave: str) -> int:
    """Return when the last repair of a slave's path was made (ns), without any the fault."""
    return max(_repairs(history, slave), default=fault_at(history, [slave]))


def _repairs(history: History, slave: str | None) -> list[int]:
    """Return when repairs were made (ns): those of the slave's own link if there are any."""
    found = faults(history, "repair")
    return [event.at for event in found if event.where == slave] or [event.at for event in found]


def _carried(history: History, bond: str, slave: str | None, back: int) -> int | None:
    """Return when traffic began to use a slave that became active (ns), None if never."""
    mine = slaves_of(history, bond)
    used = [probe for probe in traffic.probes(history) if probe.at >= back and _via(probe, mine)]
    if not used:
        return back
    good = (
        probe.at for probe in used if _via(probe, mine) == slave and probe["reply"] is not None
    )
    first = min(good, default=None)
    return None if first is None else max(back, first - traffic.interval(history))

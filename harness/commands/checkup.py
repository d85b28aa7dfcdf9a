"""`harness kernels check`: boot a kernel, run `main` in the guest, report what it supports.

The guest writes one object a line into `stream.jsonl`: first {"facts": ...}, then for each option
of bonding {"option": name, "set": ..., "seen": ..., "trouble": ""}, then {"done": 0}.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.bonding import MODES, OPTIONS, BondOptions, Option, ignored
from harness.claims import Release
from harness.errors import KernelRefused, LabError, ScenarioError
from harness.guests.errand import LAST_LINES, errand, job_for
from harness.guests.facts import Facts, measure
from harness.guests.job import Job
from harness.guests.report_file import ReportFile
from harness.kernels import Kernel

LIMIT = 90.0  # seconds until the guest must be done
WORK = "harness.commands.checkup:main"


@dataclass(slots=True)
class Checkup:
    """The results; `lacks` maps option, or option=value, to the kernel's error or behaviour."""

    kernel: str
    boots: bool = False
    seconds: float = 0.0
    facts: Facts | None = None
    bonding: bool = False
    options: int = 0
    lacks: dict[str, str] = field(default_factory=dict)
    unexpected: list[str] = field(default_factory=list)
    trouble: str = ""
    console: list[str] = field(default_factory=list)

    @property
    def usable(self) -> bool:
        """Whether scenarios can run in it."""
        return self.boots and self.bonding


def examine(kernel: Kernel) -> Checkup:
    """Boot a kernel and return what it supports; raises LabError if no guest can be started."""
    found = Checkup(kernel.name)
    began = time.monotonic()
    with errand(kernel, "check", job_for(kernel, WORK)) as checkup:
        for line in checkup.lines(limit=LIMIT):
            _note(found, line, time.monotonic() - began)
        if not checkup.done:
            found.trouble = found.trouble or checkup.guest.ending()
            found.console = checkup.guest.cause_lines(LAST_LINES)
    return found


def _note(found: Checkup, line: dict[str, Any], after: float) -> None:
    if "facts" in line:
        found.boots, found.seconds, found.facts = True, after, Facts(**line["facts"])
    elif "bonding" in line:
        found.bonding, found.trouble = line["bonding"], line["trouble"]
    elif "option" in line:
        found.options += 1
        if line["trouble"]:
            found.lacks[line["option"]] = line["trouble"]
            if not line["expected"]:
                found.unexpected.append(line["option"])
        elif line["expected"]:
            found.unexpected.append(line["option"])


def main(directory: Path) -> None:
    """Run the checks, in the guest."""
    job = Job.load(directory)
    with ReportFile(directory, sync=job.writeback) as stream:
        for line in _findings(job):
            stream.write(**line)


def _findings(job: Job) -> Iterator[dict[str, Any]]:
    from dataclasses import asdict  # noqa: PLC0415

    facts = measure(job)
    yield {"facts": asdict(facts)}
    series = Release.parse(facts.kernel).series
    try:
        yield from _options(series)
    except LabError as error:
        yield {"bonding": False, "trouble": error.message}
    yield {"done": 0}


def _options(series: tuple[int, int]) -> Iterator[dict[str, Any]]:
    """Set every option on a bond in a new namespace and read it back."""
    from harness.labs.netns.build import build  # noqa: PLC0415
    from harness.loop import Loop  # noqa: PLC0415
    from harness.record.bond_maker import drop_bond, make_bond, read_back  # noqa: PLC0415
    from harness.topology import DUT, BondPlan, LinkPlan, MachinePlan, SwitchPlan, Topology  # noqa: PLC0415

    plan = BondPlan("bond0", ("eth0", "eth1"), "192.0.2.1")
    topology = Topology(
        name="checkup",
        machines=(MachinePlan(DUT),),
        switches=(SwitchPlan("sw"),),
        links=(LinkPlan("eth0", DUT, "sw"), LinkPlan("eth1", DUT, "sw")),
        bonds=(plan,),
    )
    network = build(topology, Loop())
    with closing(network):
        make_bond(network, plan, BondOptions.of(mode="active-backup"))
        drop_bond(network, plan)
        yield {"bonding": True, "trouble": ""}
        for name, asked in trials():
            trouble = ""
            try:
                make_bond(network, plan, asked)
                left_out = ignored(asked, read_back(network, plan))
                trouble = "; ".join(str(one) for one in left_out)
            except KernelRefused as refused:
                trouble = refused.message
            drop_bond(network, plan)
            yield {"option": name, "trouble": trouble, "expected": bool(asked.unknown_to(series))}


def trials() -> Iterator[tuple[str, BondOptions]]:
    """Yield every option with a value other than its default, and every value added later."""
    for name, option in OPTIONS.items():
        if name in (
            "mode",
            "active_slave",
        ):  # all other trials set the mode; active_slave is a state
            continue
        yield name, _bond(option, _other(option))
        for value in option.values:
            if value.since is not None and option.since is None:
                yield f"{name}={value.word}", _bond(option, value.word)


def _bond(option: Option, setting: object) -> BondOptions:
    """Return the options of a bond on which an option can be set."""
    for mode in ("active-backup", *MODES):
        if mode in option.modes and option.has_effect_in(mode):
            needs = {option.requires: 50} if option.requires else {}
            return BondOptions.of(mode=mode, **needs, **{option.name: setting})
    raise ScenarioError(f"{option.name} belongs to no mode")


def _other(option: Option) -> object:
    """Return a setting that is not the default."""
    special = {"ip4": "192.0.2.254", "ip6": "2001:db8::1", "mac": "02:00:00:00:00:0a"}
    if option.values:
        words = [
            value.word for value in option.values if value.since is None and value.until is None
        ]
        return next((word for word in words if word != option.default), option.default)
    if option.wire == "index":
        return "eth1"
    return special.get(option.wire, 100 if option.requires or option.unit == "ms" else 7)

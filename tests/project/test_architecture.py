"""The shape of the code: who may import whom, where libraries live, how long things are."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from inspect import isfunction
from pathlib import Path

import pytest

from harness import lab
from tests.source_files import ROOT, imported

FILES = [path for top in ("harness", "scenarios", "tests") for path in (ROOT / top).rglob("*.py")]
HARNESS = [path for path in FILES if path.is_relative_to(ROOT / "harness")]

# What belongs together, from the bottom up; a package stands for all that is in it.
PARTS = {
    "ground": {
        "errors",
        "lifetime",
        "plural",
        "shipped",
        "suggest",
        "toml_file",
        "units",
        "version",
        "whole_file",
    },
    "rules": {
        *(
            "drivers",
            "history",
            "topology",
            "plan_checks",
            "flows",
            "plans",
            "lacpdu",
            "lacp_port",
            "ndisc",
            "bonding",
            "claims",
            "claim_index",
            "config",
            "frames",
            "log",
        ),
        "testability",
    },
    "judging": {"judge"},
    "model": {"model"},
    "results": {"results"},
    "picture": {"picture"},
    "html": {"html"},
    "sources": {"loop", "polling", "virtual_time", "waiting"},
    "seam": {"lab", "rtnl"},
    "labs": {"labs"},
    "guests": {"guests"},
    "kernels": {"kernels"},
    "recording": {"record"},
    "interactive": {"interactive"},
    "session": {"plugin", "session"},
    "yours": {"yours"},
    "profiling": {"driver_profile"},
    "exploring": {"explore"},
    "commands": {"cli", "__main__", "commands", "doctor"},
    "front door": {"harness"},  # what scenarios import, and nobody else
}
# What each part may import besides itself: those that judge never see those that act.
MAY = {
    "ground": set[str](),
    "rules": {"ground"},
    "judging": {"ground", "rules"},
    "model": {"ground", "rules", "judging"},
    "results": {"ground", "rules", "judging"},
    "picture": {"ground", "rules", "judging"},
    "html": {"ground", "rules", "judging", "picture", "results"},
    "sources": {"ground"},
    "seam": {"ground", "sources", "rules"},
    "labs": {"ground", "sources", "rules", "seam"},
    "guests": {"ground", "sources", "rules"},
    "kernels": {"ground", "sources", "rules", "guests"},
    "recording": {"ground", "sources", "rules", "seam", "judging"},
    "session": {
        *("ground", "rules", "judging", "results", "picture", "html", "guests", "kernels"),
        *("seam", "labs", "recording", "interactive"),
    },
    "yours": {"ground", "rules", "judging", "results", "seam", "recording", "session"},
    "profiling": {"ground", "rules", "sources", "seam", "labs", "guests", "kernels"},
    "exploring": {
        *("ground", "rules", "sources", "judging", "model", "seam", "labs", "recording", "guests"),
        "kernels",
    },
    "interactive": {
        *("ground", "rules", "judging", "seam", "labs", "recording", "guests", "kernels"),
    },
    "commands": set(PARTS) - {"front door"},
    "front door": {"ground", "rules", "judging", "model", "recording", "yours"},
}

HOMES = {
    "pyroute2": {"rtnl", "labs.netns.interfaces"},
    "scapy": {"frames"},
    "tenacity": {"waiting"},
    "virtme": {"kernels.qemu", "kernels.debian_image"},
    "rich": {"kernels", "commands", "driver_profile.table", "session.live_status"},
    "click": {"cli", "commands"},
    "yaml": {"config"},
    "jinja2": {"html"},
    "pytest": {"harness", *PARTS["session"], "yours.session"},
    "testinfra": {"labs"},
    "paramiko": {"labs.ssh", "labs.switch"},  # netmiko raises its errors
    "netmiko": {"labs.switch"},
    "cryptography": {"kernels.dut.image"},
    "_pytest": {"session.retry_inconclusive"},  # to run an item again has no public name
}
IN_SCENARIOS = {"__future__", "collections", "harness", "pytest", "scenarios"}


def name_of(path: Path) -> str:
    """Return a file's module, without `harness.` before it."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts[1:]) if parts[0] == "harness" and parts[1:] else ".".join(parts)


def within(module: str, places: set[str]) -> bool:
    """Tell whether a module is one of some places or lies in one that is a package."""
    return any(module == place or module.startswith(f"{place}.") for place in places)


@cache
def part_of(module: str) -> str:
    """Return the part that a module of the harness belongs to: the one that names it closest."""
    found = {
        place: part
        for part, places in PARTS.items()
        for place in places
        if within(module, {place})
    }
    assert found, f"put {module} into one of PARTS"
    return found[max(found, key=len)]


def of_harness(path: Path, *, at_once: bool = False) -> set[str]:
    """Return the modules of the harness that a file imports."""
    names = (name for name in imported(path, at_once=at_once) if within(name, {"harness"}))
    return {name.removeprefix("harness.") for name in names}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_imports_point_down() -> None:
    graph = {name_of(path): of_harness(path) for path in HARNESS}
    wrong = [
        f"{me} imports {other}"
        for me, others in graph.items()
        for other in others
        if part_of(other) not in {part_of(me), *MAY[part_of(me)]}
    ]
    assert wrong == []


def test_parts_import_no_part_that_imports_them() -> None:
    assert set(MAY) == set(PARTS)
    below = {part: may - {part} for part, may in MAY.items()}
    assert next(iter(TopologicalSorter(below).static_order())) == "ground"


def test_modules_do_not_import_each_other_in_circles() -> None:
    graph = {name_of(path): of_harness(path, at_once=True) - {"harness"} for path in HARNESS}
    assert len(list(TopologicalSorter(graph).static_order())) >= len(graph) - 1


@pytest.mark.parametrize(
    ("module", "never"),
    [
        ("labs", {"record", "kernels", "judge"}),
        ("judge", {"labs", "record", "guests", "kernels", "session", "results"}),
        ("results", {"labs", "record", "guests", "kernels", "session"}),
        ("record", {"labs", "guests", "kernels", "plugin", "session", "results"}),
        ("guests", {"labs", "record", "kernels", "session", "results"}),
        ("kernels", {"labs", "record", "session", "results"}),
        ("frames", {"labs", "history", "topology"}),
    ],
)
def test_what_must_never_be_imported_even_by_way_of_others(module: str, never: set[str]) -> None:
    graph = {name_of(path): of_harness(path) for path in HARNESS}
    todo = [name for name in graph if within(name, {module})]
    seen = set(todo)
    assert todo
    while todo:
        fresh = graph.get(todo.pop(), set()) - seen
        seen |= fresh
        todo += fresh
    assert not {name for name in seen if within(name, never)}


def test_each_library_is_used_in_its_modules_only() -> None:
    wrong = [
        f"{name_of(path)} imports {library}, whose home is {HOMES.get(library, 'nowhere yet')}"
        for path in HARNESS
        for library in {name.partition(".")[0] for name in imported(path)}
        if library != "harness" and library not in sys.stdlib_module_names
        if not within(name_of(path), HOMES.get(library, set()))
    ]
    assert wrong == []


def test_what_a_lab_must_do_stays_small() -> None:
    seam = {name: part for name, part in vars(lab).items() if getattr(part, "_is_protocol", False)}
    for name, protocol in seam.items():
        verbs = [verb for verb, part in vars(protocol).items() if isfunction(part)]
        assert len([verb for verb in verbs if not verb.startswith("_")]) <= 6, name
    assert {"Lab", "Network", "Host", "Stream", "Sender", "Fabric"} <= set(seam)


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").rglob("*.py")), ids=named)
def test_scenarios_are_written_in_the_words_of_the_harness(path: Path) -> None:
    assert {name.partition(".")[0] for name in imported(path)} <= IN_SCENARIOS
    assert of_harness(path) <= {"harness"}


def test_loading_the_plugin_is_cheap() -> None:
    """Every pytest run of a machine with the harness installed loads it, whatever it tests."""
    code = (
        "import sys, harness.plugin, harness.session.fixtures, harness.session.verdicts;"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(said.stdout.split())
    assert "pytest" in loaded
    assert not loaded & {"pyroute2", "scapy", "rich", "click", "tenacity", "testinfra", "jinja2"}

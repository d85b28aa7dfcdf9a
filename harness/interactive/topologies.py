"""The topology that a user names: one of the scenarios', or a class in a file of their own."""

from __future__ import annotations

import importlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from harness import shipped
from harness.errors import UsageError
from harness.suggest import alike

TOPOLOGIES = "scenarios.conftest"  # it imports those of all scenarios


@dataclass(frozen=True, slots=True)
class TopologyClass:
    """A class of a module, and the directory from which the module is imported."""

    directory: str
    module: str
    name: str


def find(text: str) -> TopologyClass:
    """Return the place of a topology: `one_switch`, or `tests/networks.py:Office`.

    Raises UsageError if there is no such topology; a module of the user's own is imported.
    """
    path, colon, name = text.rpartition(":")
    if colon:
        return _in_file(Path(path), name)
    known = names()
    if text not in known:
        near = alike(text, list(known)) or f"one of {', '.join(known)}; or FILE.py:CLASS"
        raise UsageError(f'"{text}" is not a topology', hint=near)
    return TopologyClass(str(shipped.SCENARIOS.parent), TOPOLOGIES, known[text])


def names() -> dict[str, str]:
    """Return the class of each topology of the scenarios by the name of its fixture."""
    module = _module(str(shipped.SCENARIOS.parent), TOPOLOGIES)
    classes = [name for name, value in vars(module).items() if _is_topology(value)]
    return {_snake(name): name for name in classes if hasattr(module, _snake(name))}


def load(place: TopologyClass) -> type:
    """Return the class itself."""
    found: type = getattr(_module(place.directory, place.module), place.name)
    return found


def _in_file(path: Path, name: str) -> TopologyClass:
    if not path.is_file():
        raise UsageError(
            f"{path} is not a file", hint="give FILE.py:CLASS, such as tests/conftest.py:Lan"
        )
    place = TopologyClass(str(path.resolve().parent), path.stem, name)
    module = _module(place.directory, place.module)
    if not _is_topology(getattr(module, name, None)):
        here = [class_ for class_, value in vars(module).items() if _is_topology(value)]
        raise UsageError(
            f"{path} has no topology {name}",
            hint=f"it has {', '.join(here)}"
            if here
            else "a topology is a subclass of harness.Net",
        )
    return place


def _module(directory: str, module: str) -> object:
    if directory not in sys.path:
        sys.path.insert(0, directory)
    try:
        return importlib.import_module(module)
    except Exception as error:
        raise UsageError(
            f"{directory}/{module.replace('.', '/')}.py cannot be imported: {error}",
            hint="`python3 -c 'import ...'` shows where it fails",
        ) from error


def _is_topology(value: object) -> bool:
    from harness.record.net import Net  # noqa: PLC0415  (a wrong name needs no import)

    return isinstance(value, type) and issubclass(value, Net) and hasattr(value, "plan")


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()

"""The scenarios that the package brings: run by `harness run`, also where there is no checkout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

DATA = Path(__file__).parent / "data"
# In a checkout a link to its scenarios, in an installed wheel a copy of them.
SCENARIOS = (DATA / "scenarios").resolve()
SETTINGS = DATA / "pytest.ini"


def settings() -> Path:
    """Return the settings for pytest: a checkout's own, or those of an installed package."""
    own = SCENARIOS.parent / "pyproject.toml"
    return own if own.is_file() else SCENARIOS.parent / SETTINGS.name


def arguments(given: Sequence[str], place: Path) -> list[str]:
    """Return the arguments for pytest of those `given` to `harness run` in a directory.

    Files (`test_miimon.py::test_x`) and folders (`field/`) that are not there are taken from the
    scenarios; without one, all scenarios are run. Results and pytest's cache are kept in `place`,
    as the package's directory may be read-only.
    """
    chosen = [_meant(option, place) for option in given]
    named = any(new != old or _is_path(old) for new, old in zip(chosen, given, strict=True))
    kept = any(option == "--results" or option.startswith("--results=") for option in given)
    return [
        *("-c", str(settings())),
        *("-o", f"cache_dir={place / '.pytest_cache'}"),
        *([] if kept else ["--results", str(place / "results")]),
        *chosen,
        *([] if named else [str(SCENARIOS)]),
    ]


def again(nodeid: str, used: Path | None) -> tuple[str, list[str]]:
    """Return a scenario as its program takes it, and the program, by the settings it was run with.

    It is pytest, or `harness run` for what an installed package brings.
    """
    if used != SETTINGS:
        return nodeid, ["pytest"]
    return nodeid.removeprefix(f"{SCENARIOS.name}/"), ["harness", "run"]


def _is_path(text: str) -> bool:
    name = text.partition("::")[0]
    return not text.startswith("-") and (name.endswith((".py", "/")))


def _meant(text: str, place: Path) -> str:
    """Return an argument, with the path of a scenario's file or folder made whole."""
    name, *rest = text.split("::", maxsplit=1)
    if not _is_path(text) or (place / name).exists():
        return text
    found = SCENARIOS / name
    return "::".join([str(found), *rest]) if found.exists() else text

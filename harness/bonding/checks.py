"""Combinations of options that the driver refuses, and options that a kernel lacks."""

from __future__ import annotations

from collections.abc import Mapping

from harness.bonding.options import Option, Series, Setting
from harness.bonding.table import OPTIONS
from harness.errors import ScenarioError


def check(options: Mapping[str, Setting], asked: Mapping[str, Setting]) -> None:
    """Raise ScenarioError for the first option that bond_changelink would refuse."""
    mode = str(options["mode"])
    for name in asked:
        option = OPTIONS[name]
        if mode not in option.modes:
            raise _wrong_mode(option, mode)
        if asked[name] == option.default:
            continue
        for rival in option.excludes:
            if options[rival] != OPTIONS[rival].default:
                raise _conflict(name, rival, asked)
        if option.requires and not options[option.requires]:
            raise ScenarioError(
                f"{name}={asked[name]} needs {option.requires}, which is 0",
                hint=f"give {option.requires}: {name} is a multiple of it",
            )


def _wrong_mode(option: Option, mode: str) -> ScenarioError:
    able = [str(value.word) for value in OPTIONS["mode"].values if value.word in option.modes]
    return ScenarioError(
        f"{option.name} cannot be set in mode {mode}, not even to its default",
        hint=f"it belongs to {', '.join(able)}",
    )


def _conflict(name: str, rival: str, asked: Mapping[str, Setting]) -> ScenarioError:
    first, second = sorted((name, rival), key="miimon".__ne__)
    return ScenarioError(
        f"{first}={asked.get(first)} and {second}={asked.get(second)} exclude each other",
        hint="a bond has one link monitor: MII (miimon) or ARP (arp_interval), not both",
    )


def unknown_to(asked: Mapping[str, Setting], series: Series) -> list[str]:
    """Return the options, or values of options, that the kernels of a series lack.

    Such kernels silently ignore an unknown option and refuse an unknown value (EINVAL).
    """
    kernel = ".".join(map(str, series))
    lacking = [f"{name} is unknown to {kernel}" for name in asked if not _known(name, series)]
    for name, setting in asked.items():
        for value in OPTIONS[name].values:
            early = value.since is not None and series < value.since
            late = value.until is not None and series >= value.until
            if value.word == setting and (early or late):
                lacking.append(f"{name}={setting} is refused by {kernel}")
    return lacking


def _known(name: str, series: Series) -> bool:
    return OPTIONS[name].known_to(series)

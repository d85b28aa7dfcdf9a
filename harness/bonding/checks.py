"""Which options the driver refuses together, and which it takes although they do nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.bonding.options import Option, Series, Setting
from harness.bonding.table import OPTIONS
from harness.errors import ScenarioError

LONG_MS = 10_000


def check(options: Mapping[str, Setting], asked: Mapping[str, Setting]) -> None:
    """Raise ScenarioError for the first thing asked that bond_changelink would refuse."""
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


def notes(options: Mapping[str, Setting], asked: Mapping[str, Setting]) -> list[str]:
    """Return remarks on what the kernel accepts in silence; none of them is an error."""
    return [*_idle(options, asked), *_rounded(options, asked), *_monitoring(options)]


def unknown_to(asked: Mapping[str, Setting], series: Series) -> list[str]:
    """Return which of the options, or of their values, the kernels of a series do not have.

    Such kernels ignore an unknown option in silence and refuse an unknown value (EINVAL).
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


def _idle(options: Mapping[str, Setting], asked: Mapping[str, Setting]) -> Iterator[str]:
    mode = str(options["mode"])
    for name, value in asked.items():
        option = OPTIONS[name]
        if value != option.default and not option.has_effect_in(mode):
            yield f"{name} is accepted in mode {mode} and does nothing there"


def _rounded(options: Mapping[str, Setting], asked: Mapping[str, Setting]) -> Iterator[str]:
    every = int(str(options["miimon"]))
    for name, value in asked.items():
        if every and OPTIONS[name].requires == "miimon" and (rest := int(str(value)) % every):
            whole = int(str(value)) - rest
            yield f"{name}={value} is no multiple of miimon={every}: the kernel makes it {whole}"
    for name, value in asked.items():
        if OPTIONS[name].unit == "ms" and int(str(value)) >= LONG_MS:
            yield f"{name}={value} is {int(str(value)) / 1000:g} s: the unit is milliseconds"


def _monitoring(options: Mapping[str, Setting]) -> Iterator[str]:
    validates = options["arp_validate"] != "none"
    targets = options["arp_ip_target"] or options["ns_ip6_target"]
    if not options["miimon"] and not options["arp_interval"]:
        yield "no link is monitored: neither miimon nor arp_interval is set"
    if validates and not options["arp_interval"]:
        yield f"arp_validate={options['arp_validate']} does nothing without arp_interval"
    if options["arp_interval"] and not targets:
        yield "arp_interval without a target: no ARP probe will be sent"
    if options["arp_all_targets"] == "all" and options["arp_interval"] and not validates:
        yield "arp_all_targets=all without arp_validate takes every slave down (ARPALL-3)"
    if options["primary_reselect"] != "always" and not options["primary"]:
        yield f"primary_reselect={options['primary_reselect']} does nothing without a primary"

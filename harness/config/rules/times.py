"""Rules on times: values that look like another unit, delays that the kernel rounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.bonding import BondOptions, Setting, spans
from harness.bonding.table import IN_MS
from harness.config.lint import Around, Found, Rule
from harness.config.model import BondConfig, Given, Level
from harness.config.rules.sent import sent, sent_options
from harness.config.rules.words import written
from harness.config.spelling import verbatim
from harness.config.tool_support import BY_NM
from harness.errors import ScenarioError

MONITORS = ("miimon", "arp_interval")
TOO_SHORT = 20  # ms; a number as small is one of seconds
TOO_LONG = 10_000  # ms
MOST_UPDELAY = 120_000  # ms; until a port forwards: STP takes 30 s, some stacks more
BARE = {"updelay": 50_000}  # ms; a delay of 30 s without unit may be meant for STP
ABSURD = 1_000_000  # ms; a number as large is one of microseconds
HZ = 1000
PERIODS = {"miimon": "MIIMON-1", "arp_interval": "ARPINT-1", "updelay": "UPDELAY-1"}
DELAYS = {"updelay": "UPDELAY-2", "downdelay": "DOWNDELAY-2", "peer_notif_delay": "PND-1"}


def _number(value: Setting) -> int:
    return int(str(value))


def unit(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Times that look as if they were meant in another unit."""
    for one in _last(bond):
        if one.name not in IN_MS or one.value is None:
            continue
        number = _number(one.value)
        where, claim, seen = one.place, PERIODS.get(one.name, ""), verbatim(one.spelled)
        if 0 < number <= TOO_SHORT and one.name in MONITORS:
            message = f"{seen} is {number} ms: was {number} s meant?"
            hint = f"{number} s is {one.name}={number * 1000}; usual are 50 to 1000 ms"
            yield Found(where, message, None, hint, claim, one.name)
        elif number < TOO_LONG:
            continue
        elif bare(one) and number >= BARE.get(one.name, TOO_LONG):
            yield _bare_seconds(bond, one)
        elif one.name == "updelay" and number < MOST_UPDELAY:
            continue
        elif number >= ABSURD:
            message = (
                f"{seen} is {number / 1000:g} s{_dark(bond, one.name)}: were microseconds meant?"
            )
            hint = f"{number} microseconds are {one.name}={number // 1000}"
            yield Found(where, message, "error", hint, claim, one.name)
        else:
            meant = f"; were {number // 1000} ms meant, write {one.name}={number // 1000}"
            message = f"{seen} is {number / 1000:g} s{_dark(bond, one.name)}"
            hint = f"usual are 50 to 1000 ms{meant if one.name in MONITORS else ''}"
            yield Found(where, message, None, hint, claim, one.name)


def _last(bond: BondConfig) -> Iterable[Given]:
    """Return each option that reaches the driver, as it was given last."""
    return {option.name: option for option in sent(bond).given}.values()


def bare(one: Given) -> bool:
    """Return whether a time is a number without unit that systemd counts in seconds."""
    return one.format == "networkd" and one.spelled.rpartition("=")[2].strip().isdigit()


def _bare_seconds(bond: BondConfig, one: Given) -> Found:
    """Return what a number without unit means to systemd."""
    key, _, text = one.spelled.partition("=")
    message = (
        f"{verbatim(one.spelled)} is {text} s, for systemd counts a number without unit in "
        f"seconds{_dark(bond, one.name)}"
    )
    level: Level | None = "error" if _number(one.value or 0) >= ABSURD else None
    hint = f"write {key}={text}ms"
    return Found(one.place, message, level, hint, PERIODS.get(one.name, ""), one.name)


def _dark(bond: BondConfig, name: str) -> str:
    """Return after what time at most a dead path is noticed, where the option matters."""
    if name in ("updelay", "peer_notif_delay"):
        return ""
    try:
        latest = spans(BondOptions.of(**bond.asked), HZ).detection.latest
    except ScenarioError:
        return ""
    return f", so a dead path is noticed after up to {latest.ns / 1_000_000_000:g} s"


def rounded(bond: BondConfig, _: Around) -> Iterator[Found]:
    """Delays that are not a multiple of miimon: the kernel rounds them down."""
    options = sent_options(bond)
    every = _number(options["miimon"])
    for name, claim in DELAYS.items():
        value = _number(options[name])
        if every and value % every:
            made = value // every * every
            effect = f"the kernel makes it {made} ms" if made else "there is no delay at all"
            refused = name == "peer_notif_delay" and bond.format in BY_NM
            yield Found(
                bond.where(name),
                f"{written(bond, name)} is no multiple of {written(bond, 'miimon')}: "
                f"{'NetworkManager refuses the profile' if refused else effect}",
                "error" if refused else None,
                hint=f"write {name}={made + every} or another multiple of {every} ms",
                claim=claim,
                option=name,
            )


RULES = (
    Rule("unit", "warning", "a time in another unit than ms", "", "", unit),
    Rule("rounded-delay", "warning", "a delay that is no multiple of miimon", "UPDELAY-2", "",
         rounded),
)  # fmt: skip

"""Translate options such as miimon=100 to the spelling of a file, for messages and hints."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from types import MappingProxyType

from harness.bonding import OPTIONS, Setting
from harness.bonding.values import normal
from harness.config.option_names import NETPLAN, NETWORKD, inverted
from harness.errors import ScenarioError

NETWORKDS, NETPLANS = inverted(NETWORKD), inverted(NETPLAN)
YES = {"on": "yes", "off": "no"}
TRUE = {"on": "true", "off": "false"}
AS_NUMBER = {"on": "1", "off": "0"}
# Names that are also English words mean the option only if a value follows.
PLAIN_WORDS = frozenset({"mode", "primary"})
NAMES = "|".join(sorted(OPTIONS, key=len, reverse=True))
# Private use characters, around text that is not translated.
OPEN, CLOSE = "\ue000", "\ue001"
AS_IT_IS = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}")
MENTION = re.compile(rf"(?<![\w.:/-])({NAMES})(?:=([\w.:+-]*[\w+](?:,[\w.:]*\w)*))?(?![\w=-])")


def _networkd(name: str, text: str) -> str:
    if name not in NETWORKDS:
        return ""
    if OPTIONS[name].unit and text.isdigit():
        text = f"{text}{OPTIONS[name].unit}"
    targets = isinstance(OPTIONS[name].default, tuple)
    return f"{NETWORKDS[name]}={text.replace(',', ' ') if targets else YES.get(text, text)}"


def _netplan(name: str, text: str) -> str:
    if name not in NETPLANS:
        return ""
    if isinstance(OPTIONS[name].default, tuple):
        text = f"[{text.replace(',', ', ')}]"
    return f"{NETPLANS[name]}: {TRUE.get(text, text)}"


def _interfaces(name: str, text: str) -> str:
    text = AS_NUMBER.get(text, text) if name == "use_carrier" else text
    return f"bond-{name.replace('_', '-')} {text.replace(',', ' ')}"


def _nmstate(name: str, text: str) -> str:
    words = {"on": "delivered", "off": "dropped"} if name == "all_slaves_active" else TRUE
    return f"{name}: {words.get(text, text)}"


def _ip_link(name: str, text: str) -> str:
    word = "peer_notify_delay" if name == "peer_notif_delay" else name
    return f"{word} {AS_NUMBER.get(text, text)}"


def _numbers(name: str, text: str) -> str:
    return f"{name}={AS_NUMBER.get(text, text)}"


Speller = Callable[[str, str], str]
SPELLERS: Mapping[str, Speller] = MappingProxyType(
    {
        "networkd": _networkd,
        "netplan": _netplan,
        "interfaces": _interfaces,
        "ifupdown2": _interfaces,
        "nmstate": _nmstate,
        "ip-link": _ip_link,
        **dict.fromkeys(("nm", "nmcli", "suse", "modprobe"), _numbers),
    }
)


def spelled(format_: str, name: str, text: str) -> str:
    """Return an option with its value in the spelling of a format, else in the kernel's."""
    speller = SPELLERS.get(format_)
    return (speller(name, _word(name, text)) if speller else "") or f"{name}={text}"


@lru_cache(maxsize=4096)
def _word(name: str, text: str) -> str:
    """Return the kernel's word for a value that may be its number, else the text itself."""
    try:
        value: Setting = normal(OPTIONS[name], text)
    except ScenarioError:
        return text
    return text if isinstance(value, tuple) else str(value)


@cache
def name_in(format_: str, name: str) -> str:
    """Return the name of an option in a format."""
    return re.split(r"[=:\s]", spelled(format_, name, "x"), maxsplit=1)[0]


def verbatim(text: str) -> str:
    """Return a text of a file, marked so that `translated` leaves it as it is."""
    return f"{OPEN}{text}{CLOSE}" if text else ""


def translated(text: str, format_: str) -> str:
    """Return a text about options of the kernel in the spelling of a format.

    What is marked by `verbatim` stays as it is, less the marks.
    """
    if OPEN not in text:
        return _translated(text, format_)
    parts = AS_IT_IS.split(text)
    return "".join(
        part if nth % 2 else _translated(part, format_) for nth, part in enumerate(parts)
    )


def _translated(text: str, format_: str) -> str:
    if format_ not in SPELLERS:
        return text

    def option(match: re.Match[str]) -> str:
        name, value = match[1], match[2]
        if value:
            return spelled(format_, name, value)
        return name if name in PLAIN_WORDS else name_in(format_, name)

    return MENTION.sub(option, text)

"""Texts for `fault` events, as the table and the lanes of a page show them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from harness.history import Event
from harness.plural import counted

SIGNS = {"fault": "v", "repair": "^"}
SETTING = ("set", "write")  # change the bond's options, and with them what is documented
SET_SIGN = "*"

# Parameters for the harness only, or that the table shows in a separate column.
HIDDEN = {
    "action",
    "role",
    "phase",
    "slip",
    "took",
    "went_on",
    "why",
    "ports",
    "saw",
    "allowed",
    "became",
    "output",
    "lasted_ms",
}
TEXTS: dict[str, Callable[[Any], str]] = {
    "direction": lambda way: "" if way == "both" else str(way),
    "percent": lambda share: "" if share == 100 else f"{share:g} %",
    "by_ms": lambda by: f"by {by:g} ms",
    "every_ms": lambda every: f"every {every:g} ms",
    "count": lambda count: counted(count, "time"),
    "sent": lambda sent: f"after {counted(sent, 'frame')}",
    "ms": lambda span: f"{span:g} ms",
    "options": str,
    "option": str,
    "text": lambda text: f"= {text}",
    "mac": str,
    "address": str,
    "target": lambda target: f"for {target}",
    "to": lambda to: f"to {to}",
    "port": lambda port: f"at {port}",
    "via": lambda link: f"by {link}",
    "bond": lambda bond: f"of {bond}",
    "frame": str,
    "lacp": lambda fields: ", ".join(f"{name} {value}" for name, value in fields.items()),
    "command": lambda line: f"$ {line}",
    "status": lambda status: f"ends with status {status}",
}


def sets_options(event: Event) -> bool:
    """Return whether an event changed a bond's options."""
    return event["action"] in SETTING


def sign(event: Event) -> str:
    """Return the sign of an event in the lanes, "" if it is not shown there."""
    return SET_SIGN if sets_options(event) else SIGNS.get(str(event.get("role", "fault")), "")


def name(event: Event) -> str:
    """Return action and object of an event, such as "cut eth0"."""
    ended = " ends" if event.get("phase") == "end" else ""
    return f"{str(event['action']).replace('_', ' ')} {event.where}{ended}"


def text(event: Event) -> str:
    """Return action, object and parameters of an event."""
    return " ".join([name(event), *_parameters(event)])


def _parameters(event: Event) -> Iterator[str]:
    for key, value in event.data.items():
        if key in HIDDEN or value in (None, False, "", 0):
            continue
        if key in TEXTS:
            shown = TEXTS[key](value)
        elif value is True:
            shown = key.replace("_", " ")
        else:
            shown = _plain(key, value)
        if shown:
            yield shown


def _plain(key: str, value: object) -> str:
    unit = " ms" if key.endswith("_ms") else ""
    shown = ",".join(map(str, value)) if isinstance(value, list) else value
    shown = f"{value:g}" if isinstance(value, float) else shown
    return f"{key.removesuffix('_ms').replace('_', ' ')} {shown}{unit}"

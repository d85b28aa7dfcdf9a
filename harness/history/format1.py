"""Upgrade headers of format 1: one flat object, whose keys were all optional.

Only old files have it; it is no longer written.
"""

from __future__ import annotations

from typing import Any

KERNEL = {
    "kernel": "release",
    "hz": "hz",
    "clock": "clock",
    "jitter": "jitter",
    "bonding": "bonding",
    "user": "user",
    "unread": "unread",
}
KEPT = (
    *("scenario", "topology", "lab", "bonds", "target", "path", "interval", "healthy"),
    *("added", "edges", "clocks", "dropped", "latest", "broken"),
)
UNKNOWN = {"scenario": "", "topology": "?", "lab": "?"}


def upgraded(header: dict[str, Any]) -> dict[str, Any]:
    """Return a header of format 1 in format 2, without the keys that judges do not read."""
    kernel = {
        "release": "?",
        "clock": "real",
        **{new: header[old] for old, new in KERNEL.items() if header.get(old) is not None},
    }
    if header.get("log") is False and not kernel.get("unread"):
        kernel["unread"] = "no reason was recorded"
    kept = {name: header[name] for name in KEPT if header.get(name) is not None}
    return {**UNKNOWN, **kept, "kernel": kernel}

"""Marks that differ in shape, not only in colour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from harness.picture.svg import element


class Symbol(NamedTuple):
    """A path around 0,0 (px), and the class that gives it its colour."""

    path: str
    class_: str


TRIANGLE_DOWN = "M-5,-5H5L0,4Z"
TRIANGLE_UP = "M-5,4H5L0,-5Z"
DIAMOND = "M0,-5L5,0L0,5L-5,0Z"
CIRCLE = "M-4,0A4,4,0,1,0,4,0A4,4,0,1,0,-4,0Z"
SQUARE = "M-4,-4H4V4H-4Z"
ARROW = "M-4,-5L5,0L-4,5Z"
CROSS = "M-4,-4L4,4M-4,4L4,-4"
TICK = "M0,-4V4"
DOT = "M-2,0A2,2,0,1,0,2,0A2,2,0,1,0,-2,0Z"
ALARM = "M-5,-5H5V5H-5ZM-5,-5L5,5M-5,5L5,-5"

ACTIONS: Mapping[str, Symbol] = {
    "fault": Symbol(TRIANGLE_DOWN, "full bad"),
    "repair": Symbol(TRIANGLE_UP, "full good"),
    "stimulus": Symbol(CIRCLE, "open blue"),
    "reaction": Symbol(SQUARE, "full odd"),
    "command": Symbol(ARROW, "open blue"),
    "set": Symbol(DIAMOND, "full own"),
}
SPOTS: Mapping[str, Symbol] = {
    "garp": Symbol(DIAMOND, "full own"),
    "probe": Symbol(TICK, "line blue"),
    "reply": Symbol(CIRCLE.replace("4", "3"), "open good"),
    "answer": Symbol(DIAMOND, "open own"),
    "foreign": Symbol(CROSS, "line odd"),
    "other": Symbol(SQUARE.replace("4", "3"), "open dim"),
    "una": Symbol(DIAMOND, "full own"),
    "ns": Symbol(TICK, "line blue"),
    "na": Symbol(DIAMOND, "open own"),
    "na in": Symbol(CIRCLE.replace("4", "3"), "open good"),
    "lacpdu": Symbol(TRIANGLE_UP, "full own"),
    "lacpdu in": Symbol(TRIANGLE_DOWN, "open good"),
    "flow": Symbol(TICK, "line dim"),
    "learning": Symbol(SQUARE.replace("4", "3"), "full own"),
    "report": Symbol(DIAMOND, "full own"),
    "query": Symbol(CIRCLE.replace("4", "3"), "open good"),
    "kernel report": Symbol(ALARM, "open bad"),
    "bonding": Symbol(SQUARE.replace("4", "3"), "full blue"),
    "line": Symbol(DOT, "full dim"),
}
LOST = Symbol("M-3,-3L3,3M-3,3L3,-3", "line bad")
END = Symbol("M0,-5V5M-4,0A4,4,0,1,0,4,0A4,4,0,1,0,-4,0Z", "open blue")
RUN = Symbol("M-2.5,0A2.5,2.5,0,1,0,2.5,0A2.5,2.5,0,1,0,-2.5,0Z", "full blue")
MISSED_RUN = LOST
MISSED = Symbol(ALARM, "open bad")


def mark(shape: Symbol, x: float, y: float, *inner: str) -> str:
    """Return a mark at a place."""
    return element(
        "path",
        *inner,
        class_=shape.class_,
        d=shape.path,
        transform=f"translate({x:.1f},{y:.1f})",
    )

"""Events in order, on one clock: the output of a recording and the input of every judge.

docs/pages/history-format.md lists all that a file holds: the keys of its header (`about`), the
kinds of events (`kinds`), their fields, units and clocks.
"""

from harness.history.about import About, BondAbout, ClockAbout, KernelAbout
from harness.history.events import Event, History, since
from harness.history.file import FORMAT, load, save

__all__ = [
    "FORMAT",
    "About",
    "BondAbout",
    "ClockAbout",
    "Event",
    "History",
    "KernelAbout",
    "load",
    "save",
    "since",
]

"""The environment of a recording: the kernel, the lab, the directory for its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.bonding.wheel import jiffy
from harness.history.files import CAPTURE, numbered
from harness.judge.bond_states import StateReader
from harness.judge.run import Run
from harness.lab import Lab
from harness.record.pcapng import Capture
from harness.units import MS


@dataclass(frozen=True, slots=True)
class Stage:
    """The environment of a recording.

    `facts` describe the kernel (kernel, hz, clock, jitter in ns); `folder` is the directory for
    histories, None to keep them in memory; `interval` is the probe interval in ns, 0 for the
    default; `lab` builds topologies. `keep` is called with each run, the path of its history, and
    what returns the states of its bonds (`harness.judge.bond_states`); `note_read` is called when
    the scenario reads something from the kernel without a run: an option, or an error code.
    `phase` is the share of the monitors' longest interval, 0 to 1, by which the block of a
    recording is delayed: the fault comes at that phase of the monitor.
    `seed_text` determines which frames `lose(percent=...)` drops. Frames are kept in capture files
    beside the histories, with `pcap` all of them; `writes_behind` says that `folder` is on hostfs.
    """

    scenario: str
    facts: Mapping[str, Any]
    lab: Lab
    folder: Path | None = None
    interval: int = 0
    keep: Callable[[Run, Path | None, StateReader], None] = lambda _run, _path, _states: None
    seed_text: str = ""
    phase: float = 0.0
    pcap: bool = False
    writes_behind: bool = False
    note_read: Callable[[], None] = lambda: None

    @property
    def probe_interval(self) -> int:
        """The probe interval in ns: by default one jiffy, the resolution of kernel timers.

        It is longer in a lab whose DUT cannot send and receive so often (`pace`, in its facts).
        """
        shortest = max(MS, jiffy(int(self.facts["hz"])))
        return self.interval or max(shortest, self.facts.get("pace", 0))

    def file(self, name: str, number: int) -> Path | None:
        """Return the path of a file of the scenario's recording of this number, from 1."""
        return self.folder / numbered(name, number) if self.folder else None

    def capture(self, number: int, start: int) -> Capture | None:
        """Begin the capture file of a recording that is kept in files; raises LabError."""
        path = self.file(CAPTURE, number)
        if path is None:
            return None
        return Capture(path, start, sync=self.writes_behind, every_frame=self.pcap)

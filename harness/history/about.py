"""The header of a history: which kernel, lab, topology and bonds a recording was made with.

The text beside each type is also in docs/pages/history-format.md; a unit comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelAbout:
    """The kernel of the DUT, as it was measured before the first recording."""

    release: Annotated[str, "the kernel's release, as `uname -r` prints it"]
    hz: Annotated[int, "Hz: the frequency of the kernel's timer tick (CONFIG_HZ)"]
    clock: Annotated[str, "`real`, or `virtual` where time passes only while all processes sleep"]
    jitter: Annotated[int, "ns: the lateness of timers, 99th percentile"] = 0
    bonding: Annotated[str, "the version of the bonding driver"] = ""
    user: Annotated[str, "the user that recorded: `root`, or `user` with the number"] = ""
    unread: Annotated[str, "why the kernel's log could not be read; empty where it could"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BondAbout:
    """A bond of the DUT, as it was when the recording began."""

    slaves: Annotated[tuple[str, ...], "the slaves, in the order of their enslavement"]
    options: Annotated[Mapping[str, Any], "all options in force"] = field(default_factory=dict)
    seen: Annotated[Mapping[str, Any], "the options as the kernel read them back"] = field(
        default_factory=dict
    )
    changed: Annotated[Mapping[str, Any], "the options that are not at the driver's default"] = (
        field(default_factory=dict)
    )
    later: Annotated[Mapping[str, Any], "the options that had another value at the end"] = field(
        default_factory=dict
    )
    mac: Annotated[str, "the MAC of the first slave's NIC"] = ""
    address: Annotated[str, "the IPv4 address that probes are sent to"] = ""
    lag: Annotated[int, "ns: the longest delay of a slave's driver in reporting its carrier"] = 0
    lacks: Annotated[str, "what the mode requires of its switch and this lab lacks"] = ""
    speedless: Annotated[
        tuple[str, ...],
        "slaves that the mode did not use at the end as their NIC tells no speed",
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockAbout:
    """The clock of a machine that is not on the tester's clock."""

    offset: Annotated[int, "ns: added to the machine's times to give those of the tester's clock"]
    error: Annotated[int, "ns: the maximum error of the offset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The header: the first line of the file, without the number of the format."""

    scenario: Annotated[str, "the test that recorded, as pytest names it"]
    topology: Annotated[str, "the topology's name"]
    lab: Annotated[str, "the lab in which the topology was built"]
    kernel: Annotated[KernelAbout, "the kernel of the DUT"]
    bonds: Annotated[Mapping[str, BondAbout], "each bond by its name, in order of creation"] = (
        field(default_factory=dict)
    )
    target: Annotated[str | None, "the IPv4 address of the machine `target`, if there is one"] = (
        None
    )
    path: Annotated[tuple[str, str], "the machines that exchange probes"] = (
        "dut",
        "target",
    )
    interval: Annotated[int, "ns: the time between two probes of a direction, 0 for none"] = 0
    healthy: Annotated[bool, "whether the path had to be healthy before the first fault"] = True
    added: Annotated[tuple[str, ...], "the IPv4 addresses that were added to machines"] = ()
    edges: Annotated[
        tuple[str, ...], "the links that end at a machine, if addresses were `added`"
    ] = ()
    clocks: Annotated[
        Mapping[str, ClockAbout], "the clock of each machine not on the tester's"
    ] = field(default_factory=dict)
    dropped: Annotated[int, "how many frames and notifications the recorder lost"] = 0
    latest: Annotated[int, "ns: the maximum lateness of the recorder's timers"] = 0
    broken: Annotated[str, "the error that ended the recording early, in one line"] = ""

    @property
    def virtual(self) -> bool:
        """Whether time passed only while all processes slept."""
        return self.kernel.clock == "virtual"

"""Test which NIC of a DUT is cabled to which far end, by frames with an experimental Ethertype."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import closing

from harness.doctor.check import BAD, GOOD, LACKING, CheckResult
from harness.errors import HarnessError
from harness.labs.agent.host import RemoteHost
from harness.labs.description.model import LabFile, LabNic
from harness.labs.netns.interfaces import Interface
from harness.labs.netns.namespace import Namespace

ETHERTYPE = 0x88B5  # IEEE 802 local experimental
MAGIC = b"network-failover-harness: "
ARRIVAL = 0.3  # seconds until frames have passed cable and agent
TIMES = 3
BODY = 14  # where a frame's payload begins
ONLY_OURS = b"".join(
    struct.pack("=HBBI", *step)
    for step in (
        (0x28, 0, 0, 12),  # A = ethertype
        (0x15, 0, 1, ETHERTYPE),  # another: drop
        (0x06, 0, 0, 128),
        (0x06, 0, 0, 0),
    )
)


def rows(
    lab: LabFile,
    here: Mapping[str, Interface],
    there: Mapping[str, Interface],
    home: Namespace,
    dut: RemoteHost,
) -> Iterator[tuple[str, CheckResult]]:
    """Yield for each cable whether frames of its far end arrive at its NIC."""
    sending = [nic for nic in lab.nics if _usable(here.get(nic.far_end), nic)]
    try:
        came = _heard(sending, there, home, dut) if sending else {}
    except HarnessError as error:
        yield "cables", CheckResult(LACKING, f"not tested: {error.message}", error.hint)
        return
    except OSError as error:
        yield "cables", CheckResult(LACKING, f"not tested: {error.strerror}", "run it as root")
        return
    for nic in lab.nics:
        name = f"{nic.far_end} - {nic.name}"
        if nic not in sending or not _carries(there.get(nic.name)):
            bring = f"harness doctor --lab {lab.path} --up"
            yield (
                name,
                CheckResult(
                    LACKING, "not tested: one end is down, without carrier or used", bring
                ),
            )
        elif nic.name in came.get(nic.far_end, ()):
            yield name, CheckResult(GOOD, "frames arrive")
        else:
            by = ", ".join(sorted(came.get(nic.far_end, ()))) or "no NIC"
            mend = f'far_end of {by} is "{nic.far_end}"' if by != "no NIC" else "check the cable"
            yield (
                name,
                CheckResult(BAD, f"frames of {nic.far_end} arrive at {by} of the DUT", mend),
            )


def _carries(one: Interface | None) -> bool:
    return one is not None and one.up and one.carrier


def _usable(one: Interface | None, nic: LabNic) -> bool:
    """Return whether a far end may send: it is up, without other addresses and masters."""
    if one is None or not _carries(one) or one.default_route or one.stacked:
        return False
    if one.master and one.master not in nic.masters:
        return False
    return all(address in nic.addresses for address in one.addresses)


def _heard(
    nics: list[LabNic], there: Mapping[str, Interface], home: Namespace, dut: RemoteHost
) -> dict[str, set[str]]:
    """Send frames from the far ends; return the NICs of the DUT at which each one's arrived."""
    names = {one.index: one.name for one in there.values()}
    tap = dut.tap(ONLY_OURS)
    with closing(tap):
        for _ in range(TIMES):
            for nic in nics:
                _send(home, nic.far_end)
            time.sleep(ARRIVAL / TIMES)
        time.sleep(ARRIVAL)
    came: dict[str, set[str]] = {}
    for frame in tap.take():
        if frame.data[BODY:].startswith(MAGIC):
            sender = frame.data[BODY + len(MAGIC) :].rstrip(b"\0").decode(errors="replace")
            came.setdefault(sender, set()).add(names.get(frame.device, "another"))
    return came


def _send(home: Namespace, name: str) -> None:
    with home.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
        sock.bind((name, 0))
        own = sock.getsockname()[4]
        sock.send(b"\xff" * 6 + own + struct.pack("!H", ETHERTYPE) + MAGIC + name.encode())

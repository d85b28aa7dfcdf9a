"""What the kernel under test promises, and what of it this lab can show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness import claims
from harness.bonding import BondOptions, Ignored
from harness.claims import Release
from harness.errors import HarnessError, LabError, NotPromised, NotTestable

# The claim that the ARP monitor judges by a time which veth never updates, and where that is so.
BLIND_MONITOR = "ARPINT-12"


def demand_testable(options: BondOptions, release: str) -> None:
    """Raise NotTestable for a bond whose monitor cannot work over this lab's cables.

    Raises NotPromised where such a kernel lacks what is asked for besides.
    """
    blind = claims.find(BLIND_MONITOR)
    if options["arp_interval"] and claims.promised_on(blind, release):
        raise lacking(options, release) or NotTestable(
            f"{Release.parse(release)} has no working ARP monitor over veth ({blind.id})",
            hint="choose another kernel, or a lab with other network interfaces",
        )


def lacking(options: BondOptions, release: str) -> NotPromised | None:
    """Return the error for options, or words of theirs, that kernels of a release do not have."""
    unknown = options.unknown_to(Release.parse(release).series)
    if not unknown:
        return None
    return NotPromised(
        f"not promised by {Release.parse(release)}: {'; '.join(unknown)}",
        hint="choose a newer kernel",
    )


def left_out(options: BondOptions, ignored: Sequence[Ignored], release: str) -> HarnessError:
    """Return the error for ignored options: NotPromised where the kernel is known to lack them."""
    known = lacking(options, release)
    names = {text.partition(" ")[0] for text in options.unknown_to(Release.parse(release).series)}
    if known is not None and {one.name for one in ignored} <= names:
        return known
    return LabError(
        "; ".join(map(str, ignored)), hint="this kernel lacks the option: choose another kernel"
    )


def broken_promises(ids: Iterable[str], release: str) -> list[str]:
    """Return those of the claims that a release does not make, each with who does."""
    known = [claims.find(name) for name in ids]
    return [
        f"{claim.id} ({claim.kernels})"
        for claim in known
        if claims.promised_on(claim, release) is False
    ]

"""Why a NIC must not be touched although a lab file names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.labs.description.model import LabNic
from harness.labs.netns.in_use import in_use
from harness.labs.netns.interfaces import Interface

MISSING = "is not there"


def in_the_way(found: Mapping[str, Interface], name: str, nic: LabNic, ssh: str) -> str:
    """Return why an interface must not be changed, "" if it may be.

    Addresses and masters that the lab file names are no reason, except for the address that SSH
    uses.
    """
    if name not in found:
        return MISSING
    one = found[name]
    foreign = (own for own in one.addresses if own == ssh or own not in nic.addresses)
    master = "" if one.master in nic.masters else one.master
    return in_use(replace(one, addresses=tuple(foreign), master=master), ssh)[0]

"""What a NIC needs in its lab file for the way in which its cable is cut."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from harness.labs.description.model import (
    HYPERVISOR,
    LABGRID,
    SWITCH,
    USB_POWER,
    LabNic,
)


class Lacking(NamedTuple):
    """What is wrong with a NIC, what helps, and the key with which it is wrong."""

    why: str
    hint: str
    key: str = "cut"


def lacking(nic: LabNic, kind: str, tables: Collection[str]) -> Lacking | None:
    """Return what a NIC lacks for its `cut` in a lab of a kind whose file has some tables."""
    lacks: dict[str, Callable[[LabNic, str, Collection[str]], Lacking | None]]
    lacks = {HYPERVISOR: _hypervisor, SWITCH: _switch, USB_POWER: _hub, LABGRID: _place}
    return lacks[nic.cut](nic, kind, tables) if nic.cut in lacks else None


def _hypervisor(nic: LabNic, kind: str, tables: Collection[str]) -> Lacking | None:
    if kind not in tables:
        why = f'cut is "{HYPERVISOR}" in a lab of kind "{kind}"'
        return Lacking(why, "no hypervisor has its cable")
    if kind == "virtualbox" and not nic.adapter:
        why = f"VirtualBox knows {nic.name} by the number of its adapter"
        return Lacking(why, "give adapter = 2, as `VBoxManage showvminfo` has")
    return None


def _switch(nic: LabNic, _: str, tables: Collection[str]) -> Lacking | None:
    if SWITCH not in tables:
        why = f'cut is "{SWITCH}", but there is no table [switch]'
        return Lacking(why, "it has the address and type of the switch")
    why = f"the switch knows the cable of {nic.name} by its port"
    hint = 'give switch_port = "Gi1/0/3", as the switch names it'
    return None if nic.switch_port else Lacking(why, hint)


def _hub(nic: LabNic, *_: object) -> Lacking | None:
    why = f"what powers the cable of {nic.name} is a port of a hub"
    hint = 'give hub = "1-1" and hub_port = 2, as `uhubctl` shows them'
    return None if nic.hub and nic.hub_port else Lacking(why, hint)


def _place(nic: LabNic, *_: object) -> Lacking | None:
    why = f"what powers the cable of {nic.name} is a place of labgrid"
    hint = "give place = NAME, as `labgrid-client places` shows it"
    return None if nic.place else Lacking(why, hint)

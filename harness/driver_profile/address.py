"""Whether the driver takes another MAC, while its interface is up and while it is down."""

from __future__ import annotations

from harness.driver_profile.facts import AddressChange, errno_name
from harness.driver_profile.nic import Nic
from harness.errors import KernelRefused

ANOTHER = {True: "02:00:00:00:fe:11", False: "02:00:00:00:fe:12"}


def change(nic: Nic, *, up: bool) -> AddressChange:
    """Change the MAC while the interface is up or down, listen for it, and change it back."""
    before, other = nic.look().mac, ANOTHER[up]
    nic.admin(up=up)
    try:
        nic.set_mac(other)
    except KernelRefused as refused:
        return AddressChange(refused=errno_name(refused.errno))
    kept = nic.look().mac == other
    hears = _hears(nic, other) if nic.far else None
    nic.admin(up=False)  # which every driver that can do it at all allows
    nic.set_mac(before)
    return AddressChange(kept=kept, hears=hears)


def _hears(nic: Nic, mac: str) -> bool | None:
    nic.admin(up=True)
    if not nic.await_carrier():
        return None
    with nic.listening() as ear:
        return ear.hears(mac)

"""Whether the driver accepts another MAC, while its interface is up and while it is down."""

from __future__ import annotations

from harness.driver_profile.facts import AddressChange, errno_name
from harness.driver_profile.nic import ProfiledNic
from harness.errors import KernelRefused

OTHER_MAC = {True: "02:00:00:00:fe:11", False: "02:00:00:00:fe:12"}


def change(nic: ProfiledNic, *, up: bool) -> AddressChange:
    """Change the MAC while the interface is up or down, test reception, and change it back."""
    before, other = nic.look().mac, OTHER_MAC[up]
    nic.admin(up=up)
    try:
        nic.set_mac(other)
    except KernelRefused as refused:
        return AddressChange(refused=errno_name(refused.errno))
    kept = nic.look().mac == other
    hears = _hears(nic, other) if nic.far else None
    nic.admin(up=False)  # every driver that can change it at all can do so while down
    nic.set_mac(before)
    return AddressChange(kept=kept, hears=hears)


def _hears(nic: ProfiledNic, mac: str) -> bool | None:
    nic.admin(up=True)
    if not nic.wait_for_carrier():
        return None
    with nic.listening() as ear:
        return ear.hears(mac)

"""NIC models, and the delay with which their drivers report the carrier.

From the change to the kernel's notification, with a bond that polls often. The entries of models
that QEMU has are the most that was seen of either direction in a trial on Linux 6.1 under
emulation, rounded up.
"""

from __future__ import annotations

from types import MappingProxyType

from harness.errors import UsageError
from harness.suggest import meant
from harness.units import MS, Span

VETH, RTL8150 = "veth", "rtl8150"
# Drivers that keep no time of their last frame; the ARP monitor of older kernels judges a slave by
# it (dev_trans_start, net/sched/sch_generic.c; claim ARPINT-12).
WITHOUT_TX_TIME = frozenset({VETH})
# rtl8150 asks its chip every 100 ms (intr_interval; host controllers round that down to 64 ms).
# e1000, e1000e and igb look at their chip every 2 s, or negotiate for 500 ms, when a cable comes.
CARRIER_LAG = MappingProxyType(
    {
        VETH: Span(0),
        RTL8150: Span(100 * MS),
        "virtio-net-pci": Span(10 * MS),
        "rtl8139": Span(10 * MS),
        "vmxnet3": Span(10 * MS),
        "e1000e": Span(520 * MS),
        "igb": Span(520 * MS),
        "e1000": Span(2500 * MS),
        "pcnet": Span(2700 * MS),
        "usb-net": Span(0),
    }
)

# Drivers by the names that the kernel gives them, where those are others.
MODELS = MappingProxyType(
    {
        "virtio_net": "virtio-net-pci",
        "8139cp": "rtl8139",
        "8139too": "rtl8139",
        "pcnet32": "pcnet",
    }
)


# The models of NICs that QEMU gives a DUT, as `--nic` names them, by QEMU's name of the device.
QEMU_DEVICES = MappingProxyType(
    {
        "virtio-net": "virtio-net-pci",
        **{
            name: name
            for name in ("e1000", "e1000e", "igb", "rtl8139", "vmxnet3", "pcnet", "usb-net")
        },
    }
)
DEFAULT_MODEL = next(iter(QEMU_DEVICES))


def models(text: str) -> tuple[str, ...]:
    """Return the models of NICs that a list such as "rtl8139,e1000" names; raises UsageError."""
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in QEMU_DEVICES:
            raise UsageError(f'"{name}" is no model of a NIC', hint=meant(name, QEMU_DEVICES))
    return names


def model_of(driver: str) -> str:
    """Return the model that a driver serves, by the kernel's name for it; else that name."""
    device = MODELS.get(driver, driver)
    return next((name for name, known in QEMU_DEVICES.items() if known == device), driver)


def emulated(nic: str, *, exists: bool) -> bool:
    """Return whether a NIC of a topology is an emulated USB adapter."""
    return nic == RTL8150 and not exists


def known_lag(driver: str) -> Span:
    """Return how late a driver, by the kernel's name for it, is known to tell of a cable."""
    return CARRIER_LAG.get(MODELS.get(driver, driver), Span(0))

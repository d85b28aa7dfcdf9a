"""First light."""

from harness import claim, control, ms
from scenarios.topologies import UsbNics


@claim("MIIMON-1")
def test_first(usb_nics: UsbNics) -> None:
    """It works."""
    bond = usb_nics.dut.bond(miimon=100)
    with usb_nics.watch() as run:
        usb_nics.eth1.cut()
    assert run.detection <= bond.detection.latest
    assert run.active_slaves == ["eth1", "eth2"]
    assert run.mac_addresses == [usb_nics.eth1.mac]
    print(run.outage, run.detection)

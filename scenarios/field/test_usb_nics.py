"""First light."""

import pytest
from harness import KernelRefused, claim, control, ms, s
from scenarios.topologies import UsbNics

TARGET = "192.168.0.1"

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

@claim("MIIMON-1")
@pytest.mark.parametrize("verb", ["slow", "stall", "babble", "drop", "unplug", "replug"])
def test_faults(usb_nics: UsbNics, verb) -> None:
    bond = usb_nics.dut.bond(miimon=100, primary="eth1" if verb=="babble" else None)
    with usb_nics.watch() as run:
        eth1 = usb_nics.eth1
        if verb == "slow": eth1.slow_interrupts(1*s); eth1.cut()
        if verb == "stall": eth1.stall_interrupts(); eth1.cut()
        if verb == "babble": eth1.babble(every=5)
        if verb == "drop": eth1.drop_bulk()
        if verb == "unplug": eth1.unplug()
        if verb == "replug":
            eth1.unplug(); usb_nics.after(1*s); eth1.replug(); usb_nics.after(1*s)
            usb_nics.dut.enslave(bond, eth1)
            usb_nics.after(1*s)
            usb_nics.eth2.cut()
    print(verb, run.outage, run.detection, run.recovered, run.active_slaves, run.link_states, run.failures, run.slave("eth1").link_states)

@claim("MIIMON-1")
@pytest.mark.parametrize("fom", ["none", "active", "follow"])
def test_fom(usb_nics: UsbNics, fom) -> None:
    bond = usb_nics.dut.bond(miimon=100, fail_over_mac=fom)
    with usb_nics.watch() as run:
        usb_nics.eth1.cut()
    print(fom, run.outage, run.detection, run.recovered, run.active_slaves, run.mac_addresses, run.slave("eth1").mac_addresses, run.slave("eth2").mac_addresses)

@claim("MIIMON-1")
@pytest.mark.parametrize("mode", ["balance-alb", "balance-tlb"])
def test_alb(usb_nics: UsbNics, mode) -> None:
    bond = usb_nics.dut.bond(mode=mode, miimon=100)
    with usb_nics.watch() as run:
        usb_nics.eth1.cut()
    print(mode, run.outage, run.detection, run.recovered, run.active_slaves, run.mac_addresses, run.slave("eth1").mac_addresses, run.slave("eth2").mac_addresses)

@claim("MIIMON-1")
@pytest.mark.parametrize("a", [5000])
@pytest.mark.parametrize("fault", ["cut", "drop_out", "drop_in", "cutboth"])
@pytest.mark.parametrize("primary", ["eth1", None])
def test_arp(usb_nics: UsbNics, a, fault, primary) -> None:
    bond = usb_nics.dut.bond(arp_interval=a, arp_ip_target=TARGET, primary=primary)
    with usb_nics.watch("out", every=1*s) as run:
        if fault=="cut": usb_nics.eth1.cut()
        if fault=="drop_out": usb_nics.eth1.drop_bulk("out")
        if fault=="drop_in": usb_nics.eth1.drop_bulk("in")
        if fault=="cutboth":
            usb_nics.eth1.cut(); usb_nics.eth2.cut(); usb_nics.after(60*s); usb_nics.eth1.heal(); usb_nics.eth2.heal()
    print(fault, primary, run.outage, run.detection, run.recovered, run.active_slaves, bond.detection)

@claim("MIIMON-1")
def test_sysfs(usb_nics: UsbNics) -> None:
    bond = usb_nics.dut.bond(arp_interval=1000, arp_ip_target=TARGET)
    with pytest.raises(KernelRefused) as refused:
        usb_nics.dut.write(bond, "arp_ip_target", "+"+TARGET)
    print(refused.value)
    usb_nics.dut.write(bond, "arp_ip_target", "-"+TARGET)
    usb_nics.dut.write(bond, "arp_ip_target", "+"+TARGET)

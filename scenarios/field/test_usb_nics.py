"""Two USB adapters with the rtl8150 chip as slaves of one bond (seed 000): MAC, link, USB.

    dut  eth1 --- rtl8150  00:10:60:dd:99:5c ---+
                                                +--- sw --- target  192.168.0.1
         eth2 --- rtl8150  00:10:60:db:04:24 ---+

What was reported. An old PC with two USB adapters and linux 2.6.26: the bond of `mode=1
miimon=100` came up with the first adapter's MAC on all three interfaces and survived either
cable. Then `mii-tool` answered "Operation not supported", which was taken to mean that miimon
could not work, and the ARP monitor was tried instead (test_usb_nics_arp.py). The kernel
complained of "scheduling while atomic" whenever an adapter was enslaved, and restarting the
network failed with "write error: Invalid argument".

What is shown. The kernel's own rtl8150 driver works on a model of the chip behind the virtual USB
controller. The driver refuses the ioctl of mii-tool, and miimon works all the same: since long it
looks at the carrier that a driver reports, and this one reports it whenever the chip's interrupt
pipe tells: every 100 ms the driver asks, and host controllers round that down to 64 ms. What the
interrupt pipe does not tell, miimon never finds. The driver changes no MAC of an interface that
is up (EBUSY): `fail_over_mac` none and active never ask for that; follow asks at each failover,
is refused, and the chip then filters out all that is for the bond; balance-alb cannot even take
its slaves. On a kernel with DEBUG_ATOMIC_SLEEP (debug@7.2) these scenarios run without a
complaint: the driver no longer sleeps in set_rx_mode. What would be one fails the scenario, as
any report of the kernel does.

What was measured (virtual 7.2.13, HZ=100):

    fault                                   detection      outage
    cable out, miimon=10 50 100 250         70 90 60 250   70 90 70 250 ms   allowed: 100 ms + M'
    cable out, one interrupt a second       1050           1050 ms
    cable out, interrupt pipe stalled       never          forever; only an ARP monitor finds it
    both out for 2 s                        60             2130 ms
    fail_over_mac=none, active              60             60, 70 ms
    fail_over_mac=follow                    60             forever
    balance-tlb                             60             60 ms

They pass on debug 7.2.13 too, and on Debian's own 6.1 kernel in QEMU, in real time.
"""

import pytest

from harness import KernelRefused, claim, control, ms, s
from scenarios.topologies import UsbNics

QUIET = 500 * ms


@claim("MAC-1", "FLAG-2")
def test_the_bond_takes_the_mac_of_the_first_adapter(usb_nics: UsbNics) -> None:
    """Bond and slaves have the first adapter's MAC, and frames for it reach the second too."""
    usb_nics.dut.bond(miimon=100)
    with usb_nics.watch() as run:
        usb_nics.after(QUIET)
    mac = usb_nics.eth1.mac
    assert run.mac_addresses == [mac]
    assert run.slave("eth1").mac_addresses == run.slave("eth2").mac_addresses == [mac]
    assert run.lost == 0


@claim("FOM-ACTIVE-1")
@control("test_the_bond_takes_the_mac_of_the_first_adapter")
def test_with_active_each_adapter_keeps_its_own(usb_nics: UsbNics) -> None:
    """With fail_over_mac=active the second adapter has the MAC of its EEPROM."""
    usb_nics.dut.bond(miimon=100, fail_over_mac="active")
    with usb_nics.watch() as run:
        usb_nics.after(QUIET)
    assert run.mac_addresses == [usb_nics.eth1.mac]
    assert run.slave("eth2").mac_addresses == [usb_nics.eth2.mac]


@claim("MIIMON-1", "MON-5")
@pytest.mark.parametrize("miimon", [10, 50, 100, 250])
def test_miimon_works_although_mii_tool_does_not(usb_nics: UsbNics, miimon: int) -> None:
    """The driver refuses the ioctl of mii-tool; the carrier it reports is enough for miimon."""
    bond = usb_nics.dut.bond(miimon=miimon)
    refusal = usb_nics.eth1.mii_refusal
    with usb_nics.watch() as run:
        usb_nics.eth1.cut()
    assert refusal == "ENOTSUP"
    assert run.detection <= bond.detection.latest
    assert run.outage <= bond.detection.latest
    assert run.active_slaves == ["eth1", "eth2"]


@claim("MIIMON-1", "TROUBLE-5")
@control("test_miimon_works_although_mii_tool_does_not")
def test_a_slow_interrupt_pipe_makes_miimon_slow(usb_nics: UsbNics) -> None:
    """If the chip reports its link once a second, detection is later than any window allows."""
    bond = usb_nics.dut.bond(miimon=100)
    with usb_nics.watch() as run:
        usb_nics.eth1.slow_interrupts(1 * s)
        usb_nics.eth1.cut()
        usb_nics.after(2 * s)
    assert run.detection > bond.detection.latest
    assert run.active_slaves == ["eth1", "eth2"]
    assert run.recovered


@claim("MON-4", "TROUBLE-5")
@control("test_miimon_works_although_mii_tool_does_not")
def test_a_stalled_interrupt_pipe_hides_the_cable(usb_nics: UsbNics) -> None:
    """Without a report from the chip the carrier stays, and miimon detects nothing."""
    usb_nics.dut.bond(miimon=100)
    with usb_nics.watch() as run:
        usb_nics.eth1.stall_interrupts()
        usb_nics.eth1.cut()
        usb_nics.after(2 * s)
    assert run.active_slaves == ["eth1"]
    assert not run.recovered


@claim("MIIMON-1", "MIIMON-3", "FAQ-6")
def test_both_cables_out_and_back(usb_nics: UsbNics) -> None:
    """The bond is without a slave as long as both cables are out, and no longer."""
    bond = usb_nics.dut.bond(miimon=100)
    with usb_nics.watch() as run:
        usb_nics.eth1.cut()
        usb_nics.eth2.cut()
        usb_nics.after(2 * s)
        usb_nics.eth1.heal()
        usb_nics.eth2.heal()
    assert run.active_slaves[-2:] in ([None, "eth1"], [None, "eth2"])
    assert run.outage <= 2 * s + bond.times.carrier_back().latest
    assert run.recovered


@claim("MIIMON-1")
@control("test_both_cables_out_and_back")
def test_both_cables_out_for_good(usb_nics: UsbNics) -> None:
    """Nothing comes back by itself."""
    usb_nics.dut.bond(miimon=100)
    with usb_nics.watch() as run:
        usb_nics.eth1.cut()
        usb_nics.eth2.cut()
        usb_nics.after(2 * s)
    assert run.active_slave is None
    assert not run.recovered


@claim("FOM-NONE-3", "FOM-ACTIVE-1")
@pytest.mark.parametrize("fail_over_mac", ["none", "active"])
def test_policies_that_change_no_mac_of_a_slave_work(
    usb_nics: UsbNics, fail_over_mac: str
) -> None:
    """Neither policy asks the driver for what it refuses while the interface is up."""
    bond = usb_nics.dut.bond(miimon=100, fail_over_mac=fail_over_mac)
    with usb_nics.watch() as run:
        usb_nics.eth1.cut()
    assert not run.kernel_said("Error 16 setting MAC")
    assert run.outage <= bond.detection.latest


@claim("FOM-FOLLOW-2")
@control("test_policies_that_change_no_mac_of_a_slave_work")
def test_follow_is_refused_and_goes_dark(usb_nics: UsbNics) -> None:
    """The new active slave gets no other MAC (EBUSY), so its chip drops what is for the bond."""
    usb_nics.dut.bond(miimon=100, fail_over_mac="follow")
    with usb_nics.watch() as run:
        usb_nics.eth1.cut()
    assert run.kernel_said("(slave eth2): Error 16 setting MAC of new active slave")
    assert run.active_slaves == ["eth1", "eth2"]
    assert run.slave("eth2").mac_addresses == [usb_nics.eth2.mac]
    assert not run.recovered


@claim("MODE-ALB-10")
def test_balance_alb_takes_no_second_adapter(usb_nics: UsbNics) -> None:
    """A MAC change of a slave that is up is refused, and so is the slave."""
    with pytest.raises(KernelRefused) as refused:
        usb_nics.dut.bond(mode="balance-alb")
    assert "was refused with ENOTSUP" in str(refused.value)


@claim("MODE-TLB-4", "MODE-TLB-5")
@control("test_balance_alb_takes_no_second_adapter")
def test_balance_tlb_takes_both(usb_nics: UsbNics) -> None:
    """balance-tlb changes no MAC of an adapter that is up, and survives the cable."""
    bond = usb_nics.dut.bond(mode="balance-tlb", miimon=100)
    with usb_nics.watch() as run:
        usb_nics.eth1.cut()
    assert run.active_slaves == ["eth1", "eth2"]
    assert run.outage <= bond.detection.latest
